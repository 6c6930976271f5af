// A model's card: README.md, whose YAML front matter says what it is for, in the fields that Hugging Face
// reads (pipeline_tag, license, tags, datasets, library_name, model-index).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sinter {

struct CardMetric {
  std::string name;
  std::string value;  // as it is written
  bool operator==(const CardMetric&) const = default;
};

struct Card {
  std::string name;     // of the model
  std::string task;     // "image-classification"
  std::string license;  // "apache-2.0"
  std::string library;
  std::vector<std::string> tags;
  std::vector<std::string> datasets;
  std::vector<CardMetric> metrics;
  std::string body;  // Markdown
  bool operator==(const Card&) const = default;
};

inline constexpr std::string_view kCardFile = "README.md";
inline constexpr size_t kCardLimit = size_t{1} << 20;

std::string CardText(const Card& card);
// A text without front matter is all body. Fields that are not ours are passed over, as cards hold many.
// kInvalidArgument, naming line and column, for front matter that is not closed, no YAML, or of another form.
Result<Card> ParseCard(std::string_view text);

}  // namespace sinter
