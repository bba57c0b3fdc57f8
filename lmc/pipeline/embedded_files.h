// Whole files of known formats inside other data, most of all archives: found, and coded each by itself.
#ifndef LMC_PIPELINE_EMBEDDED_FILES_H_
#define LMC_PIPELINE_EMBEDDED_FILES_H_

#include <optional>
#include <vector>

#include "lmc/codecs/codec.h"
#include "lmc/codecs/file_search.h"
#include "lmc/pipeline/copies.h"

namespace lmc {

// Whether some codec takes whole files that begin like this.
bool begins_like_file(ByteSpan start);
// Null: a file that begins so, kChunkLook bytes of it or more, is not cut into chunks.
std::unique_ptr<FileChunks> cut_file(ByteSpan start);
// How large a file that begins so can be, for a codec to take it; 0: none takes it.
uint64_t most_file_bytes(ByteSpan start);

// One that raw is too short for.
struct UnfinishedFile {
  size_t cut = 0;                    // where raw could be cut before it: at its tar header, if it has one
  size_t begin = 0;                  // its first byte
  std::optional<size_t> bytes = {};  // its size, where that is known
};
struct EmbeddedFiles {
  std::vector<FoundFile> files;  // in order; each within a file of the archive, if raw is one
  std::optional<UnfinishedFile> unfinished;
};
// By structure only; a file of a tar archive by its first bytes.
EmbeddedFiles find_embedded_files(ByteSpan raw);

// Of a whole file that is no container; nothing if no codec takes it, or nothing is gained, or if other files follow
// it. Needs no language model.
std::optional<EncodedBlock> encode_file(ByteSpan file, const LevelRow& level, const BlockResources& resources);
// Of bytes of which some codec can take apart a good part, wherever it stands; nothing if there is none.
std::optional<EncodedBlock> encode_container(ByteSpan raw, const LevelRow& level, const BlockResources& resources);
// The program that compressed a file which begins so, if it is of a kind that is known but not opened; else empty.
std::string unopened_kind(ByteSpan start);
// Why a whole file was not taken apart: words to stand alone.
std::string why_not_taken_apart(ByteSpan file);

// Files that gain from being taken apart, with their codes.
struct CodedFiles {
  std::vector<FoundFile> places;
  std::vector<EncodedBlock> coded;
};
// Those that a copy holds are left out.
CodedFiles encode_embedded_files(ByteSpan raw, const std::vector<Copy>& copies, const LevelRow& level,
                                 const BlockResources& resources);

}  // namespace lmc

#endif  // LMC_PIPELINE_EMBEDDED_FILES_H_
