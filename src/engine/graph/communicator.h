// What collectives talk through. It stands in graph/ because the collectives' pages (ops/) call it; device.h
// hands it to kernels, comm/ implements it.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "engine/tensor/tensor.h"

namespace sinter {

// A group of ranks that exchange tensors. Calls are collective: every rank makes the same calls in the same
// order. Implementations in comm/. Errors name the rank that is gone or late.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  enum class Reduce : uint8_t { kSum, kMax, kMin };
  // In place over `data`, summed in an order that depends on the number of ranks alone.
  virtual Status AllReduce(Tensor& data, Reduce reduce) = 0;
  // `out` holds size() times `in`, in rank order along axis 0.
  virtual Status AllGather(const Tensor& in, Tensor& out) = 0;
  // `in` holds size() slices along axis 0; `out` gets the reduction of this rank's.
  virtual Status ReduceScatter(const Tensor& in, Tensor& out, Reduce reduce) = 0;
  virtual Status Broadcast(Tensor& data, int root) = 0;
  virtual Status Barrier() = 0;
};

}  // namespace sinter
