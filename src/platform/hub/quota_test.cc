#include "platform/hub/quota.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinter {
namespace {

using ::testing::HasSubstr;

class QuotaTest : public testing::Test {
 protected:
  void SetUp() override {
    home_ = *Home::Open(folder_.path() / "home");
    quotas_ = std::make_unique<StoreQuotas>(*home_, [this] { return free_; });
    models_ = std::make_unique<Repositories>(
        RepositoryKind::kModel, *home_,
        [this](std::string_view name, const Manifest& manifest) { return quotas_->Admit(name, manifest); });
  }
  Result<RepositoryVersion> Add(const std::string& name, size_t size, char weight) {
    std::vector<ManifestFile> files;
    for (const auto& [path, text] :
         {std::pair<std::string, std::string>{"model.onnx", std::string(size, weight)},
          {"signature.json", "{}"}}) {
      const BlobInfo info = *home_->store().Put(text);
      files.push_back({path, info.size, info.digest});
    }
    return models_->Add(name, *Manifest::Make(std::move(files)), "", "ann");
  }
  uint64_t Used(std::optional<std::string_view> owner) { return quotas_->Use(owner)->used; }
  TemporaryFolder folder_;
  uint64_t free_ = uint64_t{1} << 40;
  std::unique_ptr<Home> home_;
  std::unique_ptr<StoreQuotas> quotas_;
  std::unique_ptr<Repositories> models_;
};

TEST_F(QuotaTest, AnOwnersBlobsCountOnceAndAreBounded) {
  ASSERT_TRUE(quotas_->Set("ann", 10'000, "root"));
  ASSERT_TRUE(Add("ann/a", 4000, 'a'));
  EXPECT_EQ(Used("ann"), 4002u);
  ASSERT_TRUE(Add("ann/b", 4000, 'a'));  // the same bytes
  EXPECT_EQ(Used("ann"), 4002u);
  ASSERT_TRUE(Add("bob/a", 4000, 'a'));
  EXPECT_EQ(Used("bob"), 4002u);
  EXPECT_EQ(Used(std::nullopt), 4002u);
  ASSERT_TRUE(Add("ann/a", 5000, 'b'));
  EXPECT_EQ(Used("ann"), 9002u);
  const auto refused = Add("ann/a", 1000, 'c');
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
  EXPECT_THAT(refused.error().message, HasSubstr("'ann' is 10000 bytes: 9002 are used, and 1000 more"));
  EXPECT_EQ(models_->Find("ann/a")->number, 2);
  ASSERT_TRUE(Add("ann/a", 998, 'c'));  // to the last byte
  EXPECT_TRUE(Add("bob/a", 90'000, 'd'));
  EXPECT_TRUE(Add("anna/a", 90'000, 'e'));  // another owner whose name begins alike
  // What is given up counts no more.
  ASSERT_TRUE(models_->RemoveVersion("ann/a@2", "too large", "ann"));
  EXPECT_EQ(Used("ann"), 5000u);
  ASSERT_TRUE(Add("ann/a", 5000, 'f'));
  ASSERT_TRUE(models_->Remove("ann/b", "too many", "ann"));
  EXPECT_EQ(Used("ann"), 10'000u);
  EXPECT_EQ(quotas_->AdmitBytes("ann/new", 1).error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(*quotas_->Owners(), std::vector<std::string>{"ann"});
  ASSERT_TRUE(quotas_->Set("ann", std::nullopt, "root"));
  EXPECT_TRUE(quotas_->AdmitBytes("ann/new", 1));
  EXPECT_TRUE(quotas_->Owners()->empty());
}

TEST_F(QuotaTest, OfTheHomeAndOfNamesWithoutAnOwner) {
  ASSERT_TRUE(quotas_->Set("", 3000, "root"));
  ASSERT_TRUE(quotas_->Set(std::nullopt, 6000, "root"));
  ASSERT_TRUE(Add("plain", 2000, 'a'));
  EXPECT_EQ(Add("other", 2000, 'b').error().code, ErrorCode::kResourceExhausted);
  EXPECT_TRUE(Add("ann/a", 3000, 'c'));
  const auto refused = Add("bob/a", 3000, 'd');
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("quota of the home is 6000 bytes: 5002 are used"));
  EXPECT_FALSE(quotas_->Set("a/b", 1, "root"));
  EXPECT_FALSE(quotas_->Set("..", 1, "root"));
  // Lowered below what is there, it takes nothing more and removes nothing.
  ASSERT_TRUE(quotas_->Set(std::nullopt, 100, "root"));
  EXPECT_TRUE(models_->Find("ann/a"));
  EXPECT_FALSE(Add("ann/a", 10, 'e'));
  EXPECT_TRUE(Add("ann/a", 3000, 'c'));  // it is there
}

TEST_F(QuotaTest, TheDiskKeepsItsFloor) {
  ASSERT_TRUE(quotas_->SetFloor(1000, "root"));
  free_ = 3000;
  EXPECT_TRUE(quotas_->AdmitOnDisk(2000));
  const Status refused = quotas_->AdmitOnDisk(2001);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
  EXPECT_THAT(refused.error().message, HasSubstr("3000 bytes are free, 1000 stay free, and 2001 more"));
  free_ = 999;
  EXPECT_FALSE(quotas_->AdmitOnDisk(0));
  EXPECT_FALSE(Add("a", 1, 'a'));
  ASSERT_TRUE(quotas_->SetFloor(std::nullopt, "root"));
  EXPECT_LE(*quotas_->Floor(), uint64_t{256} << 20);
  EXPECT_GT(*quotas_->Floor(), 0u);
}

}  // namespace
}  // namespace sinter
