// lmc_probe: what a .lmc file is, told from its headers.
#include <algorithm>
#include <cstring>
#include <set>

#include "lmc/api/calls.h"
#include "lmc/container/layout.h"

namespace lmc {
namespace {

// The models that the frames name: each once, as lines of lmc_info, and whether the registry finds it.
class WantedModels {
 public:
  explicit WantedModels(Registry& registry) : registry_(registry) {}

  void add(const FrameLayout& frame) {
    for (const Sha256& model : frame.header.models) add(model, registry_.find_hash(model).ok());
    if (!frame.tiny) return;
    const HashStart& adapter = frame.tiny_header.adapter;
    if (frame.tiny_header.model == kTinyAdapter) add(adapter, registry_.find_hash_start(adapter).ok());
    for (const BuiltinModel& builtin : builtin_models())
      if (builtin.number == frame.tiny_header.model) add(builtin.sha256, registry_.find_builtin(builtin.number).ok());
  }
  int missing() const { return missing_; }
  const std::string& lines() const { return lines_; }

 private:
  void add(ByteSpan hash, bool found) {
    if (!seen_.insert(Bytes(hash.begin(), hash.end())).second) return;
    if (!found) ++missing_;
    std::string line = hex(hash);
    for (const BuiltinModel& builtin : builtin_models())
      if (std::ranges::equal(builtin.sha256, hash)) line += std::string(" ") + builtin.name;
    if (lines_.size() + line.size() + 1 < sizeof lmc_info::models) lines_ += line + "\n";
  }

  Registry& registry_;
  std::set<Bytes> seen_;
  int missing_ = 0;
  std::string lines_;
};

lmc_info info_of(Registry& registry, const std::vector<FrameLayout>& frames) {
  lmc_info info = {};
  info.frames = frames.size();
  for (const FrameLayout& frame : frames) {
    info.content_bytes += frame.content_bytes;
    info.blocks += frame.tiny ? (frame.content_bytes > 0 ? 1 : 0) : frame.blocks.size();
    if (frame.tiny) info.largest_block_bytes = std::max(info.largest_block_bytes, frame.content_bytes);
    for (const BlockLayout& block : frame.blocks)
      info.largest_block_bytes = std::max<uint64_t>(info.largest_block_bytes, block.header.raw_bytes);
  }
  WantedModels wanted(registry);
  for (const FrameLayout& frame : frames) wanted.add(frame);
  info.missing_models = wanted.missing();
  std::memcpy(info.models, wanted.lines().c_str(), wanted.lines().size() + 1);
  return info;
}

}  // namespace
}  // namespace lmc

lmc_status lmc_probe(lmc_context* context, const void* data, size_t data_size, lmc_info* info, lmc_error* error) {
  const lmc::ByteSpan bytes(static_cast<const uint8_t*>(data), data_size);
  return lmc::guarded(context, bytes, info, error, [&] {
    const auto frames = lmc::read_layout(bytes);
    if (!frames.ok()) return lmc::report(frames.error(), error);
    lmc_info found = lmc::info_of(context->engine.registry(), *frames);
    found.struct_bytes = std::min(info->struct_bytes, sizeof found);
    std::memcpy(info, &found, found.struct_bytes);
    return lmc::succeed(error);
  });
}
