// Decodes one block and checks it against its checksum; shared by streaming, salvage and random access.
#ifndef LMC_PIPELINE_CHECKED_BLOCK_H_
#define LMC_PIPELINE_CHECKED_BLOCK_H_

#include <memory>

#include "lmc/container/layout.h"
#include "lmc/pipeline/decompress.h"

namespace lmc {

// "block 3 (content bytes 100 to 200, at byte 50 of the file)"
std::string describe_block(size_t number, const BlockLayout& block);

// What blocks are decoded with, but for the model that each names.
BlockResources decoding_resources(const DecompressOptions& options, Budget& budget, int threads,
                                  const LoadedModel* embedded = nullptr);

// The adapter in a frame's header, merged into its base, for as long as frames name it.
class EmbeddedAdapter {
 public:
  EmbeddedAdapter() = default;
  EmbeddedAdapter(const EmbeddedAdapter&) = delete;
  EmbeddedAdapter& operator=(const EmbeddedAdapter&) = delete;
  ~EmbeddedAdapter() { drop(); }

  // Takes over that of the header, if it has one and it is another one; what was there before must be in use no more.
  // Errors: bad input; environment (its base is missing, too little memory).
  Status open(const FrameHeader& header, const DecompressOptions& options, Budget& budget);
  const LoadedModel* get() const { return model_.get(); }  // null: none

 private:
  void drop();

  EmbeddedFile file_;
  std::unique_ptr<LoadedModel> model_;
  Budget::Lease memory_;
  Engine* engine_ = nullptr;
  int opened_ = 0;
};

// Where a frame's models are found. embedded: that of the frame; may be null.
Result<const LoadedModel*> find_model(const Sha256& hash, const DecompressOptions& options,
                                      const LoadedModel* embedded);

// Bytes of one codec. model: the one that the header names; null: none. Errors: as decode_block, and bad input if the
// codec is unknown, needs a model and none is named, or the other way round.
Result<Bytes> decode_with(uint8_t codec, const LoadedModel* model, ByteSpan payload, size_t raw_bytes,
                          const BlockResources& resources);

// The raw bytes. Errors name the block: bad input, or what decode_block says.
Result<Bytes> decode_checked(size_t number, const BlockLayout& block, const LoadedModel* model, ByteSpan payload,
                             const BlockResources& resources);

}  // namespace lmc

#endif  // LMC_PIPELINE_CHECKED_BLOCK_H_
