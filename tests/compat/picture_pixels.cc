// Decodes pictures as an import does, for tests that compare with what others decode.
//
// usage: sinter_picture_pixels FILE [HEIGHT WIDTH [FIT]]      stdout: "HEIGHT WIDTH CHANNELS\n", then the
// pixels
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

#include "base/file.h"
#include "media/pictures/resize.h"

int main(int count, char** words) {
  using namespace sinter;
  if (count < 2) return 2;
  const auto file = MappedFile::Open(words[1]);
  if (!file) return 2;
  auto picture = DecodePicture((*file)->bytes());
  if (!picture) {
    fmt::print(stderr, "{}\n", picture.error().ToString());
    return 1;
  }
  if (count >= 4) {
    const int64_t height = std::atoll(words[2]), width = std::atoll(words[3]);
    const auto fit = PictureFitOf(count > 4 ? words[4] : "stretch");
    if (height < 1 || width < 1 || !fit) return 2;
    picture = FitPicture(*std::move(picture), {height, width, picture->channels}, *fit);
  }
  fmt::print("{} {} {}\n", picture->height, picture->width, picture->channels);
  std::fwrite(picture->pixels.data(), 1, picture->pixels.size(), stdout);
  return 0;
}
