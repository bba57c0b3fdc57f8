// Files: read one whole, write one so that it appears complete or not at all, map one read-only.
#ifndef LMC_BASE_IO_H_
#define LMC_BASE_IO_H_

#include <functional>
#include <memory>
#include <string>

#include "lmc/base/bytes.h"
#include "lmc/base/stream.h"

namespace lmc {

Result<Bytes> read_file(const std::string& path);

// Writes to a temporary name in the same folder, syncs, renames. On failure nothing is left behind.
Status write_file(const std::string& path, ByteSpan bytes);

// The same with bytes that `produce` writes, and that `check` may look at under the temporary name before it is
// renamed.
Status write_file(const std::string& path, const std::function<Status(Sink&)>& produce,
                  const std::function<Status(const std::string&)>& check = {});

// A file mapped read-only for as long as this object lives. Movable, not copyable.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();
  ByteSpan bytes() const { return {data_, size_bytes_}; }
  // Gives the memory of what has been read back to the system; it is read again when it is needed again.
  void release_pages() const;

 private:
  MappedFile(const uint8_t* data, size_t size_bytes) : data_(data), size_bytes_(size_bytes) {}
  const uint8_t* data_ = nullptr;
  size_t size_bytes_ = 0;
};

}  // namespace lmc

#endif  // LMC_BASE_IO_H_
