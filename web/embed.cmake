# Writes a source file with the bytes of FILES: cmake -DFILES="a;b" -DOUT=x.cc -P embed.cmake
set(arrays "")
set(entries "")
set(number 0)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${hex}")
  string(APPEND arrays "const char file_${number}[] = {${bytes}};\n")
  string(APPEND entries "      {\"${name}\", {file_${number}, sizeof file_${number}}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUT} "// Generated from web/page.
#include \"server/api/page_routes.h\"

namespace sinter {
namespace {
${arrays}}  // namespace

std::vector<WebFile> WebFiles() {
  return {
${entries}  };
}

}  // namespace sinter
")
