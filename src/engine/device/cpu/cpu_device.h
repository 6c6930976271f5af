// The CPU: oneDNN for contractions and convolutions, vectorised loops for the rest.
#pragma once

#include "engine/device/device.h"

namespace sinter {

const Device& CpuDevice();

}  // namespace sinter
