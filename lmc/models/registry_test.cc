#include "lmc/models/registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "lmc/base/io.h"

namespace lmc {
namespace {

TEST(Registry, BuiltinNumbersAndNamesAreUnique) {
  std::set<int> numbers;
  std::set<std::string> names;
  for (const BuiltinModel& builtin : builtin_models()) {
    EXPECT_GE(builtin.number, 1);
    EXPECT_TRUE(numbers.insert(builtin.number).second);
    EXPECT_TRUE(names.insert(builtin.name).second);
    EXPECT_NE(builtin.sha256, Sha256{});
  }
}

TEST(Registry, EveryBuiltinModelIsInTheSourceTree) {
  if (builtin_models().empty()) GTEST_SKIP() << "no built-in model yet";
  Registry registry({LMC_SOURCE_MODELS});
  for (const BuiltinModel& builtin : builtin_models()) {
    if (builtin.how[0] != 0) continue;  // it is not here
    const auto model = registry.find_builtin(builtin.number);
    ASSERT_TRUE(model.ok()) << model.error().message;
    EXPECT_EQ((*model)->sha256, builtin.sha256);
    EXPECT_EQ((*model)->builtin_number, builtin.number);
    EXPECT_EQ(*registry.find_name(builtin.name), *model);
    EXPECT_EQ(*registry.find_name(hex(builtin.sha256).substr(0, 8)), *model);
  }
}

TEST(Registry, AMissingModelIsNamedWithThePlacesLookedAt) {
  Registry registry({"/nonexistent/one", "/nonexistent/two"});
  Sha256 wanted{};
  wanted[0] = 0xab;
  const auto model = registry.find_hash(wanted);
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(model.error().family, ErrorFamily::kEnvironment);
  for (const char* part : {"ab0000", "/nonexistent/one", "/nonexistent/two", "--models"})
    EXPECT_NE(model.error().message.find(part), std::string::npos) << part;
  EXPECT_FALSE(registry.find_name("no-such-model").ok());
  EXPECT_FALSE(registry.find_builtin(1000).ok());
}

TEST(Registry, AModelThatIsTooLargeToBeHereSaysHowItComes) {
  Registry registry({"/nonexistent"});
  const auto known = std::ranges::find_if(builtin_models(), [](const BuiltinModel& m) { return m.how[0] != 0; });
  ASSERT_NE(known, builtin_models().end());
  EXPECT_NE(registry.find_name(known->name).error().message.find(known->how), std::string::npos);
  for (const auto& model : {registry.find_hash(known->sha256), registry.find_builtin(known->number)}) {
    ASSERT_FALSE(model.ok());
    EXPECT_EQ(model.error().family, ErrorFamily::kEnvironment);
    for (const std::string& part : {std::string(known->name), hex(known->sha256), std::string(known->how)})
      EXPECT_NE(model.error().message.find(part), std::string::npos) << model.error().message;
  }
}

TEST(Registry, LooksIntoTheFoldersInOrder) {
  const std::string folder = testing::TempDir() + "/registry_test";
  std::filesystem::create_directories(folder + "/b");
  std::filesystem::create_directories(folder + "/a");
  for (const char* name : {"/b/x.lmcm", "/a/z.lmcm", "/a/y.lmcm", "/a/ignored.txt"})
    ASSERT_TRUE(write_file(folder + name, as_bytes("no model")).ok());
  Registry registry({folder + "/b", folder + "/a"});
  EXPECT_EQ(registry.model_paths(),
            (std::vector<std::string>{folder + "/b/x.lmcm", folder + "/a/y.lmcm", folder + "/a/z.lmcm"}));
  const auto broken = registry.find_name("x");
  ASSERT_FALSE(broken.ok());
  EXPECT_NE(broken.error().message.find("/b/x.lmcm"), std::string::npos);
}

}  // namespace
}  // namespace lmc
