// Requests in, answers out: what is read is what was meant, and what is wrong is named before memory is
// taken.
#include "server/api/oip/oip.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <regex>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/random.h"

namespace sinter {
namespace {

std::span<const std::byte> Bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

Result<OipRequest> Parse(std::string_view json, std::string_view binary = {}) {
  const std::string body = std::string(json) + std::string(binary);
  return ParseOipRequest(Bytes(body), binary.empty() ? std::nullopt : std::optional(json.size()));
}

std::string ErrorOf(std::string_view json, std::string_view binary = {}) {
  const auto request = Parse(json, binary);
  if (request) return "none";
  // Where it stands is left out of the comparison, but must be said by whatever the scanner found.
  return std::regex_replace(request.error().ToString(), std::regex(" \\(at byte [0-9]+\\)"), "");
}

TEST(OipParse, JsonInputsInAnyOrderOfFields) {
  const auto request = Parse(R"({"id":"42","inputs":[
      {"name":"a","shape":[2,2],"datatype":"FP32","data":[1,2.5,-3e1,0]},
      {"data":[[1,2],[3,4]],"datatype":"INT64","shape":[2,2],"name":"b"},
      {"name":"c","shape":[1,3],"datatype":"BOOL","data":[[true,false,true]]},
      {"name":"d","shape":[2],"datatype":"BYTES","data":["one","zwei \u00fc"]},
      {"name":"e","shape":[],"datatype":"UINT64","data":[18446744073709551615]},
      {"name":"f","shape":[0,3],"datatype":"FP16","data":[]}],
    "outputs":[{"name":"y"},{"name":"z","parameters":{"binary_data":true,"classification":0}}],
    "parameters":{"priority":3,"anything":{"of":["the client's"]}}})");
  ASSERT_TRUE(request) << request.error().ToString();
  EXPECT_EQ(request->id, "42");
  ASSERT_EQ(request->inputs.size(), 6u);
  EXPECT_TRUE(request->inputs[0].tensor.SameAs(Tensor::Of<float>({2, 2}, {1, 2.5, -30, 0})));
  EXPECT_TRUE(request->inputs[1].tensor.SameAs(Tensor::Of<int64_t>({2, 2}, {1, 2, 3, 4})));
  EXPECT_TRUE(request->inputs[2].tensor.SameAs(Tensor::Of<bool>({1, 3}, {true, false, true})));
  EXPECT_EQ(request->inputs[3].tensor.strings()[1], "zwei ü");
  EXPECT_EQ(request->inputs[4].tensor.data<uint64_t>()[0], UINT64_MAX);
  EXPECT_EQ(request->inputs[5].tensor.dims(), (Dims{0, 3}));
  EXPECT_EQ(request->inputs[5].name, "f");
  EXPECT_FALSE(request->outputs[0].binary);
  EXPECT_TRUE(request->outputs[1].binary);
}

TEST(OipParse, BinaryInputsFollowTheJsonInOrder) {
  const float f[] = {1, -2};
  std::string binary(reinterpret_cast<const char*>(f), 8);
  binary += std::string("\x03\0\0\0abc\0\0\0\0", 11) + "\x01";
  const auto request = Parse(R"({"inputs":[
      {"name":"a","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":8}},
      {"name":"j","shape":[1],"datatype":"INT8","data":[-128]},
      {"name":"s","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":11}},
      {"name":"t","shape":[1],"datatype":"BOOL","parameters":{"binary_data_size":1}}],
    "outputs":[{"name":"y"},{"name":"z","parameters":{"binary_data":false}}],
    "parameters":{"binary_data_output":true}})",
                             binary);
  ASSERT_TRUE(request) << request.error().ToString();
  EXPECT_TRUE(request->inputs[0].tensor.SameAs(Tensor::Of<float>({2}, {1, -2})));
  EXPECT_TRUE(request->inputs[1].tensor.SameAs(Tensor::Of<int8_t>({1}, {-128})));
  EXPECT_EQ(request->inputs[2].tensor.strings()[0], "abc");
  EXPECT_EQ(request->inputs[2].tensor.strings()[1], "");
  EXPECT_TRUE(request->inputs[3].tensor.SameAs(Tensor::Of<bool>({1}, {true})));
  EXPECT_TRUE(request->outputs[0].binary);
  EXPECT_FALSE(request->outputs[1].binary) << "what an output says goes before the request's default";
}

