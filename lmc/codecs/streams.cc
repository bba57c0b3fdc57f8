// Layout of the payload:
//   varint         size of the expanded data E
//   varint, bytes  choices (deflate_choices.h) of the streams that are described so, in their order
//   rest           a .lmc file of the expanded data:
//     varint         number of streams
//     per stream     varint: bytes between it and the one before; varint: bytes of its data; a byte: StreamForm;
//                    varint, bytes: corrections (deflate_corrections.h), none in form 1
//     bytes          all that is between the streams and behind the last
//     bytes          the data of the streams, one after the other
#include "lmc/codecs/streams.h"

#include <algorithm>
#include <array>

#include "lmc/container/layout.h"
#include "lmc/media/deflate/stream_search.h"

namespace lmc {
namespace {

enum StreamForm : uint8_t { kCorrected = 0, kChosen = 1 };

constexpr uint64_t kMostExpansion = 1032;  // of deflate: two bits for 258 bytes
constexpr size_t kMostOther = size_t(1) << 16;
constexpr size_t kMostWalks = 8;
constexpr size_t kSmallestFile = 256;
constexpr size_t kMostDescribed = 8;  // blocks inside

Error damaged(const std::string& what) { return bad_input("deflate block: " + what + "; the file is damaged"); }

uint64_t most_expanded_bytes(size_t raw_bytes) { return kMostExpansion * raw_bytes + kMostOther; }

// Where whole files of kinds that are taken apart by themselves end; each place is asked for once, in order.
class FilesToSpare {
 public:
  explicit FilesToSpare(ByteSpan raw) : raw_(raw) {
    for (const CodecRow& row : codec_table())
      if (row.file.length != nullptr)
        for (const uint8_t byte : row.file.first_bytes) first_[byte] = true;
  }
  size_t end_of(size_t at) {
    if (!first_[raw_[at]] || walked_ > kMostWalks * raw_.size()) return at;
    const ByteSpan rest = raw_.subspan(at);
    for (const CodecRow& row : codec_table()) {
      if (row.file.length == nullptr || !row.file.sniff(rest)) continue;
      const FileLength length = row.file.length(rest);
      if (length.end == FileLength::End::kThere && length.bytes >= kSmallestFile) return at + length.bytes;
      walked_ += length.bytes;
      return at;
    }
    return at;
  }

 private:
  ByteSpan raw_;
  std::array<bool, 256> first_{};
  size_t walked_ = 0;
};

// What is found, put together, compressed and compared takes so many times as much memory as it holds.
constexpr uint64_t kCopies = 4;

std::vector<FoundStream> find_streams(ByteSpan raw, const Budget* budget) {
  FilesToSpare files(raw);
  const uint64_t room = budget == nullptr ? UINT64_MAX : budget->limit_bytes() - budget->used_bytes();
  const auto most = std::min<uint64_t>({most_expanded_bytes(raw.size()), kMaxFileBytes, room / kCopies});
  return find_deflate_streams(raw,
                              {.most_data_bytes = size_t(most), .spare = [&](size_t at) { return files.end_of(at); }});
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

struct StreamPlace {
  size_t gap = 0, data_bytes = 0;
  StreamForm form = kCorrected;
};

// The raw bytes again.
Result<Bytes> rebuild(ByteSpan expanded, ByteSpan choices, size_t raw_bytes) {
  ByteReader reader(expanded);
  LMC_ASSIGN(const auto count, reader.read_varint("deflate block: number of streams"));
  if (count > expanded.size()) return damaged("too many streams");
  // Corrections stand among the places, and are passed over by what reads them; so they are read when they are needed.
  size_t gaps_at = 0, data_bytes = 0;
  {
    ByteReader ahead = reader;
    for (uint64_t i = 0; i < count; ++i) {
      LMC_TRY(ahead.read_varint("deflate block: bytes before a stream"));
      LMC_ASSIGN(const auto bytes, ahead.read_varint("deflate block: size of what a stream holds"));
      if (bytes > expanded.size() - data_bytes) return damaged("a stream that holds too much");
      data_bytes += size_t(bytes);
      LMC_ASSIGN(const auto form, ahead.read_le<uint8_t>("deflate block: form of a stream"));
      if (form > kChosen) return damaged("a stream of an unknown form");
      LMC_ASSIGN(const auto side, ahead.read_varint("deflate block: size of the corrections"));
      if (side > ahead.remaining()) return damaged("corrections that are cut short");
      LMC_TRY(ahead.read_bytes(size_t(side), "corrections"));
    }
    gaps_at = ahead.position();
    if (data_bytes > ahead.remaining()) return damaged("streams that hold more than there is");
  }
  ByteSpan gaps = expanded.subspan(gaps_at, expanded.size() - gaps_at - data_bytes);
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
    LMC_ASSIGN(const auto gap, reader.read_varint("gap"));
    LMC_ASSIGN(const auto bytes, reader.read_varint("size"));
    LMC_ASSIGN(const auto form, reader.read_le<uint8_t>("form"));
    LMC_ASSIGN(const auto side_bytes, reader.read_varint("corrections"));
    LMC_ASSIGN(const auto side, reader.read_bytes(size_t(side_bytes), "corrections"));
    LMC_TRY(copy_gap(size_t(std::min<uint64_t>(gap, SIZE_MAX))));
    const ByteSpan content = data.first(size_t(bytes));
    data = data.subspan(size_t(bytes));
    ByteReader corrections(side);
    auto stream = form == kChosen ? reads_choices.next(content, raw_bytes - raw.size())
                                  : rebuild_deflate(corrections, content, raw_bytes - raw.size());
    if (!stream.ok()) return stream.error();
    if (corrections.remaining() > 0) return damaged("corrections that nothing needs");
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
    const ByteSpan stream = raw.subspan(found.begin, found.bytes);
    LMC_ASSIGN(const auto described, describer.describe(stream, found.data, found.hint));
    append_varint(expanded, found.begin - end);
    append_varint(expanded, found.data.size());
    if (described.choices) {
      LMC_TRY(choices.add(stream, found.data, *described.choices));
      expanded.push_back(kChosen);
      append_varint(expanded, 0);
    } else {
      expanded.push_back(kCorrected);
      append_varint(expanded, described.corrections.size());
      append_bytes(expanded, described.corrections);
    }
    append_bytes(gaps, raw.subspan(end, found.begin - end));
    append_bytes(contents, found.data);
    found.data = {};
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

bool begins_like_stream_file(ByteSpan start) { return begins_like_streams(start); }

}  // namespace lmc
