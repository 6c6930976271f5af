#include "platform/data/personal.h"

#include <gtest/gtest.h>

#include <chrono>

namespace sinter {
namespace {

std::string Masked(std::string_view text) { return MaskPersonal(text, {true, true, true, true, true}); }

TEST(Personal, IsFound) {
  EXPECT_EQ(Masked("write to ann.lee+x@mail.example.org."), "write to [mail].");
  EXPECT_EQ(Masked("card 4111 1111 1111 1111, or 5500-0000-0000-0004"), "card [card], or [card]");
  EXPECT_EQ(Masked("378282246310005"), "[card]");
  EXPECT_EQ(Masked("call +49 (30) 901820-0 or (555) 123-4567"), "call [phone] or [phone]");
  EXPECT_EQ(Masked("555-123-4567; 13812345678"), "[phone]; [phone]");
  EXPECT_EQ(Masked("id 11010519491231002X."), "id [identity].");
  EXPECT_EQ(Masked("GB82 WEST 1234 5698 7654 32"), "[identity]");
  EXPECT_EQ(Masked("DE89370400440532013000"), "[identity]");
  EXPECT_EQ(Masked("SSN 219-09-9999"), "SSN [identity]");
  EXPECT_EQ(Masked("Dear Dr. Ada Lovelace, and Mrs Müller-Lüdenscheidt"), "Dear [name], and [name]");
}

TEST(Personal, WhatOnlyLooksLikeItIsLeft) {
  for (const char* text : {"4111 1111 1111 1112", "2024-01-15 10:30", "192.168.100.200", "11010519491231002Y",
                           "110105194912310021", "GB82 WEST 1234 5698 7654 33", "000-12-3456",
                           "3.14159265358979", "a@b", "user@localhost", "Mr", "Dr. x", "1 2 3 4 5 6 7 8 9 10",
                           "version 1.2.3-4", "0.5 12 100", "x13812345678", "order 1234567890123"})
    EXPECT_EQ(Masked(text), text);
}

TEST(Personal, OnlyTheKindsAskedFor) {
  EXPECT_EQ(MaskPersonal("a@b.co 13812345678", {true, false, false, false, false}), "[mail] 13812345678");
  EXPECT_EQ(PersonalKindOf("card"), PersonalKind::kCard);
  EXPECT_EQ(PersonalKindOf("face"), std::nullopt);
  const auto spans = FindPersonal("x a@b.co");
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].begin, 2u);
  EXPECT_EQ(spans[0].end, 8u);
}

}  // namespace
}  // namespace sinter
