#pragma once

namespace haneul::resource {
class Call;
class Dialect;
class Form;
class Front;
class Service;
class Table;
struct Change;
struct Field;
struct Problem;
struct Resource;
struct Version;
struct World;
}  // namespace haneul::resource
