// lmc -l: what a .lmc file holds, told from its headers and indexes without decoding anything; but with -v the content
// is decoded if its name is that of an image and it was not taken apart, to say why.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>

#include "lmc/container/layout.h"
#include "lmc/media/image/image_file.h"
#include "lmc/pipeline/decompress.h"
#include "lmc/pipeline/embedded_files.h"
#include "lmc/pipeline/read_pixels.h"
#include "tools/lmc/files.h"
#include "tools/lmc/names.h"

namespace lmc {
namespace {

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

// One file, all its frames added up.
struct Summary {
  uint64_t blocks = 0;
  uint64_t compressed_bytes = 0;
  uint64_t raw_bytes = 0;
  std::vector<std::string> codecs;
  std::vector<std::string> models;
  std::set<Sha256> models_seen;  // a hostile file names another in each frame
  std::vector<std::string> hashes;
  bool whole_files = false;  // some were taken apart
};

void add_once(std::vector<std::string>& list, const std::string& word) {
  for (const std::string& known : list)
    if (known == word) return;
  list.push_back(word);
}

void add_codec(Summary& sum, uint8_t codec) {
  add_once(sum.codecs, codec_name(codec));
  const CodecRow* const row = find_codec(codec);
  sum.whole_files = sum.whole_files || (row != nullptr && row->shape == Shape::kWholeFile);
}

Summary summarize(const std::vector<FrameLayout>& frames) {
  Summary sum;
  for (const FrameLayout& frame : frames) {
    sum.compressed_bytes += frame.frame_bytes;
    sum.raw_bytes += frame.content_bytes;
    if (frame.tiny) {
      sum.blocks += frame.content_bytes > 0 ? 1 : 0;
      if (frame.content_bytes > 0) add_codec(sum, frame.tiny_header.codec);
      if (frame.tiny_header.model == kTinyAdapter)
        add_once(sum.models, hex(frame.tiny_header.adapter));
      else if (frame.tiny_header.model > 0)
        add_once(sum.models, builtin_name(frame.tiny_header.model));
      continue;
    }
    sum.blocks += frame.blocks.size();
    for (const BlockLayout& block : frame.blocks) add_codec(sum, block.header.codec);
    if (!frame.header.adapter.payload.empty()) add_once(sum.models, "adapter inside");
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

// What a codec has to say of its payload: "PNG 640x480, 3 channels of 8 bits".
std::string describe_payload(uint8_t codec, ByteSpan payload) {
  const CodecRow* const row = find_codec(codec);
  return row != nullptr && row->describe != nullptr ? row->describe(payload) : "";
}

bool named_like_image(const std::string& name) {
  std::string suffix = std::filesystem::path(name).stem().extension().string();  // before .lmc
  std::ranges::transform(suffix, suffix.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  if (suffix == ".jpg" || suffix == ".jpeg") return true;
  return std::ranges::any_of(image_formats(), [&](const FormatRow& format) {
    return std::ranges::find(format.suffixes, suffix) != format.suffixes.end();
  });
}

// Why the only content, with an image's name, is not an image block; nothing if it is one or cannot be told.
std::string describe_refusal(const Session& session, const std::string& name, ByteSpan file, const Summary& sum) {
  constexpr uint64_t kMostBytes = uint64_t(16) << 20;  // a minute's decoding, perhaps
  if (sum.whole_files || !named_like_image(name) || sum.raw_bytes == 0 || sum.raw_bytes > kMostBytes) return {};
  DecompressOptions how;
  how.engine = &session.engine;
  how.threads = session.threads;
  how.isa = session.isa;
  how.memory_limit_bytes = session.options.memory_limit_bytes;
  MemorySource source(file);
  MemorySink sink;
  if (!decompress(source, sink, how).ok()) return {};
  return "not taken apart: " + why_not_taken_apart(sink.bytes);
}

void print_block(uint64_t at, uint64_t from, size_t raw, uint8_t codec, ByteSpan payload) {
  const std::string more = describe_payload(codec, payload);
  std::printf("  block at %llu: content from %llu, %zu => %zu bytes, %s%s\n", static_cast<unsigned long long>(at),
              static_cast<unsigned long long>(from), raw, payload.size(), codec_name(codec).c_str(),
              more.empty() ? "" : (": " + more).c_str());
}

void print_blocks(ByteSpan file, const std::vector<FrameLayout>& frames) {
  uint64_t before = 0;  // content bytes of the frames before
  for (const FrameLayout& frame : frames) {
    if (frame.tiny && frame.content_bytes > 0)
      print_block(frame.offset, before, size_t(frame.content_bytes), frame.tiny_header.codec,
                  file.subspan(size_t(frame.offset) + frame.tiny_header.header_bytes, frame.tiny_header.payload_bytes));
    for (const BlockLayout& block : frame.blocks)
      print_block(block.header_offset, before + block.raw_offset, block.header.raw_bytes, block.header.codec,
                  file.subspan(size_t(block.header_offset) + kBlockHeaderBytes, block.header.payload_bytes));
    before += frame.content_bytes;
  }
}

}  // namespace

Status list_file(const Session& session, const std::string& name) {
  LMC_ASSIGN(const auto input, InputFile::open(name, true));
  if (input.is_stdin() && ::isatty(STDIN_FILENO) && !session.options.force)
    return usage_error("compressed bytes are not read from a terminal; name a file");
  LMC_ASSIGN(const auto whole, input.whole());
  const auto frames = read_layout(whole.first);
  if (!frames.ok())
    return bad_input(input.shown_name() + ": " + frames.error().message + " (at byte " +
                     std::to_string(frames.error().offset_bytes.value_or(0)) + ")");
  const Summary sum = summarize(*frames);
  if (session.options.json) {
    // One object a line.
    std::printf(
        "{%s, \"frames\": %zu, \"tiny\": %s, \"blocks\": %llu, \"compressed_bytes\": %llu, "
        "\"content_bytes\": %llu, \"codecs\": %s, \"models\": %s, \"sha256_128\": %s}\n",
        json_file_members(input.name()).c_str(), frames->size(), frames->back().tiny ? "true" : "false",
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
              sum.models.empty() ? "-" : join(sum.models, ",").c_str(), input.shown_name().c_str());
  if (!session.options.verbose) return Ok();
  print_blocks(whole.first, *frames);
  if (const std::string why = describe_refusal(session, input.name(), whole.first, sum); !why.empty())
    std::printf("  %s\n", why.c_str());
  return Ok();
}

}  // namespace lmc
