#include "lmc/lmc.h"

#include <algorithm>
#include <cstdlib>

#include "lmc/api/calls.h"
#include "lmc/pipeline/message.h"

namespace {

using lmc::compress_options, lmc::decompress_options, lmc::given_or_default;
using lmc::guarded, lmc::report, lmc::succeed, lmc::Watch, lmc::WatchedSink, lmc::WatchedSource;

// Memory of the C library, so that the caller's language does not matter.
lmc_status hand_over(const lmc::Bytes& bytes, lmc_buffer* out, lmc_error* error) {
  auto* data = static_cast<uint8_t*>(std::malloc(std::max<size_t>(1, bytes.size())));
  if (data == nullptr) return report(lmc::environment_error("no memory for the result"), error);
  std::copy(bytes.begin(), bytes.end(), data);
  *out = {data, bytes.size()};
  return succeed(error);
}

// What work makes of the bytes goes to the caller's buffer.
template <typename Work>
lmc_status into_buffer(lmc::ByteSpan bytes, const Watch& watch, lmc_buffer* out, lmc_error* error, Work work) {
  lmc::MemorySource memory(bytes);
  lmc::MemorySink result;
  WatchedSource source(memory, watch);
  WatchedSink sink(result, watch);
  const lmc::Status done = work(source, sink);
  if (watch.cancelled()) return lmc::report_cancelled(error);
  return done.ok() ? hand_over(result.bytes, out, error) : report(done.error(), error);
}

std::vector<std::string> folders(const char* given) {
  std::vector<std::string> out = given != nullptr ? lmc::split_folders(given) : std::vector<std::string>();
  for (std::string& folder : lmc::default_model_folders()) out.push_back(std::move(folder));
  return out;
}

}  // namespace

const char* lmc_version(void) { return LMC_VERSION; }

lmc_context* lmc_context_new(const char* model_folders) {
  try {
    return new lmc_context{lmc::Engine(folders(model_folders))};
  } catch (const std::exception&) {
    return nullptr;
  }
}

void lmc_context_free(lmc_context* context) { delete context; }

void lmc_options_init(lmc_options* options) {
  if (options == nullptr) return;
  *options = {sizeof *options, lmc::kDefaultLevel, 1, lmc::kDefaultBlockBytes, nullptr, UINT64_MAX, 0, nullptr,
              nullptr};
}

lmc_status lmc_compress(lmc_context* context, const void* data, size_t size, const lmc_options* options,
                        lmc_buffer* out, lmc_error* error) {
  const lmc::ByteSpan bytes(static_cast<const uint8_t*>(data), size);
  return guarded(context, bytes, out, error, [&] {
    const lmc_options given = given_or_default(options);
    auto how = compress_options(context, given);
    if (!how.ok()) return report(how.error(), error);
    Watch watch(given);
    how->content_bytes = size;
    return into_buffer(bytes, watch, out, error, [&](lmc::Source& source, lmc::Sink& sink) -> lmc::Status {
      how->progress = watch.progress();
      LMC_TRY(lmc::compress(source, sink, *how));
      return lmc::Ok();
    });
  });
}

lmc_status lmc_decompress(lmc_context* context, const void* data, size_t size, const lmc_options* options,
                          lmc_buffer* out, lmc_error* error) {
  const lmc::ByteSpan bytes(static_cast<const uint8_t*>(data), size);
  return guarded(context, bytes, out, error, [&] {
    const lmc_options given = given_or_default(options);
    auto how = decompress_options(context, given);
    if (!how.ok()) return report(how.error(), error);
    Watch watch(given);
    return into_buffer(bytes, watch, out, error, [&](lmc::Source& source, lmc::Sink& sink) -> lmc::Status {
      how->progress = watch.progress();
      LMC_TRY(lmc::decompress(source, sink, *how));
      return lmc::Ok();
    });
  });
}

lmc_status lmc_read_range(lmc_context* context, const void* data, size_t data_size, uint64_t offset, uint64_t size,
                          const lmc_options* options, lmc_buffer* out, lmc_error* error) {
  const lmc::ByteSpan bytes(static_cast<const uint8_t*>(data), data_size);
  return guarded(context, bytes, out, error, [&] {
    const auto how = decompress_options(context, given_or_default(options));
    if (!how.ok()) return report(how.error(), error);
    const auto range = lmc::read_range(bytes, offset, size, *how);
    return range.ok() ? hand_over(*range, out, error) : report(range.error(), error);
  });
}

lmc_status lmc_compress_message(lmc_context* context, const void* data, size_t size, const lmc_options* options,
                                lmc_buffer* out, lmc_error* error) {
  const lmc::ByteSpan bytes(static_cast<const uint8_t*>(data), size);
  return guarded(context, bytes, out, error, [&] {
    const auto how = compress_options(context, given_or_default(options));
    if (!how.ok()) return report(how.error(), error);
    const auto message = lmc::compress_message(bytes, *how);
    return message.ok() ? hand_over(*message, out, error) : report(message.error(), error);
  });
}

lmc_status lmc_decompress_message(lmc_context* context, const void* data, size_t size, const lmc_options* options,
                                  lmc_buffer* out, lmc_error* error) {
  const lmc::ByteSpan bytes(static_cast<const uint8_t*>(data), size);
  return guarded(context, bytes, out, error, [&] {
    const auto how = decompress_options(context, given_or_default(options));
    if (!how.ok()) return report(how.error(), error);
    const auto raw = lmc::decompress_message(bytes, *how);
    return raw.ok() ? hand_over(*raw, out, error) : report(raw.error(), error);
  });
}

void lmc_buffer_free(lmc_buffer* buffer) {
  if (buffer == nullptr) return;
  std::free(buffer->data);
  *buffer = {nullptr, 0};
}
