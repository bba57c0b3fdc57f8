#include "lmc/pipeline/block_cutter.h"

#include <utility>

#include "lmc/pipeline/embedded_files.h"

namespace lmc {

Result<Bytes> BlockCutter::next() {
  LMC_TRY(fill(block_bytes_ + 1));
  if (pending_.size() <= block_bytes_) return std::exchange(pending_, {});
  LMC_ASSIGN(const auto bytes, spare_files_ ? bytes_of_next() : Result<size_t>(block_bytes_));
  Bytes block(pending_.begin(), pending_.begin() + ptrdiff_t(bytes));
  pending_.erase(pending_.begin(), pending_.begin() + ptrdiff_t(bytes));
  LMC_TRY(fill(1));
  return block;
}

Status BlockCutter::fill(size_t bytes) {
  if (pending_.size() >= bytes) return Ok();
  LMC_ASSIGN(const auto more, read_up_to(source_, bytes - pending_.size()));
  append_bytes(pending_, more);
  return Ok();
}

Result<size_t> BlockCutter::bytes_of_next() {
  const auto file = find_embedded_files(ByteSpan(pending_).first(block_bytes_)).unfinished;
  if (!file) return block_bytes_;
  if (file->cut >= block_bytes_ / 4) return file->cut;
  if (file->bytes) {
    const size_t end = file->begin + *file->bytes;
    if (end > most_bytes_) return block_bytes_;
    LMC_TRY(fill(end));
    return end <= pending_.size() ? end : block_bytes_;
  }
  for (size_t look = 2 * block_bytes_; look <= most_bytes_; look *= 2) {
    LMC_TRY(fill(look));
    const FileLength length = media_file_length(ByteSpan(pending_).subspan(file->begin));
    const size_t end = file->begin + length.bytes;
    if (length.end == FileLength::End::kThere && end <= most_bytes_) return end;
    if (length.end == FileLength::End::kNoFile || pending_.size() < look) break;
  }
  return block_bytes_;
}

}  // namespace lmc
