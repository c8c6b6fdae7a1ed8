#include "drivers/virt/fake.h"

#include <filesystem>
#include <fstream>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "base/id.h"

namespace haneul::virt {
namespace {

GuestSpec small(const std::string& id) {
  GuestSpec s;
  s.id = id;
  s.name = "instance-00000001";
  s.vcpus = 2;
  s.memory_mib = 128;
  return s;
}

void boot(Driver& d, const std::string& id) {
  d.create_disk(id, {}, 10);
  d.define(small(id));
  d.start(id);
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("fake-guests-" + new_hex_id())) {
    std::filesystem::create_directory(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string journal() const { return path_ / "guests"; }

 private:
  std::filesystem::path path_;
};

TEST(FakeDriver, LivesAGuestsLife) {
  FakeDriver d;
  EXPECT_EQ(d.power("g"), Power::no_state);
  d.create_disk("g", {}, 10);
  EXPECT_EQ(d.list_files(), std::vector<std::string>{"g"});
  EXPECT_TRUE(d.list().empty());
  d.define(small("g"));
  EXPECT_EQ(d.power("g"), Power::shut_off);
  d.start("g");
  EXPECT_EQ(d.power("g"), Power::running);
  d.pause("g");
  EXPECT_EQ(d.power("g"), Power::paused);
  d.unpause("g");
  d.power_off("g");
  EXPECT_EQ(d.power("g"), Power::shut_off);
  d.undefine("g");
  EXPECT_TRUE(d.list().empty());
  d.remove_files("g");
  EXPECT_TRUE(d.list_files().empty());
}

TEST(FakeDriver, EveryCallMayBeRepeated) {
  FakeDriver d;
  for (const auto& call : std::vector<std::function<void()>>{
           [&] { d.create_disk("g", {}, 10); },
           [&] {
             d.write_config_drive("g", {{"a", "b"}});
           },
           [&] { d.define(small("g")); }, [&] { d.start("g"); }, [&] { d.pause("g"); },
           [&] { d.unpause("g"); }, [&] { d.request_reboot("g"); },
           [&] { d.request_shutdown("g"); }, [&] { d.reset("g"); }, [&] { d.power_off("g"); },
           [&] { d.undefine("g"); }, [&] { d.remove_files("g"); }}) {
    call();
    const auto states = d.list().size() + d.list_files().size();
    const auto power = d.power("g");
    call();
    EXPECT_EQ(d.list().size() + d.list_files().size(), states);
    EXPECT_EQ(d.power("g"), power);
  }
}

TEST(FakeDriver, RefusesWhatCannotBe) {
  FakeDriver d;
  EXPECT_EQ(message_of([&] { d.start("g"); }), "Guest g is not defined on this host.");
  d.define(small("g"));
  EXPECT_EQ(message_of([&] { d.pause("g"); }), "Guest g is not running.");
  EXPECT_EQ(message_of([&] { d.request_reboot("g"); }), "Guest g is not running.");
  EXPECT_NE(message_of([&] { d.create_disk("a\tb", {}, 1); }), "");
}

TEST(FakeDriver, FactsFollowTheGuests) {
  FakeDriver d;
  const auto idle = d.facts();
  EXPECT_EQ(idle.vcpus, 64);
  EXPECT_EQ(idle.memory_mib, 262144);
  EXPECT_EQ(idle.disk_gib, 2048);
  boot(d, "g");
  EXPECT_EQ(d.facts().memory_used_mib, idle.memory_used_mib + 128);
  EXPECT_EQ(d.facts().disk_free_gib, 2038);
}

TEST(FakeDriver, FailsWhenToldTo) {
  FakeDriver d;
  d.define(small("g"));
  d.fail_next(Op::start, "no", 2);
  EXPECT_EQ(message_of([&] { d.start("g"); }), "no");
  EXPECT_EQ(message_of([&] { d.start("g"); }), "no");
  EXPECT_EQ(d.power("g"), Power::shut_off);
  d.start("g");
  EXPECT_EQ(d.power("g"), Power::running);
}

TEST(FakeDriver, HookSeesEveryOpFirst) {
  FakeDriver d;
  std::vector<std::string> seen;
  d.set_hook([&](Op op, const std::string& id) {
    seen.push_back(fmt::format("{} {}", op_name(op), id));
    if (op == Op::start) throw Error("crash here");
  });
  d.define(small("g"));
  EXPECT_EQ(message_of([&] { d.start("g"); }), "crash here");
  EXPECT_EQ(d.power("g"), Power::shut_off);
  d.console_log("g", 1);
  EXPECT_EQ(seen, (std::vector<std::string>{"define g", "start g", "power g", "console_log g"}));
}

TEST(FakeDriver, TellsOfPowerChangesGuestsMadeThemselves) {
  FakeDriver d;
  std::vector<GuestState> told;
  d.on_power_change([&](const GuestState& s) { told.push_back(s); });
  boot(d, "g");
  d.power_off("g");
  EXPECT_TRUE(told.empty());
  d.start("g");
  d.request_shutdown("g");
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].power, Power::shut_off);
  d.start("g");
  d.set_deaf(true);
  d.request_shutdown("g");
  EXPECT_EQ(told.size(), 1u);
  EXPECT_EQ(d.power("g"), Power::running);
  d.change_power_by_itself("g", Power::crashed);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(d.power("g"), Power::crashed);
  EXPECT_NE(message_of([&] { d.change_power_by_itself("g", Power::crashed); }), "");
}

TEST(FakeDriver, ConsoleGrowsWithBootsAndKeepsItsEnd) {
  FakeDriver d;
  d.define(small("abcdef012345"));
  EXPECT_EQ(d.console_log("abcdef012345", 1000), "");
  d.start("abcdef012345");
  const auto one = d.console_log("abcdef012345", 100'000);
  EXPECT_GT(std::count(one.begin(), one.end(), '\n'), 15);
  EXPECT_TRUE(one.ends_with("guest-abcdef01 login: \n"));
  d.reset("abcdef012345");
  EXPECT_EQ(d.console_log("abcdef012345", 100'000), one + one);
  EXPECT_EQ(d.console_log("abcdef012345", 8), one.substr(one.size() - 8));
}

TEST(FakeDriver, RemembersInputsOnlyWhenAsked) {
  FakeDriver d;
  d.define(small("a"));
  EXPECT_FALSE(d.spec("a"));
  d.remember_inputs();
  d.define(small("b"));
  d.write_config_drive("b", {{"x", "y"}});
  ASSERT_TRUE(d.spec("b"));
  EXPECT_EQ(d.spec("b")->vcpus, 2);
  EXPECT_EQ(d.config_drive("b").at("x"), "y");
}

TEST(FakeGuests, ATornLastLineIsDropped) {
  const Folder folder;
  {
    FakeDriver d(fake_host_facts("h"), std::make_shared<FakeGuests>(folder.journal()));
    boot(d, "g");
    boot(d, "gone");
    d.undefine("gone");
    d.remove_files("gone");
  }
  std::ofstream(folder.journal(), std::ios::app) << "h\tg\t4\t1\t1\t2\t10\t12";
  const auto guests = std::make_shared<FakeGuests>(folder.journal());
  EXPECT_EQ(guests->size(), 1u);
  FakeDriver d(fake_host_facts("h"), guests);
  FakeDriver other(fake_host_facts("other"), guests);
  EXPECT_EQ(d.power("g"), Power::running);
  EXPECT_TRUE(other.list().empty());
  d.power_off("g");
  EXPECT_EQ(d.facts().disk_free_gib, 2038);
}

TEST(FakeGuests, OutliveAKilledProcess) {
  const Folder folder;
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    FakeDriver d(fake_host_facts("h"), std::make_shared<FakeGuests>(folder.journal()));
    for (int i = 0; i < 100; ++i) boot(d, fmt::format("g{}", i));
    if (::write(pipe[1], "x", 1) == 1) ::pause();
    ::_exit(1);
  }
  char c = 0;
  ASSERT_EQ(::read(pipe[0], &c, 1), 1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(pipe[0]);
  ::close(pipe[1]);
  FakeDriver d(fake_host_facts("h"), std::make_shared<FakeGuests>(folder.journal()));
  EXPECT_EQ(d.list().size(), 100u);
  EXPECT_EQ(d.power("g99"), Power::running);
}

TEST(FakeGuests, OneProcessAtATime) {
  const Folder folder;
  const FakeGuests first(folder.journal());
  EXPECT_THROW(FakeGuests second(folder.journal()), Error);
}

TEST(FakeGuests, TheJournalStaysBounded) {
  const Folder folder;
  FakeDriver d(fake_host_facts("h"), std::make_shared<FakeGuests>(folder.journal()));
  boot(d, "g");
  for (int i = 0; i < 30'000; ++i) {
    d.power_off("g");
    d.start("g");
  }
  EXPECT_LT(std::filesystem::file_size(folder.journal()), 600'000u);
}

TEST(FakeGuests, ManyHostsAndThreadsShareOne) {
  const Folder folder;
  const auto guests = std::make_shared<FakeGuests>(folder.journal());
  std::vector<std::unique_ptr<FakeDriver>> hosts;
  for (int i = 0; i < 1000; ++i) {
    hosts.push_back(std::make_unique<FakeDriver>(fake_host_facts(fmt::format("h{}", i)), guests));
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t h = static_cast<std::size_t>(t); h < 1000; h += 4) {
        for (int g = 0; g < 10; ++g) boot(*hosts[h], fmt::format("{}-{}", h, g));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(guests->size(), 10'000u);
  EXPECT_EQ(hosts[999]->list().size(), 10u);
}

}  // namespace
}  // namespace haneul::virt
