// Layout of the reconstruction data:
//   1 byte            WebpFlag
//   [varint, bytes]   unless kPlain: all before the VP8L stream; sizes of file and chunk are zeros if kUsualSizes
//   varint, bytes     vp8l_side.h
//   [varint, bytes]   kMoreStream: what the chunk holds after the stream
//   rest              what follows the chunk, without its padding if kPadded
#include "lmc/media/image/webp/webp_file.h"

#include <algorithm>
#include <string>

#include "lmc/media/image/side_part.h"
#include "lmc/media/image/webp/vp8l_reader.h"
#include "lmc/media/image/webp/vp8l_side.h"
#include "lmc/media/image/webp/vp8l_writer.h"

namespace lmc {
namespace {

enum WebpFlag : uint8_t {
  kPlain = 1,       // nothing before the stream but the headers of file and chunk
  kUsualSizes = 2,  // the file's size is that of the file, the chunk's that of its content
  kMoreStream = 4,
  kPadded = 8,  // a zero follows the chunk, whose size is odd
};

constexpr size_t kFileHeaderBytes = 12, kChunkHeaderBytes = 8;
constexpr size_t kFileSizeAt = 4;
constexpr uint64_t kMaxPixels = uint64_t(1) << 26;
constexpr uint64_t kPixelMemory = 56;  // bytes that go to each: pixels, tokens, what is guessed of them

struct WebpParts {
  ByteSpan before, chunk, after;
  bool usual_sizes = false;
};

uint32_t read_size(ByteSpan bytes) {
  return bytes[0] | uint32_t(bytes[1]) << 8 | uint32_t(bytes[2]) << 16 | uint32_t(bytes[3]) << 24;
}
void put_size(Bytes& bytes, size_t at, uint64_t size) {
  for (size_t i = 0; i < 4; ++i) bytes[at + i] = uint8_t(size >> (8 * i));
}
bool is_chunk(ByteSpan bytes, std::string_view type) { return std::equal(type.begin(), type.end(), bytes.begin()); }

// Of a file of that size, as its header says it.
uint64_t usual_file_size(uint64_t file_bytes) { return file_bytes - kChunkHeaderBytes; }

uint64_t most_pixels(uint64_t file_bytes) { return std::min(kMaxPixels, (uint64_t(1) << 18) + (file_bytes << 12)); }

Result<WebpParts> read_parts(ByteSpan file) {
  if (file.size() < kFileHeaderBytes + kChunkHeaderBytes) return bad_input("WebP: the file ends in its header", 0);
  if (!is_chunk(file, "RIFF") || !is_chunk(file.subspan(8), "WEBP"))
    return bad_input("WebP: expected RIFF and WEBP", 0);
  for (size_t at = kFileHeaderBytes; file.size() - at >= kChunkHeaderBytes;) {
    const ByteSpan header = file.subspan(at, kChunkHeaderBytes);
    const uint64_t size = read_size(header.subspan(4));
    if (is_chunk(header, "VP8 ")) return bad_input("WebP: a lossy picture; only lossless ones are taken apart", at);
    if (is_chunk(header, "ANIM") || is_chunk(header, "ANMF"))
      return bad_input("WebP: an animation; only single pictures are taken apart", at);
    at += kChunkHeaderBytes;
    if (size > file.size() - at) return bad_input("WebP: the file ends in a chunk", at);
    if (is_chunk(header, "VP8L"))
      return WebpParts{file.first(at), file.subspan(at, size_t(size)), file.subspan(at + size_t(size)),
                       read_size(file.subspan(kFileSizeAt)) == usual_file_size(file.size())};
    at += size_t(std::min<uint64_t>(size + (size & 1), file.size() - at));
  }
  return bad_input("WebP: there is no VP8L chunk", file.size());
}

Picture to_picture(const std::vector<Argb>& pixels, uint32_t width, uint32_t height) {
  bool grey = true, opaque = true;
  for (const Argb pixel : pixels) {
    grey = grey && (pixel & 255) == (pixel >> 8 & 255) && (pixel & 255) == (pixel >> 16 & 255);
    opaque = opaque && pixel >> 24 == 255;
  }
  Picture picture;
  picture.width = width;
  picture.height = height;
  picture.channels = (grey ? 1 : 3) + (opaque ? 0 : 1);
  picture.samples.reserve(picture.size_bytes());
  for (const Argb pixel : pixels) {
    if (!grey) picture.samples.push_back(uint8_t(pixel >> 16));
    picture.samples.push_back(uint8_t(pixel >> 8));
    if (!grey) picture.samples.push_back(uint8_t(pixel));
    if (!opaque) picture.samples.push_back(uint8_t(pixel >> 24));
  }
  return picture;
}

std::vector<Argb> to_pixels(const Picture& picture) {
  std::vector<Argb> pixels(size_t(picture.width) * picture.height);
  const uint8_t* sample = picture.samples.data();
  const bool grey = picture.channels < 3, opaque = picture.channels % 2 == 1;
  for (Argb& pixel : pixels) {
    const uint32_t red = *sample++, green = grey ? red : *sample++, blue = grey ? red : *sample++;
    pixel = (opaque ? 255u : uint32_t(*sample++)) << 24 | red << 16 | green << 8 | blue;
  }
  return pixels;
}

}  // namespace

uint64_t most_in_webp(uint64_t file_bytes) { return 4 * most_pixels(file_bytes); }

uint64_t webp_memory(const Picture& shape) {
  const uint64_t pixels = uint64_t(shape.width) * shape.height;
  return kPixelMemory * pixels + kVp8lGroupMemory * most_vp8l_groups(pixels) + (uint64_t(4) << 20);
}

Result<ParsedImage> parse_webp(ByteSpan file, const OnShape& on_shape) {
  LMC_ASSIGN(const auto parts, read_parts(file));
  const auto on_size = [&](uint32_t width, uint32_t height) {
    return on_shape({.width = width, .height = height, .channels = 4, .samples = {}}, 0);
  };
  LMC_ASSIGN(auto read, read_vp8l(parts.chunk, most_pixels(file.size()), on_size));
  std::vector<Argb> pixels = vp8l_picture(read.stream);
  const ByteSpan more = parts.chunk.subspan(read.size_bytes);
  const bool plain = parts.before.size() == kFileHeaderBytes + kChunkHeaderBytes && parts.usual_sizes;
  const bool padded = parts.chunk.size() % 2 == 1 && !parts.after.empty() && parts.after[0] == 0;
  ParsedImage parsed;
  parsed.picture = to_picture(pixels, read.stream.width, read.stream.height);
  parsed.side.push_back(uint8_t((plain ? kPlain : 0) | (parts.usual_sizes ? kUsualSizes : 0) |
                                (more.empty() ? 0 : kMoreStream) | (padded ? kPadded : 0)));
  if (!plain) {
    Bytes before(parts.before.begin(), parts.before.end());
    if (parts.usual_sizes) {
      put_size(before, kFileSizeAt, 0);
      put_size(before, before.size() - 4, 0);
    }
    append_part(parsed.side, before);
  }
  LMC_ASSIGN(const auto described, write_vp8l_side(std::move(read.stream), std::move(pixels)));
  append_part(parsed.side, described);
  if (!more.empty()) append_part(parsed.side, more);
  append_bytes(parsed.side, parts.after.subspan(padded ? 1 : 0));
  return parsed;
}

Result<Bytes> rebuild_webp(ByteSpan side, const Picture& picture, size_t max_bytes) {
  if (picture.bits != 8 || picture.indexed || picture.width > kMaxVp8lEdge || picture.height > kMaxVp8lEdge ||
      uint64_t(picture.width) * picture.height > kMaxPixels)
    return bad_input("no WebP has such a picture");
  ByteReader reader(side);
  LMC_ASSIGN(const auto flags, reader.read_le<uint8_t>("flags of a WebP"));
  if (flags > 15) return bad_input("reconstruction data of a WebP: unknown flags", 0);
  Bytes file;
  if (flags & kPlain) {
    append_bytes(file, as_bytes({"RIFF\0\0\0\0WEBPVP8L\0\0\0\0", kFileHeaderBytes + kChunkHeaderBytes}));
  } else {
    LMC_ASSIGN(const auto before, read_part(reader, "start of a WebP"));
    if (before.size() < kFileHeaderBytes + kChunkHeaderBytes)
      return bad_input("reconstruction data of a WebP: too short a start", reader.position());
    append_bytes(file, before);
  }
  LMC_ASSIGN(const auto described, read_part(reader, "choices of a WebP"));
  LMC_ASSIGN(const auto stream, read_vp8l_side(described, picture.width, picture.height, to_pixels(picture)));
  const size_t begin = file.size();
  LMC_ASSIGN(const auto written, write_vp8l(stream, max_bytes));
  append_bytes(file, written);
  if (flags & kMoreStream) {
    LMC_ASSIGN(const auto more, read_part(reader, "what follows a WebP's pixels"));
    append_bytes(file, more);
  }
  if (flags & (kPlain | kUsualSizes)) put_size(file, begin - 4, file.size() - begin);
  if (flags & kPadded) file.push_back(0);
  append_bytes(file, side.subspan(reader.position()));
  if (flags & (kPlain | kUsualSizes)) put_size(file, kFileSizeAt, usual_file_size(file.size()));
  if (file.size() > max_bytes) return bad_input("reconstruction data of a WebP: more than the file's size");
  return file;
}

bool begins_like_webp(ByteSpan start) {
  return start.size() >= 12 && begins_with(start, "RIFF") && begins_with(start.subspan(8), "WEBP");
}

FileLength webp_length(ByteSpan raw) {
  constexpr size_t kRiff = 8, kStart = 12;
  if (raw.size() < kStart || !begins_with(raw.subspan(kRiff), "WEBP")) return {};
  const size_t said = size_t(raw[4]) | size_t(raw[5]) << 8 | size_t(raw[6]) << 16 | size_t(raw[7]) << 24;
  const size_t bytes = kRiff + said + (said & 1);
  return bytes <= raw.size() ? FileLength{FileLength::End::kThere, bytes} : FileLength::cut_off(raw, true);
}

}  // namespace lmc
