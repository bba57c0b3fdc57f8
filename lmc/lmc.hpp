// lmc.hpp: liblmc from C++20, header only. Errors are exceptions, memory frees itself; all else is lmc.h's.
//
//   lmc::Context context;
//   std::vector<std::byte> packed = context.compress(bytes);
//   std::vector<std::byte> back = context.decompress(packed);
#ifndef LMC_LMC_HPP_
#define LMC_LMC_HPP_

#include <lmc/lmc.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace lmc {

class Failure : public std::runtime_error {
 public:
  Failure(lmc_status status, const lmc_error& error)
      : std::runtime_error(error.message),
        status_(status),
        offset_bytes_(error.has_offset != 0 ? std::optional<uint64_t>(error.offset_bytes) : std::nullopt) {}
  lmc_status status() const { return status_; }
  std::optional<uint64_t> offset_bytes() const { return offset_bytes_; }  // in the input

 private:
  lmc_status status_;
  std::optional<uint64_t> offset_bytes_;
};

// lmc_options with their defaults.
struct Options : lmc_options {
  Options() { lmc_options_init(this); }
};

using Bytes = std::vector<std::byte>;

namespace detail {

template <typename Call>
void check(Call call) {
  lmc_error error = {};
  if (const lmc_status status = call(&error); status != LMC_OK) throw Failure(status, error);
}

struct Buffer : lmc_buffer {
  Buffer() : lmc_buffer{nullptr, 0} {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { lmc_buffer_free(this); }
  Bytes bytes() const {
    const auto* const begin = reinterpret_cast<const std::byte*>(data);
    return Bytes(begin, begin + size);
  }
};

}  // namespace detail

// Compresses or decompresses in pieces: see lmc_stream_run. The context must outlive it.
class Stream {
 public:
  // Hands what comes out to sink(std::span<const std::byte>), piece by piece.
  template <typename Sink>
  void write(std::span<const std::byte> bytes, Sink&& sink) {
    run(bytes, false, sink);
  }
  // Nothing follows: the rest comes out.
  template <typename Sink>
  void finish(Sink&& sink) {
    run({}, true, sink);
  }

 private:
  friend class Context;
  explicit Stream(lmc_stream* stream) : stream_(stream) {}

  template <typename Sink>
  void run(std::span<const std::byte> bytes, bool is_last, Sink& sink) {
    lmc_input input = {bytes.data(), bytes.size(), 0};
    for (int done = 0; done == 0;) {
      lmc_output output = {piece_.data(), piece_.size(), 0};
      detail::check(
          [&](lmc_error* error) { return lmc_stream_run(stream_.get(), &input, &output, is_last, &done, error); });
      if (output.used > 0) sink(std::span<const std::byte>(piece_.data(), output.used));
      if (!is_last && input.used == input.size && output.used < output.size) return;
    }
  }

  struct Free {
    void operator()(lmc_stream* stream) const { lmc_stream_free(stream); }
  };
  std::unique_ptr<lmc_stream, Free> stream_;
  Bytes piece_ = Bytes(size_t(1) << 16);
};

// Finds models and keeps them. May be used by several threads at once.
class Context {
 public:
  // model_folders: looked through before the default ones, colons between them.
  explicit Context(const std::string& model_folders = {})
      : context_(lmc_context_new(model_folders.empty() ? nullptr : model_folders.c_str())) {
    if (!context_) throw std::bad_alloc();
  }

  Bytes compress(std::span<const std::byte> data, const Options& options = {}) const {
    return call(lmc_compress, data, options);
  }
  Bytes decompress(std::span<const std::byte> data, const Options& options = {}) const {
    return call(lmc_decompress, data, options);
  }
  // The short form for small records.
  Bytes compress_message(std::span<const std::byte> data, const Options& options = {}) const {
    return call(lmc_compress_message, data, options);
  }
  Bytes decompress_message(std::span<const std::byte> data, const Options& options = {}) const {
    return call(lmc_decompress_message, data, options);
  }
  // A part of the content; data: the whole file.
  Bytes read_range(std::span<const std::byte> data, uint64_t offset, uint64_t size, const Options& options = {}) const {
    detail::Buffer out;
    detail::check([&](lmc_error* error) {
      return lmc_read_range(context_.get(), data.data(), data.size(), offset, size, &options, &out, error);
    });
    return out.bytes();
  }
  lmc_info probe(std::span<const std::byte> data) const {
    lmc_info info = {};
    info.struct_bytes = sizeof info;
    detail::check([&](lmc_error* error) { return lmc_probe(context_.get(), data.data(), data.size(), &info, error); });
    return info;
  }

  Stream compress_stream(const Options& options = {}) const { return stream(lmc_compress_stream, options); }
  Stream decompress_stream(const Options& options = {}) const { return stream(lmc_decompress_stream, options); }

 private:
  template <typename Function>
  Bytes call(Function function, std::span<const std::byte> data, const Options& options) const {
    detail::Buffer out;
    detail::check([&](lmc_error* error) {
      return function(context_.get(), data.data(), data.size(), &options, &out, error);
    });
    return out.bytes();
  }
  template <typename Function>
  Stream stream(Function function, const Options& options) const {
    lmc_stream* made = nullptr;
    detail::check([&](lmc_error* error) { return function(context_.get(), &options, &made, error); });
    return Stream(made);
  }

  struct Free {
    void operator()(lmc_context* context) const { lmc_context_free(context); }
  };
  std::unique_ptr<lmc_context, Free> context_;
};

}  // namespace lmc

#endif  // LMC_LMC_HPP_
