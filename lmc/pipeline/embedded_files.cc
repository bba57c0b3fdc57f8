#include "lmc/pipeline/embedded_images.h"

#include "lmc/pipeline/parallel.h"
#include "lmc/pipeline/tar_headers.h"

namespace lmc {
namespace {

constexpr size_t kLook = 64;        // a file of which less is there might be an image
constexpr size_t kPlaceBytes = 12;  // what a group and its segment take in the layout, at most

void search(ByteSpan raw, size_t begin, size_t end, EmbeddedImages& out) {
  const ImageSearch found = find_images(raw.subspan(begin, end - begin));
  for (const FoundImage& image : found.images) out.images.push_back({begin + image.begin, image.bytes});
  if (found.unfinished && end == raw.size()) out.unfinished = {begin + *found.unfinished, begin + *found.unfinished};
}

}  // namespace

EmbeddedImages find_embedded_images(ByteSpan raw) {
  EmbeddedImages out;
  for (size_t at = 0; at < raw.size();) {
    const auto content = tar_content_bytes(raw, at);
    const size_t begin = content ? at + kTarRecord : at;
    const size_t rest = raw.size() - begin;
    const bool whole = content && *content <= rest;
    const size_t end = !content ? next_tar_header(raw, at) : whole ? begin + size_t(*content) : raw.size();
    const bool image = content && (begins_like_image(raw.subspan(begin, end - begin)) || (!whole && rest < kLook));
    if (!image)
      search(raw, begin, end, out);
    else if (whole && *content >= kSmallestFoundImage)
      out.images.push_back({begin, size_t(*content)});
    else if (!whole && *content <= kMaxBlockBytes)
      out.unfinished = {at, begin, size_t(*content)};
    at = content ? (end + kTarRecord - 1) / kTarRecord * kTarRecord : end;
  }
  return out;
}

bool more_images_follow(ByteSpan raw) {
  const FileLength first = image_file_length(raw);
  return first.end == FileLength::End::kThere && !find_images(raw.subspan(first.bytes)).images.empty();
}

CodedImages encode_embedded_images(ByteSpan raw, int level, const BlockResources& resources) {
  CodedImages out;
  if (level < kFirstPixelLevel) return out;
  const std::vector<FoundImage> found = find_embedded_images(raw).images;
  ProgressSum progress(resources.progress, resources.threads > 1);
  InOrder<std::optional<EncodedBlock>> jobs(resources.threads, [&] { progress.tick(); });
  size_t taken = 0;
  const auto take = [&] {
    const FoundImage& place = found[taken++];
    auto coded = jobs.take();
    if (!coded || coded->payload.size() + kPlaceBytes >= place.bytes) return;
    out.places.push_back(place);
    out.coded.push_back(std::move(*coded));
  };
  for (const FoundImage& place : found) {
    BlockResources with = resources;
    with.note = {};
    with.threads = std::min(resources.threads, threads_for_image(place.bytes, found.size()));
    with.progress = progress.for_block();
    while (!jobs.has_room(with.threads)) take();
    jobs.submit(with.threads,
                [=, file = raw.subspan(place.begin, place.bytes)] { return encode_image(file, level, with); });
  }
  while (!jobs.empty()) take();
  return out;
}

}  // namespace lmc
