// What a process needs once, not once a block: opened models, and what was compiled from them for an instruction set.
//
// An Engine may be used from several threads at the same time. What it hands out lives as long as somebody holds it.
#ifndef LMC_MODELS_ENGINE_H_
#define LMC_MODELS_ENGINE_H_

#include <map>
#include <memory>
#include <mutex>
#include <typeindex>

#include "lmc/models/registry.h"
#include "lmc/numerics/isa.h"

namespace lmc {

class Engine {
 public:
  explicit Engine(std::vector<std::string> folders) : registry_(std::move(folders)) {}

  Registry& registry() { return registry_; }

  // The T that make(file, isa) gives, made by the first caller; others wait for it. An error is not kept.
  template <typename T>
  Result<std::shared_ptr<const T>> compiled(const ModelFile& file, Isa isa,
                                            Result<std::shared_ptr<const T>> (*make)(const ModelFile&, Isa)) {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<const void>& kept = compiled_[{file.sha256(), int(isa), std::type_index(typeid(T*))}];
    if (kept == nullptr) {
      LMC_ASSIGN(auto made, make(file, isa));
      kept = std::move(made);
    }
    return std::static_pointer_cast<const T>(kept);
  }

  // What was compiled of a file that will not come again; others who hold it keep it.
  void forget(const Sha256& sha256) {
    const std::lock_guard lock(mutex_);
    std::erase_if(compiled_, [&](const auto& entry) { return entry.first.sha256 == sha256; });
  }

 private:
  struct Key {
    Sha256 sha256;
    int isa;
    std::type_index type;
    auto operator<=>(const Key&) const = default;
  };

  Registry registry_;
  std::mutex mutex_;
  std::map<Key, std::shared_ptr<const void>> compiled_;
};

// From the engine's store, or made for this call where there is no engine.
template <typename T>
Result<std::shared_ptr<const T>> compile(Engine* engine, const ModelFile& file, Isa isa,
                                         Result<std::shared_ptr<const T>> (*make)(const ModelFile&, Isa)) {
  return engine != nullptr ? engine->compiled(file, isa, make) : make(file, isa);
}

}  // namespace lmc

#endif  // LMC_MODELS_ENGINE_H_
