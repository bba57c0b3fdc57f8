#include "lmc/pipeline/message.h"

#include <algorithm>

#include "lmc/codecs/mixing.h"
#include "lmc/codecs/text.h"

namespace lmc {
namespace {

// The first three bits. Wire ids.
enum Kind : uint32_t {
  kStoredKind = 0,
  kDeepKind = 1,
  kModelKind = 1,
  kWholeFile = 7
};  // kModelKind + built-in number
constexpr uint32_t kKindBits = 3;
constexpr int kMaxModel = kWholeFile - 1 - kModelKind;

Bytes with_header(uint32_t kind, size_t raw_bytes, ByteSpan rest) {
  Bytes message;
  append_varint(message, uint64_t(raw_bytes) << kKindBits | kind);
  append_bytes(message, rest);
  return message;
}

// Deep mixing without the profile byte that a block has.
Result<Bytes> deep_message(ByteSpan raw, const BlockResources& resources) {
  LMC_ASSIGN(const auto payload, encode_mixing_block(raw, MixingProfile::kDeep, resources));
  return with_header(kDeepKind, raw.size(), ByteSpan(payload).subspan(1));
}

Result<Bytes> decode_deep(ByteSpan coded, size_t raw_bytes, const BlockResources& resources) {
  Bytes payload{uint8_t(MixingProfile::kDeep)};
  append_bytes(payload, coded);
  return decode_mixing_block(payload, raw_bytes, resources);
}

Result<Bytes> whole_file(ByteSpan raw, const CompressOptions& options) {
  MemorySource source(raw);
  MemorySink sink;
  LMC_TRY(compress(source, sink, options));
  return with_header(kWholeFile, 0, sink.bytes);
}

Result<Bytes> decode_text(ByteSpan coded, int number, size_t raw_bytes, const DecompressOptions& options,
                          const BlockResources& resources) {
  if (options.engine == nullptr) return environment_error("the message needs a model, and no models are at hand");
  LMC_ASSIGN(const auto model, options.engine->registry().find_builtin(number));
  LMC_ASSIGN(const auto text, options.engine->compiled(model->file, options.isa, load_text_model));
  return decode_text_message(*text, coded, raw_bytes, resources);
}

}  // namespace

Result<Bytes> compress_message(ByteSpan raw, const CompressOptions& options) {
  const LoadedModel* const model = level_row(options.level).text_model > 0 ? options.model.get() : nullptr;
  const int number = model != nullptr ? model->builtin_number : 0;
  const bool foreign = model != nullptr && (number < 1 || number > kMaxModel);
  if (raw.size() >= kShortMessageBytes || foreign) return whole_file(raw, options);
  Bytes best = with_header(kStoredKind, raw.size(), raw);
  const auto keep_smaller = [&](Bytes other) {
    if (other.size() < best.size()) best = std::move(other);
  };
  if (options.level == 0 || raw.empty()) return best;
  Budget budget(memory_limit_alone(options));
  const BlockResources resources{
      .engine = options.engine, .budget = &budget, .isa = options.isa, .threads = options.threads};
  LMC_ASSIGN(auto deep, deep_message(raw, resources));
  keep_smaller(std::move(deep));
  if (model == nullptr) return best;
  LMC_ASSIGN(const auto text, compile(options.engine, model->file, options.isa, load_text_model));
  if (const auto coded = encode_text_message(*text, raw, resources); coded.ok())
    keep_smaller(with_header(kModelKind + uint32_t(number), raw.size(), *coded));
  return best;
}

Result<Bytes> decompress_message(ByteSpan message, const DecompressOptions& options) {
  ByteReader reader(message);
  LMC_ASSIGN(const auto header, reader.read_varint("message: size"));
  const auto kind = uint32_t(header & ((1u << kKindBits) - 1));
  const uint64_t raw_bytes = header >> kKindBits;
  const ByteSpan rest = message.subspan(reader.position());
  if (kind == kWholeFile) {
    if (raw_bytes != 0) return bad_input("message: not a known form; it was written by a newer lmc or is damaged", 0);
    MemorySource source(rest);
    MemorySink sink;
    LMC_TRY(decompress(source, sink, options));
    return std::move(sink.bytes);
  }
  if (raw_bytes >= kShortMessageBytes)
    return bad_input("message: " + std::to_string(raw_bytes) + " bytes are too many for the short form", 0);
  if (raw_bytes > options.limit_bytes)
    return bad_input("more content than the limit of " + std::to_string(options.limit_bytes) + " bytes");
  if (kind == kStoredKind) {
    if (rest.size() != raw_bytes) return bad_input("message: cut short, or with more behind it");
    return Bytes(rest.begin(), rest.end());
  }
  if (rest.size() > raw_bytes || raw_bytes == 0) return bad_input("message: more bytes than it can have");
  Budget budget(memory_limit_of(options));
  const BlockResources resources{
      .engine = options.engine, .budget = &budget, .isa = options.isa, .threads = options.threads};
  if (kind == kDeepKind) return decode_deep(rest, raw_bytes, resources);
  return decode_text(rest, int(kind - kModelKind), raw_bytes, options, resources);
}

}  // namespace lmc
