#pragma once

namespace haneul::db {
class Database;
class Session;
class Transaction;
class Rows;
class Bind;
struct Migration;
}  // namespace haneul::db
