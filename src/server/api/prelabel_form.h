// What a model's signature can say of a row, as labels: classes, boxes or a text.
#pragma once

#include <memory>
#include <string>

#include "engine/signature/signature.h"
#include "platform/labels/prelabeller.h"
#include "platform/serving/model_rows.h"

namespace sinter {

// Where in the outputs it stands; -1: there is none.
struct PrelabelForm {
  enum class Kind { kClasses, kBoxes, kText, kFrames };
  Kind kind = Kind::kClasses;
  int boxes = -1, scores = -1, classes = -1;  // of kBoxes; without `classes` there is a score for each class
  bool pixels = false;                        // the boxes' corners are pixels of the picture, not fractions
  int text = -1, confidence = -1;             // of kText
  int frames = -1;                            // of kFrames: a score for each class (symbol), frame by frame
};

// By the signature alone:
//   task "object_detection", classes, outputs "boxes" (fractions) or "boxes_pixels" [K,4], the corners x0,
//   y0,
//     x1, y1; "scores" [K] and "classes" [K], whole numbers; or "scores" [K,classes] alone
//   task "transcription", classes that are symbols, one of them "" (the blank), first output [frames,classes]
//   an output of strings of shape [], and a float "confidence" of shape []
//   a first output of [classes]
// kUnsupported for any other.
Result<PrelabelForm> PrelabelFormOf(const Signature& signature);
// Whether a model of that form says labels of the task: kUnsupported naming the model, its task and the
// labelling's.
Status CheckPrelabels(const Signature& signature, std::string_view model, LabelTask task);

// kUnsupported as CheckPrelabels; kInvalidArgument where it knows none of the labelling's classes.
Result<std::unique_ptr<Prelabeller>> PrelabelByModel(std::unique_ptr<ModelRows> rows,
                                                     const LabellingSpec& spec);

}  // namespace sinter
