#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "lmc/base/stream.h"
#include "tools/lmc/files.h"

namespace lmc {

Result<InputFile> InputFile::open(const std::string& name) {
  InputFile file;
  file.is_stdin_ = name == "-";
  file.name_ = file.is_stdin_ ? "(standard input)" : name;
  if (!file.is_stdin_) file.descriptor_ = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (file.is_stdin_) file.descriptor_ = ::dup(STDIN_FILENO);
  if (file.descriptor_ < 0 || ::fstat(file.descriptor_, &file.info_) != 0)
    return environment_error(file.name_ + ": cannot open: " + std::strerror(errno));
  if (S_ISDIR(file.info_.st_mode))
    return usage_error(file.name_ + " is a folder; name its files, or pack it first (tar c " + name + " | lmc)");
  return file;
}

InputFile::InputFile(InputFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      name_(std::move(other.name_)),
      is_stdin_(other.is_stdin_),
      info_(other.info_) {}

InputFile::~InputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool InputFile::is_regular() const { return S_ISREG(info_.st_mode); }

Result<std::pair<ByteSpan, std::shared_ptr<void>>> InputFile::whole() const {
  const size_t size = size_t(info_.st_size);
  if (is_regular() && size > 0) {
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor_, 0);
    if (data == MAP_FAILED) return environment_error(name_ + ": cannot map: " + std::strerror(errno));
    std::shared_ptr<void> holder(data, [size](void* mapped) { ::munmap(mapped, size); });
    return std::pair{ByteSpan(static_cast<const uint8_t*>(data), size), holder};
  }
  DescriptorSource source(descriptor_, name_);
  auto bytes = read_up_to(source, SIZE_MAX);
  if (!bytes.ok()) return bytes.error();
  auto holder = std::make_shared<Bytes>(std::move(*bytes));
  const ByteSpan span = *holder;
  return std::pair{span, std::shared_ptr<void>(holder)};
}

}  // namespace lmc
