#include "lmc/lmc.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <system_error>

#include "lmc/pipeline/decompress.h"
#include "lmc/pipeline/message.h"

struct lmc_context {
  lmc::Engine engine;
};

namespace {

using lmc::Error;

lmc_status report(const Error& from, lmc_error* to) {
  if (to != nullptr) {
    const size_t size = std::min(from.message.size(), sizeof to->message - 1);
    std::memcpy(to->message, from.message.data(), size);
    to->message[size] = 0;
    to->has_offset = from.offset_bytes.has_value();
    to->offset_bytes = from.offset_bytes.value_or(0);
  }
  return lmc_status(from.family);
}

// Memory of the C library, so that the caller's language does not matter.
lmc_status hand_over(const lmc::Bytes& bytes, lmc_buffer* out, lmc_error* error) {
  auto* data = static_cast<uint8_t*>(std::malloc(std::max<size_t>(1, bytes.size())));
  if (data == nullptr) return report(lmc::environment_error("no memory for the result"), error);
  std::copy(bytes.begin(), bytes.end(), data);
  *out = {data, bytes.size()};
  if (error != nullptr) *error = {};
  return LMC_OK;
}

// What a call may not leave out is said, not crashed on.
lmc::Status check_pointers(const lmc_context* context, const void* data, size_t size, const lmc_buffer* out) {
  if (context == nullptr) return lmc::usage_error("context is NULL; lmc_context_new makes one");
  if (data == nullptr && size > 0) return lmc::usage_error("data is NULL, and size is " + std::to_string(size));
  if (out == nullptr) return lmc::usage_error("out is NULL; there is no place for the result");
  return lmc::Ok();
}

// No exception leaves the library.
template <typename Work>
lmc_status guarded(const lmc_context* context, lmc::ByteSpan data, const lmc_buffer* out, lmc_error* error, Work work) {
  try {
    const lmc::Status checked = check_pointers(context, data.data(), data.size(), out);
    return checked.ok() ? work() : report(checked.error(), error);
  } catch (const std::bad_alloc&) {
    return report(lmc::environment_error("out of memory"), error);
  } catch (const std::system_error& failure) {
    return report(lmc::environment_error(failure.what()), error);
  } catch (const std::exception& unexpected) {
    return report(Error{lmc::ErrorFamily::kBug, unexpected.what()}, error);
  }
}

lmc_options given_or_default(const lmc_options* options) {
  lmc_options out;
  lmc_options_init(&out);
  if (options != nullptr) std::memcpy(&out, options, std::min(options->struct_bytes, sizeof out));
  return out;
}

lmc::Result<lmc::ModelOnDemand> choose_model(lmc_context* context, const lmc_options& options) {
  const int builtin = lmc::level_row(options.level).text_model;
  if (builtin == 0) return lmc::ModelOnDemand();
  lmc::Registry& registry = context->engine.registry();
  if (options.model != nullptr) {
    LMC_ASSIGN(const auto named, registry.find_name(options.model));
    return lmc::ModelOnDemand(named);
  }
  return lmc::ModelOnDemand([&registry, builtin]() -> const lmc::LoadedModel* {
    const auto model = registry.find_builtin(builtin);
    return model.ok() ? *model : nullptr;
  });
}

lmc::Result<lmc::CompressOptions> compress_options(lmc_context* context, const lmc_options& given) {
  lmc::CompressOptions how;
  how.level = given.level;
  how.threads = given.threads;
  how.block_bytes = given.block_bytes;
  how.memory_limit_bytes = given.memory_limit_bytes;
  how.isa = lmc::best_isa();
  how.engine = &context->engine;
  LMC_TRY(lmc::check_options(how));
  LMC_ASSIGN(const auto model, choose_model(context, given));
  how.model = model;
  if (lmc::level_row(given.level).models) {
    const auto pixel_model = context->engine.registry().find_builtin(lmc::kBuiltinPixelModel);
    how.pixel_model = pixel_model.ok() ? *pixel_model : nullptr;
  }
  return how;
}

lmc::Result<lmc::DecompressOptions> decompress_options(lmc_context* context, const lmc_options& given) {
  if (given.threads < 1) return lmc::usage_error("at least one thread is needed");
  lmc::DecompressOptions how;
  how.engine = &context->engine;
  how.threads = given.threads;
  how.isa = lmc::best_isa();
  how.limit_bytes = given.limit_bytes;
  how.memory_limit_bytes = given.memory_limit_bytes;
  return how;
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
  *options = {sizeof *options, lmc::kDefaultLevel, 1, lmc::kDefaultBlockBytes, nullptr, UINT64_MAX, 0};
}

lmc_status lmc_compress(lmc_context* context, const void* data, size_t size, const lmc_options* options,
                        lmc_buffer* out, lmc_error* error) {
  const lmc::ByteSpan bytes(static_cast<const uint8_t*>(data), size);
  return guarded(context, bytes, out, error, [&] {
    auto how = compress_options(context, given_or_default(options));
    if (!how.ok()) return report(how.error(), error);
    how->content_bytes = size;
    lmc::MemorySource source(bytes);
    lmc::MemorySink sink;
    const auto stats = lmc::compress(source, sink, *how);
    return stats.ok() ? hand_over(sink.bytes, out, error) : report(stats.error(), error);
  });
}

lmc_status lmc_decompress(lmc_context* context, const void* data, size_t size, const lmc_options* options,
                          lmc_buffer* out, lmc_error* error) {
  const lmc::ByteSpan bytes(static_cast<const uint8_t*>(data), size);
  return guarded(context, bytes, out, error, [&] {
    const auto how = decompress_options(context, given_or_default(options));
    if (!how.ok()) return report(how.error(), error);
    lmc::MemorySource source(bytes);
    lmc::MemorySink sink;
    const auto stats = lmc::decompress(source, sink, *how);
    return stats.ok() ? hand_over(sink.bytes, out, error) : report(stats.error(), error);
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
