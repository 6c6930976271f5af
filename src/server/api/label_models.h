// Prelabels from the models of this server.
#pragma once

#include "platform/labels/labellings.h"
#include "platform/serving/model_source.h"
#include "platform/serving/services.h"

namespace sinter {

// What a service's live revision is, or a version of a model. All of them outlive it.
class ModelPrelabels final : public PrelabelSource {
 public:
  ModelPrelabels(Services& services, ModelSource& models, Repositories& repositories, BlobStore& store)
      : services_(services), models_(models), repositories_(repositories), store_(store) {}
  Result<std::string> Resolve(const LabellingSpec& spec) override;
  Status Check(const std::string& model, const LabellingSpec& spec) override;
  Result<std::unique_ptr<Prelabeller>> Open(const std::string& model, const LabellingSpec& spec) override;

 private:
  Services& services_;
  ModelSource& models_;
  Repositories& repositories_;
  BlobStore& store_;
};

}  // namespace sinter
