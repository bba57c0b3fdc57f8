#include "lmc/pipeline/grouped_block.h"

#include <algorithm>
#include <cassert>
#include <iterator>

#include "lmc/pipeline/parallel.h"

namespace lmc {
namespace {

// Wire ids, the first byte of the payload: without and with images among the groups.
enum class GroupedProfile : uint8_t { kPlain = 0, kImages = 1 };
constexpr size_t kMostGroups = 16, kMostGroupsWithImages = 65536;

struct GroupHeader {
  BlockCodec codec = BlockCodec::kStored;
  int model = 0;  // the number of the built-in model that an image needs
  size_t payload_bytes = 0;
  size_t raw_bytes = 0;
};
bool is_image(const GroupHeader& group) { return group.codec >= BlockCodec::kImage; }
struct Place {
  uint32_t group = 0, bytes = 0;
};
struct Layout {
  std::vector<GroupHeader> groups;
  std::vector<Place> places;  // in the order of the raw bytes
};

void append_layout(Bytes& out, const Layout& layout) {
  append_varint(out, layout.groups.size());
  for (const GroupHeader& group : layout.groups) {
    out.push_back(uint8_t(group.codec));
    if (group.codec == BlockCodec::kImage) out.push_back(uint8_t(group.model));
    append_varint(out, group.payload_bytes);
  }
  append_varint(out, layout.places.size());
  for (const Place& place : layout.places) {
    append_varint(out, place.group);
    append_varint(out, place.bytes);
  }
}

Status damaged(const std::string& what) { return bad_input("grouped block: " + what + "; the file is damaged"); }

bool may_be_group(uint8_t codec, GroupedProfile profile) {
  if (codec < uint8_t(BlockCodec::kGrouped)) return true;
  return profile == GroupedProfile::kImages &&
         (BlockCodec(codec) == BlockCodec::kImage || BlockCodec(codec) == BlockCodec::kJpeg);
}

Status read_groups(ByteReader& reader, GroupedProfile profile, Layout& layout) {
  const auto count = reader.read_varint("grouped block: number of groups");
  if (!count.ok()) return count.error();
  const bool plain = profile == GroupedProfile::kPlain;
  if (*count < (plain ? 2 : 1) || *count > (plain ? kMostGroups : kMostGroupsWithImages))
    return damaged(std::to_string(*count) + " groups");
  size_t others = 0;
  for (uint64_t i = 0; i < *count; ++i) {
    const auto codec = reader.read_le<uint8_t>("grouped block: codec");
    if (!codec.ok()) return codec.error();
    if (!may_be_group(*codec, profile))
      return bad_input("grouped block: codec " + std::to_string(*codec) +
                       " in a group; the file was written by a newer lmc or is damaged");
    GroupHeader group{.codec = BlockCodec(*codec)};
    if (group.codec == BlockCodec::kImage) {
      const auto model = reader.read_le<uint8_t>("grouped block: model");
      if (!model.ok()) return model.error();
      group.model = *model;
    }
    const auto bytes = reader.read_varint("grouped block: payload size");
    if (!bytes.ok()) return bytes.error();
    group.payload_bytes = size_t(*bytes);
    // A model is made for each of them, which would take for ever if there were many of nothing.
    if (!is_image(group) && ++others > kMostGroups) return damaged("too many groups that are no images");
    layout.groups.push_back(group);
  }
  return Ok();
}

Status read_places(ByteReader& reader, size_t raw_size_bytes, Layout& layout) {
  const auto count = reader.read_varint("grouped block: number of segments");
  if (!count.ok()) return count.error();
  if (*count > reader.remaining() / 2) return damaged(std::to_string(*count) + " segments");
  size_t rest = raw_size_bytes;
  layout.places.reserve(size_t(*count));
  for (uint64_t i = 0; i < *count; ++i) {
    const auto group = reader.read_varint("grouped block: group");
    if (!group.ok()) return group.error();
    const auto bytes = reader.read_varint("grouped block: segment size");
    if (!bytes.ok()) return bytes.error();
    if (*group >= layout.groups.size()) return damaged("no group " + std::to_string(*group));
    if (*bytes == 0 || *bytes > rest) return damaged("a segment of " + std::to_string(*bytes) + " bytes");
    rest -= size_t(*bytes);
    layout.groups[size_t(*group)].raw_bytes += size_t(*bytes);
    layout.places.push_back({uint32_t(*group), uint32_t(*bytes)});
  }
  if (rest > 0) return damaged("its segments are too short");
  return Ok();
}

Result<Layout> read_layout(ByteReader& reader, GroupedProfile profile, size_t raw_size_bytes) {
  Layout layout;
  LMC_TRY(read_groups(reader, profile, layout));
  LMC_TRY(read_places(reader, raw_size_bytes, layout));
  size_t payload_bytes = 0;
  for (const GroupHeader& group : layout.groups) {
    if (group.raw_bytes == 0 || group.payload_bytes > group.raw_bytes) return damaged("the sizes of a group").error();
    payload_bytes += group.payload_bytes;
  }
  if (payload_bytes != reader.remaining()) return damaged("its groups do not fill it").error();
  return layout;
}

// Does job(group, resources) for every group, side by side where there are threads, and collects the results.
template <typename T, typename Job>
std::vector<T> for_groups(size_t count, const std::function<int(size_t group)>& threads_of, const Job& job,
                          const BlockResources& resources) {
  ProgressSum progress(resources.progress, resources.threads > 1);
  InOrder<T> jobs(resources.threads, [&] { progress.tick(); });
  std::vector<T> results;
  for (size_t g = 0; g < count; ++g) {
    BlockResources with = resources;
    with.threads = std::min(resources.threads, threads_of(g));
    with.progress = progress.for_block();
    while (!jobs.has_room(with.threads)) results.push_back(jobs.take());
    jobs.submit(with.threads, [&job, g, with] { return job(g, with); });
  }
  while (!jobs.empty()) results.push_back(jobs.take());
  return results;
}

}  // namespace

Bytes content_of(ByteSpan raw, const std::vector<Segment>& segments, SegmentKind kind) {
  Bytes content;
  size_t begin = 0;
  for (const Segment& segment : segments) {
    if (segment.kind == kind) append_bytes(content, raw.subspan(begin, segment.bytes));
    begin += segment.bytes;
  }
  return content;
}

EncodedBlock encode_grouped_block(ByteSpan raw, const std::vector<Segment>& segments, std::vector<EncodedBlock> images,
                                  const EncodeGroup& encode, const BlockResources& resources) {
  std::vector<SegmentKind> kinds;  // of the groups that are no images, in the order in which they come; then the images
  for (const Segment& segment : segments)
    if (segment.kind != SegmentKind::kImage && std::ranges::find(kinds, segment.kind) == kinds.end())
      kinds.push_back(segment.kind);
  Layout layout;
  size_t images_before = 0;
  for (const Segment& segment : segments) {
    const size_t kind = size_t(std::ranges::find(kinds, segment.kind) - kinds.begin());
    layout.places.push_back(
        {uint32_t(kind < kinds.size() ? kind : kinds.size() + images_before++), uint32_t(segment.bytes)});
  }
  assert(images_before == images.size());
  std::vector<Bytes> contents;
  for (SegmentKind kind : kinds) contents.push_back(content_of(raw, segments, kind));
  auto coded = for_groups<EncodedBlock>(
      contents.size(), [&](size_t g) { return useful_threads(contents[g], resources.model != nullptr); },
      [&](size_t g, const BlockResources& with) { return encode(kinds[g], contents[g], with); }, resources);
  const bool text =
      std::ranges::any_of(coded, [](const EncodedBlock& group) { return group.model == BlockModel::kText; });
  std::ranges::move(images, std::back_inserter(coded));
  for (const EncodedBlock& group : coded)
    layout.groups.push_back({.codec = group.codec,
                             .model = group.model == BlockModel::kPixels ? kBuiltinPixelModel : 0,
                             .payload_bytes = group.payload.size()});
  Bytes payload{uint8_t(images.empty() ? GroupedProfile::kPlain : GroupedProfile::kImages)};
  append_layout(payload, layout);
  for (const EncodedBlock& group : coded) append_bytes(payload, group.payload);
  return {BlockCodec::kGrouped, std::move(payload), text ? BlockModel::kText : BlockModel::kNone};
}

namespace {

Result<Bytes> decode_group(const GroupHeader& group, ByteSpan payload, const BlockResources& resources) {
  BlockResources with = resources;
  if (group.codec == BlockCodec::kImage) {
    if (!resources.builtin) return environment_error("a block has an image inside, and no models are at hand");
    const auto model = resources.builtin(group.model);
    if (!model.ok()) return model.error();
    with.model = *model;
  }
  return decode_block(group.codec, payload, group.raw_bytes, with);
}

}  // namespace

Result<Bytes> decode_grouped_block(ByteSpan payload, size_t raw_size_bytes, const BlockResources& resources) {
  ByteReader reader(payload);
  const auto profile = reader.read_le<uint8_t>("grouped block: profile");
  if (!profile.ok()) return profile.error();
  if (*profile > uint8_t(GroupedProfile::kImages))
    return bad_input("grouped block: unknown profile; the file was written by a newer lmc or is damaged", 0);
  const auto layout = read_layout(reader, GroupedProfile(*profile), raw_size_bytes);
  if (!layout.ok()) return layout.error();
  std::vector<ByteSpan> payloads;
  for (const GroupHeader& group : layout->groups)
    payloads.push_back(*reader.read_bytes(group.payload_bytes, "grouped block: payload"));
  const size_t images = size_t(std::ranges::count_if(layout->groups, is_image));
  const auto threads_of = [&](size_t g) {
    const GroupHeader& group = layout->groups[g];
    return is_image(group) ? threads_for_image(group.raw_bytes, images) : decoding_threads(group.codec);
  };
  const auto decode = [&](size_t g, const BlockResources& with) {
    return decode_group(layout->groups[g], payloads[g], with);
  };
  const auto lease = Budget::take(resources.budget, 2 * uint64_t(raw_size_bytes),
                                  "groups of " + std::to_string(raw_size_bytes) + " bytes");
  LMC_TRY(lease);
  auto contents = for_groups<Result<Bytes>>(payloads.size(), threads_of, decode, resources);
  for (size_t g = 0; g < contents.size(); ++g) {
    // What found too little memory beside others is tried again by itself.
    if (!contents[g].ok() && contents[g].error().family == ErrorFamily::kEnvironment && resources.threads > 1) {
      BlockResources alone = resources.quietly();
      alone.threads = 1;
      contents[g] = decode(g, alone);
    }
    if (!contents[g].ok()) return contents[g].error();
    if (contents[g]->size() != layout->groups[g].raw_bytes) return damaged("the size of a group").error();
  }
  std::vector<size_t> used(contents.size());
  Bytes raw;
  raw.reserve(raw_size_bytes);
  for (const Place& place : layout->places) {
    append_bytes(raw, ByteSpan(*contents[place.group]).subspan(used[place.group], place.bytes));
    used[place.group] += place.bytes;
  }
  return raw;
}

}  // namespace lmc
