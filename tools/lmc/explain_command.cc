// lmc explain IMAGE [-o HEAT.png]: where the bits of an image go. Prints bits per pixel, and draws each pixel's as a
// colour.
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <thread>

#include "lmc/base/io.h"
#include "lmc/base/stream.h"
#include "lmc/codecs/image.h"
#include "lmc/pipeline/read_pixels.h"
#include "tools/lmc/files.h"
#include "tools/lmc/names.h"
#include "tools/lmc/output_file.h"
#include "tools/lmc/pixels_output.h"
#include "tools/lmc/signals.h"

namespace lmc {
namespace {

constexpr const char* kExplainUsage =
    "Usage: lmc explain IMAGE [-o HEAT.png] [-f] [-LEVEL]\n"
    "Shows what each pixel of an image costs: dark where it was foreseen, bright where it was not. Without -o only "
    "the\n"
    "numbers; with -f an existing HEAT.png is overwritten. Levels are 1 to 9.\n";

struct Request {
  std::string image, heat;
  bool force = false;
  int level = kDefaultLevel;
};

std::optional<Request> parse(int argc, const char* const* argv) {
  Request out;
  for (int i = 2; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "-o" && i + 1 < argc)
      out.heat = argv[++i];
    else if (word == "-f")
      out.force = true;
    else if (word.size() == 2 && word[0] == '-' && word[1] >= '1' && word[1] <= '9')
      out.level = word[1] - '0';
    else if (word.starts_with("-") || !out.image.empty())
      return {};
    else
      out.image = word;
  }
  return out.image.empty() ? std::nullopt : std::optional(out);
}

// From black over violet and orange to pale yellow: share within 0..1.
void append_colour(Bytes& out, float share) {
  constexpr float kStops[5][3] = {{0, 0, 4}, {87, 16, 110}, {188, 55, 84}, {249, 142, 9}, {252, 255, 164}};
  const float position = std::clamp(share, 0.0f, 1.0f) * 4.0f;
  const int i = std::min(int(position), 3);
  const float f = position - float(i);
  for (int c = 0; c < 3; ++c) out.push_back(uint8_t(kStops[i][c] + (kStops[i + 1][c] - kStops[i][c]) * f + 0.5f));
}

// The heat map's file; nothing if none was asked for.
Result<std::optional<OutputFile>> create_heat(const Request& request) {
  if (request.heat.empty()) return std::optional<OutputFile>();
  struct stat image {};
  struct stat heat {};
  const bool both = ::stat(request.image.c_str(), &image) == 0 && ::stat(request.heat.c_str(), &heat) == 0;
  if (both && image.st_dev == heat.st_dev && image.st_ino == heat.st_ino)
    return usage_error(shown(request.image) + " and " + shown(request.heat) +
                       " are the same file; the output must be another one");
  LMC_ASSIGN(auto file, OutputFile::create(follow_links(request.heat), request.force));
  return std::optional<OutputFile>(std::move(file));
}

Status explain(const Request& request) {
  LMC_ASSIGN(const auto input, InputFile::open(request.image, true));
  LMC_ASSIGN(const auto whole, input.whole());
  const std::string& name = input.shown_name();
  const auto format = guess_image_format(whole.first);
  if (!format) return bad_input(name + ": no image of a kind that lmc takes apart");
  const auto parsed = parse_image(*format, whole.first);
  if (!parsed.ok()) return bad_input(name + ": " + parsed.error().message);
  LMC_ASSIGN(auto heat_file, create_heat(request));
  const Picture& picture = parsed->picture;
  Registry registry(default_model_folders());
  LMC_ASSIGN(const auto model, registry.find_builtin(kBuiltinPixelModel));
  const int threads = int(std::max(1u, std::thread::hardware_concurrency()));
  const BlockResources with = BlockResources{.isa = best_isa(), .threads = threads}.with(ModelNeed::kPixels, model);
  LMC_ASSIGN(const auto costs, image_costs(picture, level_row(request.level).images, with));
  double sum = 0;
  for (float cost : costs) sum += double(cost);
  std::vector<float> sorted = costs;
  std::sort(sorted.begin(), sorted.end());
  const float peak = std::max(sorted[sorted.size() * 99 / 100], 0.01f);
  const double pixels = double(costs.size());
  std::printf("%s: %s, %ux%u, %d channel%s of %d bits\n", name.c_str(), image_format_name(*format), picture.width,
              picture.height, picture.channels, picture.channels > 1 ? "s" : "", picture.bits);
  std::printf("%.3f bits a pixel, %.3f a sample; %.0f bytes of pixels, %zu bytes beside them before compression\n",
              sum / pixels, sum / pixels / picture.channels, sum / 8, parsed->side.size());
  for (int percent : {50, 90, 99})
    std::printf("%d %% of the pixels cost at most %.2f bits\n", percent,
                double(sorted[std::min(sorted.size() * size_t(percent) / 100, sorted.size() - 1)]));
  if (!heat_file) return Ok();
  Picture heat{.width = picture.width, .height = picture.height, .channels = 3, .bits = 8, .samples = {}};
  for (float cost : costs) append_colour(heat.samples, cost / peak);
  const auto png = write_png(heat, {});
  if (!png.ok()) return png.error();
  DescriptorSink sink(heat_file->descriptor(), shown(request.heat));
  LMC_TRY(sink.write(*png));
  LMC_TRY(heat_file->commit(std::nullopt));
  std::printf("%s: black is 0 bits, pale yellow %.2f bits a pixel or more\n", shown(request.heat).c_str(),
              double(peak));
  return Ok();
}

}  // namespace

int explain_command(int argc, const char* const* argv) {
  const auto request = parse(argc, argv);
  if (!request) {
    std::fputs(kExplainUsage, stderr);
    return int(ErrorFamily::kUsage);
  }
  tidy_up_on_signals();
  const Status done = explain(*request);
  if (done.ok()) return 0;
  std::fprintf(stderr, "lmc: %s\n", shown_message(done.error().message).c_str());
  return int(done.error().family);
}

}  // namespace lmc
