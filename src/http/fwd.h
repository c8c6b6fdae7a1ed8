#pragma once

namespace haneul::http {
class Server;
class Handler;
class BodyReader;
class BodySource;
struct Request;
struct Response;
struct Upgraded;
}  // namespace haneul::http
