// sinter data add of a folder of pictures or of sound.
#pragma once

#include <string>
#include <vector>

#include "platform/data/import_media.h"
#include "server/cli/api_client.h"
#include "server/cli/output.h"

namespace CLI {
class App;
}

namespace sinter {

struct MediaWords {
  std::string size, fit;
  int64_t channels = 0, rate = 0;
  double seconds = 0;
  bool skip_damaged = false;
  bool OfPictures() const { return !size.empty() || !fit.empty() || channels != 0; }
  bool OfSound() const { return rate != 0 || seconds != 0; }
  bool Any() const { return OfPictures() || OfSound() || skip_damaged; }
};
void AddMediaOptions(CLI::App& add, MediaWords& words);

// What the data set's last version is, for what may be taken over from it.
struct EarlierMedia {
  Manifest manifest;  // no files: there is none
  std::string fit;    // how it was made; empty: not of pictures
  int64_t rate = 0;   // 0: not of sound
};

// Into the store. Damaged files are told of on stderr, one line each.
Result<ImportedMedia> AddMediaFolder(ApiClient& client, BlobStore& store, const Path& folder,
                                     const MediaWords& words, double test_share, const EarlierMedia& earlier,
                                     StatusLine& line);

}  // namespace sinter
