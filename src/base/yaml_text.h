// YAML written from nodes, so that a file can be read, changed in places and read again.
#pragma once

#include <string>

#include "base/yaml.h"

namespace sinter {

// In block style, without comments. ParseYaml gives the same nodes, positions apart, and texts that were
// plain may be quoted; numbers, booleans and null stay what they are.
std::string YamlText(const YamlNode& node);

}  // namespace sinter
