// What a backup and a restore know of the folder between them, for the files of this room.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "platform/store/blob_store.h"

namespace sinter {

// Names of finished snapshots, oldest first.
std::vector<std::string> ListSnapshots(const Path& backup);
inline constexpr std::string_view kUnfinished = ".unfinished";

// One line a blob, "SHA256 SIZE".
std::string BlobListText(const std::vector<BlobInfo>& blobs);
// kCorrupt for what is no such list.
Result<std::vector<BlobInfo>> ParseBlobList(std::string_view text);
Result<std::vector<BlobInfo>> ReadBlobList(const Path& file);

// Plain files and folders of a folder, if it is there; sockets, pipes and links are left out, and files that
// go meanwhile.
Status CopyFolder(const Path& from, const Path& to);
// Everything of the file system that the path is on is on the disk.
Status SyncFileSystem(const Path& path);

}  // namespace sinter
