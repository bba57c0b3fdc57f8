// Where whole image files stand inside other data: archives, documents, disk images.
//
// Found by their first bytes and followed by their structure to their end; whether they can be taken apart is for the
// codecs to say. Sources: ITU-T T.81 annex B (JPEG), W3C PNG, GIF89a, the WebP container specification.
#ifndef LMC_MEDIA_IMAGE_SEARCH_H_
#define LMC_MEDIA_IMAGE_SEARCH_H_

#include <optional>
#include <vector>

#include "lmc/base/bytes.h"

namespace lmc {

struct FileLength {
  enum class End { kNoFile, kCutOff, kThere };
  End end = End::kNoFile;
  size_t bytes = 0;  // up to the end, or as far as it was followed
};
// Of the JPEG, PNG, GIF or WebP file that begins here, whatever follows it.
FileLength image_file_length(ByteSpan start);

struct FoundImage {
  size_t begin = 0, bytes = 0;
  bool operator==(const FoundImage&) const = default;
};
struct ImageSearch {
  std::vector<FoundImage> images;  // in order, apart from each other; at least kSmallestFoundImage bytes each
  // Where the first one begins that raw is too short for. Others may come behind it: if it is none after all, or inside
  // it, like the small picture in a photograph's metadata.
  std::optional<size_t> unfinished;
};
// Takes time in proportion to raw: in what is full of beginnings that lead far and nowhere, it gives up.
ImageSearch find_images(ByteSpan raw);

inline constexpr size_t kSmallestFoundImage = 256;  // what smaller ones would save is less than their place costs

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_SEARCH_H_
