#include "lmc/pipeline/chunk_cutter.h"

#include <algorithm>

namespace lmc {

Status ChunkCutter::fill(size_t bytes) {
  if (at_end_ || pending_.size() >= bytes) return Ok();
  LMC_ASSIGN(const auto more, read_up_to(source_, bytes - pending_.size()));
  append_bytes(pending_, more);
  at_end_ = pending_.size() < bytes;
  return Ok();
}

CutBlock ChunkCutter::cut(size_t bytes) {
  CutBlock out;
  out.raw.assign(pending_.begin(), pending_.begin() + ptrdiff_t(bytes));
  pending_.erase(pending_.begin(), pending_.begin() + ptrdiff_t(bytes));
  return out;
}

Result<CutBlock> ChunkCutter::next() {
  while (chunks_ != nullptr) {
    const size_t bytes = chunks_->next(pending_, at_end_);
    if (bytes > 0) {
      taken_bytes_ += bytes;
      CutBlock out = cut(bytes);
      out.encode = chunks_->encoder();
      out.useful_threads = chunks_->useful_threads();
      return out;
    }
    if (at_end_ || pending_.size() >= kMaxBlockBytes) {
      if (const std::string why = chunks_->why_over(); !why.empty())
        why_over_ = "kept as it is from byte " + std::to_string(taken_bytes_) + " on: " + why;
      chunks_.reset();
      break;
    }
    const size_t before = pending_.size();
    LMC_TRY(fill(std::max(2 * before, kChunkLook)));
  }
  LMC_TRY(fill(block_bytes_));
  return cut(std::min(block_bytes_, pending_.size()));
}

}  // namespace lmc
