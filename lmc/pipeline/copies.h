// Long exact repeats in a block: runs of one byte, patterns, a file that is there twice. They are copied, not modelled.
#ifndef LMC_PIPELINE_COPIES_H_
#define LMC_PIPELINE_COPIES_H_

#include <vector>

#include "lmc/base/bytes.h"
#include "lmc/codecs/file_search.h"

namespace lmc {

// raw[begin, begin + bytes) is what stands distance bytes before. It may overlap its source: distance 1 is a run.
struct Copy {
  size_t begin, bytes, distance;
  bool operator==(const Copy&) const = default;
};

inline constexpr size_t kShortestCopy = 4096;
inline constexpr size_t kShortestRun = 8192;  // of distances below kRunDistance, which mixing learns for nearly nothing
inline constexpr size_t kRunDistance = 256;

// In order, without overlaps; the first byte of raw is in none. Repeats as long as the constants say are found.
std::vector<Copy> find_copies(ByteSpan raw);

// The copies, or parts of them, that lie outside the files. Both in order.
std::vector<Copy> copies_outside(const std::vector<Copy>& copies, const std::vector<FoundFile>& files);

// Whether one copy holds all of the file.
bool is_copied(const std::vector<Copy>& copies, const FoundFile& file);

}  // namespace lmc

#endif  // LMC_PIPELINE_COPIES_H_
