// Layout of the payload:
//   varint         size of the expanded data E
//   varint, bytes  choices (deflate_choices.h) of the streams that are described so, in their order
//   rest           a .lmc file of the expanded data:
//     varint         number of streams
//     per stream     varint: bytes between it and the one before; varint: bytes of its data; a byte: StreamForm;
//                    varint, bytes: corrections (deflate_corrections.h), none in form 1; with kInText: varint: bytes of
//                    a line of ASCII85 (ascii85.h); the header of zlib
//     bytes          all that is between the streams and behind the last
//     bytes          the data of the streams, one after the other
#include "lmc/codecs/streams.h"

#include <algorithm>

#include "lmc/codecs/file_search.h"
#include "lmc/coding/ascii85.h"
#include "lmc/container/layout.h"

namespace lmc {
namespace {

enum StreamForm : uint8_t { kCorrected = 0, kChosen = 1, kInText = 2 };

constexpr uint64_t kMostExpansion = 1032;  // of deflate: two bits for 258 bytes
constexpr size_t kMostOther = size_t(1) << 16;
constexpr size_t kMostDescribed = 8;  // blocks inside

Error damaged(const std::string& what) { return bad_input("deflate block: " + what + "; the file is damaged"); }

uint64_t most_expanded_bytes(size_t raw_bytes) { return kMostExpansion * raw_bytes + kMostOther; }

// What is found, put together, compressed and compared takes so many times as much memory as it holds.
constexpr uint64_t kCopies = 4;

std::vector<FoundStream> find_streams(ByteSpan raw, const Budget* budget) {
  const uint64_t room = budget == nullptr ? UINT64_MAX : budget->limit_bytes() - budget->used_bytes();
  const auto most = std::min<uint64_t>({most_expanded_bytes(raw.size()), kMaxFileBytes, room / kCopies});
  const std::vector<FoundFile> files = find_files(raw).files;  // those are taken apart by themselves
  auto next = files.begin();
  const auto end_of_file_at = [&](size_t at) {
    while (next != files.end() && next->begin + next->bytes <= at) ++next;
    return next != files.end() && next->begin <= at ? next->begin + next->bytes : at;
  };
  return find_deflate_streams(raw, {.most_data_bytes = size_t(most), .spare = end_of_file_at});
}

struct Parts {
  size_t expanded_bytes = 0;
  ByteSpan choices, file;
};

Result<Parts> read_parts(ByteSpan payload, size_t raw_bytes) {
  ByteReader reader(payload);
  LMC_ASSIGN(const auto expanded, reader.read_varint("deflate block: size of the expanded data"));
  if (expanded > most_expanded_bytes(raw_bytes)) return damaged("more data than its streams can hold");
  LMC_ASSIGN(const auto choices, reader.read_varint("deflate block: size of the choices"));
  if (choices > reader.remaining()) return damaged("its choices are cut short");
  Parts out;
  out.expanded_bytes = size_t(expanded);
  out.choices = *reader.read_bytes(size_t(choices), "choices");
  out.file = reader.rest();
  return out;
}

// What is said of a stream.
struct StreamPlace {
  uint64_t gap = 0;
  size_t data_bytes = 0;
  uint8_t form = kCorrected;
  ByteSpan corrections;
  uint64_t line_bytes = 0;
  ByteSpan zlib_header = {};
};

Result<StreamPlace> read_place(ByteReader& reader) {
  LMC_ASSIGN(const auto gap, reader.read_varint("deflate block: bytes before a stream"));
  LMC_ASSIGN(const auto bytes, reader.read_varint("deflate block: size of what a stream holds"));
  LMC_ASSIGN(const auto form, reader.read_le<uint8_t>("deflate block: form of a stream"));
  LMC_ASSIGN(const auto side, reader.read_varint("deflate block: size of the corrections"));
  if (form > (kChosen | kInText)) return damaged("a stream of an unknown form");
  if (side > reader.remaining() || bytes > reader.remaining()) return damaged("a stream that is cut short");
  LMC_ASSIGN(const auto corrections, reader.read_bytes(size_t(side), "corrections"));
  StreamPlace place{gap, size_t(bytes), form, corrections};
  if (form & kInText) {
    LMC_ASSIGN(place.line_bytes, reader.read_varint("deflate block: bytes of a line"));
    LMC_ASSIGN(place.zlib_header, reader.read_bytes(kZlibHeaderBytes, "deflate block: header of zlib"));
  }
  return place;
}

// The raw bytes again.
Result<Bytes> rebuild(ByteSpan expanded, ByteSpan choices, size_t raw_bytes) {
  ByteReader reader(expanded);
  LMC_ASSIGN(const auto count, reader.read_varint("deflate block: number of streams"));
  if (count > expanded.size()) return damaged("too many streams");
  // Twice: first for where the gaps and the data begin. Kept, they could take more than the file has paid for.
  ByteReader ahead = reader;
  size_t data_bytes = 0;
  for (uint64_t i = 0; i < count; ++i) {
    LMC_ASSIGN(const auto place, read_place(ahead));
    data_bytes += place.data_bytes;
    if (data_bytes > ahead.remaining()) return damaged("streams that hold more than there is");
  }
  ByteSpan gaps = ahead.rest().first(ahead.remaining() - data_bytes);
  ByteSpan data = expanded.last(data_bytes);
  ChoicesReader reads_choices(choices);
  Bytes raw;
  raw.reserve(raw_bytes);
  const auto copy_gap = [&](size_t bytes) -> Status {
    if (bytes > gaps.size() || bytes > raw_bytes - raw.size()) return damaged("too much between its streams");
    append_bytes(raw, gaps.first(bytes));
    gaps = gaps.subspan(bytes);
    return Ok();
  };
  for (uint64_t i = 0; i < count; ++i) {
    LMC_ASSIGN(const auto place, read_place(reader));
    LMC_TRY(copy_gap(size_t(std::min<uint64_t>(place.gap, SIZE_MAX))));
    const ByteSpan content = data.first(place.data_bytes);
    data = data.subspan(place.data_bytes);
    ByteReader corrections(place.corrections);
    auto stream = (place.form & kChosen) ? reads_choices.next(content, raw_bytes - raw.size())
                                         : rebuild_deflate(corrections, content, raw_bytes - raw.size());
    if (!stream.ok()) return stream.error();
    if (corrections.remaining() > 0) return damaged("corrections that nothing needs");
    if (place.form & kInText)
      *stream = encode_ascii85(zlib_around(place.zlib_header, *stream, content), size_t(place.line_bytes));
    if (stream->size() > raw_bytes - raw.size()) return damaged("streams that are too long");
    append_bytes(raw, *stream);
  }
  LMC_TRY(copy_gap(gaps.size()));
  if (raw.size() != raw_bytes) return damaged("its parts do not make it");
  return raw;
}

}  // namespace

Result<EncodedBlock> encode_streams(ByteSpan raw, const LevelRow&, const BlockResources& resources) {
  if (!resources.compress_inside) return bad_input("containers nest too deep");
  std::vector<FoundStream> streams = find_streams(raw, resources.budget);
  if (streams.empty()) return bad_input("no deflate streams in it that could be taken apart");
  uint64_t found_bytes = 0;
  for (const FoundStream& found : streams) found_bytes += found.data.size();
  LMC_ASSIGN(const auto memory,
             Budget::take(resources.budget, (kCopies - 1) * found_bytes + 2 * raw.size(), "deflate streams"));
  Bytes expanded, gaps, contents;
  append_varint(expanded, streams.size());
  DeflateDescriber describer;
  ChoicesWriter choices;
  size_t end = 0;
  for (FoundStream& found : streams) {
    const ByteSpan stream = found.stream(raw);
    const uint8_t text = found.text ? kInText : 0;
    LMC_ASSIGN(const auto described, describer.describe(stream, found.data, found.hint));
    append_varint(expanded, found.begin - end);
    append_varint(expanded, found.data.size());
    if (described.choices) {
      LMC_TRY(choices.add(stream, found.data, *described.choices));
      expanded.push_back(kChosen | text);
      append_varint(expanded, 0);
    } else {
      expanded.push_back(kCorrected | text);
      append_varint(expanded, described.corrections.size());
      append_bytes(expanded, described.corrections);
    }
    if (found.text) {
      append_varint(expanded, found.text->line_bytes);
      append_bytes(expanded, ByteSpan(found.text->zlib).first(kZlibHeaderBytes));
    }
    append_bytes(gaps, raw.subspan(end, found.begin - end));
    append_bytes(contents, found.data);
    found.data = {};
    found.text.reset();
    end = found.begin + found.bytes;
  }
  append_bytes(expanded, gaps);
  append_bytes(expanded, raw.subspan(end));
  append_bytes(expanded, contents);
  const Bytes chosen = std::move(choices).finish();
  LMC_ASSIGN(const auto again, rebuild(expanded, chosen, raw.size()));
  if (!std::ranges::equal(again, raw)) return bad_input("deflate streams that do not come back as they were");
  LMC_ASSIGN(const auto file, resources.compress_inside(expanded, resources.threads));
  if (resources.progress) resources.progress(raw.size());
  EncodedBlock out{kStreams, {}};
  append_varint(out.payload, expanded.size());
  append_varint(out.payload, chosen.size());
  append_bytes(out.payload, chosen);
  append_bytes(out.payload, file);
  return out;
}

Result<Bytes> decode_streams(ByteSpan payload, size_t raw_bytes, const BlockResources& resources) {
  LMC_ASSIGN(const auto parts, read_parts(payload, raw_bytes));
  if (!resources.decompress_inside) return damaged("containers that nest too deep");
  LMC_ASSIGN(const auto memory,
             Budget::take(resources.budget, 2 * uint64_t(parts.expanded_bytes) + raw_bytes,
                          "deflate streams that hold " + std::to_string(parts.expanded_bytes) + " bytes"));
  LMC_ASSIGN(const auto expanded, resources.decompress_inside(parts.file, parts.expanded_bytes, resources.threads));
  if (expanded.size() != parts.expanded_bytes) return damaged("expanded data of another size");
  if (resources.progress) resources.progress(raw_bytes);
  return rebuild(expanded, parts.choices, raw_bytes);
}

Status check_streams(ByteSpan raw) {
  if (find_streams(raw, nullptr).empty()) return bad_input("no deflate streams in it that could be taken apart");
  return Ok();
}

std::string describe_streams(ByteSpan payload) {
  const auto parts = read_parts(payload, kMaxFileBytes);
  if (!parts.ok()) return "";
  std::string out = "deflate streams, " + std::to_string(parts->expanded_bytes) + " bytes inside";
  const auto frames = read_layout(parts->file);
  if (!frames.ok()) return out;
  size_t blocks = 0;
  const auto add = [&](uint8_t codec, ByteSpan inside) {
    if (++blocks > kMostDescribed) return;
    const CodecRow* const row = find_codec(codec);
    const std::string more = row != nullptr && row->describe != nullptr ? row->describe(inside) : "";
    out += (blocks == 1 ? ": " : "; ") + codec_name(codec) + (more.empty() ? "" : " (" + more + ")");
  };
  for (const FrameLayout& frame : *frames) {
    if (frame.tiny && frame.tiny_header.raw_bytes > 0)
      add(frame.tiny_header.codec,
          parts->file.subspan(size_t(frame.offset) + frame.tiny_header.header_bytes, frame.tiny_header.payload_bytes));
    for (const BlockLayout& block : frame.blocks)
      add(block.header.codec,
          parts->file.subspan(size_t(block.header_offset) + kBlockHeaderBytes, block.header.payload_bytes));
  }
  if (blocks > kMostDescribed) out += "; and " + std::to_string(blocks - kMostDescribed) + " more blocks";
  return out;
}

}  // namespace lmc