std::string Input(std::string_view shape, std::string_view datatype, std::string_view rest) {
  return fmt::format(R"({{"inputs":[{{"name":"x","shape":{},"datatype":"{}",{}}}]}})", shape, datatype, rest);
}

// A row of a table whose number is missing, in JSON.
TEST(OipParse, NullIsNoNumberWhereNumbersMayBeMissing) {
  for (const std::string_view datatype : {"FP16", "FP32", "FP64", "BF16"}) {
    const auto request = Parse(Input("[3]", datatype, "\"data\":[1, null,-2]"));
    ASSERT_TRUE(request) << request.error().ToString();
    const Tensor& tensor = request->inputs[0].tensor;
    DispatchDType(tensor.dtype(), [&]<class T>() {
      if constexpr (!std::is_same_v<T, std::string>) {
        EXPECT_EQ(static_cast<float>(tensor.data<T>()[0]), 1) << datatype;
        EXPECT_TRUE(std::isnan(static_cast<float>(tensor.data<T>()[1]))) << datatype;
        EXPECT_EQ(static_cast<float>(tensor.data<T>()[2]), -2) << datatype;
      }
    });
  }
}

TEST(OipParse, WhatIsWrongIsNamed) {
  const struct {
    std::string text, error;
  } cases[] = {
      {"", "request: an object is needed"},
      {"[]", "request: an object is needed"},
      {"{}", "request: 'inputs' is missing"},
      {R"({"inputs":[]} x)", "request: something follows the request"},
      {R"({"inputs":[],"model":1})",
       "request: unknown field 'model' (known: id, inputs, outputs, parameters)"},
      {R"({"inputs":[],"inputs":[]})", "request: 'inputs' stands twice"},
      {R"({"inputs":[{"name":"x","shape":[1]}]})", "request: inputs[0]: 'datatype' is missing"},
      {Input("[1]", "FLOAT", "\"data\":[1]"),
       "request: inputs[0]: unknown datatype 'FLOAT' (known: BOOL, UINT8 .. UINT64, INT8 .. INT64, FP16, "
       "FP32, FP64, "
       "BF16, BYTES)"},
      {Input("[1]", "FP32", "\"dats\":[1]"),
       "request: inputs[0]: unknown field 'dats' (known: name, shape, datatype, parameters, data)"},
      {Input("[1]", "FP32", "\"parameters\":{\"size\":1}"), "request: inputs[0]: unknown parameter 'size'"},
      {Input("[1]", "FP32", "\"data\":[1,2]"),
       "request: inputs[0]: the data has more elements than the 1 of the shape [1]"},
      {Input("[3]", "FP32", "\"data\":[1,2]"),
       "request: inputs[0]: the data has 2 elements; the shape [3] takes 3"},
      {Input("[2,2]", "FP32", "\"data\":[[1,2,3],[4]]"),
       "request: inputs[0]: a list has 3 items where the shape [2,2] says 2"},
      {Input("[2,2]", "FP32", "\"data\":[[[1]]]"), "request: inputs[0]: nested deeper than the shape [2,2]"},
      {Input("[-1]", "FP32", "\"data\":[1]"), "request: inputs[0]: dimension 0 is -1"},
      {Input("[1000000000000]", "FP32", "\"data\":[1]"),
       "request: inputs[0]: the shape [1000000000000] takes 1000000000000 elements, more than the request "
       "has room for"},
      {Input("[99999999999,99999999999]", "FP32", "\"data\":[1]"),
       "request: inputs[0]: shape [99999999999,99999999999] has more elements than any memory holds"},
      {Input("[1]", "UINT8", "\"data\":[256]"), "request: inputs[0]: 256 does not fit UINT8"},
      {Input("[1]", "INT32", "\"data\":[1.5]"), "request: inputs[0]: a whole number is needed"},
      {Input("[1]", "FP32", "\"data\":[1e39]"), "request: inputs[0]: 1e+39 does not fit FP32"},
      {Input("[1]", "FP32", "\"data\":[NaN]"), "request: inputs[0]: a number is needed"},
      {Input("[1]", "FP32", "\"data\":[nul]"), "request: inputs[0]: null is needed"},
      {Input("[1]", "INT64", "\"data\":[null]"), "request: inputs[0]: a number is needed"},
      {Input("[1]", "FP32", "\"data\":[true]"), "request: inputs[0]: a number is needed"},
      {Input("[1]", "BOOL", "\"data\":[1]"), "request: inputs[0]: true or false is needed"},
      {Input("[1]", "FP32", "\"data\":[1],\"parameters\":{\"binary_data_size\":4}"),
       "request: inputs[0] 'x': 'data' and 'binary_data_size' are both given"},
      {Input("[1]", "FP32", "\"parameters\":{\"shared_memory_region\":\"r\"}"),
       "request: inputs[0]: shared memory is not offered (send the data in the request)"},
      {R"({"inputs":[],"outputs":[{"name":"y","parameters":{"classification":3}}]})",
       "request: outputs[0]: classification is not offered (take the output and sort it)"},
      {R"({"inputs":[],"outputs":[{"parameters":{}}]})", "request: outputs[0]: 'name' is missing"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(ErrorOf(c.text), c.error);
  }
}

TEST(OipParse, BinaryDataThatLies) {
  auto input = [](std::string_view datatype, std::string_view shape, int size) {
    return fmt::format(
        R"({{"inputs":[{{"name":"x","shape":{},"datatype":"{}","parameters":{{"binary_data_size":{}}}}}]}})",
        shape, datatype, size);
  };
  const std::string eight(8, '\1');
  EXPECT_EQ(ErrorOf(input("FP32", "[2]", 8), eight), "none");
  EXPECT_EQ(ErrorOf(input("FP32", "[3]", 8), eight),
            "request: inputs[0] 'x': FP32[3] takes 12 bytes; binary_data_size is 8");
  EXPECT_EQ(ErrorOf(input("FP32", "[4]", 16), eight),
            "request: inputs[0] 'x': binary_data_size is 16; 8 bytes are left after the JSON");
  EXPECT_EQ(ErrorOf(input("FP32", "[1]", 4), eight), "request: 4 bytes of binary data belong to no input");
  EXPECT_EQ(ErrorOf(input("BYTES", "[1]", 8), eight),
            "request: inputs[0] 'x': string 0 says 16843009 bytes; 4 are left");
  EXPECT_EQ(ErrorOf(input("BYTES", "[3]", 8), eight),
            "request: inputs[0] 'x': 3 strings need at least 12 bytes; there are 8");
  EXPECT_EQ(ErrorOf(input("BOOL", "[8]", 8), std::string(8, '\2')),
            "request: inputs[0] 'x': element 0 of a BOOL tensor is 2; 0 and 1 are bools");
  EXPECT_EQ(ParseOipRequest(Bytes("{}"), 3).error().message,
            "request: Inference-Header-Content-Length is 3; the body has 2 bytes");
}

TEST(OipParse, DamagedRequestsNeverDoMoreThanFail) {
  const uint64_t seed = static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  const std::string json =
      R"({"id":"q","inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","parameters":{"binary_data_size":16}},)"
      R"({"name":"y","shape":[2],"datatype":"BYTES","data":["a\u00e4","b"]}],"outputs":[{"name":"z"}]})";
  const std::string whole = json + std::string(16, 'x');
  ASSERT_TRUE(ParseOipRequest(Bytes(whole), json.size()));
  int refused = 0;
  for (uint64_t i = 0; i < 20'000; ++i) {
    std::string damaged = whole.substr(0, 1 + RandomBelow(seed, 1, i, whole.size()));
    for (uint64_t flips = RandomBelow(seed, 2, i, 4), f = 0; f < flips; ++f) {
      damaged[RandomBelow(seed, 3 + f, i, damaged.size())] =
          static_cast<char>(RandomBelow(seed, 10 + f, i, 256));
    }
    refused += !ParseOipRequest(Bytes(damaged), std::min(damaged.size(), json.size()));
  }
  EXPECT_GT(refused, 10'000);
}

TEST(OipEncode, JsonAndBinary) {
  const Tensor y = Tensor::Of<float>({2, 2}, {0.1f, -1, 3e30f, std::numeric_limits<float>::quiet_NaN()});
  const Tensor k = Tensor::Of<int64_t>({1}, {INT64_MIN});
  const Tensor b = Tensor::Of<bool>({2}, {true, false});
  const Tensor s = Tensor::Strings({1}, {"a\"\n"});
  OipAnswer answer{"m", "3", "id", {{"y", &y}, {"k", &k}, {"b", &b}, {"s", &s}}};
  OipEncoded encoded = EncodeOipAnswer(answer);
  EXPECT_EQ(encoded.json_bytes, 0u);
  EXPECT_EQ(encoded.body, R"({"model_name":"m","model_version":"3","id":"id","outputs":[)"
                          R"({"name":"y","datatype":"FP32","shape":[2,2],"data":[0.1,-1,3e+30,null]},)"
                          R"({"name":"k","datatype":"INT64","shape":[1],"data":[-9223372036854775808]},)"
                          R"({"name":"b","datatype":"BOOL","shape":[2],"data":[true,false]},)"
                          R"({"name":"s","datatype":"BYTES","shape":[1],"data":["a\"\u000a"]}]})");
  EXPECT_TRUE(ParseJson(encoded.body));
  answer.outputs[0].binary = answer.outputs[3].binary = true;
  encoded = EncodeOipAnswer(answer);
  const auto json = ParseJson(std::string_view(encoded.body).substr(0, encoded.json_bytes));
  ASSERT_TRUE(json) << json.error().ToString();
  EXPECT_EQ((*json)["outputs"][0]["parameters"]["binary_data_size"], 16);
  EXPECT_FALSE((*json)["outputs"][0].contains("data"));
  ASSERT_EQ(encoded.body.size(), encoded.json_bytes + 16 + 7);
  EXPECT_EQ(std::memcmp(encoded.body.data() + encoded.json_bytes, y.raw(), 16), 0);
}

