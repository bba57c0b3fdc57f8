// Pages of an Ogg file: a header, a table of lacing values, and as many bytes as they add up to. A packet is a run of
// lacing values of which the last alone is less than 255; it may go on in the next page.
//
// Source: RFC 3533, section 6.
#ifndef LMC_MEDIA_AUDIO_OGG_OGG_PAGE_H_
#define LMC_MEDIA_AUDIO_OGG_OGG_PAGE_H_

#include <optional>

#include "lmc/base/bytes.h"

namespace lmc {

struct OggHeader {
  uint8_t flags = 0;
  uint64_t granule = 0;  // samples of a channel up to the last packet that ends here, kOggNoPacketEnds if none does
  uint32_t serial = 0;   // of the stream
  uint32_t number = 0;   // of the page in it
};
inline constexpr uint8_t kOggContinued = 1, kOggFirst = 2, kOggLast = 4;
inline constexpr uint64_t kOggNoPacketEnds = UINT64_MAX;
inline constexpr size_t kMostOggLacing = 255;  // values of a page; also the greatest one
inline constexpr size_t kOggHeaderBytes = 27;

struct OggPage {
  OggHeader header;
  uint32_t checksum_difference = 0;  // exclusive-or of what stands there and the right one
  ByteSpan lacing, body;

  size_t bytes() const { return kOggHeaderBytes + lacing.size() + body.size(); }
};

// The page that begins here; nothing if there is none or it is cut off.
std::optional<OggPage> read_ogg_page(ByteSpan start);
void append_ogg_page(const OggPage& page, Bytes& out);

}  // namespace lmc

#endif  // LMC_MEDIA_AUDIO_OGG_OGG_PAGE_H_
