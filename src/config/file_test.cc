#include "config/file.h"

#include <gmock/gmock.h>

namespace haneul::config {
namespace {

struct Door {
  std::string colour = "red";
  std::int64_t width_mm = 900;
  Duration closes_after = std::chrono::seconds(30);
  bool locked = true;
  double ratio = 1.5;
  std::vector<std::string> keys;
};
constexpr std::string_view kColours[] = {"red", "green"};
constexpr auto kDoor = options(
    option<&Door::colour>("colour").one_of(kColours).help("What it is painted."),
    option<&Door::width_mm>("width_mm").range(600, 1200),
    option<&Door::closes_after>("closes_after").range(0, 3600), option<&Door::locked>("locked"),
    option<&Door::ratio>("ratio"), option<&Door::keys>("keys"));

class FileTest : public ::testing::Test {
 protected:
  std::vector<Section> sections() { return {{"house.door", kDoor, &door}}; }
  std::string refusal(std::string_view text) {
    try {
      read_text(text, "haneul.conf", sections());
    } catch (const std::runtime_error& e) {
      return e.what();
    }
    return "";
  }
  Door door;
};

TEST_F(FileTest, FillsWhatItSaysAndLeavesTheRest) {
  EXPECT_EQ(refusal("# a house\n[house.door]\ncolour = green\n closes_after=2.5\nlocked = no\n"
                    "; more\nratio = 0.25\nkeys = a, b,\n"),
            "");
  EXPECT_EQ(door.colour, "green");
  EXPECT_EQ(door.width_mm, 900);
  EXPECT_EQ(door.closes_after, std::chrono::milliseconds(2500));
  EXPECT_FALSE(door.locked);
  EXPECT_EQ(door.ratio, 0.25);
  EXPECT_EQ(door.keys, (std::vector<std::string>{"a", "b"}));
}

TEST_F(FileTest, SaysWhereAndWhatIsWrong) {
  EXPECT_EQ(refusal("[house.dor]"),
            "haneul.conf:1: there is no section [house.dor]; did you mean house.door?");
  EXPECT_EQ(refusal("[house.door]\n\nwith_mm = 1"),
            "haneul.conf:3: [house.door] has no option with_mm; did you mean width_mm?");
  EXPECT_EQ(refusal("[house.door]\nwidth_mm = wide"),
            "haneul.conf:2: width_mm wants a value of kind integer, not 'wide'");
  EXPECT_EQ(refusal("[house.door]\nratio = nan"),
            "haneul.conf:2: ratio wants a value of kind number, not 'nan'");
  EXPECT_EQ(refusal("[house.door]\nwidth_mm = 5000"),
            "haneul.conf:2: width_mm must be 600 to 1200, not 5000");
  EXPECT_EQ(refusal("[house.door]\ncolour = blue"),
            "haneul.conf:2: colour must be one of red, green, not 'blue'");
  EXPECT_EQ(refusal("colour = red"), "haneul.conf:1: an option stands before the first [section]");
  EXPECT_EQ(refusal("[house.door\n"), "haneul.conf:1: a section's name ends with ]");
  EXPECT_EQ(refusal("[house.door]\nnonsense"), "haneul.conf:2: expected [section] or name = value");
}

TEST_F(FileTest, TheManualHasEveryOption) {
  const auto text = reference(sections());
  EXPECT_THAT(text, ::testing::HasSubstr("## [house.door]"));
  EXPECT_THAT(
      text, ::testing::HasSubstr("| `colour` | text | `red` | red, green | What it is painted. |"));
  EXPECT_THAT(text, ::testing::HasSubstr("| `closes_after` | seconds | `30` | 0 to 3600 |  |"));
}

}  // namespace
}  // namespace haneul::config
