#include "platform/data/name_text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "platform/data/personal.h"

namespace sinter {
namespace {

std::string Masked(std::string_view text) { return MaskPersonal(text, {false, false, false, false, true}); }

TEST(NameText, IsFoundByWhatStandsAround) {
  const std::pair<const char*, const char*> texts[] = {
      {"Hello, my name is Yuki Tanaka and I", "Hello, my name is [name] and I"},
      {"My name's Bob.", "My name's [name]."},
      {"his name is Ludwig van Beethoven, born", "his name is [name], born"},
      {"Dear Oluwaseun,\nthank you", "Dear [name],\nthank you"},
      {"dear Ann Lee", "dear [name]"},
      {"Dear Dr. Ada Lovelace, and Mrs M\xC3\xBCller-L\xC3\xBC"
       "denscheidt",
       "Dear [name], and [name]"},
      {"ask Miss Paz or Mx. Ray", "ask [name] or [name]"},
      {"see Dr \xC3\x89"
       "mile Zola",
       "see [name]"},
      {"... soon.\nKind regards,\nThorsten Grube\nBerlin", "... soon.\nKind regards,\n[name]\nBerlin"},
      {"Signed, J. R. Ewing", "Signed, J. R. Ewing"},  // an initial alone begins none
      {"signed: John R. Ewing.", "signed: [name]."},
      {"Yours sincerely, Ann", "Yours sincerely, [name]"},
      {"Full name: Yuki Tanaka; city: Oslo", "Full name: [name]; city: Oslo"},
      {"Name: Mary Kowalska\nAge: 7", "Name: [name]\nAge: 7"},
      {"id 7; Patient: James Roe", "id 7; Patient: [name]"},
      {"Mein Name ist Jan Grube", "Mein Name ist [name]"},
      {"Ich hei\xC3\x9F"
       "e Jan",
       "Ich hei\xC3\x9F"
       "e [name]"},
      {"je m'appelle Zo\xC3\xA9", "je m'appelle [name]"},
      {"me llamo Ximena", "me llamo [name]"},
      {"我叫王小明，今年", "我叫[name]，今年"},
      {"你好，我叫李娜", "你好，我叫[name]"},
      {"我叫王明今年三十岁", "我叫[name]今年三十岁"},
      {"我叫欧阳娜娜。", "我叫[name]。"},
      {"我叫 John Smith", "我叫 [name]"},
      {"姓名：张伟 电话", "姓名：[name] 电话"},
      {"客户姓名: 刘洋", "客户姓名: [name]"},
      {"联系人：陈静，13", "联系人：[name]，13"},
      {"王先生您好", "[name]您好"},
      {"请联系李娜女士。", "请联系[name]。"},
      {"尊敬的欧阳先生", "尊敬的[name]"},
      {"昨天，赵小姐来过", "昨天，[name]来过"}};
  for (const auto& [text, masked] : texts) EXPECT_EQ(Masked(text), masked);
}

TEST(NameText, FieldsBehindOtherText) {
  const std::string other = "a line of text that is longer than what is looked back at";
  EXPECT_EQ(Masked(other + "\nName: Mary Kowalska"), other + "\nName: [name]");
  EXPECT_EQ(Masked(other + " name: Mary Kowalska"), other + " name: Mary Kowalska");
  EXPECT_EQ(Masked("  Name: Mary"), "  Name: [name]");
}

TEST(NameText, WhatOnlyLooksLikeItIsLeft) {
  for (const char* text : {"Dear Sir or Madam",
                           "Dear Customer",
                           "Dear Team",
                           "Dear Hiring Manager",
                           "Dear all",
                           "dear me",
                           "Endear Ann",
                           "my name is unimportant",
                           "the file name is Report",
                           "My Name Is",
                           "filename: Mary",
                           "File name: Mary Report",
                           "user_name: Mary",
                           "Product Name: Red Chair",
                           "Name: Red Chair",
                           "Name:",
                           "Column name: Mary",
                           "with regards to London",
                           "signed Treaty of Rome",
                           "Signed, sealed",
                           "Kind regards,\nCustomer Service",
                           "regards, Acme Ltd",
                           "Ann Lee came",
                           "Mr",
                           "Dr. x",
                           "Mr Support",
                           "Madrid",
                           "Misses Ann",
                           "先生您好",
                           "女士们先生们",
                           "任何女士",
                           "马上先生",
                           "提高女士地位",
                           "产品名称：金桔",
                           "文件名：王小明",
                           "我叫外卖",
                           "我叫了车",
                           "姓名：",
                           "高级先生",
                           "小王来了",
                           "我是王小明"})
    EXPECT_EQ(Masked(text), text);
}

TEST(NameText, PiecesInAnyOrderGiveSpansInTheText) {
  constexpr unsigned kSeed = 5;
  std::mt19937 random(kSeed);
  const std::string pieces[] = {
      "Mr ",    "Dr. ", "my name is ", "Dear ", "regards,\n", "Name: ", "Full name:", "我叫",
      "姓名：", "先生", "女士",        "王",    "欧阳",       "小明",   "，",         "A",
      "b",      "É",    "\xFF",        "\xC3",  "\xE7\x8E",   " ",      "\n",         ".",
      ",",      "-",    "'",           "van ",  "Ann",        "J.",     "Ltd",        "联系人:",
      " \t",    "：",   ";",           ":",     "Mary",       "@",      "_",          "1"};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (size_t n = random() % 12; n > 0; --n) text += pieces[random() % std::size(pieces)];
    size_t at = 0;
    for (const PersonalSpan& span : FindPersonal(text)) {
      ASSERT_TRUE(span.begin >= at && span.begin < span.end && span.end <= text.size())
          << "seed " << kSeed << ": " << text;
      at = span.end;
    }
    LooksLikeName(text);
    HasCommonName(text);
  }
}

TEST(NameText, BytesThatAreNoTextAreLeft) {
  for (const char* text :
       {"Dear \xFF", "Dr. \xC3", "\xE7\x8E", "my name is \xC3\xC3", "\xE6\x88\x91\xE5\x8F\xAB\xE7"})
    EXPECT_EQ(Masked(text), text);
}

}  // namespace
}  // namespace sinter
