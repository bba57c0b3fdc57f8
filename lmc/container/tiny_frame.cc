#include "lmc/container/tiny_frame.h"

#include <algorithm>
#include <array>

#include "lmc/base/hash.h"

namespace lmc {
namespace {

// Forms: the usual pairs of codec and model. Wire ids; the last form has them written out.
struct Form {
  uint8_t codec, model;
};
constexpr std::array<Form, 7> kForms = {{{0, 0}, {1, 0}, {2, 1}, {2, 2}, {4, 3}, {5, 0}, {2, 4}}};
constexpr uint8_t kWrittenOut = 7;

uint8_t form_of(uint8_t codec, uint8_t model) {
  for (size_t i = 0; i < kForms.size(); ++i)
    if (kForms[i].codec == codec && kForms[i].model == model) return uint8_t(i);
  return kWrittenOut;
}

// Sizes take one byte below kOneByte, two below kTwoBytes, else the byte 255 and two more.
constexpr uint32_t kOneByte = 224, kTwoBytes = kOneByte + (255 - kOneByte) * 256;

void append_size(Bytes& out, uint32_t size) {
  if (size < kOneByte) {
    out.push_back(uint8_t(size));
  } else if (size < kTwoBytes) {
    out.push_back(uint8_t(kOneByte + (size - kOneByte) / 256));
    out.push_back(uint8_t(size - kOneByte));
  } else {
    out.push_back(255);
    append_le<uint16_t>(out, uint16_t(size));
  }
}

Result<uint16_t> read_size(ByteReader& reader, const char* what) {
  LMC_ASSIGN(const auto first, reader.read_le<uint8_t>(what));
  if (first < kOneByte) return uint16_t(first);
  if (first < 255) {
    LMC_ASSIGN(const auto second, reader.read_le<uint8_t>(what));
    return uint16_t(kOneByte + (first - kOneByte) * 256u + second);
  }
  const auto size = reader.read_le<uint16_t>(what);
  LMC_TRY(size);
  if (*size < kTwoBytes)
    return bad_input(std::string(what) + " " + std::to_string(*size) + " in the long form; the file is damaged", 1);
  return *size;
}

// Everything before the check.
Bytes fields(const TinyHeader& header) {
  const uint8_t form = form_of(header.codec, header.model);
  Bytes out{uint8_t(kTinyMagic | form)};
  if (form == kWrittenOut) {
    out.push_back(header.codec);
    out.push_back(header.model);
    if (header.model == kTinyAdapter) append_bytes(out, header.adapter);
  }
  append_size(out, header.raw_bytes);
  append_size(out, header.payload_bytes);
  return out;
}

Result<Form> read_form(ByteReader& reader) {
  LMC_ASSIGN(const auto first, reader.read_le<uint8_t>("tiny frame"));
  if (!begins_tiny_frame(first)) return bad_input("no tiny frame here: wrong magic byte", 0);
  const uint8_t form = first & 7;
  if (form != kWrittenOut) return kForms[form];
  LMC_ASSIGN(const auto codec, reader.read_le<uint8_t>("tiny frame: codec"));
  LMC_ASSIGN(const auto model, reader.read_le<uint8_t>("tiny frame: model"));
  if (form_of(codec, model) != kWrittenOut)
    return bad_input("tiny frame: a usual codec written out; the file is damaged", 0);
  return Form{codec, model};
}

}  // namespace

Bytes write_tiny_header(uint8_t codec, uint8_t model, ByteSpan raw, size_t payload_bytes, const HashStart& adapter) {
  const TinyHeader header{.codec = codec,
                          .model = model,
                          .adapter = adapter,
                          .raw_bytes = uint16_t(raw.size()),
                          .payload_bytes = uint16_t(payload_bytes)};
  Bytes out = fields(header);
  append_le<uint16_t>(out, tiny_check(header, raw));
  return out;
}

Result<TinyHeader> read_tiny_header(ByteSpan start) {
  ByteReader reader(start);
  LMC_ASSIGN(const auto form, read_form(reader));
  HashStart adapter{};
  if (form.model == kTinyAdapter) {
    LMC_ASSIGN(const auto hash, reader.read_bytes(adapter.size(), "tiny frame: adapter"));
    std::ranges::copy(hash, adapter.begin());
  }
  LMC_ASSIGN(const auto raw_bytes, read_size(reader, "tiny frame: content size"));
  LMC_ASSIGN(const auto payload_bytes, read_size(reader, "tiny frame: payload size"));
  if (payload_bytes > raw_bytes)
    return bad_input("tiny frame: a payload of " + std::to_string(payload_bytes) + " bytes for " +
                         std::to_string(raw_bytes) + " of content; the file is damaged",
                     1);
  LMC_ASSIGN(const auto check, reader.read_le<uint16_t>("tiny frame: check"));
  return TinyHeader{form.codec, form.model, adapter, raw_bytes, payload_bytes, check, reader.position()};
}

uint16_t tiny_check(const TinyHeader& header, ByteSpan raw) { return crc16(raw, crc16(fields(header))); }

}  // namespace lmc
