// The marker segments of a JPEG file (ITU-T T.81, annex B): frame, tables, scans.
//
// walk_jpeg_headers goes through them in order and stops at each scan, where the caller says at which byte the markers
// go on: behind the entropy-coded data in a file, right there in headers from which that data was taken out. So one
// walker serves parsing and rebuilding. Sequential and progressive Huffman frames of 8 bits; all else is an error.
#ifndef LMC_MEDIA_JPEG_JPEG_HEADERS_H_
#define LMC_MEDIA_JPEG_JPEG_HEADERS_H_

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "lmc/base/bytes.h"
#include "lmc/media/jpeg/jpeg_huffman.h"

namespace lmc {

// Of each place of the zigzag order: the place row * 8 + column.
inline constexpr std::array<uint8_t, 64> kZigzag = {0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,
                                                    12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,
                                                    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
                                                    58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

struct JpegComponent {
  uint8_t id = 0;
  uint32_t across = 1, down = 1;                // sampling factors
  uint32_t quantisation_table = 0;              // which
  uint32_t blocks_across = 0, blocks_down = 0;  // in whole MCUs
  uint32_t scan_across = 0, scan_down = 0;      // what a scan of this component alone has
  bool scanned = false;
  std::array<uint16_t, 64> quantisation{};  // row * 8 + column; as of its first scan
};

struct JpegFrame {
  bool progressive = false;
  uint32_t width = 0, height = 0;
  uint32_t mcus_across = 0, mcus_down = 0;
  std::vector<JpegComponent> components;

  uint64_t blocks() const;
};

struct JpegScan {
  struct Part {
    size_t component;  // place in the frame
    uint8_t dc_table, ac_table;
  };
  std::vector<Part> parts;
  uint8_t first = 0, last = 63;  // zigzag places
  uint8_t high = 0, low = 0;     // successive approximation: the bit before, this bit
};

// What holds at one scan.
struct JpegState {
  JpegFrame frame;
  std::array<HuffmanTable, 4> dc_tables, ac_tables;
  std::array<std::array<uint16_t, 64>, 4> quantisation{};
  uint32_t restart_interval = 0;  // MCUs, 0: none
  uint32_t tables_defined = 0;    // Huffman tables so far
  bool ended = false;             // the end marker was met
};

// position: right behind the scan's header; returns where the next marker is.
using OnScan = std::function<Result<size_t>(const JpegState&, const JpegScan&, size_t position)>;
// max_blocks: more than so many blocks are refused before anything is kept. Returns the state after the last marker.
// What follows the end marker, or what is no marker after a scan, is left unread.
Result<JpegState> walk_jpeg_headers(ByteSpan bytes, uint64_t max_blocks, const OnScan& on_scan);

}  // namespace lmc

#endif  // LMC_MEDIA_JPEG_JPEG_HEADERS_H_
