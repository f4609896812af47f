#include "train/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "io/temporary_folder.h"
#include "train/model_tools.h"

namespace crossent::test {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;

template <class T>
bool same_network(const Network<T>& a, const Network<T>& b) {
  return a.architecture == b.architecture && a.parameters.size() == b.parameters.size() &&
         std::memcmp(a.parameters.data(), b.parameters.data(), a.parameters.size() * sizeof(T)) ==
             0;
}

void expect_same(const Model& a, const Model& b) {
  EXPECT_EQ(a.inputs, b.inputs);
  EXPECT_EQ(a.targets, b.targets);
  EXPECT_EQ(a.classes, b.classes);
  ASSERT_EQ(a.network.index(), b.network.index());
  if (const auto* narrow = std::get_if<Network<float>>(&a.network))
    EXPECT_TRUE(same_network(*narrow, std::get<Network<float>>(b.network)));
  else
    EXPECT_TRUE(
        same_network(std::get<Network<double>>(a.network), std::get<Network<double>>(b.network)));
}

Model small_model() {
  return made_up_model<float>(mixed_inputs(), {2}, HiddenActivation::tanh, Activation::softmax, 3);
}

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string refusal(const TensorFile& tensors) {
  try {
    model_of(tensors, "a.crossent");
  } catch (const DataError& error) {
    EXPECT_EQ(error.file, "a.crossent");
    return error.what();
  }
  return "accepted";
}

// What is said of small_model() with its JSON altered.
template <class Alter>
std::string refusal_of_json(Alter alter) {
  TensorFile tensors = model_tensors(small_model());
  Json json = Json::parse(tensors.metadata["model"]);
  alter(json);
  tensors.metadata["model"] = json.dump();
  return refusal(tensors);
}

template <class Alter>
std::string refusal_to_save(Alter alter) {
  Model model = small_model();
  alter(model, std::get<Network<float>>(model.network));
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "m").string();
  try {
    save_model(model, path);
  } catch (const ValueError& error) {
    EXPECT_EQ(error.argument, "model");
    EXPECT_FALSE(std::filesystem::exists(path));
    return error.what();
  }
  return "accepted";
}

TEST(ModelFile, GivesBackEveryKindOfModel) {
  const TemporaryFolder folder;
  for (const NamedModel& named : every_model()) {
    SCOPED_TRACE(named.name);
    const std::string path = (folder.path() / named.name).string();
    save_model(named.model, path);
    expect_same(load_model(path), named.model);
  }
}

TEST(ModelFile, GivesBackEveryBitOfNumbers) {
  Model model = small_model();
  model.inputs[0].center = 0.1 + 0.2;
  model.inputs[0].factor = 5e-324;
  model.inputs[2].fill = -std::numeric_limits<double>::max();
  auto& parameters = std::get<Network<float>>(model.network).parameters;
  parameters[0] = -0.0F;
  parameters[1] = std::numeric_limits<float>::denorm_min();
  parameters[2] = std::numeric_limits<float>::max();
  expect_same(model_of(decode_tensors(encode_tensors(model_tensors(model)), "m"), "m"), model);
}

TEST(ModelFile, GivesTheSameBytesForTheSameModelAndHoldsNoPath) {
  const TemporaryFolder folder;
  const std::string a = (folder.path() / "a").string(), b = (folder.path() / "b").string();
  save_model(small_model(), a);
  save_model(small_model(), b);
  EXPECT_EQ(contents(a), contents(b));
  EXPECT_EQ(contents(a).find(folder.path().string()), std::string::npos);
}

TEST(ModelFile, StoresWeightsByOutput) {
  Model model = small_model();
  auto& network = std::get<Network<float>>(model.network);
  network.weight(0)(1, 0) = 42;
  const TensorFile tensors = model_tensors(model);
  const auto weight = tensor_values<float>(tensors, "layers.0.weight", {2, 7}, "m");
  EXPECT_EQ(weight[1], 42);
  EXPECT_EQ(tensor_values<float>(tensors, "layers.1.bias", {3}, "m")[2], network.bias(1)[2]);
}

TEST(ModelFile, RefusesEveryTruncationAndEveryFlippedByte) {
  const TemporaryFolder folder;
  const std::string bytes = encode_tensors(model_tensors(small_model()));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string flipped = bytes;
    flipped[i] = static_cast<char>(~flipped[i]);
    EXPECT_THROW(decode_tensors(flipped, "m"), DataError) << i;
    EXPECT_THROW(decode_tensors(bytes.substr(0, i), "m"), DataError) << i;
  }
  EXPECT_THROW(load_model(folder.write("m", bytes.substr(0, 100))), DataError);
  EXPECT_THROW(load_model((folder.path() / "none").string()), IoError);
}

