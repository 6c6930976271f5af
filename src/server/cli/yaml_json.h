// YAML files of the command line as the JSON that the server takes.
#pragma once

#include <string>

#include "base/json.h"

namespace sinter {

// A file that holds a map, of at most 1 MB. Unquoted numbers, true and false are such. Errors name the file.
Result<Json> ReadYamlMap(const std::string& file, std::string_view what);

}  // namespace sinter
