#include "lmc/codecs/grouped.h"

#include <algorithm>
#include <map>

#include "lmc/codecs/group_jobs.h"

namespace lmc {
namespace {

// Wire ids, the first byte of the payload: without and with copies.
constexpr uint8_t kPlain = 0, kWithCopies = 1;
constexpr uint64_t kMostGroups = 65536;
constexpr size_t kMostOthers = 16;  // that are no whole files

// How a group names its model: the number of a built-in one, or 0 and the hash that follows.
struct GroupModel {
  int builtin = 0;
  Sha256 sha256{};
};
struct GroupHeader {
  const CodecRow* codec = nullptr;
  GroupModel model;
  size_t payload_bytes = 0;
  size_t raw_bytes = 0;  // from the places
};
struct Layout {
  uint8_t profile = kPlain;
  std::vector<GroupHeader> groups;
  std::vector<GroupPlace> places;
};

Error damaged(const std::string& what) { return bad_input("grouped block: " + what + "; the file is damaged"); }

void append_group(Bytes& out, const EncodedBlock& group) {
  out.push_back(group.codec);
  if (find_codec(group.codec)->model != ModelNeed::kNone) {
    const LoadedModel& model = *group.models.front();
    const bool numbered = model.builtin_number > 0 && model.builtin_number < 256;
    out.push_back(uint8_t(numbered ? model.builtin_number : 0));
    if (!numbered) append_bytes(out, model.sha256);
  }
  append_varint(out, group.payload.size());
}

Result<GroupHeader> read_group(ByteReader& reader) {
  GroupHeader group;
  LMC_ASSIGN(const auto codec, reader.read_le<uint8_t>("grouped block: codec"));
  group.codec = find_codec(codec);
  if (group.codec == nullptr || group.codec->shape == Shape::kGroups)
    return bad_input("grouped block: codec " + std::to_string(codec) +
                     " in a group; the file is damaged, or was written by a newer lmc");
  if (group.codec->model != ModelNeed::kNone) {
    LMC_ASSIGN(const auto number, reader.read_le<uint8_t>("grouped block: model"));
    group.model.builtin = number;
    if (number == 0) {
      LMC_ASSIGN(const auto hash, reader.read_bytes(group.model.sha256.size(), "grouped block: model"));
      std::ranges::copy(hash, group.model.sha256.begin());
    }
  }
  LMC_ASSIGN(const auto bytes, reader.read_varint("grouped block: payload size"));
  group.payload_bytes = size_t(bytes);
  return group;
}

Status read_places(ByteReader& reader, size_t raw_bytes, Layout& layout) {
  LMC_ASSIGN(const auto count, reader.read_varint("grouped block: number of segments"));
  if (count > reader.remaining() / 2) return damaged(std::to_string(count) + " segments");
  size_t rest = raw_bytes;
  layout.places.reserve(size_t(count));
  for (uint64_t i = 0; i < count; ++i) {
    LMC_ASSIGN(const auto group, reader.read_varint("grouped block: group"));
    LMC_ASSIGN(const auto bytes, reader.read_varint("grouped block: segment size"));
    if (bytes == 0 || bytes > rest) return damaged("a segment of " + std::to_string(bytes) + " bytes");
    GroupPlace place{uint32_t(group), uint32_t(bytes)};
    if (layout.profile == kWithCopies && group == layout.groups.size()) {
      LMC_ASSIGN(const auto distance, reader.read_varint("grouped block: distance"));
      if (distance == 0 || distance > raw_bytes - rest)
        return damaged("a copy from " + std::to_string(distance) + " bytes before");
      place.distance = uint32_t(distance);
    } else if (group < layout.groups.size()) {
      layout.groups[place.group].raw_bytes += place.bytes;
    } else {
      return damaged("no group " + std::to_string(group));
    }
    rest -= place.bytes;
    layout.places.push_back(place);
  }
  if (rest > 0) return damaged("its segments are too short");
  return Ok();
}

// Profile and groups.
Result<Layout> read_groups(ByteReader& reader) {
  LMC_ASSIGN(const auto profile, reader.read_le<uint8_t>("grouped block: profile"));
  if (profile > kWithCopies)
    return bad_input("grouped block: unknown profile; the file is damaged, or was written by a newer lmc", 0);
  LMC_ASSIGN(const auto count, reader.read_varint("grouped block: number of groups"));
  if (count < 1 || count > std::min<uint64_t>(kMostGroups, reader.remaining() / 2))
    return damaged(std::to_string(count) + " groups");
  Layout layout;
  layout.profile = profile;
  size_t others = 0;
  for (uint64_t i = 0; i < count; ++i) {
    LMC_ASSIGN(const auto group, read_group(reader));
    // A model is made for each of these, which would take for ever if there were many of nothing.
    if (group.codec->shape == Shape::kBytes && ++others > kMostOthers)
      return damaged("too many groups that are no whole files");
    layout.groups.push_back(group);
  }
  return layout;
}

Result<Layout> read_layout(ByteReader& reader, size_t raw_bytes) {
  auto layout = read_groups(reader);
  if (!layout.ok()) return layout;
  LMC_TRY(read_places(reader, raw_bytes, *layout));
  size_t payload_bytes = 0;
  for (const GroupHeader& group : layout->groups) {
    if (group.raw_bytes == 0 || group.payload_bytes > group.raw_bytes) return damaged("the sizes of a group");
    payload_bytes += group.payload_bytes;
  }
  if (payload_bytes != reader.remaining()) return damaged("its groups do not fill it");
  return layout;
}

Result<const LoadedModel*> find_model(const GroupModel& model, const BlockResources& resources) {
  const LoadedModel* const embedded = resources.embedded;
  if (model.builtin == 0 && embedded != nullptr && embedded->sha256 == model.sha256) return embedded;
  Engine* const engine = resources.engine;
  if (engine == nullptr) return environment_error("a part of a block needs a model, and no models are at hand");
  return model.builtin > 0 ? engine->registry().find_builtin(model.builtin)
                           : engine->registry().find_hash(model.sha256);
}

Result<Bytes> decode_group(const GroupHeader& group, ByteSpan payload, const BlockResources& resources) {
  BlockResources with = resources;
  if (group.codec->model != ModelNeed::kNone) {
    LMC_ASSIGN(const auto model, find_model(group.model, resources));
    with = resources.with(group.codec->model, model);
  }
  return decode_block(group.codec->id, payload, group.raw_bytes, with);
}

// There is room for them.
void append_copy(Bytes& raw, const GroupPlace& copy) {
  for (size_t left = copy.bytes; left > 0;) {  // what overlaps doubles with every step
    const size_t bytes = std::min(left, copy.distance + copy.bytes - left);
    const size_t from = raw.size() - copy.distance - (copy.bytes - left);
    raw.resize(raw.size() + bytes);
    std::copy_n(raw.begin() + ptrdiff_t(from), bytes, raw.end() - ptrdiff_t(bytes));
    left -= bytes;
  }
}

Result<Bytes> put_together(const Layout& layout, const std::vector<Result<Bytes>>& contents, size_t raw_bytes) {
  std::vector<size_t> taken(contents.size(), 0);
  Bytes raw;
  raw.reserve(raw_bytes);
  for (const GroupPlace& place : layout.places) {
    if (place.distance > 0) {
      append_copy(raw, place);
      continue;
    }
    append_bytes(raw, ByteSpan(*contents[place.group]).subspan(taken[place.group], place.bytes));
    taken[place.group] += place.bytes;
  }
  return raw;
}

}  // namespace

EncodedBlock encode_grouped(const std::vector<EncodedBlock>& groups, const std::vector<GroupPlace>& places) {
  const bool copies = std::ranges::any_of(places, [](const GroupPlace& place) { return place.distance > 0; });
  EncodedBlock out{kGrouped, {copies ? kWithCopies : kPlain}};
  append_varint(out.payload, groups.size());
  for (const EncodedBlock& group : groups) {
    append_group(out.payload, group);
    for (const LoadedModel* model : group.models)
      if (std::ranges::find(out.models, model) == out.models.end()) out.models.push_back(model);
  }
  append_varint(out.payload, places.size());
  for (const GroupPlace& place : places) {
    append_varint(out.payload, place.distance > 0 ? groups.size() : place.group);
    append_varint(out.payload, place.bytes);
    if (place.distance > 0) append_varint(out.payload, place.distance);
  }
  for (const EncodedBlock& group : groups) append_bytes(out.payload, group.payload);
  return out;
}

Result<Bytes> decode_grouped(ByteSpan payload, size_t raw_bytes, const BlockResources& resources) {
  ByteReader reader(payload);
  LMC_ASSIGN(const auto layout, read_layout(reader, raw_bytes));
  std::vector<ByteSpan> payloads;
  for (const GroupHeader& group : layout.groups)
    payloads.push_back(*reader.read_bytes(group.payload_bytes, "grouped block: payload"));
  const auto whole_file = [](const GroupHeader& group) { return group.codec->shape == Shape::kWholeFile; };
  const size_t files = size_t(std::ranges::count_if(layout.groups, whole_file));
  const auto threads_of = [&](size_t g) {
    const GroupHeader& group = layout.groups[g];
    return whole_file(group) ? threads_for_file(group.raw_bytes, files) : group.codec->useful_threads;
  };
  const auto decode = [&](size_t g, const BlockResources& with) {
    return decode_group(layout.groups[g], payloads[g], with);
  };
  LMC_ASSIGN(const auto memory, Budget::take(resources.budget, 2 * uint64_t(raw_bytes),
                                             "groups of " + std::to_string(raw_bytes) + " bytes"));
  auto contents = for_groups<Result<Bytes>>(payloads.size(), threads_of, decode, resources);
  for (size_t g = 0; g < contents.size(); ++g) {
    // What found too little memory beside others is tried again by itself.
    if (!contents[g].ok() && contents[g].error().family == ErrorFamily::kEnvironment && resources.threads > 1) {
      BlockResources alone = resources.quietly();
      alone.threads = 1;
      contents[g] = decode(g, alone);
    }
    if (!contents[g].ok()) return contents[g].error();
    if (contents[g]->size() != layout.groups[g].raw_bytes) return damaged("a group of another size than it says");
  }
  return put_together(layout, contents, raw_bytes);
}

std::string describe_grouped(ByteSpan payload) {
  ByteReader reader(payload);
  const auto layout = read_groups(reader);
  if (!layout.ok()) return {};
  std::map<uint8_t, size_t> counts;
  for (const GroupHeader& group : layout->groups) ++counts[group.codec->id];
  std::string out;
  for (const auto& [id, count] : counts)
    out += (out.empty() ? "" : ", ") + codec_name(id) + " " + std::to_string(count);
  return out;
}

}  // namespace lmc
