#pragma once

namespace haneul::flow {
class Engine;
class Outcome;
struct Visit;
}  // namespace haneul::flow