TEST(ModelFile, SaysWhatAFileIsThatIsNoModel) {
  TensorFile tensors = model_tensors(small_model());
  tensors.metadata["format"] = "crossent-checkpoint";
  EXPECT_EQ(refusal(tensors), "the file is no model, it says \"crossent-checkpoint\"");
  tensors.metadata.erase("format");
  EXPECT_EQ(refusal(tensors), "the metadata hold no \"format\"");
}

TEST(ModelFile, AsksForAnUpdateWhenTheModelIsNewer) {
  TensorFile tensors = model_tensors(small_model());
  tensors.metadata["version"] = "2";
  try {
    model_of(tensors, "m");
    ADD_FAILURE();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("made by a newer crossent: its format is version 2"));
    EXPECT_EQ(error.hint, "update crossent");
  }
  for (const char* const version : {"", "0", "-1", "1.0", "one", "99999999999"}) {
    tensors.metadata["version"] = version;
    EXPECT_THAT(refusal(tensors), HasSubstr("the model's version is")) << version;
  }
}

TEST(ModelFile, RefusesJsonOfAnotherKind) {
  const auto set = [](const char* key, const Json& value) {
    return refusal_of_json([&](Json& json) { json[key] = value; });
  };
  const auto set_input = [](int input, const char* key, const Json& value) {
    return refusal_of_json([&](Json& json) { json["inputs"][input][key] = value; });
  };
  EXPECT_EQ(refusal_of_json([](Json&) {}), "accepted");
  EXPECT_EQ(refusal_of_json([](Json& json) { json = 3; }), "the model is no object");
  for (const char* const key : {"inputs", "targets", "classes", "hidden"}) {
    EXPECT_THAT(refusal_of_json([&](Json& json) { json.erase(key); }), HasSubstr(key));
    for (const Json& value : {Json("x"), Json({1.5}), Json(nullptr), Json({-1})})
      EXPECT_NE(set(key, value), "accepted") << key << value;
  }
  EXPECT_EQ(set("activation", "swish"),
            "\"activation\" of the model is not tanh, sigmoid, relu, gelu or identity");
  EXPECT_EQ(set("output", "identity"), "\"output\" of the model is not softmax or sigmoid");
  EXPECT_EQ(set("dtype", "f16"), "\"dtype\" of the model is not f32 or f64");
  EXPECT_EQ(set_input(0, "center", "1"), "\"center\" of input 0 is not a number");
  EXPECT_EQ(set_input(0, "factor", true), "\"factor\" of input 0 is not a number");
  EXPECT_EQ(set_input(0, "fill", nullptr), "\"fill\" of input 0 is not a number");
  EXPECT_EQ(set_input(1, "fill", 1), "\"fill\" of input 1 is not a text");
  EXPECT_EQ(set_input(1, "fill", "x"), "\"fill\" of input 1 is not one of its levels");
  EXPECT_EQ(set_input(1, "levels", {"a", 1}), "\"levels\" of input 1 is not a list of texts");
  EXPECT_EQ(set_input(1, "levels", Json::array()),
            "\"levels\" of input 1 is not a list of at least one text");
  TensorFile tensors = model_tensors(small_model());
  tensors.metadata["model"] = "{";
  EXPECT_THAT(refusal(tensors), HasSubstr("the model is no JSON"));
  tensors.metadata["model"] = R"({"hidden":[1e999]})";
  EXPECT_THAT(refusal(tensors), HasSubstr("beyond the range of f64"));
  tensors.metadata.erase("model");
  EXPECT_EQ(refusal(tensors), "the metadata hold no \"model\"");
}

TEST(ModelFile, RefusesTensorsThatAreNotTheModels) {
  EXPECT_EQ(refusal_of_json([](Json& json) { json["dtype"] = "f64"; }),
            "tensor \"layers.0.weight\" is F32, not F64");
  EXPECT_EQ(refusal_of_json([](Json& json) { json["hidden"] = {std::uint64_t{1} << 60}; }),
            "tensor \"layers.0.weight\" has the shape [2, 7], not [1152921504606846976, 7]");
  EXPECT_EQ(refusal_of_json([](Json& json) {
              json["hidden"] = {2, 3};
            }),
            "the file holds no tensor \"layers.2.weight\"");
  EXPECT_EQ(refusal_of_json([](Json& json) {
              json["classes"] = {"a", "b"};
            }),
            "tensor \"layers.1.weight\" has the shape [3, 2], not [2, 2]");
  TensorFile tensors = model_tensors(small_model());
  tensors.tensors.push_back(tensors.tensors.back());
  tensors.tensors.back().name = "more";
  EXPECT_EQ(refusal(tensors), "the file holds 5 tensors, the model has 4");
  tensors = model_tensors(small_model());
  const float infinity = std::numeric_limits<float>::infinity();
  std::memcpy(tensors.tensors[0].bytes.data() + 9 * sizeof(float), &infinity, sizeof infinity);
  EXPECT_THAT(refusal(tensors), HasSubstr("layers.0.weight[1][2] = inf is not finite"));
}

