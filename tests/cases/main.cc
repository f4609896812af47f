// crossent_cases FILE: computes every case of a .jsonl file (README.md) through the library.
#include <cstdio>
#include <fstream>
#include <iostream>

#include "compare.h"
#include "crossent/error.h"
#include "operations.h"

namespace {

using cases::Case;
using cases::Json;

struct Report {
  const char* verdict;  // PASS, FAIL or SKIP
  std::string got;
};

Report check(const Case& c, const Json& expected, double tol) {
  try {
    if (c.op == "invariance") {
      std::string seen;
      const bool good = cases::holds(c, expected.at("invariant").get<std::string>(), seen);
      return {good ? "PASS" : "FAIL", seen};
    }
    cases::Computed computed;
    try {
      computed.outcome = cases::compute(c);
    } catch (const crossent::ValueError& e) {
      computed.refusal = e.what();
    }
    return {cases::matches(expected, computed, tol) ? "PASS" : "FAIL", cases::shown(computed)};
  } catch (const cases::Skip& e) {
    return {"SKIP", e.what()};
  } catch (const std::exception& e) {
    return {"FAIL", std::string("unexpected: ") + e.what()};
  }
}

Report check_line(const std::string& line, std::string& name, std::string& expected) {
  try {
    const Json json = Json::parse(line);
    const Case c{json.at("op"), json.value("inputs", Json::object()),
                 json.value("params", Json::object())};
    name = json.at("id").get<std::string>() + " " + c.op;
    expected = json.at("expected").dump();
    const double tol = json.contains("tol") ? cases::number(json.at("tol")) : 1e-14;
    return check(c, json.at("expected"), tol);
  } catch (const std::exception& e) {
    return {"FAIL", std::string("not a case: ") + e.what()};
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: crossent_cases FILE\n";
    return 2;
  }
  std::ifstream file(argv[1]);
  if (!file) {
    std::cerr << "crossent_cases: cannot read " << argv[1] << "\n";
    return 2;
  }
  long passed = 0, failed = 0, skipped = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    std::string name = "?", expected;
    const Report report = check_line(line, name, expected);
    ++(report.verdict[0] == 'P' ? passed : report.verdict[0] == 'F' ? failed : skipped);
    std::cout << report.verdict << ' ' << name << ' ' << report.got << ' ' << expected << '\n';
  }
  std::cout << passed << " passed, " << failed << " failed, " << skipped << " skipped\n";
  return failed == 0 && skipped == 0 ? 0 : 1;
}
