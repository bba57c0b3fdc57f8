// What kinds of data stand where in a block: text here, a table there, then a program, then compressed data.
#ifndef LMC_PIPELINE_SEGMENTS_H_
#define LMC_PIPELINE_SEGMENTS_H_

#include <functional>
#include <span>
#include <vector>

#include "lmc/base/bytes.h"
#include "lmc/codecs/file_search.h"
#include "lmc/pipeline/copies.h"

namespace lmc {

enum class SegmentKind : uint8_t {
  kText,     // what the vocabulary of the language model knows
  kTable,    // other text: logs, tables, data in text form
  kForeign,  // other text, much of it beyond ASCII
  kData,     // bytes that are no text
  kNoise,    // compressed or encrypted bytes
  kHeaders,  // what stands between the files of a tar archive
  kFile,     // a whole file that is coded by itself
  kCopy      // what stands in the block before
};
inline constexpr size_t kSegmentKinds = 8;

struct Segment {
  SegmentKind kind;
  size_t bytes;
  size_t distance = 0;  // of a copy: how far before it its source is
  bool operator==(const Segment&) const = default;
};

// Consecutive parts of raw, neighbours of different kinds, unless both are whole files. Those are where `files` says,
// in order, each within a file of an archive if there is one. The files of a tar archive are told by their headers;
// anywhere else no part between them is below kSmallestSegment unless all of it is. known tells whether the
// vocabulary of the language model knows a piece of text, told whether it knew what came before; empty: all text is
// kText.
using KnownText = std::function<bool(ByteSpan piece, bool known_before)>;
std::vector<Segment> find_segments(ByteSpan raw, const KnownText& known, std::span<const FoundFile> files = {});

// The same segments with the copies cut out of them as segments of their own. None lies in a kFile.
std::vector<Segment> cut_copies(const std::vector<Segment>& segments, std::span<const Copy> copies);

// Whether neighbours of this kind become one.
constexpr bool joins(SegmentKind kind) { return kind < SegmentKind::kFile; }

inline constexpr size_t kSmallestSegment = size_t(24) << 10;

// Whether few bytes are control characters that text does not have; looks at samples.
bool looks_like_text(ByteSpan raw);

}  // namespace lmc

#endif  // LMC_PIPELINE_SEGMENTS_H_
