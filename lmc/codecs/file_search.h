// Where whole files that a codec takes apart stand inside other data: archives, documents, disk images.
//
// Found by their first bytes and followed by their structure to their end, as the rows of the table of codecs say;
// whether they can be taken apart is for the codecs to say.
#ifndef LMC_CODECS_FILE_SEARCH_H_
#define LMC_CODECS_FILE_SEARCH_H_

#include <optional>
#include <vector>

#include "lmc/media/file_length.h"

namespace lmc {

// Of the file that begins here, whatever follows it.
FileLength media_file_length(ByteSpan start);

struct FoundFile {
  size_t begin = 0, bytes = 0;
  bool operator==(const FoundFile&) const = default;
};
struct FileSearch {
  std::vector<FoundFile> files;  // in order, apart from each other; at least kSmallestFoundFile bytes each
  // Where the first one begins that raw is too short for. Others may come behind it: if it is none after all, or inside
  // it, like the small picture in a photograph's metadata.
  std::optional<size_t> unfinished;
};
// Takes time in proportion to raw: in what is full of beginnings that lead far and nowhere, it gives up.
FileSearch find_files(ByteSpan raw);

inline constexpr size_t kSmallestFoundFile = 256;  // what smaller ones would save is less than their place costs

}  // namespace lmc

#endif  // LMC_CODECS_FILE_SEARCH_H_
