#include "server/api/label_models.h"

#include <fmt/format.h>

#include "server/api/prelabel_form.h"

namespace sinter {
namespace {

constexpr size_t kSignatureBytes = size_t{4} << 20;

}  // namespace

Result<std::string> ModelPrelabels::Resolve(const LabellingSpec& spec) {
  if (!spec.model_name.empty()) return models_.Resolve(spec.model_name);
  TRY(const ServiceInfo service, services_.Show(spec.prelabel_service));
  if (service.current.model.empty())
    return Error{ErrorCode::kConflict, fmt::format("service {} has no model yet", spec.prelabel_service), ""};
  return service.current.model;
}

Status ModelPrelabels::Check(const std::string& model, const LabellingSpec& spec) {
  // Of the signature alone: the model itself may be large.
  TRY(const RepositoryVersion version, repositories_.Find(model));
  TRY(const Manifest manifest, repositories_.ManifestOf(version));
  const ManifestFile* file = manifest.Find(kSignatureFile);
  if (file == nullptr)
    return Unsupported(fmt::format("prelabels for {}: model {} has no signature: nothing says what it gives",
                                   LabelTaskName(spec.rules.task), model));
  TRY(const std::string text, store_.ReadText(file->sha256, kSignatureBytes));
  TRY(const Signature signature, ParseSignature(text));
  return CheckPrelabels(signature, model, spec.rules.task);
}

Result<std::unique_ptr<Prelabeller>> ModelPrelabels::Open(const std::string& model,
                                                          const LabellingSpec& spec) {
  TRY(LoadedModel loaded, models_.Load(model));
  TRY(auto rows, ModelRows::Create(std::move(loaded)));
  return PrelabelByModel(std::move(rows), spec);
}

}  // namespace sinter
