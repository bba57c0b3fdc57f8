// Where the program looks for models.
#ifndef TOOLS_LMC_MODEL_FOLDERS_H_
#define TOOLS_LMC_MODEL_FOLDERS_H_

#include <string>
#include <vector>

#include "lmc/base/result.h"

namespace lmc {

// The folders given to --models, then the default ones. Errors: environment, if one that is given is not there.
Result<std::vector<std::string>> model_folders(const std::string& given);

}  // namespace lmc

#endif  // TOOLS_LMC_MODEL_FOLDERS_H_
