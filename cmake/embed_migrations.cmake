# Turns migrations/NNNN_name.sql into one C++ table, so that the program is one file to copy.
string(REPLACE " " ";" FILES "${FILES}")
list(SORT FILES)
set(rows "")
foreach(file ${FILES})
  get_filename_component(stem ${file} NAME_WE)
  file(READ ${file} sql)
  string(APPEND rows "    {\"${stem}\", R\"~sql~(${sql})~sql~\"},\n")
endforeach()
file(WRITE ${OUT} "// Generated from migrations/*.sql; do not edit.
#include \"db/migration.h\"

namespace haneul::${MODULE} {
extern const db::Migration kMigrations[];
extern const unsigned kMigrationsCount;
const db::Migration kMigrations[] = {
${rows}};
const unsigned kMigrationsCount = sizeof(kMigrations) / sizeof(kMigrations[0]);
}  // namespace haneul::${MODULE}
")
