#include "lmc/codecs/levels.h"

namespace lmc {
namespace {

constexpr int kSmall = 2, kBase = 1;  // text-small, text-base

constexpr const char* kFast = "fast context mixing";
constexpr const char* kDeep = "deep context mixing";
constexpr const char* kBothWays = "the same; what may be text is coded both ways";

constexpr const char* kFewFilters = "few adaptive filters";
constexpr const char* kFilters = "adaptive filters of several memories";
constexpr const char* kMoreFilters = "longer ones, fitted more often";

// clang-format off
constexpr LevelRow kRows[] = {
    {.level = 0, .text = "stored", .other = "stored", .pictures = "stored", .sounds = "stored"},
    {.level = 1, .models = true, .sound = SampleEffort::kFast, .video = SampleEffort::kFast,
     .text = kFast, .other = kFast, .pictures = "pixel network", .sounds = kFewFilters},
    {.level = 2, .models = true, .sound = SampleEffort::kFast, .video = SampleEffort::kFast, .text_model = kSmall,
     .text = "text-small with context mixing", .other = kFast, .pictures = "pixel network", .sounds = kFewFilters},
    {.level = 3, .models = true, .sound = SampleEffort::kFast, .video = SampleEffort::kFast, .text_model = kSmall,
     .text = "text-small with context mixing", .other = kFast, .pictures = "pixel network", .sounds = kFewFilters},
    {.level = 4, .models = true, .sound = SampleEffort::kUsual, .video = SampleEffort::kUsual,
     .text_model = kBase, .deep = true, .doubt = Doubt::kByTrial,
     .images = ImageEffort::kGated,
     .text = "text-base with context mixing", .other = kDeep, .pictures = "and a few contexts where they gain", .sounds = kFilters},
    {.level = 5, .models = true, .sound = SampleEffort::kUsual, .video = SampleEffort::kUsual,
     .text_model = kBase, .deep = true, .doubt = Doubt::kByTrial,
     .images = ImageEffort::kGated,
     .text = "text-base with context mixing", .other = kDeep, .pictures = "and a few contexts where they gain", .sounds = kFilters},
    {.level = 6, .models = true, .sound = SampleEffort::kUsual, .video = SampleEffort::kUsual,
     .text_model = kBase, .deep = true, .doubt = Doubt::kByTrial,
     .images = ImageEffort::kMixed,
     .text = "text-base with context mixing", .other = kDeep, .pictures = "more contexts, everywhere", .sounds = kFilters},
    {.level = 7, .models = true, .sound = SampleEffort::kBest, .video = SampleEffort::kBest,
     .text_model = kBase, .deep = true, .doubt = Doubt::kBothWays,
     .images = ImageEffort::kLeastSquares, .thorough_jpeg = true,
     .text = "text-base with context mixing", .other = kBothWays, .pictures = "and least squares", .sounds = kMoreFilters},
    {.level = 8, .models = true, .sound = SampleEffort::kBest, .video = SampleEffort::kBest,
     .text_model = kBase, .few_streams = true, .deep = true, .doubt = Doubt::kBothWays,
     .images = ImageEffort::kEnsemble, .thorough_jpeg = true,
     .text = "the same and deep mixing, in fewer streams: smaller, slower", .other = kBothWays, .pictures = "and an ensemble of fits", .sounds = kMoreFilters},
    {.level = 9, .models = true, .sound = SampleEffort::kBest, .video = SampleEffort::kBest,
     .text_model = kBase, .few_streams = true, .deep = true, .doubt = Doubt::kBothWays,
     .images = ImageEffort::kEnsemble, .thorough_jpeg = true,
     .text = "the same and deep mixing, in fewer streams: smaller, slower", .other = kBothWays, .pictures = "and an ensemble of fits", .sounds = kMoreFilters},
};
// clang-format on
static_assert(std::size(kRows) == kMaxLevel + 1);

}  // namespace

std::span<const LevelRow> level_table() { return kRows; }

const LevelRow& level_row(int level) { return kRows[level]; }

}  // namespace lmc
