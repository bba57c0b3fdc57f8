// Byte streams: the seam between the pipeline and whatever it reads from and writes to (files, pipes, memory).
//
// Descriptors are borrowed, never closed here. Errors carry the name given at construction.
#ifndef LMC_BASE_STREAM_H_
#define LMC_BASE_STREAM_H_

#include <string>

#include "lmc/base/bytes.h"

namespace lmc {

class Source {
 public:
  virtual ~Source() = default;
  // Fills the front of out; fewer bytes than asked means that the input ends there.
  virtual Result<size_t> read(std::span<uint8_t> out) = 0;
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual Status write(ByteSpan bytes) = 0;
};

class DescriptorSource : public Source {
 public:
  DescriptorSource(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}
  Result<size_t> read(std::span<uint8_t> out) override;

 private:
  int descriptor_;
  std::string name_;
};

class DescriptorSink : public Sink {
 public:
  DescriptorSink(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}
  Status write(ByteSpan bytes) override;

 private:
  int descriptor_;
  std::string name_;
};

class MemorySource : public Source {
 public:
  explicit MemorySource(ByteSpan bytes) : bytes_(bytes) {}
  Result<size_t> read(std::span<uint8_t> out) override;

 private:
  ByteSpan bytes_;
};

class MemorySink : public Sink {
 public:
  Status write(ByteSpan bytes) override;
  Bytes bytes;
};

class NullSink : public Sink {
 public:
  Status write(ByteSpan) override { return Ok(); }
};

// Reads until the end or until limit_bytes have come; growth is gradual, so a limit costs nothing by itself.
Result<Bytes> read_up_to(Source& source, size_t limit_bytes);

}  // namespace lmc

#endif  // LMC_BASE_STREAM_H_
