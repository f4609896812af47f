// Where the outputs of `crossent train` may go, and the model files.
#include <sys/stat.h>
#include <unistd.h>

#include "cli/errors.h"
#include "cli/files.h"
#include "cli/train.h"
#include "crossent/model.h"
#include "io/output_file.h"

namespace crossent::cli {
namespace {

struct Named {
  const char* flag;
  std::string path;
};

std::vector<Named> outputs_of(const TrainSettings& s) {
  std::vector<Named> out;
  for (const std::string& model : s.models) out.push_back({"-o", model});
  for (const Named& n :
       {Named{"--checkpoint", s.checkpoint}, Named{"--log", s.log}, Named{"--curves", s.curves}})
    if (!n.path.empty()) out.push_back(n);
  return out;
}

std::vector<Named> inputs_of(const TrainSettings& s) {
  std::vector<Named> in = {{"the data", s.data},
                           {"--validation", s.validation.path},
                           {"--validation-labels", s.validation.labels},
                           {"--test", s.test.path},
                           {"--test-labels", s.test.labels},
                           {"--start", s.start}};
  if (s.samples.targets.size() == 1) in.push_back({"--target", s.samples.targets.front()});
  return in;
}

std::string ending_format(const std::string& path) {
  const std::string ending = ending_of(path);
  for (const char* format : {"crossent", "safetensors", "onnx"})
    if (ending == std::string(".") + format) return format;
  return "";
}

// Opens a file beside the place and takes it away again. Devices and pipes are left alone.
void probe(const std::string& path) {
  struct stat status {};
  const bool exists = ::lstat(path.c_str(), &status) == 0;
  if (!exists || S_ISREG(status.st_mode)) {
    io::OutputFile file(path);
    return;
  }
  if (S_ISDIR(status.st_mode) || ::access(path.c_str(), W_OK) != 0)
    throw IoError(S_ISDIR(status.st_mode) ? EISDIR : errno, std::generic_category(),
                  "cannot write " + path);
}

// By the name alone: the place may not be there yet.
void check_name(const TrainSettings& s, const Named& out) {
  const std::string_view flag = out.flag;
  if (flag == "--curves") check_figure_name(out.flag, out.path);
  if (flag == "-o" && model_format(s, out.path).empty())
    throw UsageError(
        "-o " + escape(out.path) + ": the name of a model ends in .crossent, .safetensors or .onnx",
        "or --format says which of them it is, under any other name");
  if (flag == "-o" && !s.format.empty() && !ending_format(out.path).empty() &&
      ending_format(out.path) != s.format)
    throw UsageError("-o " + escape(out.path) + " does not go with --format " + s.format,
                     "leave --format out: the ending of the name says what is written");
}

}  // namespace

void check_outputs(const TrainSettings& s) {
  const std::vector<Named> outputs = outputs_of(s);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Named& out = outputs[i];
    if (is_stdout(out.path))
      throw UsageError(std::string(out.flag) + " cannot go to standard output: the report does",
                       std::string("name a file: ") + out.flag + " FILE");
    check_name(s, out);
    for (const Named& in : inputs_of(s))
      if (same_file(out.path, in.path))
        throw UsageError(
            std::string(out.flag) + " would replace " + in.flag + " " + escape(in.path),
            std::string("give ") + out.flag + " another file");
    for (std::size_t k = 0; k < i; ++k)
      if (same_file(out.path, outputs[k].path) || out.path == outputs[k].path)
        throw UsageError(std::string(out.flag) + " and " + outputs[k].flag +
                         " name the same file: " + escape(out.path));
    if (!s.resume.empty() && std::string_view(out.flag) != "--checkpoint" &&
        same_file(out.path, s.resume))
      throw UsageError(std::string(out.flag) + " would replace the checkpoint of --resume");
    probe(out.path);
  }
}

std::string model_format(const TrainSettings& s, const std::string& path) {
  return s.format.empty() ? ending_format(path) : s.format;
}

void write_model(const TrainSettings& s, const Model& model, const std::string& path) {
  if (model_format(s, path) == "onnx")
    export_onnx(model, path);
  else
    save_model(model, path);
}

}  // namespace crossent::cli
