#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <protozero/pbf_writer.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace crossent {

/// The element types of ONNX that models need (onnx.proto, TensorProto.DataType).
enum class OnnxType { f32 = 1, i64 = 7, text = 8, f64 = 11 };

struct OnnxAttribute {
  std::string_view name;
  std::variant<std::int64_t, std::vector<std::string>> value;
};

/// An ONNX file in the making: a graph of named values, each made by one node. Nodes are added in
/// an order in which they can run.
class OnnxGraph {
 public:
  OnnxGraph() = default;
  OnnxGraph(const OnnxGraph&) = delete;
  OnnxGraph& operator=(const OnnxGraph&) = delete;

  /// A value of shape [N, columns], or [N] for 0 columns.
  void input(const std::string& name, OnnxType type, std::size_t columns);
  void output(const std::string& name, OnnxType type, std::size_t columns);
  /// T: float, double, std::int64_t. Returns `name`, as node() does `output`.
  template <class T>
  std::string constant(const std::string& name, const std::vector<std::size_t>& shape,
                       std::span<const T> values);
  std::string node(std::string_view operation, const std::vector<std::string>& inputs,
                   const std::string& output, const std::vector<OnnxAttribute>& attributes = {},
                   const std::string& domain = "");

  /// The bytes of the file. Ends the graph.
  std::string file(const std::vector<std::pair<std::string, std::string>>& metadata);

 private:
  void value(int field, const std::string& name, OnnxType type, std::size_t columns);

  std::string graph_;
  protozero::pbf_writer writer_{graph_};
};

}  // namespace crossent
