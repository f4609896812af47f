#pragma once
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "cli/run.h"
#include "io/temporary_folder.h"

namespace crossent::test {

using Args = std::vector<std::string>;
using Json = nlohmann::ordered_json;

inline cli::Outcome eval(Args args) {
  args.insert(args.begin(), "eval");
  return cli::run(args, cli::Terminal());
}

/// The object that --json prints; fails when the run does.
inline Json eval_json(Args args) {
  args.push_back("--json");
  const cli::Outcome o = eval(args);
  EXPECT_EQ(o.code, 0) << o.err;
  return o.code == 0 ? Json::parse(o.out) : Json();
}

/// Without what depends on where a row stands.
inline Json without_positions(Json object) {
  for (Json& row : object["worst"])
    for (const char* key : {"row", "file", "line"}) row.erase(key);
  object.erase("warnings");
  object["inputs"].erase("files");
  return object;
}

inline std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

inline std::string data(const std::string& name) {
  return std::string(CROSSENT_SOURCE_DIR) + "/data/" + name;
}

}  // namespace crossent::test
