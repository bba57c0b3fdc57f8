#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "lmc/base/stream.h"
#include "tools/lmc/files.h"
#include "tools/lmc/names.h"

namespace lmc {

namespace {

const char* kind_of(mode_t mode) {
  return S_ISFIFO(mode)   ? "a pipe"
         : S_ISSOCK(mode) ? "a socket"
         : S_ISCHR(mode)  ? "a character device"
         : S_ISBLK(mode)  ? "a block device"
                          : "no regular file";
}

}  // namespace

Result<InputFile> InputFile::open(const std::string& name, bool may_be_special) {
  InputFile file;
  file.is_stdin_ = name == "-";
  file.name_ = file.is_stdin_ ? "(standard input)" : name;
  file.shown_name_ = shown(file.name_);
  const auto refuse_special = [&]() -> Status {
    if (may_be_special || file.is_stdin_ || S_ISREG(file.info_.st_mode) || S_ISDIR(file.info_.st_mode)) return Ok();
    return usage_error(file.shown_name_ + " is " + kind_of(file.info_.st_mode) +
                       ", no regular file: skipped; -c or -o FILE reads it");
  };
  // Before it is opened: that may wait for ever, or rewind a tape.
  if (!file.is_stdin_ && ::stat(name.c_str(), &file.info_) == 0) LMC_TRY(refuse_special());
  if (!file.is_stdin_) file.descriptor_ = ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (file.is_stdin_) file.descriptor_ = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
  if (file.descriptor_ < 0 || ::fstat(file.descriptor_, &file.info_) != 0)
    return environment_error(file.shown_name_ + ": cannot open: " + std::strerror(errno));
  if (S_ISDIR(file.info_.st_mode))
    return usage_error(file.shown_name_ + " is a folder; name its files, or pack it first (tar c " + file.shown_name_ +
                       " | lmc)");
  LMC_TRY(refuse_special());
  return file;
}

InputFile::InputFile(InputFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      name_(std::move(other.name_)),
      shown_name_(std::move(other.shown_name_)),
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
    if (data == MAP_FAILED) return environment_error(shown_name_ + ": cannot map: " + std::strerror(errno));
    std::shared_ptr<void> holder(data, [size](void* mapped) { ::munmap(mapped, size); });
    return std::pair{ByteSpan(static_cast<const uint8_t*>(data), size), holder};
  }
  DescriptorSource source(descriptor_, shown_name_);
  LMC_ASSIGN(auto bytes, read_up_to(source, SIZE_MAX));
  auto holder = std::make_shared<Bytes>(std::move(bytes));
  const ByteSpan span = *holder;
  return std::pair{span, std::shared_ptr<void>(holder)};
}

}  // namespace lmc
