#include "platform/data/common_names.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/ascii.h"

namespace sinter {
namespace {

// In order.
constexpr auto kGiven = std::to_array<std::string_view>({
    "aaron",   "abigail",   "adam",      "alan",      "albert",      "alexander", "alexis",     "alice",
    "amanda",  "amber",     "amy",       "andrea",    "andrew",      "angela",    "ann",        "anna",
    "anthony", "arthur",    "ashley",    "austin",    "barbara",     "benjamin",  "betty",      "beverly",
    "billy",   "bobby",     "bradley",   "brandon",   "brenda",      "brian",     "brittany",   "bruce",
    "bryan",   "caleb",     "carl",      "carol",     "carolyn",     "catherine", "charles",    "charlotte",
    "cheryl",  "christian", "christina", "christine", "christopher", "cynthia",   "daniel",     "danielle",
    "david",   "deborah",   "debra",     "denise",    "dennis",      "diana",     "diane",      "donald",
    "donna",   "doris",     "dorothy",   "douglas",   "dylan",       "edward",    "elijah",     "elizabeth",
    "emily",   "emma",      "eric",      "ethan",     "evelyn",      "frances",   "frank",      "gabriel",
    "gary",    "george",    "gerald",    "gloria",    "grace",       "gregory",   "hannah",     "harold",
    "heather", "helen",     "henry",     "isabella",  "jack",        "jacob",     "jacqueline", "james",
    "janet",   "janice",    "jason",     "jean",      "jeffrey",     "jennifer",  "jeremy",     "jerry",
    "jesse",   "jessica",   "joan",      "joe",       "john",        "jonathan",  "jordan",     "jose",
    "joseph",  "joshua",    "joyce",     "juan",      "judith",      "judy",      "julia",      "julie",
    "justin",  "karen",     "katherine", "kathleen",  "kathryn",     "kayla",     "keith",      "kelly",
    "kenneth", "kevin",     "kimberly",  "kyle",      "larry",       "laura",     "lauren",     "lawrence",
    "liam",    "linda",     "lisa",      "logan",     "lori",        "lucas",     "madison",    "margaret",
    "maria",   "marilyn",   "mark",      "martha",    "mary",        "mason",     "matthew",    "megan",
    "melissa", "michael",   "michelle",  "nancy",     "natalie",     "nathan",    "nicholas",   "nicole",
    "noah",    "olivia",    "pamela",    "patricia",  "patrick",     "paul",      "peter",      "philip",
    "rachel",  "ralph",     "randy",     "raymond",   "rebecca",     "richard",   "robert",     "roger",
    "ronald",  "roy",       "russell",   "ruth",      "ryan",        "samantha",  "samuel",     "sandra",
    "sara",    "sarah",     "scott",     "sean",      "sharon",      "shirley",   "sophia",     "stephanie",
    "stephen", "steven",    "susan",     "teresa",    "terry",       "theresa",   "thomas",     "tiffany",
    "timothy", "tyler",     "victoria",  "vincent",   "virginia",    "walter",    "wayne",      "william",
    "willie",  "zachary",
});

constexpr std::string_view kSurnames =
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈"
    "钟姜"
    "崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常"
    // The same in traditional characters, where they differ.
    "張劉陳楊黃趙吳孫馬羅鄭謝許韓鄧馮蕭蔣葉蘇呂盧鍾譚陸韋賈傅鄒閻龍賀顧龔萬錢嚴";
constexpr std::string_view kCompounds[] = {"欧阳", "上官", "司马", "诸葛", "皇甫", "令狐",
                                           "司徒", "夏侯", "慕容", "尉迟", "公孙", "长孙",
                                           "宇文", "东方", "独孤", "歐陽", "司馬", "諸葛"};
constexpr size_t kCharacter = 3;  // bytes of one in UTF-8

}  // namespace

bool IsCommonGivenName(std::string_view word) {
  const std::string lower = LowerAscii(word);
  static_assert(std::ranges::is_sorted(kGiven));
  return std::ranges::binary_search(kGiven, std::string_view(lower));
}

size_t ChineseSurnameBytes(std::string_view text) {
  for (const std::string_view compound : kCompounds) {
    if (text.starts_with(compound)) return compound.size();
  }
  if (text.size() < kCharacter) return 0;
  const std::string_view first = text.substr(0, kCharacter);
  for (size_t i = 0; i < kSurnames.size(); i += kCharacter) {
    if (kSurnames.substr(i, kCharacter) == first) return kCharacter;
  }
  return 0;
}

}  // namespace sinter
