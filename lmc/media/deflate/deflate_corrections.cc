#include "lmc/media/deflate/deflate_corrections.h"

#include <string>

namespace lmc {
namespace {

constexpr uint8_t kFinalPaddingGiven = 0x80;

Error damaged(const std::string& what, const ByteReader& reader) {
  return bad_input("reconstruction data of a deflate stream: " + what, reader.position());
}

}  // namespace

Result<Token> read_corrected_token(ByteReader& reader) {
  LMC_ASSIGN(const auto code, reader.read_varint("corrected token"));
  if (code == 0) return Token{};
  LMC_ASSIGN(const auto distance, reader.read_varint("corrected distance"));
  if (code > kMaxMatch - 2 || distance == 0 || distance > kMaxDistance)
    return damaged("a match that deflate cannot express", reader);
  return Token{uint16_t(code + 2), uint16_t(distance)};
}

Result<BlockCorrection> read_corrected_block(ByteReader& reader) {
  LMC_ASSIGN(const auto flags, reader.read_le<uint8_t>("flags of a corrected block"));
  if ((flags & kKindMask) == 3 || flags > 63) return damaged("a block of a kind that does not exist", reader);
  BlockCorrection block;
  block.kind = BlockKind(flags & kKindMask);
  block.last = flags & kLast;
  if (flags & kEndGiven) {
    LMC_ASSIGN(const auto end, reader.read_varint("end of a corrected block"));
    block.end = end;
  }
  if (flags & kHeaderGiven) {
    LMC_ASSIGN(const auto size_bits, reader.read_varint("size of a block's header"));
    if (size_bits > 8 * uint64_t(reader.remaining()) || size_bits == 0)
      return damaged("a header longer than what is left", reader);
    LMC_ASSIGN(const auto bits, reader.read_bytes(size_t(size_bits + 7) / 8, "header of a block"));
    block.header.assign(bits.begin(), bits.end());
    block.header_size_bits = size_t(size_bits);
  }
  if (flags & kPaddingGiven) {
    LMC_ASSIGN(const auto padding, reader.read_le<uint8_t>("padding of a stored block"));
    block.padding = padding;
  }
  return block;
}

void CorrectionWriter::token_wrong(Token actual) {
  Bytes& out = tokens_.wrong();
  append_varint(out, actual.is_match() ? actual.length - 2 : 0);
  if (actual.is_match()) append_varint(out, actual.distance);
}

void CorrectionWriter::block_wrong(const BlockCorrection& actual) {
  Bytes& out = blocks_.wrong();
  out.push_back(uint8_t(uint8_t(actual.kind) | (actual.last ? kLast : 0) | (actual.end ? kEndGiven : 0) |
                        (actual.header.empty() ? 0 : kHeaderGiven) | (actual.padding != 0 ? kPaddingGiven : 0)));
  if (actual.end) append_varint(out, *actual.end);
  if (!actual.header.empty()) {
    append_varint(out, actual.header_size_bits);
    append_bytes(out, actual.header);
  }
  if (actual.padding != 0) out.push_back(actual.padding);
}

Bytes CorrectionWriter::finish(const DeflateSettings& settings, uint8_t final_padding) const {
  Bytes side;
  side.push_back(uint8_t(settings.level | int(settings.strategy) << 4 | (final_padding != 0 ? kFinalPaddingGiven : 0)));
  side.push_back(uint8_t(settings.memory | (settings.window_bits - 8) << 4));
  if (final_padding != 0) side.push_back(final_padding);
  tokens_.append_to(side);
  blocks_.append_to(side);
  return side;
}

Result<CorrectionReader> CorrectionReader::create(ByteReader& side) {
  CorrectionReader result;
  LMC_ASSIGN(const auto packed, side.read_le<uint16_t>("settings of a deflate stream"));
  DeflateSettings& settings = result.settings_;
  settings.level = packed & 15;
  settings.strategy = DeflateStrategy(packed >> 4 & 7);
  settings.memory = packed >> 8 & 15;
  settings.window_bits = 8 + (packed >> 12);
  if (settings.level > 9 || settings.strategy > DeflateStrategy::kFixed || settings.memory < 1 || settings.memory > 9 ||
      settings.window_bits < 9 || settings.window_bits > 15)
    return damaged("settings that zlib does not have", side);
  if (packed & kFinalPaddingGiven) {
    LMC_ASSIGN(const auto padding, side.read_le<uint8_t>("bits after the last block"));
    result.final_padding_ = padding;
  }
  LMC_ASSIGN(auto tokens, decltype(result.tokens_)::create(side));
  LMC_ASSIGN(auto blocks, decltype(result.blocks_)::create(side));
  result.tokens_ = tokens;
  result.blocks_ = blocks;
  return result;
}

Status CorrectionReader::finish() const {
  if (!tokens_.is_done() || !blocks_.is_done())
    return bad_input("reconstruction data of a deflate stream: corrections after the end of the stream");
  return Ok();
}

}  // namespace lmc
