#include "lmc/media/audio/ogg/ogg_flac.h"

#include <algorithm>

#include "lmc/media/audio/flac/flac_file.h"
#include "lmc/media/audio/ogg/ogg_page.h"

namespace lmc {
namespace {

constexpr size_t kMappingBytes = 9;  // of the first packet, before the mark of the FLAC stream
constexpr size_t kFirstPacketAt = kOggHeaderBytes + 1;

// The byte that a page begins with in the description.
constexpr uint8_t kAsLibogg = 0, kAsFfmpeg = 1, kCounted = 2, kEndMask = 3, kOtherHeader = 4, kOtherChecksum = 8;
constexpr uint8_t kKnownBits = 15;

// All lacing values of the packets, and how far pages have come in them.
class Packets {
 public:
  // has_empty_end: behind the last frame stands a packet of no bytes, as FFmpeg writes.
  Packets(ByteSpan flac, std::vector<FlacPacket> packets, bool has_empty_end) : packets_(std::move(packets)) {
    if (!packets_.empty()) packets_.front().bytes += kMappingBytes;
    if (has_empty_end) packets_.emplace_back();
    for (const FlacPacket& packet : packets_) {
      lacing_.resize(lacing_.size() + packet.bytes / kMostOggLacing, uint8_t(kMostOggLacing));
      lacing_.push_back(uint8_t(packet.bytes % kMostOggLacing));
    }
    bool is_cut = false;
    if (const auto start = read_flac_start(flac, is_cut); start.ok()) rate_ = start->rate;
  }

  bool at_end() const { return at_ == lacing_.size(); }
  size_t left() const { return std::min(kMostOggLacing, lacing_.size() - at_); }
  // The values of the next page, if it has so many.
  ByteSpan peek(size_t count) const { return ByteSpan(lacing_).subspan(at_, count); }

  // libogg: a metadata block ends a page, and so does the fourth packet or a later one after more than 4096 bytes.
  size_t count_as_libogg() const {
    constexpr size_t kFill = 4096, kPackets = 4;
    size_t bytes = 0, packets = 0, count = 0;
    for (bool ends = false; count < left(); ++count) {
      if (ends && (is_metadata(packet_ + packets - 1) || (bytes > kFill && packets >= kPackets))) break;
      const uint8_t value = lacing_[at_ + count];
      bytes += value;
      ends = value < kMostOggLacing;
      packets += ends;
    }
    return count;
  }
  // FFmpeg: a second in a page, and no packet that would not find room in it.
  size_t count_as_ffmpeg() const {
    constexpr size_t kMostBytes = kMostOggLacing * kMostOggLacing;
    size_t bytes = 0, packets = 0, count = 0, packet_bytes = 0;
    uint64_t samples = 0;
    for (bool ends = false; count < left(); ++count) {
      const size_t packet = packet_ + packets;
      if (ends && (is_metadata(packet - 1) || samples >= rate_ || kMostBytes - bytes < packets_[packet].bytes)) break;
      const uint8_t value = lacing_[at_ + count];
      packet_bytes += value;
      ends = value < kMostOggLacing;
      if (!ends) continue;
      bytes += std::exchange(packet_bytes, 0);
      samples += packets_[packet].samples;
      ++packets;
    }
    return count;
  }

  // The header of a page of so many values behind the one before; goes on to the next page.
  OggHeader take(size_t count, const OggHeader& before, bool is_first) {
    OggHeader header{.serial = before.serial, .number = is_first ? 0 : before.number + 1};
    if (is_first) header.flags |= kOggFirst;
    if (at_ > 0 && lacing_[at_ - 1] == kMostOggLacing) header.flags |= kOggContinued;
    bool ends = false;
    for (const uint8_t value : peek(count)) {
      if (value == kMostOggLacing) continue;
      ends = true;
      samples_ += packets_[packet_++].samples;
    }
    header.granule = ends ? samples_ : kOggNoPacketEnds;
    at_ += count;
    if (at_end()) header.flags |= kOggLast;
    return header;
  }
  // What the file says in place of the granule of take().
  void correct(uint64_t granule) {
    if (granule != kOggNoPacketEnds) samples_ = granule;
  }

 private:
  bool is_metadata(size_t packet) const { return packets_[packet].samples == 0; }

