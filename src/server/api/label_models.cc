#include "server/api/label_models.h"

#include <fmt/format.h>

#include "platform/serving/model_predictor.h"

namespace sinter {

Result<std::string> ModelPrelabels::Resolve(const LabellingSpec& spec) {
  if (!spec.model_name.empty()) return models_.Resolve(spec.model_name);
  TRY(const ServiceInfo service, services_.Show(spec.prelabel_service));
  if (service.current.model.empty())
    return Error{ErrorCode::kConflict, fmt::format("service {} has no model yet", spec.prelabel_service), ""};
  return service.current.model;
}

Result<std::unique_ptr<Predictor>> ModelPrelabels::Open(const std::string& model) {
  TRY(LoadedModel loaded, models_.Load(model));
  TRY(auto predictor, ModelPredictor::Create(std::move(loaded)));
  return predictor;
}

}  // namespace sinter
