#include "lmc/api/calls.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace lmc {

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

lmc_status succeed(lmc_error* error) {
  if (error != nullptr) *error = {};
  return LMC_OK;
}

lmc_status report_cancelled(lmc_error* error) {
  report(environment_error("cancelled by the progress function"), error);
  return LMC_CANCELLED;
}

// What a call may not leave out is said, not crashed on.
Status check_pointers(const lmc_context* context, const void* data, size_t size, const void* out) {
  if (context == nullptr) return usage_error("context is NULL; lmc_context_new makes one");
  if (data == nullptr && size > 0) return usage_error("data is NULL, and size is " + std::to_string(size));
  if (out == nullptr) return usage_error("out is NULL; there is no place for the result");
  return Ok();
}

lmc_options given_or_default(const lmc_options* options) {
  lmc_options out;
  lmc_options_init(&out);
  if (options != nullptr) std::memcpy(&out, options, std::min(options->struct_bytes, sizeof out));
  return out;
}

namespace {

Result<ModelOnDemand> choose_model(lmc_context* context, const lmc_options& options) {
  const int builtin = level_row(options.level).text_model;
  if (builtin == 0) return ModelOnDemand();
  Registry& registry = context->engine.registry();
  if (options.model != nullptr) {
    LMC_ASSIGN(const auto named, registry.find_name(options.model));
    return ModelOnDemand(named);
  }
  return ModelOnDemand([&registry, builtin]() -> const LoadedModel* {
    const auto model = registry.find_builtin(builtin);
    return model.ok() ? *model : nullptr;
  });
}

}  // namespace

Result<CompressOptions> compress_options(lmc_context* context, const lmc_options& given) {
  CompressOptions how;
  how.level = given.level;
  how.threads = given.threads;
  how.block_bytes = given.block_bytes;
  how.memory_limit_bytes = given.memory_limit_bytes;
  how.isa = best_isa();
  how.engine = &context->engine;
  LMC_TRY(check_options(how));
  LMC_ASSIGN(const auto model, choose_model(context, given));
  how.model = model;
  if (level_row(given.level).models) {
    const auto pixel_model = context->engine.registry().find_builtin(kBuiltinPixelModel);
    how.pixel_model = pixel_model.ok() ? *pixel_model : nullptr;
  }
  return how;
}

Result<DecompressOptions> decompress_options(lmc_context* context, const lmc_options& given) {
  if (given.threads < 1) return usage_error("at least one thread is needed");
  DecompressOptions how;
  how.engine = &context->engine;
  how.threads = given.threads;
  how.isa = best_isa();
  how.limit_bytes = given.limit_bytes;
  how.memory_limit_bytes = given.memory_limit_bytes;
  return how;
}

}  // namespace lmc
