// Data sets and models over the own API, /sinter/v1. Names, refs and full names of git refs are one path
// segment each ("owner%2Fname@3", "refs%2Fheads%2Fdev").
//   GET    /datasets?after=&limit=          {"items":[{"name","latest",...}],"next"}
//   POST   /datasets/NAME/versions          {"manifest","details"?,"message"?,"branch"?,"parent"?} -> a
//   version GET    /datasets/REF                    a version with its manifest and card GET
//   /datasets/NAME/versions          {"items":[version ...]} GET    /datasets/REF/log?skip=&limit=
//   {"items":[{"commit","parents","author","at_ms","message"}]} GET    /datasets/REF/diff?to=REF
//   {"from","to","files":[{"path","change","before","after","text"}]} GET    /datasets/NAME/refs
//   {"items":[{"name","commit",...}]} PUT    /datasets/NAME/refs/REF {"at":REVISION,"expected"?:COMMIT} ->
//   the version that it names now DELETE /datasets/NAME/refs/REF?expected=COMMIT
// and the same under /models. Blobs come first: PUT /blobs/SHA256, or POST /blobs/missing to see what is
// lacking.
#pragma once

#include "base/json.h"
#include "server/api/platform.h"

namespace sinter {

// {"name","ref","number","commit","id","bytes","details","created_ms","created_by","removed"}; number 0: main
// never was there; removed: null, or {"at_ms","by","reason"}.
Json VersionJson(const RepositoryVersion& version);

Result<Json> ListRepositories(Platform& platform, RepositoryKind kind, std::string_view after, int limit);
Result<Json> ListVersions(Platform& platform, RepositoryKind kind, std::string_view name);
Result<Json> ShowVersion(Platform& platform, RepositoryKind kind, std::string_view ref);
// Twice the same gives the same version. Files that are not in the store are named (kNotFound).
Result<Json> AddVersion(Platform& platform, RepositoryKind kind, std::string_view name, const Json& body,
                        std::string_view who);

Result<Json> ShowLog(Platform& platform, RepositoryKind kind, std::string_view ref, int64_t skip,
                     int64_t limit);
// `to` may leave the name out: "@2".
Result<Json> ShowDiff(Platform& platform, RepositoryKind kind, std::string_view from, std::string_view to);
Result<Json> ListRefs(Platform& platform, RepositoryKind kind, std::string_view name);
Result<Json> SetRef(Platform& platform, RepositoryKind kind, std::string_view name, std::string_view ref,
                    const Json& body, std::string_view who);
// `expected` may be empty: wherever it stands.
Result<Json> DeleteRef(Platform& platform, RepositoryKind kind, std::string_view name, std::string_view ref,
                       std::string_view expected, std::string_view who);

}  // namespace sinter
