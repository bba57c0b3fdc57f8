#include "lmc/pipeline/embedded_files.h"

#include "lmc/base/parallel.h"
#include "lmc/pipeline/tar_headers.h"

namespace lmc {
namespace {

constexpr size_t kLook = 64;        // a file of which less is there might be of any kind
constexpr size_t kPlaceBytes = 12;  // what a group and its segment take in the layout, at most

// The row that takes whole files that begin like this; null: none.
const CodecRow* file_codec(ByteSpan start) {
  for (const CodecRow& row : codec_table())
    if (row.shape == Shape::kWholeFile && row.file.sniff(start)) return &row;
  return nullptr;
}

void search(ByteSpan raw, size_t begin, size_t end, EmbeddedFiles& out) {
  const FileSearch found = find_files(raw.subspan(begin, end - begin));
  for (const FoundFile& file : found.files) out.files.push_back({begin + file.begin, file.bytes});
  if (found.unfinished && end == raw.size()) out.unfinished = {begin + *found.unfinished, begin + *found.unfinished};
}

// Whether raw begins with a file that has an end, behind which come others (cameras append small ones).
bool more_files_follow(ByteSpan raw) {
  const FileLength first = media_file_length(raw);
  return first.end == FileLength::End::kThere && !find_files(raw.subspan(first.bytes)).files.empty();
}

}  // namespace

bool begins_like_file(ByteSpan start) { return file_codec(start) != nullptr; }

std::unique_ptr<FileChunks> cut_file(ByteSpan start) {
  const CodecRow* const row = file_codec(start);
  return row != nullptr && row->file.chunks != nullptr ? row->file.chunks(start) : nullptr;
}

uint64_t most_file_bytes(ByteSpan start) {
  const CodecRow* const row = file_codec(start);
  if (row == nullptr) return 0;
  return row->file.most_bytes != nullptr ? row->file.most_bytes(start) : kMaxFileBytes;
}

EmbeddedFiles find_embedded_files(ByteSpan raw) {
  EmbeddedFiles out;
  for (size_t at = 0; at < raw.size();) {
    const auto content = tar_content_bytes(raw, at);
    const size_t begin = content ? at + kTarRecord : at;
    const size_t rest = raw.size() - begin;
    const bool whole = content && *content <= rest;
    const size_t end = !content ? next_tar_header(raw, at) : whole ? begin + size_t(*content) : raw.size();
    const bool known = content && (begins_like_file(raw.subspan(begin, end - begin)) || (!whole && rest < kLook));
    if (!known)
      search(raw, begin, end, out);
    else if (whole && *content >= kSmallestFoundFile)
      out.files.push_back({begin, size_t(*content)});
    else if (!whole && *content <= kMaxBlockBytes)
      out.unfinished = {at, begin, size_t(*content)};
    at = content ? (end + kTarRecord - 1) / kTarRecord * kTarRecord : end;
  }
  return out;
}

std::optional<EncodedBlock> encode_file(ByteSpan file, const LevelRow& level, const BlockResources& resources) {
  const CodecRow* const row = file_codec(file);
  if (!level.models || row == nullptr || more_files_follow(file)) return {};
  if (row->file.takes_any_bytes) {  // encode_container looks into it
    if (const Status can = resources.note ? row->file.check(file) : Ok(); !can.ok())
      resources.note(can.error().message);
    return {};
  }
  if (row->model != ModelNeed::kNone && resources.model(row->model) == nullptr) return {};
  auto coded = row->encode(file, level, resources);
  if (coded.ok() && coded->payload.size() < file.size()) return std::move(*coded);
  if (resources.note) resources.note(coded.ok() ? "a file that would not become smaller" : coded.error().message);
  return {};
}

std::optional<EncodedBlock> encode_container(ByteSpan raw, const LevelRow& level, const BlockResources& resources) {
  for (const CodecRow& row : codec_table()) {
    if (!row.file.takes_any_bytes) continue;
    auto coded = row.encode(raw, level, resources);
    if (coded.ok() && coded->payload.size() < raw.size()) return std::move(*coded);
  }
  return {};
}

std::string unopened_kind(ByteSpan start) {
  struct Kind {
    size_t at;
    std::string_view bytes;
    const char* name;
  };
  constexpr size_t kOggPacketAt = 28, kBoxKindAt = 4;
  static constexpr Kind kKinds[] = {{0, "\xfd\x37zXZ", "xz"},
                                    {0, "BZh", "bzip2"},
                                    {0, "\x28\xb5\x2f\xfd", "zstd"},
                                    {0, "\x04\x22\x4d\x18", "LZ4"},
                                    {0, "7z\xbc\xaf\x27\x1c", "7-Zip"},
                                    {0, "Rar!\x1a\x07", "RAR"},
                                    {0, "ID3", "MP3"},
                                    {0, "\xff\xfa", "MP3"},
                                    {0, "\xff\xfb", "MP3"},
                                    {0, "\xff\xf2", "MP3"},
                                    {0, "\xff\xf3", "MP3"},
                                    {0, "\xff\xe2", "MP3"},
                                    {0, "\xff\xe3", "MP3"},
                                    {0, "\xff\xf0", "AAC"},
                                    {0, "\xff\xf1", "AAC"},
                                    {0, "\xff\xf8", "AAC"},
                                    {0, "\xff\xf9", "AAC"},
                                    {kBoxKindAt, "ftypM4A", "AAC or ALAC"},
                                    {kOggPacketAt, "OpusHead", "Opus"},
                                    {kOggPacketAt, "\x01vorbis", "Vorbis"},
                                    {kOggPacketAt,
                                     "\x7f"
                                     "FLAC",
                                     "FLAC in Ogg"},
                                    {kOggPacketAt, "Speex ", "Speex"},
                                    {0, "wvpk", "WavPack"},
                                    {0, "MAC ", "Monkey's Audio"},
                                    {0, "OFR ", "OptimFROG"},
                                    {0, "TTA1", "TTA"},
                                    {0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media"}};
  if (file_codec(start) != nullptr) return "";  // a FLAC file may have an MP3 file's tag
  for (const Kind& kind : kKinds) {
    if (start.size() < kind.at || !begins_with(start.subspan(kind.at), kind.bytes)) continue;
    if (kind.at == kOggPacketAt && !begins_with(start, "OggS")) continue;
    return kind.name;
  }
  return "";
}

std::string why_not_taken_apart(ByteSpan file) {
  const CodecRow* const row = file_codec(file);
  if (row == nullptr) return "its content is of no kind that is taken apart";
  const Status can = row->file.check(file);
  return can.ok() ? "it could be, but a low level or no model was given, or nothing was gained" : can.error().message;
}

CodedFiles encode_embedded_files(ByteSpan raw, const std::vector<Copy>& copies, const LevelRow& level,
                                 const BlockResources& resources) {
  CodedFiles out;
  if (!level.models) return out;
  std::vector<FoundFile> found = find_embedded_files(raw).files;
  std::erase_if(found, [&](const FoundFile& file) { return is_copied(copies, file); });
  ProgressSum progress(resources.progress, resources.threads > 1);
  InOrder<std::optional<EncodedBlock>> jobs(resources.threads, [&] { progress.tick(); });
  size_t taken = 0;
  const auto take = [&] {
    const FoundFile& place = found[taken++];
    auto coded = jobs.take();
    if (!coded || coded->payload.size() + kPlaceBytes >= place.bytes) return;
    out.places.push_back(place);
    out.coded.push_back(std::move(*coded));
  };
  for (const FoundFile& place : found) {
    BlockResources with = resources;
    with.note = {};
    with.threads = std::min(resources.threads, threads_for_file(place.bytes, found.size()));
    with.progress = progress.for_block();
    while (!jobs.has_room(with.threads)) take();
    jobs.submit(with.threads,
                [=, &level, file = raw.subspan(place.begin, place.bytes)] { return encode_file(file, level, with); });
  }
  while (!jobs.empty()) take();
  return out;
}

}  // namespace lmc
