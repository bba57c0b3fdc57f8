#include "train/pixel_session.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>

#include "lmc/base/io.h"
#include "lmc/models/file/model_writer.h"
#include "train/pixel_model.h"

namespace lmc::train {
namespace {

using Clock = std::chrono::steady_clock;

struct PixelState {
  std::vector<PixelModel> models;                  // one a role
  std::vector<std::vector<torch::Tensor>> m1, m2;  // Adam's moments
  int64_t step = 0;
  double seconds = 0;

  PixelState(int64_t width, uint64_t seed) {
    for (int role = 0; role < kPlaneRoles; ++role) {
      PixelModel& model = models.emplace_back(width, seed * 16 + uint64_t(role));
      for (auto* moments : {&m1, &m2}) {
        auto& tensors = moments->emplace_back();
        for (const auto& p : model.parameters()) tensors.push_back(torch::zeros_like(p).detach());
      }
    }
  }
};

void save(const std::string& path, PixelState& state) {
  torch::serialize::OutputArchive archive;
  archive.write("width", torch::tensor(state.models[0].width()));
  archive.write("step", torch::tensor(state.step));
  archive.write("seconds", torch::tensor(state.seconds, torch::kFloat64));
  for (size_t role = 0; role < kPlaneRoles; ++role)
    for (size_t i = 0; i < PixelModel::names().size(); ++i) {
      const std::string name = std::to_string(role) + "." + PixelModel::names()[i];
      archive.write(name, state.models[role].parameters()[i].detach());
      archive.write(name + ".m1", state.m1[role][i]);
      archive.write(name + ".m2", state.m2[role][i]);
    }
  archive.save_to(path + ".tmp");
  std::filesystem::rename(path + ".tmp", path);
}

Result<PixelState> load(const std::string& path) {
  if (!std::filesystem::exists(path)) return environment_error("no checkpoint " + path);
  torch::serialize::InputArchive archive;
  archive.load_from(path);
  torch::Tensor width, step, seconds;
  archive.read("width", width), archive.read("step", step), archive.read("seconds", seconds);
  PixelState state(width.item<int64_t>(), 0);
  state.step = step.item<int64_t>();
  state.seconds = seconds.item<double>();
  torch::NoGradGuard guard;
  for (size_t role = 0; role < kPlaneRoles; ++role)
    for (size_t i = 0; i < PixelModel::names().size(); ++i) {
      const std::string name = std::to_string(role) + "." + PixelModel::names()[i];
      torch::Tensor value;
      archive.read(name, value);
      state.models[role].parameters()[i].copy_(value);
      archive.read(name + ".m1", state.m1[role][i]);
      archive.read(name + ".m2", state.m2[role][i]);
    }
  return state;
}

// The networks of a model file, rounded as they are there.
Status begin_as(const std::string& path, PixelState& state) {
  const auto file = ModelFile::open(path);
  LMC_TRY(file);
  for (size_t role = 0; role < kPlaneRoles; ++role) {
    const std::string prefix = std::to_string(role) + ".";
    const auto first = file->tensor(prefix + "w0");
    LMC_TRY(first);
    PixelModel model(int64_t(first->shape[0]), 0);
    if (model.width() > state.models[role].width()) return usage_error(path + " is wider than --width");
    torch::NoGradGuard guard;
    for (size_t i = 0; i < PixelModel::kParameters; ++i) {
      const std::string name = prefix + PixelModel::names()[i];
      const auto view = file->tensor(name);
      LMC_TRY(view);
      torch::Tensor& p = model.parameters()[i];
      float* out = p.data_ptr<float>();
      if (p.dim() == 1) {
        const auto values = view->as<float>();
        std::copy(values.begin(), values.end(), out);
        continue;
      }
      const auto scales = file->tensor(name + ".scale");
      LMC_TRY(scales);
      const auto values = view->as<int8_t>();
      for (int64_t k = 0; k < p.numel(); ++k)
        out[k] = float(values[size_t(k)]) * scales->as<float>()[size_t(k / p.size(1))];
    }
    state.models[role].grow_from(model);
  }
  return Ok();
}

void adam(PixelState& state, size_t role, double rate) {
  torch::NoGradGuard guard;
  constexpr float kBeta1 = 0.9f, kBeta2 = 0.99f;
  const auto correct1 = float(1 - std::pow(kBeta1, double(state.step + 1)));
  const auto correct2 = float(1 - std::pow(kBeta2, double(state.step + 1)));
  PixelModel& model = state.models[role];
  for (size_t i = 0; i < PixelModel::kParameters; ++i) {
    float* w = model.parameters()[i].data_ptr<float>();
    float* g = model.gradients()[i].data_ptr<float>();
    float* m1 = state.m1[role][i].data_ptr<float>();
    float* m2 = state.m2[role][i].data_ptr<float>();
    for (int64_t k = 0; k < model.parameters()[i].numel(); ++k) {
      m1[k] = kBeta1 * m1[k] + (1 - kBeta1) * g[k];
      m2[k] = kBeta2 * m2[k] + (1 - kBeta2) * g[k] * g[k];
      w[k] -= float(rate) * (m1[k] / correct1) / (std::sqrt(m2[k] / correct2) + 1e-9f);
      g[k] = 0;
    }
  }
  model.refresh();
}

double rate_at(const PixelRun& run, double seconds, int64_t step) {
  const double done = std::min(seconds / (run.minutes * 60), 1.0);
  const double warm = std::min(1.0, double(step + 1) / 200.0);
  return run.rate * warm * (0.002 + 0.998 * 0.5 * (1 + std::cos(3.14159265 * done)));
}

}  // namespace

Status train_pixels(const PixelRun& run) {
  auto corpus = PixelCorpus::load(run.images, true);
  LMC_TRY(corpus);
  PixelState state(run.width, run.seed);
  if (!run.from.empty()) LMC_TRY(begin_as(run.from, state));
  if (run.resume) {
    auto saved = load(run.checkpoint);
    LMC_TRY(saved);
    state = std::move(*saved);
    for (PixelModel& model : state.models) model.refresh();
  }
  PixelBatch batch;
  double sums[kPlaneRoles] = {};
  int64_t since = 0;
  auto last = Clock::now(), logged = last, saved = last;
  while (state.seconds < run.minutes * 60) {
    const double rate = rate_at(run, state.seconds, state.step);
    const bool quantised = state.seconds > run.minutes * 60 * (1 - run.quantise_share);
    for (size_t role = 0; role < kPlaneRoles; ++role) {
      if (run.role >= 0 && size_t(run.role) != role) continue;
      state.models[role].set_quantised(quantised);
      std::mt19937_64 random(run.seed * 1000003 + uint64_t(state.step) * kPlaneRoles + role);
      batch.resize(size_t(run.batch));
      corpus->draw(PlaneRole(role), random, 0, size_t(run.batch), batch);
      sums[role] += state.models[role].learn(batch) / double(run.batch);
      adam(state, role, rate);
    }
    ++state.step, ++since;
    const auto now = Clock::now();
    state.seconds += std::min(std::chrono::duration<double>(now - last).count(), 5.0);
    last = now;
    if (std::chrono::duration<double>(now - logged).count() > run.log_seconds) {
      std::printf("%.1f min step %lld bits %.4f %.4f %.4f rate %.5f%s\n", state.seconds / 60, (long long)state.step,
                  sums[0] / double(since), sums[1] / double(since), sums[2] / double(since), rate,
                  quantised ? " rounded" : "");
      std::fflush(stdout);
      std::fill(std::begin(sums), std::end(sums), 0.0);
      since = 0, logged = now;
    }
    if (std::chrono::duration<double>(now - saved).count() > 120) save(run.checkpoint, state), saved = now;
  }
  save(run.checkpoint, state);
  return Ok();
}

Status evaluate_pixels(const std::string& checkpoint, const std::string& images, bool quantised, int only_role) {
  auto state = load(checkpoint);
  LMC_TRY(state);
  auto corpus = PixelCorpus::load(images, false);
  LMC_TRY(corpus);
  struct Sum {
    double bits = 0, samples = 0;
  };
  std::map<std::string, Sum> sums;
  for (PixelModel& model : state->models) model.set_quantised(quantised), model.refresh();
  torch::NoGradGuard guard;
  PixelBatch batch;
  for (const PixelImage& image : corpus->images())
    for (size_t role = 0; role < image.planes.size(); ++role)
      for (int y = 0; (only_role < 0 || int(role) == only_role) && y < image.planes[0].height(); y += 32) {
        const size_t count = PixelCorpus::rows_of(image, PlaneRole(role), y, 32, batch);
        const double bits = state->models[role].evaluate(batch);
        const std::string kind = image.name.substr(0, image.name.find('_'));
        for (const std::string& key : {kind, kind + " plane " + std::to_string(role)}) {
          sums[key].bits += bits;
          sums[key].samples += double(count);
        }
      }
  std::printf("step %lld, %.1f minutes, width %lld\n", (long long)state->step, state->seconds / 60,
              (long long)state->models[0].width());
  for (const auto& [key, sum] : sums)
    std::printf("%-24s %10.0f samples %8.4f bits/sample %10.0f bytes\n", key.c_str(), sum.samples,
                sum.bits / sum.samples, sum.bits / 8);
  return Ok();
}

Status export_pixels(const std::vector<std::string>& checkpoints, const std::string& name, const std::string& out) {
  if (checkpoints.size() != 1 && checkpoints.size() != kPlaneRoles) return usage_error("give one checkpoint or three");
  ModelWriter writer(name, ModelKind::kPixels);
  std::string training = "{";
  for (size_t role = 0; role < kPlaneRoles; ++role) {
    auto state = load(checkpoints[checkpoints.size() == 1 ? 0 : role]);
    LMC_TRY(state);
    for (size_t i = 0; i < PixelModel::kParameters; ++i) {
      const torch::Tensor p = state->models[role].parameters()[i].contiguous();
      const std::span<const float> values(p.data_ptr<float>(), size_t(p.numel()));
      const std::string tensor = std::to_string(role) + "." + PixelModel::names()[i];
      if (p.dim() == 2)
        writer.add_matrix(tensor, size_t(p.size(0)), size_t(p.size(1)), values);
      else
        writer.add_f32(tensor, {values.size()}, values);
    }
    training += (role > 0 ? ", \"" : "\"") + std::to_string(role) + "\": {\"steps\": " + std::to_string(state->step) +
                ", \"seconds\": " + std::to_string(int64_t(state->seconds)) + "}";
  }
  writer.set_training(training + "}");
  const auto file = writer.finish();
  if (!file.ok()) return file.error();
  return write_file(out, *file);
}

}  // namespace lmc::train
