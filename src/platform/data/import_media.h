// A folder of pictures or of sound into an immutable version of a data set.
#pragma once

#include <memory>
#include <optional>

#include "platform/data/dataset_version.h"
#include "platform/data/import_idx.h"
#include "platform/data/media_decoder.h"
#include "platform/data/media_folder.h"

namespace sinter {

struct MediaImport {
  MediaFolder folder;
  // What is asked for; the rest is the earlier version's, else found: the commonest size of all pictures,
  // with at most 224 on the long side; grey where all of them are grey.
  std::optional<std::pair<int64_t, int64_t>> size;  // height, width
  std::optional<int64_t> channels;                  // 1 or 3
  std::optional<PictureFit> fit;
  std::optional<double> seconds;  // of sound: what each is cut or filled up to; 1
  std::optional<int64_t> rate;    // samples a second; 16,000
  double test_share = 0.2;        // of a folder that names no splits
  bool skip_damaged = false;      // else a damaged file ends the import, when all are known
  // The data set's last version: classes keep their order, and files that it knows, by their sha256, are not
  // decoded again where its rows have the form wanted.
  std::shared_ptr<const DatasetVersion> earlier;
  std::optional<PictureFit> earlier_fit;
  std::optional<int64_t> earlier_rate;
  // One a thread; at least one.
  std::vector<std::unique_ptr<MediaDecoder>> decoders;
  // Told of each file that cannot be read, in order.
  std::function<void(const std::string& file, const Error& why)> on_damaged;
};

struct ImportedMedia {
  ImportedDataset dataset;
  MediaForm form;
  int64_t decoded = 0, known = 0, damaged = 0;  // files
};

// The columns: `image`, a picture, or `sound`, a vector of f32: one channel, its beginning, silence behind it
// where it is shorter; `label`, where a class is known of any, missing where it is not; `seconds`, a sound's
// own length; `text`, where there is any; `file`, its path in the folder; `sha256` of its bytes. Rows are in
// the order of paths. Without splits in the folder, a file is for the test where its sha256 falls below the
// share: it stays there under any name, whatever others come, and equal files are never on both sides.
//
// Every file is read twice, in bounded memory: some files for each thread, a few hundred bytes for each file.
// The same folder gives the same version. Files of more than 256 MB are damaged. Errors: kCorrupt where files
// are damaged (see skip_damaged) or none is left; those of the store.
Result<ImportedMedia> ImportMedia(BlobStore& store, const MediaImport& import, const CancelToken& cancel = {},
                                  const std::function<void(const ImportProgress&)>& progress = {});

}  // namespace sinter
