// The headers of tar archives of the ustar family: where their files stand.
//
// Source: POSIX.1-2017, pax, "ustar Interchange Format"; sizes in base 256 are GNU's.
#ifndef LMC_PIPELINE_TAR_HEADERS_H_
#define LMC_PIPELINE_TAR_HEADERS_H_

#include <optional>

#include "lmc/base/bytes.h"

namespace lmc {

inline constexpr size_t kTarRecord = 512;

// The bytes of the file behind the header that stands here, from its size field; nothing if there is none.
std::optional<uint64_t> tar_content_bytes(ByteSpan raw, size_t at);

// The next record at or behind `at`, counted from raw's beginning, that begins a file; the end of raw if there is none.
size_t next_tar_header(ByteSpan raw, size_t at);

}  // namespace lmc

#endif  // LMC_PIPELINE_TAR_HEADERS_H_
