#include "train/onnx_graph.h"

#include <type_traits>

#include "crossent/version.h"

namespace crossent {
namespace {

using protozero::pbf_writer;

// Field numbers of onnx.proto.
namespace model {
enum { ir_version = 1, producer_name, producer_version, graph = 7, opset = 8, metadata = 14 };
}
namespace opset {
enum { domain = 1, version };
}
namespace pair {
enum { key = 1, value };
}
namespace graph {
enum { node = 1, name = 2, initializer = 5, input = 11, output = 12 };
}
namespace node {
enum { input = 1, output, name, operation, attribute, domain = 7 };
}
namespace attribute {
enum { name = 1, integer = 3, strings = 9, type = 20 };
enum { type_integer = 2, type_strings = 8 };
}  // namespace attribute
namespace tensor {
enum { dims = 1, type = 2, name = 8, raw_data = 9 };
}
namespace value_info {
enum { name = 1, type };
}
namespace type {
enum { tensor = 1 };
enum { tensor_element = 1, tensor_shape };
enum { shape_dim = 1 };
enum { dim_value = 1, dim_name };
}  // namespace type

constexpr std::int64_t kIrVersion = 7;  // the first with opset 13
constexpr std::int64_t kOpset = 13, kLearningOpset = 1;
constexpr const char* kLearning = "ai.onnx.ml";

template <class T>
constexpr OnnxType type_of() {
  if (std::is_same_v<T, float>) return OnnxType::f32;
  return std::is_same_v<T, double> ? OnnxType::f64 : OnnxType::i64;
}

void write_opset(pbf_writer& file, const char* domain, std::int64_t version) {
  pbf_writer writer(file, model::opset);
  if (*domain) writer.add_string(opset::domain, domain);
  writer.add_int64(opset::version, version);
}

}  // namespace

void OnnxGraph::value(int field, const std::string& name, OnnxType element, std::size_t columns) {
  pbf_writer info(writer_, static_cast<protozero::pbf_tag_type>(field));
  info.add_string(value_info::name, name);
  pbf_writer described(info, value_info::type);
  pbf_writer tensor(described, type::tensor);
  tensor.add_enum(type::tensor_element, static_cast<int>(element));
  pbf_writer shape(tensor, type::tensor_shape);
  pbf_writer(shape, type::shape_dim).add_string(type::dim_name, "N");
  if (columns != 0)
    pbf_writer(shape, type::shape_dim)
        .add_int64(type::dim_value, static_cast<std::int64_t>(columns));
}

void OnnxGraph::input(const std::string& name, OnnxType element, std::size_t columns) {
  value(graph::input, name, element, columns);
}

void OnnxGraph::output(const std::string& name, OnnxType element, std::size_t columns) {
  value(graph::output, name, element, columns);
}

template <class T>
std::string OnnxGraph::constant(const std::string& name, const std::vector<std::size_t>& shape,
                                std::span<const T> values) {
  pbf_writer writer(writer_, graph::initializer);
  for (const std::size_t size : shape)
    writer.add_int64(tensor::dims, static_cast<std::int64_t>(size));
  writer.add_enum(tensor::type, static_cast<int>(type_of<T>()));
  writer.add_string(tensor::name, name);
  writer.add_bytes(tensor::raw_data, reinterpret_cast<const char*>(values.data()),
                   values.size_bytes());
  return name;
}

template std::string OnnxGraph::constant(const std::string&, const std::vector<std::size_t>&,
                                         std::span<const float>);
template std::string OnnxGraph::constant(const std::string&, const std::vector<std::size_t>&,
                                         std::span<const double>);
template std::string OnnxGraph::constant(const std::string&, const std::vector<std::size_t>&,
                                         std::span<const std::int64_t>);

std::string OnnxGraph::node(std::string_view operation, const std::vector<std::string>& inputs,
                            const std::string& output, const std::vector<OnnxAttribute>& attributes,
                            const std::string& domain) {
  pbf_writer writer(writer_, graph::node);
  for (const std::string& input : inputs) writer.add_string(node::input, input);
  writer.add_string(node::output, output);
  writer.add_string(node::name, output);
  writer.add_string(node::operation, operation.data(), operation.size());
  for (const OnnxAttribute& given : attributes) {
    pbf_writer described(writer, node::attribute);
    described.add_string(attribute::name, given.name.data(), given.name.size());
    if (const auto* const integer = std::get_if<std::int64_t>(&given.value)) {
      described.add_int64(attribute::integer, *integer);
      described.add_enum(attribute::type, attribute::type_integer);
      continue;
    }
    for (const std::string& text : std::get<std::vector<std::string>>(given.value))
      described.add_string(attribute::strings, text);
    described.add_enum(attribute::type, attribute::type_strings);
  }
  if (!domain.empty()) writer.add_string(node::domain, domain);
  return output;
}

std::string OnnxGraph::file(const std::vector<std::pair<std::string, std::string>>& metadata) {
  std::string bytes;
  writer_.add_string(graph::name, "crossent");
  pbf_writer writer(bytes);
  writer.add_int64(model::ir_version, kIrVersion);
  writer.add_string(model::producer_name, "crossent");
  writer.add_string(model::producer_version, version());
  writer.add_message(model::graph, graph_);
  write_opset(writer, "", kOpset);
  write_opset(writer, kLearning, kLearningOpset);
  for (const auto& [key, text] : metadata) {
    pbf_writer entry(writer, model::metadata);
    entry.add_string(pair::key, key);
    entry.add_string(pair::value, text);
  }
  return bytes;
}

}  // namespace crossent
