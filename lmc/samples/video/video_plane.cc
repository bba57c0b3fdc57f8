#include "lmc/samples/video/video_plane.h"

#include <algorithm>
#include <cmath>

#include "lmc/coding/arithmetic_coder.h"

namespace lmc {
namespace {

constexpr uint32_t kSameLimit = 1000;
constexpr uint32_t kLikelySame = 32768;  // of 65536: below that a sample is not asked whether it is the same as before

int earlier_planes(int plane) { return plane == 2 ? 2 : plane == 0 ? 0 : 1; }
uint32_t certain(uint32_t p) { return p < 1 ? 1 : p > 65535 ? 65535 : p; }

}  // namespace

VideoPlane::VideoPlane(const VideoForm& form, int plane, SampleRange range, SampleEffort effort, Isa isa)
    : form_(form),
      plane_(plane),
      earlier_(earlier_planes(plane)),
      width_(int(form.plane_width(plane))),
      height_(int(form.plane_height(plane))),
      block_x_(kMotionBlock >> (form.is_chroma(plane) ? form.shift_x : 0)),
      block_y_(kMotionBlock >> (form.is_chroma(plane) ? form.shift_y : 0)),
      range_(range),
      scale_(float(1 << (form.bits - 8))),
      now_(width_, height_, 128.0f),
      before_(width_, height_, 128.0f),
      long_before_(width_, height_, 128.0f),
      left_(width_, height_, 0.0f),
      left_now_(width_, height_, 0.0f),
      predictor_(effort, earlier_, width_, now_.stride(), isa),
      errors_(width_),
      values_(predictor_.size(), predictor_.first_blend(), range, scale_, width_, isa) {
  for (int i = 0; i < earlier_; ++i) others_[size_t(i)] = others_before_[size_t(i)] = now_;
  if (earlier_ > 0) other_errors_.resize(size_t(width_) * size_t(height_));
}

int32_t VideoPlane::sample_of(ByteSpan frame, int plane, size_t at) const {
  const uint8_t* const bytes = frame.data() + form_.plane_begin(plane);
  return form_.sample_bytes() == 1 ? bytes[at] : bytes[2 * at] | bytes[2 * at + 1] << 8;
}

// A plane as large as this one: luma is averaged over what a sample of chroma stands for.
void VideoPlane::load(ByteSpan frame, int plane, FramePlane<float>& to) const {
  const int from_width = int(form_.plane_width(plane)), from_height = int(form_.plane_height(plane));
  const bool is_larger = form_.is_chroma(plane_) && !form_.is_chroma(plane);
  const int step_x = 1 << (is_larger ? form_.shift_x : 0), step_y = 1 << (is_larger ? form_.shift_y : 0);
  const float unit = 1.0f / (scale_ * float(step_x * step_y));
  for (int y = 0; y < height_; ++y)
    for (int x = 0; x < width_; ++x) {
      int32_t sum = 0;
      for (int j = 0; j < step_y; ++j)
        for (int i = 0; i < step_x; ++i) {
          const int at_x = std::min(x * step_x + i, from_width - 1), at_y = std::min(y * step_y + j, from_height - 1);
          sum += sample_of(frame, plane, size_t(at_y) * size_t(from_width) + size_t(at_x));
        }
      to.row(y)[x] = float(sum) * unit;
    }
  to.pad();
}

MotionVector VideoPlane::scaled(MotionVector vector, int x, int y) const {
  if (form_.is_chroma(plane_)) {
    const auto down = [](int v, int shift) { return int16_t((v + (1 << shift >> 1)) >> shift); };
    vector = {down(vector.x, form_.shift_x), down(vector.y, form_.shift_y)};
  }
  return within_reach(vector, x, y, block_x_, block_y_, width_, height_);
}

void VideoPlane::begin_frame(ByteSpan frame, const FrameTraces& traces) {
  std::swap(long_before_, before_);
  std::swap(before_, now_);
  std::swap(left_, left_now_);
  if (frames_ > 0) now_.take_top(before_);
  left_now_.take_top(left_);
  for (int i = 0; i < earlier_; ++i) {
    std::swap(others_[size_t(i)], others_before_[size_t(i)]);
    load(frame, i, others_[size_t(i)]);
  }
  if (earlier_ == 0) return;
  const bool is_smaller = form_.is_chroma(plane_);
  const int step_x = 1 << (is_smaller ? form_.shift_x : 0), step_y = 1 << (is_smaller ? form_.shift_y : 0);
  const int luma_width = int(form_.width), luma_height = int(form_.height);
  for (int y = 0; y < height_; ++y)
    for (int x = 0; x < width_; ++x) {
      float sum = 0;
      for (int j = 0; j < step_y; ++j)
        for (int i = 0; i < step_x; ++i)
          sum += traces.errors[size_t(std::min(y * step_y + j, luma_height - 1)) * size_t(luma_width) +
                               size_t(std::min(x * step_x + i, luma_width - 1))];
      other_errors_[size_t(y) * size_t(width_) + size_t(x)] = sum / float(step_x * step_y);
    }
}

template <typename Byte>
bool VideoPlane::is_repeated(std::span<Byte> frame) const {
  for (int y = 0; y < height_; ++y)
    for (int x = 0; x < width_; ++x)
      if (float(sample_of(frame, plane_, size_t(y) * size_t(width_) + size_t(x))) / scale_ != before_.row(y)[x])
        return false;
  return true;
}

template <typename Coder, typename Byte>
void VideoPlane::code_motion(Coder& coder, std::span<Byte> frame, FrameTraces& traces) {
  traces.motion = MotionField(width_, height_);
  if (frames_ > 0) {
    if constexpr (!Coder::kDecodes) {
      FramePlane<float> source(width_, height_, 0.0f);
      load(frame, plane_, source);
      traces.motion = search_motion(source, before_, last_motion_);
    }
    motion_.code(coder, traces.motion, width_, height_);
  }
  traces.long_motion = frames_ > 1 ? chain_motion(traces.motion, last_motion_, width_, height_) : traces.motion;
  last_motion_ = traces.motion;
}

template <typename Coder, typename Byte>
void VideoPlane::code(Coder& coder, std::span<Byte> frame, FrameTraces& traces) {
  begin_frame(frame, traces);
  if (frames_ > 0) {
    bool repeats = false;
    if constexpr (!Coder::kDecodes) repeats = is_repeated(frame);
    repeats = coder.code(repeats, certain(repeated_.p16())) != 0;
    repeated_.update_fast(repeats, 30);
    if (repeats) {
      if (plane_ == 0) {
        traces.motion = traces.long_motion = last_motion_ = MotionField(width_, height_);
        traces.errors.assign(size_t(width_) * size_t(height_), 0.0f);
      }
      now_ = before_;
      for (int y = 0; y < height_; ++y) std::fill_n(left_now_.row(y), width_, 0.0f);
      left_now_.pad();
      if constexpr (Coder::kDecodes)
        for (size_t y = 0; y < size_t(height_); ++y)
          for (size_t x = 0; x < size_t(width_); ++x) {
            const auto value = uint32_t(now_.row(int(y))[x] * scale_);
            uint8_t* const to =
                frame.data() + form_.plane_begin(plane_) + (y * size_t(width_) + x) * form_.sample_bytes();
            to[0] = uint8_t(value);
            if (form_.sample_bytes() == 2) to[1] = uint8_t(value >> 8);
          }
      ++frames_;
      return;
    }
  }
  if (plane_ == 0) code_motion(coder, frame, traces);
  for (int y = 0; y < height_; ++y) code_row(coder, frame, y, traces);
  end_frame(traces);
  ++frames_;
}

template <typename Coder, typename Byte>
void VideoPlane::code_row(Coder& coder, std::span<Byte> frame, int y, const FrameTraces& traces) {
  now_.pad_left(y, now_.row(y - 1)[0]);
  left_now_.pad_left(y, 0.0f);
  errors_.begin_row();
  values_.begin_row();
  const size_t bytes = form_.sample_bytes();
  auto* const at = frame.data() + form_.plane_begin(plane_) + size_t(y) * size_t(width_) * bytes;
  MotionVector vector, far;
  for (int x = 0; x < width_; ++x) {
    if (x % block_x_ == 0) {
      const int column = x / block_x_, row = y / block_y_;
      vector = scaled(traces.motion.at(column, row), column * block_x_, row * block_y_);
      far = scaled(traces.long_motion.at(column, row), column * block_x_, row * block_y_);
    }
    int32_t sample = 0;
    if constexpr (!Coder::kDecodes) sample = bytes == 1 ? at[x] : at[2 * x] | at[2 * x + 1] << 8;
    sample = code_sample(coder, sample, x, y, vector, far);
    if constexpr (Coder::kDecodes) {
      at[size_t(x) * bytes] = uint8_t(sample);
      if (bytes == 2) at[2 * x + 1] = uint8_t(sample >> 8);
    }
  }
  now_.pad_right(y, now_.row(y)[width_ - 1]);
  left_now_.pad_right(y, 0.0f);
}

template <typename Coder>
int32_t VideoPlane::code_sample(Coder& coder, int32_t sample, int x, int y, const MotionVector& v,
                                const MotionVector& far) {
  const ptrdiff_t stride = now_.stride();
  float* const own = now_.row(y) + x;
  float* const left = left_now_.row(y) + x;
  const float* const then = before_.row(y + v.y) + x + v.x;
  const float* const left_then = left_.row(y + v.y) + x + v.x;
  errors_.begin(x);
  std::array<float, PlanePredictor::kMostPredictions> all_same;
  MapEntry* same = nullptr;
  if (frames_ > 0) {
    const auto is = [&](ptrdiff_t at) { return own[at] == then[at]; };
    if (is(-1) && is(-stride) && is(-stride - 1) && is(-stride + 1)) {
      const float* const long_then = long_before_.row(y + far.y) + x + far.x;
      const unsigned context = unsigned(is(-2)) | unsigned(is(-2 * stride)) << 1 | unsigned(is(-stride + 2)) << 2 |
                               unsigned(then[0] == long_then[0]) << 3 | unsigned(then[1] == long_then[1]) << 4 |
                               unsigned(then[stride] == long_then[stride]) << 5 | unsigned(then[0] == own[-1]) << 6 |
                               unsigned(left[-1] == 0.0f) << 7;
      same = &same_[context];
      if (same->p16() >= kLikelySame) {
        const bool is_same = coder.code(float(sample) / scale_ == then[0], certain(same->p16())) != 0;
        same->update_fast(is_same, kSameLimit);
        if (is_same) {
          own[0] = then[0];
          left[0] = 0.0f;
          all_same.fill(then[0]);
          errors_.end(x, {all_same.data(), predictor_.size()}, then[0]);
          values_.pass(x);
          return int32_t(then[0] * scale_);
        }
        same = nullptr;
      }
    }
  }
  PlanePredictor::Places places{};
  const auto put = [&](TapSource source, const float* at) { places[size_t(source)] = at; };
  put(TapSource::kNow, own);
  put(TapSource::kLeftNow, left);
  if (frames_ > 0) {
    put(TapSource::kBefore, then);
    put(TapSource::kLeft, left_then);
  }
  if (frames_ > 1) put(TapSource::kLong, long_before_.row(y + far.y) + x + far.x);
  constexpr TapSource kOthers[2][2] = {{TapSource::kLuma, TapSource::kLumaBefore},
                                       {TapSource::kChroma, TapSource::kChromaBefore}};
  for (size_t i = 0; i < size_t(earlier_); ++i) {
    put(kOthers[i][0], others_[i].row(y) + x);
    if (frames_ > 0) put(kOthers[i][1], others_before_[i].row(y + v.y) + x + v.x);
  }
  const auto predictions = predictor_.predict(places, x, errors_.near());
  SampleScene scene;
  if (frames_ > 0) {
    float sum = 0;
    for (ptrdiff_t j = -1; j <= 1; ++j)
      for (ptrdiff_t i = -1; i <= 1; ++i) sum += std::fabs(left_then[j * stride + i]);
    scene.then = sum * (1.0f / 9.0f);
  }
  if (earlier_ > 0) scene.earlier = other_errors_[size_t(y) * size_t(width_) + size_t(x)];
  scene.activity = std::fabs(own[-1] - own[-stride - 1]) + std::fabs(own[-stride] - own[-stride - 1]) +
                   std::fabs(own[-stride] - own[-stride + 1]) + std::fabs(own[-stride] - own[-2 * stride]);
  scene.left_w = left[-1];
  scene.left_n = left[-stride];
  const int32_t value = values_.code(coder, sample, predictions, errors_, scene, x);
  own[0] = float(value) / scale_;
  left[0] = own[0] - predictions[predictor_.first_blend()];
  predictor_.learn(own[0]);
  errors_.end(x, predictions, own[0]);
  if (same != nullptr) same->update_fast(own[0] == then[0], kSameLimit);
  return value;
}

void VideoPlane::end_frame(FrameTraces& traces) {
  now_.pad();
  if (plane_ == 0) {
    traces.errors.resize(size_t(width_) * size_t(height_));
    for (int y = 0; y < height_; ++y)
      for (int x = 0; x < width_; ++x)
        traces.errors[size_t(y) * size_t(width_) + size_t(x)] = std::fabs(left_now_.row(y)[x]);
  }
  left_now_.pad();
}

template void VideoPlane::code(ArithmeticEncoder&, std::span<const uint8_t>, FrameTraces&);
template void VideoPlane::code(ArithmeticDecoder&, std::span<uint8_t>, FrameTraces&);

}  // namespace lmc
