// One scan of a JPEG file: from entropy-coded data to coefficients and back (ITU-T T.81, annexes F and G).
//
// What the coefficients and tables leave open is kept beside them: the padding bits before each marker, and where an
// encoder ended a run of empty blocks (EOBRUN) earlier than it had to. All else must be as a canonical encoder does it;
// the caller compares.
#ifndef LMC_MEDIA_JPEG_JPEG_SCAN_H_
#define LMC_MEDIA_JPEG_JPEG_SCAN_H_

#include <cstdint>
#include <vector>

#include "lmc/base/bytes.h"
#include "lmc/media/jpeg/jpeg_headers.h"

namespace lmc {

// Of each component (blocks, 64), row after row; a block is in the order row * 8 + column.
using JpegCoefficients = std::vector<std::vector<int16_t>>;

// What a scan needs beyond coefficients and tables; the same two lists serve all scans of a file, one after the other.
struct ScanChoices {
  std::vector<uint8_t> padding;      // bits, one a byte
  std::vector<uint32_t> early_ends;  // blocks of the scan before which a run of empty blocks was ended early
  std::vector<uint32_t> early_ends_per_scan;
};
struct ScanPlace {
  size_t padding = 0, early_end = 0, scan = 0;  // of the lists of a ScanChoices, used so far
};

// Reads the scan whose entropy-coded data begins at position; returns the position behind it.
Result<size_t> read_scan(ByteSpan file, size_t position, const JpegState& state, const JpegScan& scan,
                         JpegCoefficients& coefficients, ScanChoices& choices);
// Appends the same data to out, which stays within max_bytes.
Status write_scan(const JpegState& state, const JpegScan& scan, const JpegCoefficients& coefficients,
                  const ScanChoices& choices, ScanPlace& place, Bytes& out, size_t max_bytes);
// Adds the symbols that it would write; counts holds all tables defined so far.
Status count_scan(const JpegState& state, const JpegScan& scan, const JpegCoefficients& coefficients,
                  const ScanChoices& choices, ScanPlace& place, SymbolCounts& counts);

}  // namespace lmc

#endif  // LMC_MEDIA_JPEG_JPEG_SCAN_H_
