// Any bytes as a Y4M file: an error, or a block that decodes to exactly the same bytes. As frames without headers, the
// same. And as a payload, or as the streams of planes: an error, or something.
#include <algorithm>
#include <cstdlib>

#include "lmc/codecs/video.h"
#include "lmc/samples/video/group.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

constexpr size_t kMostSamples = 6000;  // what is coded in little time

bool is_small(const lmc::VideoForm& form) { return form.frame_bytes() <= kMostSamples; }

void try_block(const lmc::Result<lmc::EncodedBlock>& block, lmc::ByteSpan raw) {
  if (!block.ok()) return require(block.error().family == lmc::ErrorFamily::kBadInput);
  const auto back = lmc::decode_video(block->payload, raw.size(), {});
  require(back.ok() && std::ranges::equal(*back, raw));
}

void try_file(lmc::ByteSpan file) {
  const lmc::FileLength length = lmc::video_length(file);
  require(length.end != lmc::FileLength::End::kThere || length.bytes <= file.size());
  const auto header = lmc::read_y4m_header(file);
  if (!header.ok()) return require(header.error().family == lmc::ErrorFamily::kBadInput);
  const auto again = lmc::read_y4m_header(lmc::as_bytes(lmc::make_y4m_header(*header)));
  require(again.ok() && again->form == header->form);
  if (is_small(header->form)) try_block(lmc::encode_video(file, lmc::level_row(1), {}), file);
}

lmc::VideoForm form_of(lmc::ByteSpan bytes) {
  return {.width = 1u + bytes[0] % 40,
          .height = 1u + bytes[1] % 40,
          .planes = bytes[2] % 3 == 2 ? 4 : 1 + bytes[2] % 3 * 2,
          .shift_x = bytes[3] % 3,
          .shift_y = bytes[3] / 3 % 3,
          .bits = 8 + bytes[4] % 9};
}

// The first bytes choose the form.
void try_frames(lmc::ByteSpan bytes) {
  if (bytes.size() < 8) return;
  const lmc::VideoForm form = form_of(bytes);
  if (!is_small(form)) return;
  const lmc::ByteSpan raw = bytes.subspan(8);
  const auto chunks = lmc::cut_raw_video({form, 25, 1}, 1 + bytes[5] % 4);
  require(chunks != nullptr);
  if (const size_t count = chunks->next(raw, true); count > 0)
    try_block(chunks->encoder()(raw.first(count), lmc::level_row(bytes[6] % 2 * 4 + 1), {}), raw.first(count));
  lmc::Bytes out(3 * form.frame_bytes());
  std::vector<std::span<uint8_t>> frames;
  for (size_t t = 0; t < 3; ++t) frames.push_back(std::span(out).subspan(t * form.frame_bytes(), form.frame_bytes()));
  std::vector<lmc::ByteSpan> streams;
  const size_t each = raw.size() / size_t(form.planes);
  for (size_t p = 0; p < size_t(form.planes); ++p) streams.push_back(raw.subspan(p * each, each));
  const auto effort = lmc::SampleEffort(bytes[7] % 2);
  const lmc::Status status =
      lmc::decode_group(form, streams, frames, {.effort = effort, .threads = 1 + bytes[7] / 2 % 3});
  if (!status.ok()) require(status.error().family == lmc::ErrorFamily::kBadInput);
}

void try_payload(lmc::ByteSpan payload) {
  lmc::describe_video(payload);
  const auto coded = lmc::coded_video(payload);
  if (!coded || !is_small(coded->video.form) || coded->frames > 8) return;
  for (size_t beside : {size_t(0), coded->begin, size_t(17)}) {
    const size_t raw_bytes = beside + coded->frames * (coded->video.form.frame_bytes() + 6);
    const auto out = lmc::decode_video(payload, raw_bytes, {});
    require(out.ok() ? out->size() == raw_bytes : out.error().family == lmc::ErrorFamily::kBadInput);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const lmc::ByteSpan bytes(data, size);
  try_file(bytes);
  try_frames(bytes);
  try_payload(bytes);
  return 0;
}
