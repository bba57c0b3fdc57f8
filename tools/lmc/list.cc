// lmc -l: what a .lmc file holds, told from its headers and indexes without decoding anything; but with -v the content
// is decoded if its name is that of an image and it was not taken apart, to say why.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>

#include "lmc/container/layout.h"
#include "lmc/pipeline/decompress.h"
#include "lmc/pipeline/read_pixels.h"
#include "tools/lmc/files.h"

namespace lmc {
namespace {

std::string codec_name(uint8_t codec) {
  static constexpr const char* kNames[] = {"stored", "mixing", "text", "grouped", "image", "jpeg"};
  return codec < std::size(kNames) ? kNames[codec] : "codec-" + std::to_string(codec);
}

std::string builtin_name(int number) {
  for (const BuiltinModel& builtin : builtin_models())
    if (builtin.number == number) return builtin.name;
  return "built-in-" + std::to_string(number);
}

std::string model_name(const Sha256& hash) {
  for (const BuiltinModel& builtin : builtin_models())
    if (builtin.sha256 == hash) return builtin.name;
  return hex(hash);
}

std::string json_string(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    char escaped[8];
    if (c == '"' || c == '\\') {
      out += std::string("\\") + c;
    } else if (uint8_t(c) < 0x20) {
      std::snprintf(escaped, sizeof escaped, "\\u%04x", unsigned(c));
      out += escaped;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

// One file, all its frames added up.
struct Summary {
  uint64_t blocks = 0;
  uint64_t compressed_bytes = 0;
  uint64_t raw_bytes = 0;
  std::vector<std::string> codecs;
  std::vector<std::string> models;
  std::set<Sha256> models_seen;  // a hostile file names another in each frame
  std::vector<std::string> hashes;
};

void add_once(std::vector<std::string>& list, const std::string& word) {
  for (const std::string& known : list)
    if (known == word) return;
  list.push_back(word);
}

Summary summarize(const std::vector<FrameLayout>& frames) {
  Summary sum;
  for (const FrameLayout& frame : frames) {
    sum.compressed_bytes += frame.frame_bytes;
    sum.raw_bytes += frame.content_bytes;
    if (frame.tiny) {
      sum.blocks += frame.content_bytes > 0 ? 1 : 0;
      if (frame.content_bytes > 0) add_once(sum.codecs, codec_name(frame.tiny_header.codec));
      if (frame.tiny_header.model > 0) add_once(sum.models, builtin_name(frame.tiny_header.model));
      continue;
    }
    sum.blocks += frame.blocks.size();
    for (const BlockLayout& block : frame.blocks) add_once(sum.codecs, codec_name(block.header.codec));
    for (const Sha256& model : frame.header.models)
      if (sum.models_seen.insert(model).second) sum.models.push_back(model_name(model));
    sum.hashes.push_back(hex(frame.content_hash));
  }
  return sum;
}

std::string join(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

std::string json_list(std::vector<std::string> words) {
  for (std::string& word : words) word = json_string(word);
  return "[" + join(words, ", ") + "]";
}

// "PNG 640x480, 3 channels of 8 bits" where the only block is an image.
std::string describe_image(ByteSpan file) {
  const auto payload = find_image_payload(file);
  if (!payload) return {};
  const auto image = read_image_summary(*payload);
  if (!image.ok()) return {};
  return std::string(image_format_name(image->format)) + " " + std::to_string(image->width) + "x" +
         std::to_string(image->height) + ", " + std::to_string(image->channels) + " channel" +
         (image->channels > 1 ? "s" : "") + " of " + std::to_string(image->bits) + " bits" +
         (image->indexed ? ", numbers of colours" : "");
}

bool named_like_image(const std::string& name) {
  static constexpr const char* kSuffixes[] = {".png",  ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif",
                                              ".tiff", ".pnm", ".ppm",  ".pgm",  ".pbm", ".pam"};
  std::string suffix = std::filesystem::path(name).stem().extension().string();  // before .lmc
  std::ranges::transform(suffix, suffix.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return std::ranges::find(kSuffixes, suffix) != std::end(kSuffixes);
}

// Why the only content, with an image's name, is not an image block; nothing if it is one or cannot be told.
std::string describe_refusal(const Session& session, const std::string& name, ByteSpan file, const Summary& sum) {
  constexpr uint64_t kMostBytes = uint64_t(16) << 20;  // a minute's decoding, perhaps
  const bool taken_apart = std::ranges::any_of(sum.codecs, [](const auto& c) { return c == "image" || c == "jpeg"; });
  if (taken_apart || !named_like_image(name) || sum.raw_bytes == 0 || sum.raw_bytes > kMostBytes) return {};
  DecompressOptions how;
  how.registry = &session.registry;
  how.threads = session.threads;
  how.isa = session.isa;
  how.memory_limit_bytes = session.options.memory_limit_bytes;
  MemorySource source(file);
  MemorySink sink;
  if (!decompress(source, sink, how).ok()) return {};
  return "not taken apart: " + why_not_taken_apart(sink.bytes);
}

void print_blocks(const std::vector<FrameLayout>& frames) {
  for (const FrameLayout& frame : frames)
    for (const BlockLayout& block : frame.blocks)
      std::printf("  block at %llu: content from %llu, %u => %u bytes, %s\n",
                  static_cast<unsigned long long>(block.header_offset),
                  static_cast<unsigned long long>(block.raw_offset), block.header.raw_bytes, block.header.payload_bytes,
                  codec_name(block.header.codec).c_str());
}

}  // namespace

Status list_file(const Session& session, const std::string& name) {
  const auto input = InputFile::open(name);
  if (!input.ok()) return input.error();
  const auto whole = input->whole();
  if (!whole.ok()) return whole.error();
  const auto frames = read_layout(whole->first);
  if (!frames.ok())
    return bad_input(input->name() + ": " + frames.error().message + " (at byte " +
                     std::to_string(frames.error().offset_bytes.value_or(0)) + ")");
  const Summary sum = summarize(*frames);
  if (session.options.json) {
    // One object a line.
    std::printf(
        "{\"file\": %s, \"frames\": %zu, \"tiny\": %s, \"blocks\": %llu, \"compressed_bytes\": %llu, "
        "\"content_bytes\": %llu, \"codecs\": %s, \"models\": %s, \"sha256_128\": %s}\n",
        json_string(input->name()).c_str(), frames->size(), frames->back().tiny ? "true" : "false",
        static_cast<unsigned long long>(sum.blocks), static_cast<unsigned long long>(sum.compressed_bytes),
        static_cast<unsigned long long>(sum.raw_bytes), json_list(sum.codecs).c_str(), json_list(sum.models).c_str(),
        json_list(sum.hashes).c_str());
    return Ok();
  }
  if (name == session.options.inputs.front())
    std::printf("%8s %12s %14s %9s  %-14s %-12s %s\n", "blocks", "compressed", "content", "ratio", "codecs", "models",
                "file");
  std::printf("%8llu %12llu %14llu %9s  %-14s %-12s %s\n", static_cast<unsigned long long>(sum.blocks),
              static_cast<unsigned long long>(sum.compressed_bytes), static_cast<unsigned long long>(sum.raw_bytes),
              percent(sum.compressed_bytes, sum.raw_bytes).c_str(), join(sum.codecs, ",").c_str(),
              sum.models.empty() ? "-" : join(sum.models, ",").c_str(), input->name().c_str());
  if (!session.options.verbose) return Ok();
  print_blocks(*frames);
  if (const std::string image = describe_image(whole->first); !image.empty()) std::printf("  %s\n", image.c_str());
  if (const std::string why = describe_refusal(session, input->name(), whole->first, sum); !why.empty())
    std::printf("  %s\n", why.c_str());
  return Ok();
}

}  // namespace lmc
