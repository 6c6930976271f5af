#include "engine/comm/mpi.h"

#include <dlfcn.h>
// Without the C++ bindings, which would have to be linked.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

namespace sinter {
namespace {

// What is used of the library, found by name. Open MPI's handles are addresses of its objects.
struct Library {
  decltype(&MPI_Init_thread) init;
  decltype(&MPI_Finalize) finalize;
  decltype(&MPI_Abort) abort;
  decltype(&MPI_Comm_rank) rank;
  decltype(&MPI_Comm_size) size;
  decltype(&MPI_Comm_set_errhandler) set_errhandler;
  decltype(&MPI_Error_string) error_string;
  decltype(&MPI_Allreduce) all_reduce;
  decltype(&MPI_Allgather) all_gather;
  decltype(&MPI_Reduce_scatter_block) reduce_scatter;
  decltype(&MPI_Bcast) broadcast;
  decltype(&MPI_Barrier) barrier;
  void* handle = nullptr;

  template <class T>
  T Object(const char* name) const {
    return reinterpret_cast<T>(dlsym(handle, name));
  }
};

template <class F>
bool Find(void* handle, const char* name, F& to) {
  to = reinterpret_cast<F>(dlsym(handle, name));
  return to != nullptr;
}

Result<Library> Load() {
  Library mpi{};
  // Global: the library's own plugins look for its symbols.
  mpi.handle = dlopen("libmpi.so.40", RTLD_NOW | RTLD_GLOBAL);
  if (mpi.handle == nullptr)
    return Error{ErrorCode::kUnavailable, fmt::format("Open MPI cannot be loaded: {}", dlerror()),
                 "install openmpi-bin"};
  const bool whole =
      Find(mpi.handle, "MPI_Init_thread", mpi.init) && Find(mpi.handle, "MPI_Finalize", mpi.finalize) &&
      Find(mpi.handle, "MPI_Abort", mpi.abort) && Find(mpi.handle, "MPI_Comm_rank", mpi.rank) &&
      Find(mpi.handle, "MPI_Comm_size", mpi.size) &&
      Find(mpi.handle, "MPI_Comm_set_errhandler", mpi.set_errhandler) &&
      Find(mpi.handle, "MPI_Error_string", mpi.error_string) &&
      Find(mpi.handle, "MPI_Allreduce", mpi.all_reduce) &&
      Find(mpi.handle, "MPI_Allgather", mpi.all_gather) &&
      Find(mpi.handle, "MPI_Reduce_scatter_block", mpi.reduce_scatter) &&
      Find(mpi.handle, "MPI_Bcast", mpi.broadcast) && Find(mpi.handle, "MPI_Barrier", mpi.barrier);
  if (!whole) return Error{ErrorCode::kUnavailable, "libmpi.so.40 is no Open MPI", ""};
  return mpi;
}

const char* TypeName(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return "ompi_mpi_float";
    case DType::kF64:
      return "ompi_mpi_double";
    case DType::kI32:
      return "ompi_mpi_int32_t";
    case DType::kI64:
      return "ompi_mpi_int64_t";
    case DType::kU8:
      return "ompi_mpi_uint8_t";
    default:
      return nullptr;
  }
}

const char* OperationName(Communicator::Reduce reduce) {
  switch (reduce) {
    case Communicator::Reduce::kSum:
      return "ompi_mpi_op_sum";
    case Communicator::Reduce::kMax:
      return "ompi_mpi_op_max";
    case Communicator::Reduce::kMin:
      return "ompi_mpi_op_min";
  }
  return nullptr;
}

class Mpi final : public Communicator {
 public:
  explicit Mpi(const Library& library)
      : mpi_(library), world_(library.Object<MPI_Comm>("ompi_mpi_comm_world")) {
    mpi_.set_errhandler(world_, mpi_.Object<MPI_Errhandler>("ompi_mpi_errors_return"));
    mpi_.rank(world_, &rank_);
    mpi_.size(world_, &size_);
  }
  ~Mpi() override { mpi_.finalize(); }
  int rank() const override { return rank_; }
  int size() const override { return size_; }

  Status AllReduce(Tensor& data, Reduce reduce) override {
    TRY(const MPI_Datatype type, TypeOf(data));
    return Check(mpi_.all_reduce(MPI_IN_PLACE, data.mutable_raw(), static_cast<int>(data.elements()), type,
                                 mpi_.Object<MPI_Op>(OperationName(reduce)), world_),
                 "all-reduce");
  }
  Status AllGather(const Tensor& in, Tensor& out) override {
    TRY(const MPI_Datatype type, TypeOf(in));
    const int count = static_cast<int>(in.elements());
    return Check(mpi_.all_gather(in.raw(), count, type, out.mutable_raw(), count, type, world_),
                 "all-gather");
  }
  Status ReduceScatter(const Tensor& in, Tensor& out, Reduce reduce) override {
    TRY(const MPI_Datatype type, TypeOf(in));
    return Check(mpi_.reduce_scatter(in.raw(), out.mutable_raw(), static_cast<int>(out.elements()), type,
                                     mpi_.Object<MPI_Op>(OperationName(reduce)), world_),
                 "reduce-scatter");
  }
  Status Broadcast(Tensor& data, int root) override {
    TRY(const MPI_Datatype type, TypeOf(data));
    return Check(mpi_.broadcast(data.mutable_raw(), static_cast<int>(data.elements()), type, root, world_),
                 "broadcast");
  }
  Status Barrier() override { return Check(mpi_.barrier(world_), "barrier"); }

 private:
  Result<MPI_Datatype> TypeOf(const Tensor& tensor) const {
    const char* name = TypeName(tensor.dtype());
    if (name == nullptr || tensor.elements() > INT32_MAX)
      return Unsupported(fmt::format("{} cannot be sent between ranks", tensor.type().ToString()));
    return mpi_.Object<MPI_Datatype>(name);
  }
  Status Check(int code, std::string_view what) const {
    if (code == MPI_SUCCESS) return {};
    char text[MPI_MAX_ERROR_STRING];
    int length = 0;
    mpi_.error_string(code, text, &length);
    return Error{
        ErrorCode::kUnavailable,
        fmt::format("rank {}: {}: {}", rank_, what, std::string_view(text, static_cast<size_t>(length))), ""};
  }

  Library mpi_;
  MPI_Comm world_;
  int rank_ = 0, size_ = 1;
};

}  // namespace

Result<std::unique_ptr<Communicator>> MpiCommunicator() {
  if (std::getenv("OMPI_COMM_WORLD_RANK") == nullptr && std::getenv("PMIX_RANK") == nullptr)
    return Error{ErrorCode::kUnavailable, "this process was not started by mpirun", ""};
  TRY(const Library library, Load());
  // One thread speaks to MPI; others of ours do not.
  int provided = 0;
  if (library.init(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
    return Error{ErrorCode::kUnavailable, "MPI cannot be initialised", ""};
  return std::make_unique<Mpi>(library);
}

void MpiAbort(int code) {
  if (const auto library = Load()) library->abort(library->Object<MPI_Comm>("ompi_mpi_comm_world"), code);
  std::_Exit(code);
}

}  // namespace sinter
