// A labelling: which rows of which version are to be labelled, how and by whom. What is wanted, as its author
// writes it, and the plan that follows from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/data/dataset_version.h"
#include "platform/labels/values.h"

namespace sinter {

enum class LabelChoice : uint8_t { kInOrder, kRandom, kActive };
std::string_view LabelChoiceName(LabelChoice choice);  // "in_order", "random", "active"
enum class LabelReview : uint8_t { kNone, kDisagreements, kAll };
std::string_view LabelReviewName(LabelReview review);  // "none", "disagreements", "all"

struct LabellingSpec {
  std::string dataset;  // "me/fashion@3"
  std::string version;  // its id, hex
  std::string split;
  std::string content;  // the column that is shown; empty: all cells of the row
  int64_t rate = 0;     // of content that is sound: samples a second; 0: it is none
  LabelRules rules;
  std::string column;  // where the labels go
  // Which rows: all of the split, unless one of these says otherwise.
  int64_t count = 0;                         // so many, drawn with the seed
  std::vector<int64_t> list;                 // these; they are kept with the plan, not with the spec
  int64_t listed = 0;                        // how many they were
  std::string where;                         // a filter (platform/data/filter.h), or "missing COLUMN"
  int64_t seed = 1;                          // of rows, gold questions and the random choice
  int64_t labellers = 1;                     // answers wanted for each item: 1 to 5
  int64_t gold_every = 0;                    // one item in so many is a gold question; 0: none
  std::string prelabel_service, model_name;  // at most one: what says labels beforehand
  double threshold = 0.5;                    // from which on a class of several, or a box, is said
  LabelChoice choice = LabelChoice::kInOrder;
  LabelReview review = LabelReview::kNone;
  std::string instructions;
  bool prelabels() const { return !prelabel_service.empty() || !model_name.empty(); }
};

inline constexpr int64_t kMostLabelItems = 100'000;
inline constexpr int64_t kMostLabellers = 5;  // answers for one item; any number of people may share the work

// {"dataset","split","content","rate","task","classes","column","rows":{"count","seed"}|{"list"}|{"where"},
//  "labellers","gold":{"every"},"prelabel":{"service"|"model","threshold"},"choice","review","instructions"}:
//  the whole
// of what may be said; all but dataset may be left out. kInvalidArgument.
Result<LabellingSpec> ReadLabellingSpec(const Json& json);
// The same again: reads back to an equal spec, but for the list ({"listed": n}) and with "version".
Json LabellingSpecJson(const LabellingSpec& spec);

struct LabelItem {
  int64_t row = 0;    // of the split
  bool gold = false;  // its known label is asked for, and judges the labeller
};

struct LabellingPlan {
  LabellingSpec spec;            // with everything that was left out
  std::vector<LabelItem> items;  // by row
};
// Whether rows of a column may be sound, where its rate is known: a vector of f32 of one dimension.
bool HoldsSound(const DatasetColumn& column);
inline constexpr std::string_view kSecondsColumn = "seconds";  // a sound's own length, as imports write it
// How many samples of a row are the sound's own: silence fills the rest.
int64_t SoundSamples(const DatasetVersion& version, size_t split, size_t column, int64_t row, int64_t rate);
// The rate that an import of sound left in a version's details; 0: none.
int64_t SoundRateOf(std::string_view details);

// What follows from the spec and the version that it names; pure. `sound_rate`: of the version's sound, as
// SoundRateOf. Errors: no such split or column, a column
// that cannot be shown or labelled so, no classes, no rows, more than kMostLabelItems, gold questions where
// no label is known.
Result<LabellingPlan> PlanLabelling(LabellingSpec spec, const DatasetVersion& version,
                                    int64_t sound_rate = 0);

// The label that the version has already; none where it has none, or one that the rules do not take. A class,
// or in a column of texts what a commit wrote there: JSON of the value, of a transcript the text itself.
std::optional<LabelValue> KnownLabel(const DatasetVersion& version, const LabellingSpec& spec, size_t split,
                                     int64_t row);

Status CheckLabellingName(std::string_view name);  // one part of a data set's name

}  // namespace sinter
