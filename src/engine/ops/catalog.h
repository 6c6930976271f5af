// The operators there are. CMakeLists.txt lists their pages; the table is generated from that list.
#pragma once

#include "engine/graph/operator.h"

namespace sinter {

const OperatorCatalog& Operators();

}  // namespace sinter
