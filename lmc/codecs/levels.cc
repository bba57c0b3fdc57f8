#include "lmc/codecs/levels.h"

namespace lmc {
namespace {

constexpr int kSmall = 2, kBase = 1;  // text-small, text-base

constexpr const char* kFast = "fast context mixing";
constexpr const char* kDeep = "deep context mixing";
constexpr const char* kBothWays = "the same; what may be text is coded both ways";

// clang-format off
constexpr LevelRow kRows[] = {
    {.level = 0, .text = "stored", .other = "stored", .pictures = "stored"},
    {.level = 1, .models = true, .text = kFast, .other = kFast, .pictures = "pixel network"},
    {.level = 2, .models = true, .text_model = kSmall,
     .text = "text-small with context mixing", .other = kFast, .pictures = "pixel network"},
    {.level = 3, .models = true, .text_model = kSmall,
     .text = "text-small with context mixing", .other = kFast, .pictures = "pixel network"},
    {.level = 4, .models = true, .text_model = kBase, .deep = true, .doubt = Doubt::kByTrial,
     .images = ImageEffort::kGated,
     .text = "text-base with context mixing", .other = kDeep, .pictures = "and a few contexts where they gain"},
    {.level = 5, .models = true, .text_model = kBase, .deep = true, .doubt = Doubt::kByTrial,
     .images = ImageEffort::kGated,
     .text = "text-base with context mixing", .other = kDeep, .pictures = "and a few contexts where they gain"},
    {.level = 6, .models = true, .text_model = kBase, .deep = true, .doubt = Doubt::kByTrial,
     .images = ImageEffort::kMixed,
     .text = "text-base with context mixing", .other = kDeep, .pictures = "more contexts, everywhere"},
    {.level = 7, .models = true, .text_model = kBase, .deep = true, .doubt = Doubt::kBothWays,
     .images = ImageEffort::kLeastSquares, .thorough_jpeg = true,
     .text = "text-base with context mixing", .other = kBothWays, .pictures = "and least squares"},
    {.level = 8, .models = true, .text_model = kBase, .few_streams = true, .deep = true, .doubt = Doubt::kBothWays,
     .images = ImageEffort::kEnsemble, .thorough_jpeg = true,
     .text = "the same in fewer streams: smaller, slower", .other = kBothWays, .pictures = "and an ensemble of fits"},
    {.level = 9, .models = true, .text_model = kBase, .few_streams = true, .deep = true, .doubt = Doubt::kBothWays,
     .images = ImageEffort::kEnsemble, .thorough_jpeg = true,
     .text = "the same in fewer streams: smaller, slower", .other = kBothWays, .pictures = "and an ensemble of fits"},
};
// clang-format on
static_assert(std::size(kRows) == kMaxLevel + 1);

}  // namespace

std::span<const LevelRow> level_table() { return kRows; }

const LevelRow& level_row(int level) { return kRows[level]; }

}  // namespace lmc