TEST(ModelFile, RefusesModelsThatDoNotFitTogether) {
  EXPECT_EQ(refusal_of_json([](Json& json) { json["hidden"] = {0}; }),
            "the model does not fit together: a hidden layer has no units");
  EXPECT_THAT(refusal_of_json([](Json& json) {
                json["targets"] = {"a", "b"};
              }),
              HasSubstr("several targets and also classes"));
  EXPECT_THAT(refusal_of_json([](Json& json) {
                json["targets"] = {"a", "b", "c"};
                json["classes"] = Json::array();
              }),
              HasSubstr("several targets have softmax"));
}

TEST(ModelFile, RefusesToSaveWhatItCouldNotLoad) {
  using N = Network<float>;
  const std::pair<std::string, std::string> cases[] = {
      {refusal_to_save([](Model& m, N&) { m.inputs.pop_back(); }),
       "[save_model] the inputs make 6 features, the network takes 7"},
      {refusal_to_save([](Model& m, N&) { m.inputs.clear(); }), "there are no inputs"},
      {refusal_to_save([](Model& m, N&) { m.inputs[4].name = "weight"; }),
       "input \"weight\" is there twice"},
      {refusal_to_save([](Model& m, N&) { m.inputs[0].name = "\xff"; }), "is not UTF-8"},
      {refusal_to_save([](Model& m, N&) { m.inputs[1].levels[1] = ""; }),
       "level of input \"colour\" \"\" is there twice"},
      {refusal_to_save([](Model& m, N&) { m.inputs[1].center = 1; }),
       "input \"colour\" is text and has a center"},
      {refusal_to_save([](Model& m, N&) { m.inputs[1].fill = 3; }),
       "input \"colour\" has a fill that is none of its levels: 3"},
      {refusal_to_save([](Model& m, N&) { m.inputs[1].fill = 0.5; }), "none of its levels: 0.5"},
      {refusal_to_save([](Model& m, N&) { m.inputs[1].fill = NAN; }), "none of its levels: nan"},
      {refusal_to_save([](Model& m, N&) { m.inputs[0].center = INFINITY; }), "not finite"},
      {refusal_to_save([](Model& m, N&) { m.inputs[0].factor = NAN; }), "not finite"},
      {refusal_to_save([](Model& m, N&) { m.inputs[2].fill = NAN; }), "not finite"},
      {refusal_to_save([](Model& m, N&) { m.targets.clear(); }), "there is no target"},
      {refusal_to_save([](Model& m, N&) { m.classes.pop_back(); }),
       "[save_model] the network has 3 outputs, 2 classes with softmax make 2"},
      {refusal_to_save([](Model& m, N&) { m.classes = {"a"}; }), "fewer than 2 classes: 1"},
      {refusal_to_save([](Model& m, N&) { m.classes[1] = m.classes[0]; }), "is there twice"},
      {refusal_to_save([](Model&, N& n) { n.architecture.output = Activation::identity; }),
       "identity, not softmax or sigmoid"},
      {refusal_to_save([](Model&, N& n) { n.parameters.pop_back(); }),
       "the network has 24 parameters, its architecture 25"},
      {refusal_to_save([](Model&, N& n) { n.weight(1)(1, 2) = NAN; }),
       "layers.1.weight[2][1] = nan is not finite"},
      {refusal_to_save([](Model&, N& n) { n.bias(0)[1] = INFINITY; }),
       "layers.0.bias[1] = inf is not finite"},
  };
  for (const auto& [said, expected] : cases) EXPECT_THAT(said, HasSubstr(expected));
}

TEST(ExportOnnx, RefusesWhatIsNoModelAndPathsThatCannotBeWritten) {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "m.onnx").string();
  Model model = small_model();
  EXPECT_THROW(export_onnx(model, (folder.path() / "none" / "m.onnx").string()), IoError);
  model.classes.pop_back();
  try {
    export_onnx(model, path);
    ADD_FAILURE();
  } catch (const ValueError& error) {
    EXPECT_THAT(error.what(), HasSubstr("[export_onnx] the network has 3 outputs"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ModelNames, AreReadBack) {
  for (const char* const name : {"tanh", "sigmoid", "relu", "gelu", "identity"}) {
    ASSERT_TRUE(hidden_activation(name)) << name;
    EXPECT_EQ(activation_name(*hidden_activation(name)), name);
  }
  EXPECT_EQ(output_activation("softmax"), Activation::softmax);
  EXPECT_EQ(output_activation("sigmoid"), Activation::sigmoid);
  EXPECT_FALSE(hidden_activation("softmax"));
  EXPECT_FALSE(output_activation("identity"));
}

}  // namespace
}  // namespace crossent::test
