# One library per folder, one test program per folder that has *_test.cc files.
#
#   haneul_module(NAME DIR [TEST_KIT] [DEPENDS module ...] [LIBRARIES target ...])
#
# Everything below DIR belongs to the module. TEST_KIT: its tests use a cloud without sockets.
find_package(GTest REQUIRED)

function(haneul_module name dir)
  cmake_parse_arguments(ARG "TEST_KIT" "" "DEPENDS;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${dir}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|main)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  file(GLOB_RECURSE migrations CONFIGURE_DEPENDS ${dir}/migrations/*.sql)

  if(migrations)
    set(generated ${CMAKE_CURRENT_BINARY_DIR}/${name}_migrations.cc)
    add_custom_command(
      OUTPUT ${generated}
      COMMAND ${CMAKE_COMMAND} -DOUT=${generated} -DMODULE=${name} "-DFILES=${migrations}"
              -P ${PROJECT_SOURCE_DIR}/cmake/embed_migrations.cmake
      DEPENDS ${migrations} ${PROJECT_SOURCE_DIR}/cmake/embed_migrations.cmake
      VERBATIM)
    list(APPEND sources ${generated})
  endif()

  if(NOT sources)
    add_library(haneul_${name} INTERFACE)
    return()
  endif()
  add_library(haneul_${name} STATIC ${sources})
  target_include_directories(haneul_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  set(libs ${ARG_LIBRARIES} Threads::Threads)
  foreach(dep ${ARG_DEPENDS})
    list(APPEND libs haneul_${dep})
  endforeach()
  target_link_libraries(haneul_${name} PUBLIC ${libs})

  if(tests)
    add_executable(test_${name} ${tests})
    target_link_libraries(test_${name} PRIVATE haneul_${name} GTest::gmock_main)
    target_compile_definitions(test_${name} PRIVATE HANEUL_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    if(ARG_TEST_KIT)
      target_link_libraries(test_${name} PRIVATE haneul_test_kit)
    endif()
    add_test(NAME unit/${name} COMMAND test_${name})
  endif()
endfunction()
