// The block codec for contents of several kinds (docs/format.md, codec 3): what is of one kind is put together and
// coded as one, wherever it stood, and comes back to its place.
//
// So the files of an archive learn from each other, although programs, pictures and tables lie between the texts. Which
// bytes make a group is the pipeline's business; a group is coded by any row of the table but this one. Bytes that
// stand earlier in the block too can be copied from there.
#ifndef LMC_CODECS_GROUPED_H_
#define LMC_CODECS_GROUPED_H_

#include "lmc/codecs/codec.h"

namespace lmc {

// The next bytes of the raw block: so many, of that group or, if distance is not 0, of what stands so far before them
// in the block; they may overlap their source.
struct GroupPlace {
  uint32_t group = 0, bytes = 0, distance = 0;
};

// groups: at least one. places: in the order of the raw bytes; every group has some, no copy is the first.
EncodedBlock encode_grouped(const std::vector<EncodedBlock>& groups, const std::vector<GroupPlace>& places);

Result<Bytes> decode_grouped(ByteSpan payload, size_t raw_bytes, const BlockResources& resources);
// "text 2, image 31": the codecs of the groups.
std::string describe_grouped(ByteSpan payload);

inline constexpr CodecRow kGroupedRow{kGrouped,     "grouped", ModelNeed::kNone, Shape::kGroups,
                                      kTextThreads, nullptr,   decode_grouped,   describe_grouped};

}  // namespace lmc

#endif  // LMC_CODECS_GROUPED_H_
