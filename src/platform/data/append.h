// Rows of one data set behind those of another.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/cancel.h"
#include "platform/data/dataset_version.h"
#include "platform/data/import_idx.h"

namespace sinter {

struct AppendedRows {
  ImportedDataset made;
  int64_t rows = 0;
  int64_t left_out = 0;  // of those that were to come: they stand in another split of the base already
};

// The version that `base` (whose files `files` are) becomes with all rows of a split of `from` at the end of
// its split `to`. Each column takes that of its name, the label that which is the label there; what has no
// such column is missing. Classes that are new come behind those there are, whole numbers become f64 where a
// value is none. A row that says what another split says, its label aside, is left out: what is tested with
// shall not be learned. Files that do not change are not written again; memory is for the appended rows'
// hashes. Errors: no column beside the label in common, a value that its column does not take, pictures or
// vectors of another shape or none; nothing left to append.
Result<AppendedRows> AppendRows(BlobStore& store, const DatasetVersion& base, const Manifest& files,
                                const DatasetVersion& from, std::string_view split, std::string_view to,
                                const CancelToken& cancel = {});

}  // namespace sinter
