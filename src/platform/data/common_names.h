// Names that many people bear, as far as they are needed to tell people from things.
#pragma once

#include <string_view>

namespace sinter {

// Whether a word, whatever its case, is one of some two hundred given names that are frequent in the United
// States (after the Social Security Administration's "Top Names Over the Last 100 Years"). Most names from
// elsewhere are not among them.
bool IsCommonGivenName(std::string_view word);

// How many bytes of the text's beginning are a Chinese surname, in simplified or traditional characters: one
// of the hundred most frequent ones (Ministry of Public Security, 2020 report on names, 86 % of all people
// registered), or one of the compound ones of the Hundred Family Surnames that are still in use. 0: none.
size_t ChineseSurnameBytes(std::string_view text);

}  // namespace sinter