  std::vector<FlacPacket> packets_;
  Bytes lacing_;
  size_t at_ = 0, packet_ = 0;  // the next value, and the packet that it is of
  uint64_t samples_ = 0;
  uint64_t rate_ = 0;
};

void append_difference(const OggHeader& a, const OggHeader& b, Bytes& out) {
  out.push_back(a.flags ^ b.flags);
  append_le(out, a.granule ^ b.granule);
  append_le(out, a.serial ^ b.serial);
  append_le(out, a.number ^ b.number);
}

// Pages of one stream, one after the other, as far as packets are FLAC.
struct PageWalk {
  Bytes packets;             // all bodies
  std::vector<size_t> ends;  // of packets, in them
  std::vector<OggPage> pages;
  size_t bytes = 0;  // of pages
};

PageWalk walk_pages(ByteSpan file) {
  struct End {
    size_t pages, packets, bytes;
  };
  PageWalk out;
  std::vector<End> ends;  // of pages that packets end with
  for (size_t at = 0; const auto page = read_ogg_page(file.subspan(at));) {
    if (!out.pages.empty() && page->header.serial != out.pages.front().header.serial) break;
    size_t end = out.packets.size();
    for (const uint8_t value : page->lacing) {
      end += value;
      if (value < kMostOggLacing) out.ends.push_back(end);
    }
    append_bytes(out.packets, page->body);
    out.pages.push_back(*page);
    at += page->bytes();
    if (page->lacing.empty() || page->lacing.back() < kMostOggLacing)
      ends.push_back({out.pages.size(), out.ends.size(), at});
    if ((page->header.flags & kOggLast) != 0) break;
  }
  // Packets that are those of the FLAC file which they make.
  size_t right = 0, place = 0;
  if (out.packets.size() > kMappingBytes) {
    for (const FlacPacket& packet : flac_packets(ByteSpan(out.packets).subspan(kMappingBytes))) {
      place += packet.bytes + (right == 0 ? kMappingBytes : 0);
      if (right == out.ends.size() || out.ends[right] != place) break;
      ++right;
    }
    if (right > 0 && right + 1 == out.ends.size() && out.ends[right] == place) ++right;  // the empty one
  }
  while (!ends.empty() && ends.back().packets > right) ends.pop_back();
  const End last = ends.empty() ? End{0, 0, 0} : ends.back();
  out.pages.resize(last.pages);
  // Empty pages behind the last packet are left out: pages end with the packets.
  out.bytes = last.bytes;
  while (!out.pages.empty() && out.pages.back().lacing.empty()) {
    out.bytes -= out.pages.back().bytes();
    out.pages.pop_back();
  }
  out.ends.resize(last.packets);
  out.packets.resize(last.packets == 0 ? 0 : out.ends.back());
  return out;
}

}  // namespace

bool begins_like_ogg_flac(ByteSpan start) {
  constexpr size_t kCountAt = kOggHeaderBytes - 1, kMarkAt = kFirstPacketAt + kMappingBytes;
  return begins_with(start, "OggS") && start.size() > kMarkAt && start[kCountAt] == 1 &&
         begins_with(start.subspan(kFirstPacketAt),
                     "\x7f"
                     "FLAC") &&
         begins_with(start.subspan(kMarkAt), "fLaC");
}

FileLength ogg_flac_length(ByteSpan start) {
  if (!begins_like_ogg_flac(start)) return {};
  size_t at = 0;
  std::optional<uint32_t> serial;
  for (;;) {
    const auto page = read_ogg_page(start.subspan(at));
    if (!page) break;
    if (page->checksum_difference != 0 || (serial && page->header.serial != *serial)) break;
    serial = page->header.serial;
    at += page->bytes();
    if ((page->header.flags & kOggLast) != 0) return {FileLength::End::kThere, at};
  }
  const ByteSpan rest = start.subspan(at);
  constexpr size_t kMostPageBytes = kOggHeaderBytes + kMostOggLacing * (1 + kMostOggLacing);
  const bool may_go_on = rest.size() < kMostPageBytes && (rest.size() < 4 || begins_with(rest, "OggS"));
  if (at > 0 && may_go_on && !read_ogg_page(rest)) return FileLength::cut_off(start, true);
  return {};
}

Result<SoundLayout> read_ogg_flac(ByteSpan file) {
  LMC_ASSIGN(const auto parts, take_ogg_apart(file));
  LMC_ASSIGN(auto layout, read_flac(parts.flac));
  layout.format = SoundFormat::kOggFlac;
  return layout;
}

Result<OggFlac> take_ogg_apart(ByteSpan file) {
  if (!begins_like_ogg_flac(file)) return bad_input("not FLAC in Ogg", 0);
  const PageWalk walk = walk_pages(file);
  OggFlac out;
  if (walk.packets.size() > kMappingBytes) out.flac.assign(walk.packets.begin() + kMappingBytes, walk.packets.end());
  std::vector<FlacPacket> known = flac_packets(out.flac);
  if (known.empty() || known.back().samples == 0)
    return bad_input("FLAC in Ogg: no page ends with a frame that can be taken apart", walk.bytes);
  const bool has_empty_end = walk.ends.size() > known.size();
  Packets packets(out.flac, std::move(known), has_empty_end);
  append_bytes(out.pages, file.subspan(kFirstPacketAt, kMappingBytes));
  out.pages.push_back(has_empty_end ? 1 : 0);
  OggHeader before;
  uint8_t end = kAsLibogg;
  for (const OggPage& page : walk.pages) {
    const size_t count = page.lacing.size();
    const bool libogg = count == packets.count_as_libogg(), ffmpeg = count == packets.count_as_ffmpeg();
    if (end == kAsLibogg ? ffmpeg && !libogg : libogg && !ffmpeg) end = libogg ? kAsLibogg : kAsFfmpeg;
    uint8_t kind = libogg || ffmpeg ? end : uint8_t(kCounted);
    const OggHeader usual = packets.take(count, before, &page == &walk.pages.front());
    Bytes header;
    append_difference(page.header, usual, header);
    if (std::ranges::any_of(header, [](uint8_t byte) { return byte != 0; })) kind |= kOtherHeader;
    if (page.checksum_difference != 0) kind |= kOtherChecksum;
    out.pages.push_back(kind);
    if ((kind & kEndMask) == kCounted) out.pages.push_back(uint8_t(count));
    if ((kind & kOtherHeader) != 0) append_bytes(out.pages, header);
    if ((kind & kOtherChecksum) != 0) append_le(out.pages, page.checksum_difference);
    packets.correct(page.header.granule);
    before = page.header;
  }
  append_bytes(out.pages, file.subspan(walk.bytes));
  LMC_ASSIGN(const Bytes again, put_ogg_together(out, file.size()));
  if (!std::ranges::equal(again, file)) return bad_input("FLAC in Ogg: pages that do not come back as they were");
  return out;
}

Result<Bytes> put_ogg_together(const OggFlac& parts, size_t most_bytes) {
  ByteReader reader(parts.pages);
  LMC_ASSIGN(const auto mapping, reader.read_bytes(kMappingBytes, "pages of Ogg: mapping"));
  Bytes stream(mapping.begin(), mapping.end());
  append_bytes(stream, parts.flac);
  std::vector<FlacPacket> known = flac_packets(parts.flac);
  size_t bytes = 0;
  for (const FlacPacket& packet : known) bytes += packet.bytes;
  if (bytes != parts.flac.size()) return bad_input("pages of Ogg: a FLAC file that is not whole; the file is damaged");
  LMC_ASSIGN(const auto empty_end, reader.read_le<uint8_t>("pages of Ogg: empty packet"));
  if (empty_end > 1) return bad_input("pages of Ogg: no such end of the packets");
  Packets packets(parts.flac, std::move(known), empty_end == 1);
  ByteSpan rest(stream);
  Bytes out;
  OggHeader before;
  while (!packets.at_end()) {
    LMC_ASSIGN(const auto kind, reader.read_le<uint8_t>("pages of Ogg: kind"));
    if (kind > kKnownBits || (kind & kEndMask) > kCounted) return bad_input("pages of Ogg: no such kind");
    size_t count = (kind & kEndMask) == kAsLibogg ? packets.count_as_libogg() : packets.count_as_ffmpeg();
    if ((kind & kEndMask) == kCounted) {
      LMC_ASSIGN(count, reader.read_le<uint8_t>("pages of Ogg: lacing values"));
      if (count > packets.left()) return bad_input("pages of Ogg: more lacing values than there are");
    }
    OggPage page;
    page.lacing = packets.peek(count);
    for (const uint8_t value : page.lacing) page.body = rest.first(page.body.size() + value);
    rest = rest.subspan(page.body.size());
    page.header = packets.take(count, before, out.empty());
    if ((kind & kOtherHeader) != 0) {
      LMC_ASSIGN(const auto flags, reader.read_le<uint8_t>("pages of Ogg: flags"));
      LMC_ASSIGN(const auto granule, reader.read_le<uint64_t>("pages of Ogg: granule"));
      LMC_ASSIGN(const auto serial, reader.read_le<uint32_t>("pages of Ogg: serial number"));
      LMC_ASSIGN(const auto number, reader.read_le<uint32_t>("pages of Ogg: page number"));
      page.header.flags ^= flags;
      page.header.granule ^= granule;
      page.header.serial ^= serial;
      page.header.number ^= number;
    }
    if ((kind & kOtherChecksum) != 0) {
      LMC_ASSIGN(page.checksum_difference, reader.read_le<uint32_t>("pages of Ogg: checksum"));
    }
    packets.correct(page.header.granule);
    before = page.header;
    if (page.bytes() > most_bytes - out.size()) return bad_input("pages of Ogg: more than the file; it is damaged");
    append_ogg_page(page, out);
  }
  if (reader.remaining() > most_bytes - out.size()) return bad_input("pages of Ogg: more than the file; it is damaged");
  append_bytes(out, reader.rest());
  return out;
}

}  // namespace lmc
