// fuzz_seeds MODELS SEEDS INPUT...: writes the small language model into MODELS (beside the pixel model that lies
// there), and into SEEDS/codecs, /blocks, /message and /frame what inputs and archives (*.lmc) are or become.
#include <filesystem>
#include <iterator>
#include <set>

#include "lmc/base/io.h"
#include "lmc/container/layout.h"
#include "lmc/models/test_text_model.h"
#include "lmc/pipeline/encode_block.h"
#include "lmc/pipeline/message.h"
#include "tests/fuzz/fuzz_models.h"

namespace lmc {
namespace {

constexpr size_t kMostSeedBytes = 16384, kMostTextBytes = 4096;

void write_model(const std::string& folder) {
  const std::string common = "e t a he in th er an re on ; , ";
  std::set<std::string> pairs;
  for (size_t i = 0; i + 1 < common.size(); ++i) pairs.insert(common.substr(i, 2));
  const Bytes file = make_test_text_model({pairs.begin(), pairs.end()});
  require(!file.empty() && write_file(folder + "/" + kFuzzTextModel + ".lmcm", file).ok());
}

class Seeds {
 public:
  explicit Seeds(std::string folder) : folder_(std::move(folder)) {
    for (const char* target : {"codecs", "blocks", "message", "frame"})
      std::filesystem::create_directories(folder_ + "/" + target);
  }

  void add_block(const std::string& name, uint8_t codec, size_t raw_bytes, ByteSpan payload) {
    if (raw_bytes > UINT16_MAX) return;
    Bytes seed{uint8_t(find_codec(codec) - codec_table().data()), uint8_t(raw_bytes), uint8_t(raw_bytes >> 8)};
    append_bytes(seed, payload);
    write("codecs", name, seed);
  }

  void add_archive(const std::string& name, ByteSpan archive) {
    write("frame", name, archive);
    const auto frames = read_layout(archive);
    require(frames.ok());
    for (size_t f = 0; f < frames->size(); ++f) add_frame(name + "-" + std::to_string(f), archive, (*frames)[f]);
  }

  void add_input(const std::string& name, ByteSpan raw) {
    if (raw.size() > kMostSeedBytes) return;
    for (int level : {1, 5, 7, 9}) {
      Bytes seed{uint8_t(level)};
      append_bytes(seed, raw);
      if (level < kMaxLevel) write("blocks", name + "-" + std::to_string(level), seed);  // 9 takes seconds
      const EncodedBlock block = *encode_block(raw, level_row(level), fuzz_resources());
      add_block(name + "-" + std::to_string(level), block.codec, raw.size(), block.payload);
    }
    add_file(name, raw);
    CompressOptions options{.isa = best_isa(), .engine = &fuzz_engine()};
    options.model = ModelOnDemand(fuzz_resources().model(ModelNeed::kText));
    const auto message = compress_message(raw, options);
    require(message.ok());
    write("message", name, *message);
  }

  // What the codec of whole files like it makes of it: the pipeline puts small ones into groups.
  void add_file(const std::string& name, ByteSpan raw) {
    for (const CodecRow& row : codec_table()) {
      if (row.shape != Shape::kWholeFile || row.file.takes_any_bytes || !row.file.sniff(raw)) continue;
      if (row.model != ModelNeed::kNone && fuzz_resources().model(row.model) == nullptr) continue;
      const auto block = row.encode(raw, level_row(1), fuzz_resources());
      if (block.ok()) add_block(name + "-" + row.name, block->codec, raw.size(), block->payload);
    }
  }

  // What the text codec makes of it, whatever the pipeline would choose.
  void add_text(const std::string& name, ByteSpan raw) {
    const ByteSpan start = raw.first(std::min(raw.size(), kMostTextBytes));
    for (int level : {3, 9}) {
      const auto block = find_codec(kText)->encode(start, level_row(level), fuzz_resources());
      require(block.ok());
      add_block(name + "-text-" + std::to_string(level), kText, start.size(), block->payload);
    }
  }

 private:
  void add_frame(const std::string& name, ByteSpan archive, const FrameLayout& frame) {
    if (frame.tiny) {
      const TinyHeader& header = frame.tiny_header;
      add_block(name, header.codec, header.raw_bytes,
                archive.subspan(size_t(frame.offset) + header.header_bytes, header.payload_bytes));
    }
    for (size_t b = 0; b < frame.blocks.size(); ++b) {
      const BlockHeader& header = frame.blocks[b].header;
      add_block(name + "-" + std::to_string(b), header.codec, header.raw_bytes,
                archive.subspan(size_t(frame.blocks[b].header_offset) + kBlockHeaderBytes, header.payload_bytes));
    }
  }

  void write(const std::string& target, const std::string& name, ByteSpan seed) {
    if (seed.size() <= kMostSeedBytes) require(write_file(folder_ + "/" + target + "/" + name, seed).ok());
  }

  std::string folder_;
};

}  // namespace
}  // namespace lmc

int main(int count, char** arguments) {
  if (count < 3) return 1;
  lmc::write_model(arguments[1]);
  lmc::Seeds seeds(arguments[2]);
  for (int i = 3; i < count; ++i) {
    const std::filesystem::path path = arguments[i];
    const auto bytes = lmc::read_file(path);
    lmc::require(bytes.ok());
    if (path.extension() == ".lmc")
      seeds.add_archive(path.stem(), *bytes);
    else
      seeds.add_input(path.filename(), *bytes), seeds.add_text(path.filename(), *bytes);
  }
  return 0;
}
