// Where the output of an input goes, what protects the files that are there already, and when the source may go.
#ifndef TOOLS_LMC_DESTINATION_H_
#define TOOLS_LMC_DESTINATION_H_

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "lmc/base/stream.h"
#include "tools/lmc/files.h"

namespace lmc {

inline constexpr std::string_view kSuffix = ".lmc";

bool goes_to_stdout(const Options& options, const InputFile& input);

// Runs produce(sink) into the output of these inputs (several: joined, named after the first) and returns its name for
// messages. A file appears only if all went well; with --rm a single source is removed after it was synced.
// check(descriptor, name), if given, is called with the file that was written; with --verify anything else is refused.
// Errors: usage if the output exists or is one of the inputs; environment; those of produce and check.
Result<std::string> with_output(const Session& session, std::span<const InputFile> inputs,
                                const std::function<Status(Sink&)>& produce,
                                const std::function<Status(int, const std::string&)>& check = {});

}  // namespace lmc

#endif  // TOOLS_LMC_DESTINATION_H_
