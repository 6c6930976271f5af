#include "server/api/prelabel_form.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "platform/serving/ctc.h"
#include "platform/serving/model_predictor.h"

namespace sinter {
namespace {

constexpr std::string_view kDetection = "object_detection", kTranscription = "transcription";

int FindOutput(const Signature& signature, std::string_view name) {
  const auto found = std::ranges::find(signature.outputs, name, &SignatureOutput::name);
  return found == signature.outputs.end() ? -1 : static_cast<int>(found - signature.outputs.begin());
}

const SignatureOutput& Output(const Signature& signature, int index) {
  return signature.outputs[static_cast<size_t>(index)];
}

Error NoLabels(const Signature& signature, std::string_view why) {
  return Unsupported(fmt::format("its task is '{}', {}", signature.task, why));
}

Result<PrelabelForm> BoxesForm(const Signature& signature) {
  PrelabelForm form{.kind = PrelabelForm::Kind::kBoxes};
  form.boxes = FindOutput(signature, "boxes");
  form.pixels = form.boxes < 0;
  if (form.pixels) form.boxes = FindOutput(signature, "boxes_pixels");
  form.scores = FindOutput(signature, "scores");
  form.classes = FindOutput(signature, "classes");
  const Error odd = NoLabels(signature,
                             "which gives boxes [K,4] or boxes_pixels [K,4], scores [K] and classes [K], or "
                             "scores [K,classes]; its outputs are others");
  if (form.boxes < 0 || form.scores < 0 || signature.classes.empty() || signature.inputs.size() != 1)
    return odd;
  const auto& boxes = Output(signature, form.boxes).shape;
  if (boxes.size() != 2 || boxes[1] != 4 || !IsFloat(Output(signature, form.boxes).dtype)) return odd;
  std::vector<int64_t> scores = {boxes[0]};
  if (form.classes >= 0 && Output(signature, form.classes).shape != scores) return odd;
  if (form.classes < 0) scores.push_back(static_cast<int64_t>(signature.classes.size()));
  if (Output(signature, form.scores).shape != scores) return odd;
  if (form.pixels && signature.inputs[0].shape.size() < 2) return odd;
  return form;
}

Result<PrelabelForm> FramesForm(const Signature& signature) {
  const auto classes = static_cast<int64_t>(signature.classes.size());
  if (std::ranges::count(signature.classes, "") != 1 || signature.outputs.empty() ||
      signature.outputs[0].shape.size() != 2 || signature.outputs[0].shape[1] != classes)
    return NoLabels(
        signature,
        "which gives [frames,classes] of classes that are symbols, the blank \"\" among them; its "
        "outputs are others");
  return PrelabelForm{.kind = PrelabelForm::Kind::kFrames, .frames = 0};
}

// What the form says, in words, and whether it is what the task asks.
std::pair<std::string_view, bool> Fits(PrelabelForm::Kind kind, LabelTask task) {
  switch (kind) {
    case PrelabelForm::Kind::kClasses:
      return {"classes", task == LabelTask::kClassification || task == LabelTask::kMultilabel};
    case PrelabelForm::Kind::kBoxes:
      return {"boxes", task == LabelTask::kBoxes};
    case PrelabelForm::Kind::kText:
    case PrelabelForm::Kind::kFrames:
      break;
  }
  return {"texts", task == LabelTask::kTranscript};
}

using Prelabels = std::vector<std::optional<Prelabel>>;

class ModelPrelabeller final : public Prelabeller {
 public:
  ModelPrelabeller(std::unique_ptr<ModelRows> rows, PrelabelForm form, const LabellingSpec& spec)
      : rows_(std::move(rows)), form_(form), rules_(spec.rules), threshold_(spec.threshold) {}

  Result<Prelabels> Say(const DatasetVersion& version, size_t split, int64_t begin, int64_t count) override {
    TRY(const std::vector<Tensor> outputs, rows_->Run(version, split, begin, count));
    Prelabels made;
    for (int64_t row = 0; row < count; ++row) {
      TRY(made.emplace_back(), Read(outputs, row));
    }
    return made;
  }

 private:
  Result<std::optional<Prelabel>> Read(const std::vector<Tensor>& outputs, int64_t row) const {
    const auto at = [&](int index) -> const Tensor& { return outputs[static_cast<size_t>(index)]; };
    switch (form_.kind) {
      case PrelabelForm::Kind::kText:
        return PrelabelText(at(form_.text).strings()[static_cast<size_t>(row)],
                            at(form_.confidence).AsDouble(row));
      case PrelabelForm::Kind::kFrames: {
        const auto frames = Numbers(at(form_.frames), row);
        TRY(CtcText decoded, CtcTextOf(frames, rows_->signature().classes));
        return PrelabelText(std::move(decoded.text), decoded.confidence);
      }
      default:
        return PrelabelBoxes(Detections(outputs, row), rules_, threshold_);
    }
  }

