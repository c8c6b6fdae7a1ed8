# One library per folder, one test program per folder that has *_test.cc files.
#
#   haneul_module(NAME DIR [TEST_KIT] [COLD] [DEPENDS module ...] [LIBRARIES target ...])
#
# Everything below DIR belongs to the module. TEST_KIT: its tests use a cloud without sockets. COLD:
# what takes time is elsewhere, so the compiler may spend less of it (-O1, a sixth of the build).
find_package(GTest REQUIRED)
include(cmake/units.cmake)

# What nearly every file includes is read once: headers/all.h, and headers/tests.h for tests.
option(HANEUL_PCH "Precompiled headers" ON)
if(HANEUL_PCH)
  foreach(kind all tests)
    file(WRITE ${CMAKE_BINARY_DIR}/headers/${kind}.cc "")
    add_library(haneul_headers_${kind} STATIC ${CMAKE_BINARY_DIR}/headers/${kind}.cc)
    target_precompile_headers(haneul_headers_${kind} PRIVATE
                              ${PROJECT_SOURCE_DIR}/cmake/headers/${kind}.h)
  endforeach()
  target_link_libraries(haneul_headers_all PRIVATE fmt::fmt spdlog::spdlog)
  target_link_libraries(haneul_headers_tests PRIVATE fmt::fmt spdlog::spdlog GTest::gmock_main)
  target_compile_options(haneul_headers_tests PRIVATE -O0)
endif()

function(haneul_module name dir)
  cmake_parse_arguments(ARG "TEST_KIT;COLD" "" "DEPENDS;LIBRARIES" ${ARGN})
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
  haneul_units(haneul_${name} ${sources})
  if(ARG_COLD AND NOT HANEUL_SANITIZE)
    target_compile_options(haneul_${name} PRIVATE -O1)
  endif()
  if(HANEUL_PCH)
    target_precompile_headers(haneul_${name} REUSE_FROM haneul_headers_all)
  endif()

  if(tests)
    add_executable(test_${name} ${tests})
    target_link_libraries(test_${name} PRIVATE haneul_${name} GTest::gmock_main)
    # Tests are built oftener than they run long.
    target_compile_options(test_${name} PRIVATE -O0)
    haneul_units(test_${name} ${tests})
    if(HANEUL_PCH)
      target_precompile_headers(test_${name} REUSE_FROM haneul_headers_tests)
    endif()
    if(ARG_TEST_KIT)
      target_link_libraries(test_${name} PRIVATE haneul_test_kit)
    endif()
    add_test(NAME unit/${name} COMMAND test_${name})
  endif()
endfunction()
