// Prelabels from the models of this server.
#pragma once

#include "platform/labels/labellings.h"
#include "platform/serving/model_source.h"
#include "platform/serving/services.h"

namespace sinter {

// What a service's live revision is, or a version of a model. Both outlive it.
class ModelPrelabels final : public PrelabelSource {
 public:
  ModelPrelabels(Services& services, ModelSource& models) : services_(services), models_(models) {}
  Result<std::string> Resolve(const LabellingSpec& spec) override;
  Result<std::unique_ptr<Predictor>> Open(const std::string& model) override;

 private:
  Services& services_;
  ModelSource& models_;
};

}  // namespace sinter
