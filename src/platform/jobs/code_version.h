// Which code a run or a job was submitted with.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"

namespace sinter {

struct CodeVersion {
  std::string sinter;  // the program's own version; empty: nothing is known
  std::string commit;  // 40 digits: HEAD of the git repository that the folder belongs to; empty: none
  bool dirty = false;  // files differed from that commit, untracked ones too
  std::string diff;    // sha256 of how they did, where they did
  std::string files;   // sha256 of the folder's files and names, where it is in no repository
  std::string note;    // why something of it is not known
  bool operator==(const CodeVersion&) const = default;
};

Json CodeVersionJson(const CodeVersion& code);
// An empty object is an unknown version. Errors name the field.
Result<CodeVersion> ReadCodeVersion(const Json& json, std::string where);

}  // namespace sinter
