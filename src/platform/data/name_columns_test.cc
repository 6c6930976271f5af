#include "platform/data/name_columns.h"

#include <gtest/gtest.h>

#include <vector>

#include "platform/data/name_text.h"

namespace sinter {
namespace {

TEST(NameHeading, SaysThatAPersonIsNamed) {
  for (const char* heading : {"first_name",
                              "Last Name",
                              "lastName",
                              "SURNAME",
                              "full name",
                              "Customer Name",
                              "customer's first name",
                              "patientName",
                              "contact_name",
                              "Contact person",
                              "Emergency contact name",
                              "billing_last_name",
                              "fname",
                              "name of patient",
                              "Next of kin name",
                              "Vorname",
                              "Nachname",
                              "Pr\xC3\xA9nom",
                              "apellidos",
                              "owner names",
                              "姓名",
                              "客户姓名",
                              "联系人",
                              "紧急联系人",
                              "收货人 ",
                              "法定代表人"})
    EXPECT_EQ(NameHeadingOf(heading), NameHeading::kPerson) << heading;
  for (const char* heading :
       {"name", "Name", "names", "contact", "patient", "Customer", "author", "nom", "名字", "客户"})
    EXPECT_EQ(NameHeadingOf(heading), NameHeading::kPerhaps) << heading;
  for (const char* heading : {"user_name",
                              "username",
                              "userName",
                              "file name",
                              "filename",
                              "column_name",
                              "product name",
                              "productName",
                              "city",
                              "city name",
                              "company_name",
                              "hostname",
                              "host name",
                              "model name",
                              "class name",
                              "brand",
                              "event name",
                              "first_name_length",
                              "name_id",
                              "customer_id",
                              "contact mail",
                              "file first name",
                              "product full name",
                              "species name",
                              "nickname",
                              "rename",
                              "surnames_count",
                              "",
                              "_",
                              "s",
                              "产品名称",
                              "文件名",
                              "用户名",
                              "姓名拼音",
                              "城市",
                              "列名",
                              "公司名称",
                              "联系人电话"})
    EXPECT_EQ(NameHeadingOf(heading), NameHeading::kNone) << heading;
}

TEST(LooksLikeName, TheShapeOfNames) {
  for (const char* value :
       {"Ann", "Ann Lee", "Lee, Ann", "J. R. Tolkien", "O'Neil", "Sean O’Brien", "Jean-Luc Picard",
        "Ludwig van Beethoven", "Maria de la Cruz", "SMITH JOHN", "\xC3\x89milie Zola", "\xC5\x81ukasz Nowak",
        "\xD0\x90\xD0\xBD\xD0\xBD\xD0\xB0", "john", "mary ann", "王小明", "李娜", "欧阳修", "司马相如"})
    EXPECT_TRUE(LooksLikeName(value)) << value;
  for (const char* value : {"",
                            " ",
                            "ann lee x",
                            "A1",
                            "INV-17",
                            "ann@example.org",
                            "+49 30 901820",
                            "Acme Ltd",
                            "First National Bank",
                            "Support",
                            "Sales Team",
                            "please ring",
                            "N/A",
                            "Unknown",
                            "Ann, Bob, Cid, Dan and Eve",
                            "One Two Three Four Five",
                            "J.",
                            "2024-01-15",
                            "C++",
                            "王",
                            "小明",
                            "王府井大街",
                            "黄山市",
                            "金华区",
                            "马上",
                            "王小明电话",
                            "赵 ",
                            "产品"})
    EXPECT_FALSE(LooksLikeName(value)) << value;
  EXPECT_TRUE(HasCommonName("Mary-Ann Kowalska"));
  EXPECT_TRUE(HasCommonName("Lee, Robert"));
  EXPECT_TRUE(HasCommonName("王小明"));
  EXPECT_FALSE(HasCommonName("Red Chair"));
}

struct Column {
  const char* heading;
  std::vector<const char*> values;
};
bool Holds(const Column& column) {
  NameColumn names(column.heading);
  for (const char* value : column.values) names.Add(value);
  return names.HoldsNames();
}

// Tables of people, by what their columns are called.
TEST(NameColumn, TrueOnes) {
  const std::vector<Column> columns{
      {"name",
       {"Mary Kowalska", "Thorsten Grube", "Robert Ng", "Oluwaseun Ade", "Yuki Tanaka", "Linda Berg"}},
      {"customer_name", {"Thorsten Grube", "Oluwaseun Ade", "Yuki Tanaka", "Ximena Paz", "Acme Ltd"}},
      {"first_name", {"ann", "Yuki", "Bj\xC3\xB6rn", "Mary"}},
      {"Surname", {"GRUBE", "O'Neil", "van Dyk", "Nowak", "Smith"}},
      {"patient", {"James Roe", "Mary Doe", "Zed Poe"}},
      {"contact", {"Emma Stone", "John Ray", "ask at the desk", "Paul Fox", "Sara Moe"}},
      {"姓名", {"王小明", "李娜", "欧阳娜娜", "张伟"}},
      {"联系人", {"刘洋", "陈静", "门卫", "杨帆", "黄磊"}},
      {"名字", {"王小明", "李娜", "张伟"}},
      {"姓名", {"陳美英", "許俊賢", "古美珠"}},
      {"full_name",
       {"Dr. Gunar Misicher B.A.", "Hans-Gerhard Dietz B.Sc.", "Univ.Prof. Doris Otto", "Bà Hà Đặng"}},
      {"last_name", {"de Boer", "van der Velde", "da Rosa"}},
      {"Author", {"Mark Twain", "Ursula Guin", "Jack London"}}};
  for (const Column& column : columns)
    EXPECT_TRUE(Holds(column)) << column.heading << " " << column.values[0];
}

TEST(NameColumn, InAColumnOfNamesRarerOnesAreNamesToo) {
  NameColumn names("姓名");
  EXPECT_TRUE(names.Add("王小明"));
  EXPECT_TRUE(names.Add("李娜"));
  EXPECT_FALSE(names.Add("华桂珍"));  // no surname of the hundred
  EXPECT_TRUE(names.IsName("华桂珍"));
  EXPECT_FALSE(names.IsName("石家庄市"));
  EXPECT_FALSE(names.IsName("13812345678"));
  NameColumn products("产品名称");
  products.Add("王小明");
  EXPECT_FALSE(products.IsName("王小明"));
}

// Columns that are called or written like those, and hold no people.
TEST(NameColumn, FalseOnes) {
  const std::vector<Column> columns{
      {"name", {"Red Chair", "Oak Table", "Blue Lamp", "Wall Clock", "Floor Mat", "Desk Fan"}},  // products
      {"name", {"Berlin", "Paris", "Austin", "Rome", "Oslo", "Madrid", "Vienna", "Prague"}},     // cities
      {"name", {"Iris Setosa", "Iris Virginica", "Iris Versicolor"}},                            // species
      {"name", {"age", "size", "colour"}},                                                       // columns
      {"product_name", {"Mary Jane", "John Deere", "Jack Daniels"}},
      {"city", {"Charlotte", "Madison", "Austin", "Jackson"}},
      {"user_name", {"John", "Mary", "Robert"}},
      {"file_name", {"Report", "Summary", "Mary"}},
      {"contact", {"a@b.co", "c@d.org", "13812345678"}},
      {"contact", {"Front Desk", "Help Line", "Night Watch", "Gate Two"}},
      {"customer_name", {"Acme Ltd", "First National Bank", "Globex Corp", "Ann Lee"}},
      {"customer_name", {"Owens S.A.", "Karz AG", "Dupont S.A.S.", "Ann Lee"}},
      {"联系人", {"门卫", "前台", "客服", "王小明"}},
      {"patient", {"P-17", "P-18"}},
      {"first_name", {}},
      {"产品名称", {"白酒", "黄酒", "金桔"}},
      {"名字", {"红椅子", "蓝灯", "王小明", "挂钟", "地毯"}},
      {"城市", {"黄山", "金华", "常州"}},
      {"姓名", {"A01", "A02", "王小明"}}};
  for (const Column& column : columns)
    EXPECT_FALSE(Holds(column)) << column.heading << " " << (column.values.empty() ? "" : column.values[0]);
}

}  // namespace
}  // namespace sinter
