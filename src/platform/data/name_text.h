// Names of people, by how they are written: the shape of a value, and what stands around them in a text.
#pragma once

#include <cstddef>
#include <string_view>

namespace sinter {

// Whether a whole value is written as a person's name:
//   one to four words with capitals ("Ann", "Lee, Ann", "Dr. J. R. O'Neil", "Ludwig van Beethoven", "SMITH"),
//   or a common given name in small letters, with at most three titles, degrees and initials; none of it a
//   word of firms and offices ("Ltd", "S.A.", "Bank", "Support")
//   two or three Chinese characters (four after a compound surname) that begin with a common surname and do
//   not end as a place or a firm does (市, 县, 公司)
// Much else is written so ("Red Chair", "New York"): it takes a heading to tell.
bool LooksLikeName(std::string_view value);
// Two to four Chinese characters that do not end as a place or a firm does, whatever they begin with.
bool MayBeChineseName(std::string_view value);
// Whether, of a value that looks like a name, a word is a common given name, or it is a Chinese one.
bool HasCommonName(std::string_view value);

// Where the name that begins at `at`, a character's first byte, ends; 0: none is known to begin there. Known
// by what stands around it:
//   behind a title, which belongs to it: Mr, Mrs, Ms, Miss, Mx, Dr, Prof, Herr, Frau, Mme, Mlle, Signor(a)
//   behind "my name is", "Dear", "signed", "regards,", "Full name:", and such in German, French, Spanish,
//   Italian; behind a bare "Name:" only with a common given name; signatures only at the end of a line
//   behind 我叫, 我的名字是, 姓名：, 联系人： and such; before 先生, 女士, 小姐, 太太, 夫人 (which belongs to
//   it)
// Chinese ones begin with a surname of ChineseSurnameBytes. Looks at a bounded number of bytes.
size_t NameEndAt(std::string_view text, size_t at);

}  // namespace sinter