TEST(OipEncode, ZeroKeepsItsSignForEveryReaderOfJson) {
  const Tensor x = Tensor::Of<double>({2}, {-0.0, 0.0});
  const Tensor y = Tensor::Of<float>({1}, {-0.0f});
  const OipEncoded encoded = EncodeOipAnswer({"m", "1", "", {{"x", &x}, {"y", &y}}});
  EXPECT_NE(encoded.body.find("\"data\":[-0.0,0]"), std::string::npos) << encoded.body;
  const auto json = ParseJson(encoded.body);
  ASSERT_TRUE(json);
  EXPECT_TRUE(std::signbit((*json)["outputs"][0]["data"][0].get<double>()));
  EXPECT_TRUE(std::signbit((*json)["outputs"][1]["data"][0].get<double>()));
}

TEST(OipEncode, WhatIsWrittenReadsBackTheSame) {
  const uint64_t seed = static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  for (int dtype = 1; dtype < kDTypeCount - 1; ++dtype) {
    Tensor x = *Tensor::Create(static_cast<DType>(dtype), {50});
    uint64_t i = 0;
    DispatchDType(x.dtype(), [&]<class T>() {
      for (T& v : x.mutable_data<T>()) {
        const uint64_t bits = RandomBits(seed, static_cast<uint64_t>(dtype), i++);
        if constexpr (std::is_same_v<T, bool>) {
          v = (bits & 1) != 0;
        } else {
          std::memcpy(static_cast<void*>(&v), &bits, sizeof v);
          if constexpr (kFloats.Has(DTypeOf<T>())) {
            if (!std::isfinite(static_cast<double>(static_cast<float>(v)))) v = T(0.5f);
          }
        }
      }
    });
    const std::string body = EncodeOipAnswer({"m", "1", "", {{"x", &x}}}).body;
    const std::string outputs = body.substr(body.find("\"outputs\"") + 9);
    const auto request = Parse("{\"inputs\"" + outputs);
    ASSERT_TRUE(request) << request.error().ToString();
    EXPECT_TRUE(request->inputs[0].tensor.SameAs(x)) << body;
  }
  EXPECT_EQ(OipErrorText(InvalidArgument("a \"b\" \xff")), "{\"error\":\"a \\u0022b\\u0022 \\ufffd\"}");
}

}  // namespace
}  // namespace sinter
