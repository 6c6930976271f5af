// Which files of a folder are examples, and what the folder says of each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "platform/data/media_decoder.h"

namespace sinter {

struct MediaEntry {
  std::string file;                  // relative to the folder, '/' between
  uint64_t size = 0;                 // bytes; 0 where it is not there
  std::string split;                 // empty: by the file's hash
  std::optional<std::string> label;  // none: not labelled
  std::optional<std::string> text;   // what is said in it, or written beside it
};

struct MediaFolder {
  Path path;
  MediaKind kind = MediaKind::kPictures;
  std::vector<MediaEntry> entries;  // by file; all with a split, or none
  std::string labels_from;          // "labels.csv", or "" for the names of folders
  // Files that are neither examples nor say anything of one: the first names, and how many there are.
  std::vector<std::string> others;
  size_t other_files = 0;
};

// Whether the folder is one of pictures or sounds: some stand in folders of it, or in itself beside a list of
// them or no table (a drawing beside a table is no data set).
bool HoldsMedia(const Path& folder);

// Finds all pictures, or all sounds, of the folder, which holds one of both; names that begin with '.' are
// passed over, links to folders too. What they are said to be, the first that is there:
//   labels.csv, labels.tsv, metadata.csv, metadata.tsv   a row for each picture: its path in a column called
//       file, file_name, filename, path or image, else the first; its class in one called label, class,
//       category or target, else the second (of sound: its text); its split in one called split, its text in
//       one called text, sentence, transcription, transcript or caption, if there is one. Files that no row
//       names have no label; rows without a file are reported by the import.
//   metadata.csv of sounds, with '|' between    as LJ Speech has it: ID|text|text in words, the sound is
//       wavs/ID.wav
//   train.tsv and test.tsv (dev.tsv), or validated.tsv   as Common Voice has them: path, sentence; clips/path
//   train/CLASS/..., test/CLASS/... and other splits beside them   where a folder is called train or test
//   CLASS/...
// A class is a folder of the first level, whatever stands between it and the picture; one folder alone is no
// class. Without a list NAME.txt beside a file is its text. Bounded: a million files, lists of 64 MB, texts
// of 64 KB and 256 MB in all.
Result<MediaFolder> ScanMediaFolder(const Path& folder);

}  // namespace sinter
