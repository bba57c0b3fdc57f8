// Huffman tables that need not be kept, since they can be told: those that T.81 lists (K.3 to K.6), and the best ones
// for the symbols they code, as T.81 makes them (K.2) and with it many encoders.
//
// In reduced headers a DHT segment is FF C4, the number of its tables, and of each its class and place (one byte), its
// kind (one byte) and, if literal, its counts and symbols. All else is as in the file.
#ifndef LMC_MEDIA_JPEG_JPEG_TABLES_H_
#define LMC_MEDIA_JPEG_JPEG_TABLES_H_

#include "lmc/base/bytes.h"
#include "lmc/media/jpeg/jpeg_scan.h"

namespace lmc {

// counts: how often each symbol occurs. 16 numbers of codes and the symbols, as in a DHT segment.
Bytes best_huffman_table(const std::array<uint32_t, 256>& counts);

// How often each symbol of each table occurs, in the order the headers define them.
Result<SymbolCounts> count_symbols(ByteSpan headers, const JpegCoefficients& coefficients, const ScanChoices& choices);

Result<Bytes> reduce_headers(ByteSpan headers, const SymbolCounts& counts);
// The reverse. Without counts, tables that depend on them stand for any table: enough to read frame and scans.
Result<Bytes> expand_headers(ByteSpan reduced, const SymbolCounts* counts);

}  // namespace lmc

#endif  // LMC_MEDIA_JPEG_JPEG_TABLES_H_
