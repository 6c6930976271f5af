// Tracking over a home of its own, for tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "platform/tracking/tracking.h"

namespace sinter {

class TrackingFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    home_ = *Home::Open(folder_.path() / "home", clock_);
    metrics_ = *MetricStore::Open(home_->MetricsPath());
    models_ = std::make_unique<Repositories>(RepositoryKind::kModel, *home_);
    runs_ = std::make_unique<Runs>(home_->records(), home_->store(), clock_);
    t_ = std::make_unique<Tracking>(home_->records(), home_->store(), *models_, *runs_, *metrics_, clock_);
  }
  Status PutArtifact(const std::string& path, const std::string& text) {
    return t_->artifacts.Put(path, *home_->store().Put(text), "ann");
  }
  ManualClock clock_;
  TemporaryFolder folder_;
  std::unique_ptr<Home> home_;
  std::unique_ptr<MetricStore> metrics_;
  std::unique_ptr<Repositories> models_;
  std::unique_ptr<Runs> runs_;
  std::unique_ptr<Tracking> t_;
};

}  // namespace sinter
