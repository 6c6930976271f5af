// Which files of a folder are examples, and what the folder says of each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"

namespace sinter {

struct MediaEntry {
  std::string file;                  // relative to the folder, '/' between
  uint64_t size = 0;                 // bytes; 0 where it is not there
  std::string split;                 // empty: by the file's hash
  std::optional<std::string> label;  // none: not labelled
};

struct MediaFolder {
  Path path;
  std::vector<MediaEntry> entries;  // by file; all with a split, or none
  std::string labels_from;          // "labels.csv", or "" for the names of folders
};

// Whether the folder holds a picture, at any depth.
bool HoldsMedia(const Path& folder);

// Finds all pictures of the folder; names that begin with '.' are passed over, links to folders too. What
// they are said to be, the first that is there:
//   labels.csv, labels.tsv, metadata.csv, metadata.tsv   a row for each picture: its path in a column called
//       file, file_name, filename, path or image, else the first; its class in one called label, class,
//       category or target, else the second; its split in one called split, if there is one. Pictures that
//       no row names have no label; rows without a file are reported by the import.
//   train/CLASS/..., test/CLASS/... and other splits beside them   where a folder is called train or test
//   CLASS/...
// A class is a folder of the first level, whatever stands between it and the picture; one folder alone is no
// class. Bounded: a million files, a table of 64 MB.
Result<MediaFolder> ScanMediaFolder(const Path& folder);

}  // namespace sinter
