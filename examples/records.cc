// records.cc: the C++ header: small records in the short form, a larger text, a part of it, what a file is.
#include <iostream>
#include <lmc/lmc.hpp>
#include <string>

namespace {

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

}  // namespace

int main() try {
  const lmc::Context context;
  const std::string record = "The court held that the statute did not apply to contracts made before its passage.";
  const lmc::Bytes message = context.compress_message(bytes_of(record));
  std::cout << record.size() << " bytes as a message of " << message.size() << "\n";
  if (context.decompress_message(message).size() != record.size()) return 1;

  std::string text;
  for (int i = 0; i < 2000; ++i) text += "Record " + std::to_string(i) + ": " + record + "\n";
  lmc::Options options;
  options.level = 3;
  options.block_bytes = size_t(1) << 17;  // small blocks: a part costs little
  const lmc::Bytes packed = context.compress(bytes_of(text), options);
  const lmc_info info = context.probe(packed);
  std::cout << info.content_bytes << " bytes as " << packed.size() << ", " << info.blocks << " blocks\n";
  const lmc::Bytes part = context.read_range(packed, 100000, 60);
  std::cout << std::string(reinterpret_cast<const char*>(part.data()), part.size()) << "\n";
  return text.compare(100000, 60, reinterpret_cast<const char*>(part.data()), part.size()) == 0 ? 0 : 1;
} catch (const lmc::Failure& failure) {
  std::cerr << "records: " << failure.what() << "\n";
  return int(failure.status());
}
