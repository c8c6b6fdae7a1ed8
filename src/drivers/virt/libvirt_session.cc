#include "drivers/virt/libvirt_session.h"

#include <atomic>
#include <cstdlib>
#include <exception>
#include <pthread.h>

#include <fmt/format.h>
#include <libvirt/virterror.h>

#include "base/log.h"

namespace haneul::virt {
namespace {

std::atomic<bool> loop_taken = false;

void say_nothing(void*, virErrorPtr) {}
void do_nothing(int, void*) {}

void initialize_libvirt() {
  static const bool done = [] {
    virSetErrorFunc(nullptr, say_nothing);
    return virInitialize() == 0 && virEventRegisterDefaultImpl() == 0;
  }();
  if (!done) throw Error("libvirt could not be initialised on this host.");
}

bool last_error_is(int code) {
  const auto* error = virGetLastError();
  return error != nullptr && error->code == code;
}

int on_lifecycle(virConnectPtr, virDomainPtr domain, int event, int detail, void* opaque) {
  const auto& told = *static_cast<const std::function<void(const DomainEvent&)>*>(opaque);
  try {
    if (told) told({id_of(domain), event, detail});
  } catch (const std::exception& e) {
    log::error("the listener of guests' events threw", {{"error", e.what()}});
  }
  return 0;
}

// QEMU repeats the argument it does not like, which is a page of JSON.
void cut_argument(std::string& text) {
  const auto json = text.find(" {\"");
  if (json == std::string::npos) return;
  const auto from = text.rfind(" -", json);
  const auto to = text.rfind("}: ");
  if (from != std::string::npos && to != std::string::npos && to > from) {
    text.erase(from, to + 2 - from);
  }
}

// Sentences end once, and say nothing of this host's directories.
std::string tidy(std::string text, const std::string& hidden_path) {
  cut_argument(text);
  for (std::size_t at = 0; (at = text.find(hidden_path, at)) != std::string::npos;) {
    text.erase(at, hidden_path.size());
  }
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
  return text;
}

}  // namespace

class LibvirtSession::EventLoop {
 public:
  EventLoop() {
    if (loop_taken.exchange(true)) throw Error("This process has a libvirt session already.");
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "virt-events");
      while (!closing_) {
        if (virEventRunDefaultImpl() < 0) {
          log::error("libvirt's event loop failed", {{"error", virGetLastErrorMessage()}});
        }
      }
    });
  }
  ~EventLoop() {
    closing_ = true;
    const int timer = virEventAddTimeout(0, do_nothing, nullptr, nullptr);  // wakes the loop
    thread_.join();
    if (timer >= 0) virEventRemoveTimeout(timer);
    loop_taken = false;
  }
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

 private:
  std::atomic<bool> closing_ = false;
  std::thread thread_;
};

LibvirtSession::LibvirtSession(std::string uri, std::string hidden_path,
                               std::function<void(const DomainEvent&)> told)
    : uri_(std::move(uri)), hidden_path_(std::move(hidden_path)), told_(std::move(told)) {
  initialize_libvirt();
  loop_ = std::make_unique<EventLoop>();
  connection_ = open();
}

LibvirtSession::~LibvirtSession() = default;

LibvirtSession::Connection LibvirtSession::open() {
  virConnectPtr raw = virConnectOpen(uri_.c_str());
  if (raw == nullptr) fail("libvirt does not answer on this host");
  auto* opaque = const_cast<std::function<void(const DomainEvent&)>*>(&told_);
  const int callback =
      virConnectDomainEventRegisterAny(raw, nullptr, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                       VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), opaque, nullptr);
  if (callback < 0) log::warning("libvirt tells no events", {{"error", virGetLastErrorMessage()}});
  return {raw, [callback](virConnectPtr open) {
            if (callback >= 0) virConnectDomainEventDeregisterAny(open, callback);
            virConnectClose(open);
          }};
}

LibvirtSession::Connection LibvirtSession::connection() {
  const std::lock_guard lock(mutex_);
  if (virConnectIsAlive(connection_.get()) != 1) connection_ = open();
  return connection_;
}

Domain LibvirtSession::find(const std::string& guest_id) {
  const auto connected = connection();
  Domain domain(virDomainLookupByUUIDString(connected.get(), guest_id.c_str()));
  if (!domain && !last_error_is(VIR_ERR_NO_DOMAIN)) fail("The guest could not be looked up");
  return domain;
}

std::vector<Domain> LibvirtSession::all() {
  const auto connected = connection();
  virDomainPtr* domains = nullptr;
  const int count = virConnectListAllDomains(connected.get(), &domains, 0);
  if (count < 0) fail("The guests could not be listed");
  std::vector<Domain> out(domains, domains + count);
  free(domains);
  return out;
}

Domain LibvirtSession::define(const std::string& xml) {
  const auto connected = connection();
  Domain domain(virDomainDefineXMLFlags(connected.get(), xml.c_str(), 0));
  if (!domain) fail("The guest could not be defined");
  return domain;
}

std::int64_t LibvirtSession::qemu_version() {
  unsigned long version = 0;
  if (virConnectGetVersion(connection().get(), &version) != 0) {
    fail("QEMU does not answer on this host");
  }
  return static_cast<std::int64_t>(version);
}

std::string LibvirtSession::capabilities() {
  char* xml = virConnectGetCapabilities(connection().get());
  if (xml == nullptr) fail("libvirt could not tell this host's capabilities");
  std::string out(xml);
  free(xml);
  return out;
}

std::string LibvirtSession::complaint(std::string_view what) const {
  const auto* error = virGetLastError();
  const std::string said = error == nullptr || error->message == nullptr ? "" : error->message;
  if (said.empty()) return fmt::format("{}.", what);
  return fmt::format("{}: {}.", what, tidy(said, hidden_path_));
}

std::string id_of(virDomain* domain) {
  char text[VIR_UUID_STRING_BUFLEN] = {};
  return virDomainGetUUIDString(domain, text) == 0 ? text : "";
}

std::optional<int> state_of(virDomain* domain) {
  int state = 0;
  if (virDomainGetState(domain, &state, nullptr, 0) != 0) return std::nullopt;
  return state;
}

bool is_active(virDomain* domain) {
  return virDomainIsActive(domain) == 1;
}

}  // namespace haneul::virt
