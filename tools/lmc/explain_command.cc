// lmc explain FILE [-o DRAWING.png]: where the bits of an image or a sound file go. Prints bits a pixel, and draws each
// pixel's as a colour; or bits a sample, and draws them over time.
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <thread>

#include "lmc/base/io.h"
#include "lmc/base/stream.h"
#include "lmc/codecs/image.h"
#include "lmc/pipeline/read_pixels.h"
#include "tools/lmc/explain_sound.h"
#include "tools/lmc/files.h"
#include "tools/lmc/names.h"
#include "tools/lmc/output_file.h"
#include "tools/lmc/pixels_output.h"
#include "tools/lmc/signals.h"

namespace lmc {
namespace {

constexpr const char* kExplainUsage =
    "Usage: lmc explain FILE [-o DRAWING.png] [-f] [-LEVEL]\n"
    "Shows what each pixel of an image costs: dark where it was foreseen, bright where it was not; or of a sound file\n"
    "waveform, spectrogram and bits a sample over time. Without -o only the numbers; with -f an existing DRAWING.png\n"
    "is overwritten. Levels are 1 to 9.\n";

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

Status write_drawing(const Picture& picture, OutputFile& file, const std::string& name) {
  LMC_ASSIGN(const auto png, write_png(picture, {}));
  DescriptorSink sink(file.descriptor(), name);
  LMC_TRY(sink.write(png));
  return file.commit(std::nullopt);
}

int threads_there_are() { return int(std::max(1u, std::thread::hardware_concurrency())); }

Status explain_sound(const Request& request, ByteSpan bytes, const std::string& name) {
  LMC_ASSIGN(auto file, create_heat(request));
  const BlockResources with{.isa = best_isa(), .threads = threads_there_are()};
  const auto found = sound_costs(bytes, level_row(request.level).sound, with);
  if (!found.ok()) return bad_input(name + ": " + found.error().message);
  const SoundLayout& sound = found->sound;
  double sum = 0;
  for (const float bits : found->bits) sum += double(bits);
  std::printf("%s: %s, %zu frames, %d channel%s of %d bits\n", name.c_str(), sound_format_name(sound.format),
              sound.frames, sound.channels, sound.channels > 1 ? "s" : "", sound.form.bits());
  std::printf("%.3f bits a sample; %.0f bytes of samples, %zu bytes beside them before compression\n",
              sum / double(std::max<size_t>(found->samples.size(), 1)), sum / 8,
              bytes.size() - (sound.end() - sound.begin));
  if (!file) return Ok();
  LMC_TRY(write_drawing(draw_sound(*found), *file, shown(request.heat)));
  std::printf("%s: waveform, spectrogram, bits over time\n", shown(request.heat).c_str());
  return Ok();
}

Status explain(const Request& request) {
  LMC_ASSIGN(const auto input, InputFile::open(request.image, true));
  LMC_ASSIGN(const auto whole, input.whole());
  const std::string& name = input.shown_name();
  if (begins_like_sound(whole.first)) return explain_sound(request, whole.first, name);
  const auto format = guess_image_format(whole.first);
  if (!format) return bad_input(name + ": neither an image nor sound of a kind that lmc takes apart");
  const auto parsed = parse_image(*format, whole.first);
  if (!parsed.ok()) return bad_input(name + ": " + parsed.error().message);
  LMC_ASSIGN(auto heat_file, create_heat(request));
  const Picture& picture = parsed->picture;
  Registry registry(default_model_folders());
  LMC_ASSIGN(const auto model, registry.find_builtin(kBuiltinPixelModel));
  const BlockResources with =
      BlockResources{.isa = best_isa(), .threads = threads_there_are()}.with(ModelNeed::kPixels, model);
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
  LMC_TRY(write_drawing(heat, *heat_file, shown(request.heat)));
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
