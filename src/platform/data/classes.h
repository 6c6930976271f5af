// Names of classes: known lists, files, or written out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/tensor/dtype.h"

namespace sinter {

// What `--classes` takes: a known list's name (fashion-mnist, digits), a file with one name a line, or the
// names with commas between. Refuses empty names, names that stand twice and more than 65,536.
Result<std::vector<std::string>> ReadClasses(std::string_view option);

// Of a column of so many classes: u8 up to 256, then u16.
DType ClassDType(size_t classes);

}  // namespace sinter
