// The examples of docs/ir.md parse, and print back.
#include <gtest/gtest.h>

#include <sstream>

#include "base/file.h"
#include "engine/graph/text.h"

namespace sinter {
namespace {

// The blocks fenced as ```KIND, in order.
std::vector<std::string> Blocks(std::string_view page, std::string_view kind) {
  std::vector<std::string> blocks;
  const std::string fence = "\n```" + std::string(kind) + "\n";
  for (size_t at = page.find(fence); at != std::string_view::npos; at = page.find(fence, at)) {
    at += fence.size();
    blocks.emplace_back(page.substr(at, page.find("\n```", at) - at));
  }
  return blocks;
}

std::vector<std::string> Lines(const std::string& block) {
  std::vector<std::string> lines;
  std::istringstream stream(block);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class DocIr : public testing::Test {
 protected:
  void SetUp() override {
    auto page = ReadFile(SINTER_SOURCE_DIR "/docs/ir.md");
    ASSERT_TRUE(page) << page.error().ToString();
    page_ = *page;
  }
  std::string page_;
};

TEST_F(DocIr, ModulesParseAndPrintBack) {
  const auto blocks = Blocks(page_, "sinter");
  EXPECT_GE(blocks.size(), 4u);
  for (const std::string& block : blocks) {
    const auto module = ParseModule(block);
    ASSERT_TRUE(module) << module.error().ToString() << "\n" << block;
    const auto again = ParseModule(PrintModule(*module));
    ASSERT_TRUE(again) << again.error().ToString();
    EXPECT_EQ(PrintModule(*again), PrintModule(*module));
  }
}

TEST_F(DocIr, AttributesAndTypesReadAndPrintAsWritten) {
  const auto attributes = Blocks(page_, "sinter-attributes");
  const auto types = Blocks(page_, "sinter-types");
  ASSERT_EQ(attributes.size(), 1u);
  ASSERT_EQ(types.size(), 1u);
  for (const std::string& line : Lines(attributes[0])) {
    const auto attribute = ParseAttribute(line);
    ASSERT_TRUE(attribute) << line << ": " << attribute.error().ToString();
    EXPECT_EQ(PrintAttribute(*attribute), line);
  }
  for (const std::string& line : Lines(types[0])) {
    const auto type = ParseType(line);
    ASSERT_TRUE(type) << line << ": " << type.error().ToString();
    EXPECT_EQ(*ParseType(type->ToString()), *type) << line;
  }
  EXPECT_EQ(ParseDim("2*N+2-N")->ToString(), "N+2");
}

}  // namespace
}  // namespace sinter
