// Is this module well formed? Run after every step in debug builds.
#pragma once

#include "base/result.h"
#include "engine/graph/module.h"
#include "engine/graph/operator.h"

namespace sinter {

// Checks, and names the function, the node and the reason of the first fault: values defined once and
// before use, in scope; unique names; known operators, arity, attributes of the right kind, required ones
// given, none unknown; dtypes allowed and equal where letters say so; declared types equal to inferred ones;
// symbols declared, bounds sane; states that exist, with types that agree; one update a state; calls that
// exist, do not recurse and agree in types; regions with the right names.
Status VerifyModule(const Module& module, const OperatorCatalog& catalog);

}  // namespace sinter
