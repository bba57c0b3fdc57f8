// PackBits as libtiff writes it, for tests only: runs of equal bytes taken one after the other, the last packet kept
// open.
#ifndef LMC_MEDIA_IMAGE_TIFF_PACKBITS_TEST_SUPPORT_H_
#define LMC_MEDIA_IMAGE_TIFF_PACKBITS_TEST_SUPPORT_H_

#include <algorithm>
#include <vector>

#include "lmc/base/bytes.h"

namespace lmc {

inline Bytes encode_packbits(ByteSpan data, size_t row_bytes) {
  struct Packet {
    bool repeats;
    Bytes bytes;  // as they are, or the byte that repeats
    size_t count;
  };
  Bytes out;
  for (size_t row = 0; row < data.size(); row += row_bytes) {
    std::vector<Packet> packets;
    const auto is_open = [&] { return !packets.empty() && !packets.back().repeats && packets.back().count < 128; };
    const ByteSpan bytes = data.subspan(row, std::min(row_bytes, data.size() - row));
    for (size_t at = 0; at < bytes.size();) {
      size_t run = 1;
      while (at + run < bytes.size() && bytes[at + run] == bytes[at]) ++run;
      const uint8_t byte = bytes[at];
      at += run;
      for (; run > 1; run -= std::min<size_t>(run, 128)) packets.push_back({true, {byte}, std::min<size_t>(run, 128)});
      if (run == 0) continue;
      // A single byte: a pair before it joins the bytes as they are before that.
      const size_t count = packets.size();
      if (count >= 2 && packets[count - 1].repeats && packets[count - 1].count == 2 && !packets[count - 2].repeats &&
          packets[count - 2].count < 127) {
        Bytes& joined = packets[count - 2].bytes;
        joined.insert(joined.end(), 2, packets[count - 1].bytes[0]);
        packets[count - 2].count += 2;
        packets.pop_back();
      }
      if (!is_open()) packets.push_back({false, {}, 0});
      packets.back().bytes.push_back(byte);
      ++packets.back().count;
    }
    for (const Packet& packet : packets) {
      out.push_back(uint8_t(packet.repeats ? 257 - packet.count : packet.count - 1));
      append_bytes(out, packet.bytes);
    }
  }
  return out;
}

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_TIFF_PACKBITS_TEST_SUPPORT_H_
