#include "lmc/codecs/file_search.h"

#include <array>

#include "lmc/codecs/codec.h"

namespace lmc {
namespace {

using End = FileLength::End;

constexpr size_t kMostWalks = 8;

std::array<bool, 256> possible_first_bytes() {
  std::array<bool, 256> out{};
  for (const CodecRow& row : codec_table())
    if (row.file.length != nullptr)
      for (uint8_t byte : row.file.first_bytes) out[byte] = true;
  return out;
}

}  // namespace

FileLength media_file_length(ByteSpan start) {
  for (const CodecRow& row : codec_table())
    if (row.file.length != nullptr && row.file.sniff(start)) return row.file.length(start);
  return {};
}

FileSearch find_files(ByteSpan raw) {
  static const std::array<bool, 256> kFirstBytes = possible_first_bytes();
  FileSearch found;
  size_t walked = 0;
  for (size_t at = 0; at < raw.size(); ++at) {
    if (!kFirstBytes[raw[at]] || walked > kMostWalks * raw.size()) continue;
    const FileLength length = media_file_length(raw.subspan(at));
    if (length.end == End::kThere) {
      if (length.bytes >= kSmallestFoundFile) found.files.push_back({at, length.bytes});
      at += length.bytes - 1;
      continue;
    }
    walked += length.bytes;
    if (length.end == End::kCutOff && !found.unfinished) found.unfinished = at;
  }
  return found;
}

}  // namespace lmc
