// Image files inside other data, most of all archives: found, and coded each by itself.
#ifndef LMC_PIPELINE_EMBEDDED_IMAGES_H_
#define LMC_PIPELINE_EMBEDDED_IMAGES_H_

#include <optional>
#include <vector>

#include "lmc/media/image/image_search.h"
#include "lmc/pipeline/block.h"

namespace lmc {

// One that raw is too short for.
struct UnfinishedImage {
  size_t cut = 0;                    // where raw could be cut before it: at its tar header, if it has one
  size_t begin = 0;                  // its first byte
  std::optional<size_t> bytes = {};  // its size, where that is known
};
struct EmbeddedImages {
  std::vector<FoundImage> images;  // in order; each within a file of the archive, if raw is one
  std::optional<UnfinishedImage> unfinished;
};
// By structure only; a file of a tar archive by its first bytes.
EmbeddedImages find_embedded_images(ByteSpan raw);

// Whether raw begins with an image that has an end, behind which come others (cameras append small ones).
bool more_images_follow(ByteSpan raw);

// Images that gain from being taken apart, with their codes.
struct CodedImages {
  std::vector<FoundImage> places;
  std::vector<EncodedBlock> coded;
};
CodedImages encode_embedded_images(ByteSpan raw, int level, const BlockResources& resources);

}  // namespace lmc

#endif  // LMC_PIPELINE_EMBEDDED_IMAGES_H_