  static std::vector<float> Numbers(const Tensor& tensor, int64_t row) {
    const int64_t each = tensor.elements() / tensor.dim(0);
    std::vector<float> numbers;
    numbers.reserve(static_cast<size_t>(each));
    for (int64_t i = row * each; i < (row + 1) * each; ++i)
      numbers.push_back(static_cast<float>(tensor.AsDouble(i)));
    return numbers;
  }

  std::vector<Detection> Detections(const std::vector<Tensor>& outputs, int64_t row) const {
    const auto& names = rows_->signature().classes;
    const auto& picture = rows_->signature().inputs[0].shape;
    const Tensor& boxes = outputs[static_cast<size_t>(form_.boxes)];
    const Tensor& scores = outputs[static_cast<size_t>(form_.scores)];
    const double height = form_.pixels ? static_cast<double>(picture[0]) : 1,
                 width = form_.pixels ? static_cast<double>(picture[1]) : 1;
    const int64_t all = boxes.dim(1);
    std::vector<Detection> found;
    for (int64_t k = row * all; k < (row + 1) * all; ++k) {
      const double x0 = boxes.AsDouble(4 * k) / width, y0 = boxes.AsDouble(4 * k + 1) / height,
                   x1 = boxes.AsDouble(4 * k + 2) / width, y1 = boxes.AsDouble(4 * k + 3) / height;
      const auto [name, score] = ClassOf(outputs, scores, k);
      if (name >= 0 && name < static_cast<int64_t>(names.size()))
        found.push_back({{names[static_cast<size_t>(name)], x0, y0, x1 - x0, y1 - y0}, score});
    }
    return found;
  }

  // Of box k of all rows' boxes; -1: none.
  std::pair<int64_t, double> ClassOf(const std::vector<Tensor>& outputs, const Tensor& scores,
                                     int64_t k) const {
    if (form_.classes >= 0) {
      const double name = outputs[static_cast<size_t>(form_.classes)].AsDouble(k);
      const bool whole = std::isfinite(name) && std::abs(name) < 1e9;
      return {whole ? std::llround(name) : -1, scores.AsDouble(k)};
    }
    const auto classes = static_cast<int64_t>(rows_->signature().classes.size());
    int64_t best = 0;
    for (int64_t c = 1; c < classes; ++c) {
      if (scores.AsDouble(k * classes + c) > scores.AsDouble(k * classes + best)) best = c;
    }
    return {best, scores.AsDouble(k * classes + best)};
  }

  std::unique_ptr<ModelRows> rows_;
  const PrelabelForm form_;
  const LabelRules rules_;
  const double threshold_;
};

}  // namespace

Result<PrelabelForm> PrelabelFormOf(const Signature& signature) {
  if (signature.task == kDetection) return BoxesForm(signature);
  if (signature.task == kTranscription && !signature.classes.empty()) return FramesForm(signature);
  for (size_t i = 0; i < signature.outputs.size(); ++i) {
    if (signature.outputs[i].dtype != DType::kString || !signature.outputs[i].shape.empty()) continue;
    PrelabelForm form{.kind = PrelabelForm::Kind::kText, .text = static_cast<int>(i)};
    form.confidence = FindOutput(signature, "confidence");
    if (form.confidence < 0 || !Output(signature, form.confidence).shape.empty() ||
        !IsFloat(Output(signature, form.confidence).dtype))
      return NoLabels(signature,
                      "and it gives a text without its confidence: an output of that name, shape []");
    return form;
  }
  if (ModelPredictor::GivesClasses(signature)) return PrelabelForm();
  return NoLabels(signature, "and its outputs are neither classes, boxes nor texts");
}

Status CheckPrelabels(const Signature& signature, std::string_view model, LabelTask task) {
  const auto form = PrelabelFormOf(signature);
  if (!form)
    return Error(form.error()).In(fmt::format("prelabels for {} by model {}", LabelTaskName(task), model));
  const auto [says, fits] = Fits(form->kind, task);
  if (fits) return {};
  return Unsupported(fmt::format("prelabels for {}: model {} is of the task '{}' and says {}",
                                 LabelTaskName(task), model, signature.task, says),
                     "leave prelabel out, or name a model of that task");
}

Result<std::unique_ptr<Prelabeller>> PrelabelByModel(std::unique_ptr<ModelRows> rows,
                                                     const LabellingSpec& spec) {
  const Signature& signature = rows->signature();
  TRY_STATUS(CheckPrelabels(signature, rows->ref(), spec.rules.task));
  TRY(const PrelabelForm form, PrelabelFormOf(signature));
  if (form.kind == PrelabelForm::Kind::kClasses) {
    TRY(auto predictor, ModelPredictor::Create(std::move(rows)));
    return PrelabelClasses(std::move(predictor), spec);
  }
  const auto known = [&](const std::string& name) {
    return std::ranges::find(spec.rules.classes, name) != spec.rules.classes.end();
  };
  if (form.kind == PrelabelForm::Kind::kBoxes && std::ranges::none_of(signature.classes, known))
    return InvalidArgument(fmt::format("model {} knows none of the classes", rows->ref()));
  return std::unique_ptr<Prelabeller>(new ModelPrelabeller(std::move(rows), form, spec));
}

}  // namespace sinter
