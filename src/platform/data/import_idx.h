// IDX files into an immutable version of a data set.
#pragma once

#include <functional>
#include <optional>

#include "base/cancel.h"
#include "base/file.h"
#include "platform/data/dataset.h"
#include "platform/hub/manifest.h"

namespace sinter {

struct IdxSplit {
  std::string name;
  Path features;  // rank 2 or more, the rows in front
  Path labels;    // rank 1, integers
};

// Pairs NAME-images-idx3-ubyte with NAME-labels-idx1-ubyte (any rank and type in the name, '.' for '-' before
// "idx", gzipped or not) in a folder. "t10k" is the split "test", as MNIST has it. "train" comes first.
Result<std::vector<IdxSplit>> FindIdxSplits(const Path& folder);

struct IdxImport {
  std::vector<IdxSplit> splits;
  std::vector<std::string> classes;  // empty: as many as the labels show, named by their numbers
};

struct ImportProgress {
  std::string_view file;
  uint64_t done = 0;   // bytes of content
  uint64_t total = 0;  // as the file's header says
};

struct ImportedDataset {
  Sha256Digest id;
  Manifest manifest;
  DatasetInfo info;
};

// Streams every file into the store and puts the version's manifest there. The same input gives the same
// version and costs no bytes the second time. Bounded memory; stops at the next block once cancelled; what it
// put by then stays as blobs that no version names. Errors name the file and the reason: truncated, damaged,
// a header that lies, labels out of range, images and labels that do not match, splits of different shape.
Result<ImportedDataset> ImportIdx(BlobStore& store, const IdxImport& import, const CancelToken& cancel = {},
                                  const std::function<void(const ImportProgress&)>& progress = {});

}  // namespace sinter
