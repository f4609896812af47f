#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "crossent/dataset.h"
#include "io/excerpt.h"
#include "io/npy_header.h"
#include "io/workers.h"
#include "io/zip.h"

namespace crossent {
namespace {

constexpr std::size_t kBlockBytes = 256 * 1024;  // stays in a second-level cache
constexpr std::string_view kZipMagic = "PK";

// Bytes of a file from `offset` on, as a stream.
class TailSource final : public io::ByteSource {
 public:
  explicit TailSource(io::RandomAccess& bytes) : bytes_(bytes) {}
  std::size_t read(char* out, std::size_t size) override {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(size, bytes_.size() - offset_));
    bytes_.read(offset_, out, n);
    offset_ += n;
    return n;
  }

 private:
  io::RandomAccess& bytes_;
  std::uint64_t offset_ = 0;
};

std::string npy_name(const std::string& member) {
  return member.ends_with(".npy") ? member : member + ".npy";
}

std::string without_extension(const std::string& name) {
  return name.ends_with(".npy") ? name.substr(0, name.size() - 4) : name;
}

std::string list_of(const std::vector<io::ZipMember>& members) {
  std::string text;
  for (const io::ZipMember& member : members)
    text += (text.empty() ? "" : ", ") + without_extension(member.name);
  return text;
}

io::ZipMember find_member(const std::vector<io::ZipMember>& members, const std::string& wanted,
                          const std::string& file) {
  if (members.empty()) throw DataError("the NPZ archive holds no arrays", file);
  if (wanted.empty()) {
    if (members.size() == 1) return members[0];
    throw DataError("the NPZ archive holds " + std::to_string(members.size()) + " arrays", file, 0,
                    0, "name one of " + list_of(members));
  }
  for (const io::ZipMember& member : members)
    if (member.name == wanted || member.name == npy_name(wanted)) return member;
  throw DataError("the NPZ archive holds no array " + io::quoted_text(wanted), file, 0, 0,
                  "it holds " + list_of(members));
}

bool is_zip(io::RandomAccess& bytes) {
  char head[2] = {};
  if (bytes.size() < sizeof head) return false;
  bytes.read(0, head, sizeof head);
  return std::string_view(head, sizeof head) == kZipMagic;
}

}  // namespace

struct ArrayReader::State {
  State(std::unique_ptr<io::RandomAccess> bytes, std::string file, ArrayOptions given);
  State(std::unique_ptr<io::ByteSource> bytes, std::string file, ArrayOptions given);

  struct Block {
    std::unique_ptr<std::byte[]> bytes;  // new aligns it for every element type
    std::uint64_t first_row = 0, rows = 0;
    char* data() { return reinterpret_cast<char*>(bytes.get()); }
  };
  void set_options(ArrayOptions given);
  void check_size(std::uint64_t held) const;
  bool take(Block* block);
  std::uint64_t fill(Block* block, std::uint64_t rows);
  void check_end();

  std::string name;
  ArrayOptions options;
  io::NpyHeader header;
  std::unique_ptr<io::RandomAccess> access;
  std::unique_ptr<io::ByteSource> stream;  // null: rows are read where they stand
  std::uint64_t block_rows = 1, next_row = 0;
  bool known_size = true, read_called = false;
};

void ArrayReader::State::set_options(ArrayOptions given) {
  options = std::move(given);
  options.threads = io::worker_count(options.threads);
  if (options.progress) {
    options.progress->bytes_total += header.header_bytes + header.data_bytes;
    options.progress->bytes_read += header.header_bytes;
  }
  const std::size_t bytes = options.block_bytes != 0 ? options.block_bytes : kBlockBytes;
  block_rows = std::clamp<std::uint64_t>(bytes / header.row_bytes, 1,
                                         std::max<std::uint64_t>(header.rows, 1));
}

ArrayReader::State::State(std::unique_ptr<io::RandomAccess> bytes, std::string file,
                          ArrayOptions given)
    : name(std::move(file)), access(std::move(bytes)) {
  if (is_zip(*access)) {
    const io::ZipMember member = find_member(io::zip_directory(*access, name), given.member, name);
    stream = io::open_zip_member(*access, member, name);
    name += "[" + without_extension(member.name) + "]";
    header = io::read_npy_header(*stream, name);
    check_size(member.bytes);
  } else {
    if (!given.member.empty())
      throw DataError(
          "the file is no NPZ archive and has no array " + io::quoted_text(given.member), name);
    TailSource front(*access);
    header = io::read_npy_header(front, name);
    check_size(access->size());
  }
  set_options(std::move(given));
}

ArrayReader::State::State(std::unique_ptr<io::ByteSource> bytes, std::string file,
                          ArrayOptions given)
    : name(std::move(file)), stream(std::move(bytes)), known_size(false) {
  header = io::read_npy_header(*stream, name);
  if (header.data_bytes == io::kUnbounded)
    throw DataError("the header says " + std::to_string(header.rows) + " rows, too many", name);
  set_options(std::move(given));
}

void ArrayReader::State::check_size(std::uint64_t held) const {
  const std::uint64_t data = held - header.header_bytes;
  if (data == header.data_bytes) return;
  const std::string holds = "the file holds " + std::to_string(data) + " bytes of data";
  if (data < header.data_bytes)
    throw DataError("the header says " + std::to_string(header.rows) + " rows of " +
                        std::to_string(header.row_bytes) + " bytes, but " + holds,
                    name, 0, 0, "the file is truncated or damaged: copy or save it again");
  throw DataError(
      "the array ends after " + std::to_string(header.data_bytes) + " bytes, but " + holds, name, 0,
      0, "save one array a file");
}

// Called by one worker at a time. Only what cannot be read out of order is read here.
bool ArrayReader::State::take(Block* block) {
  const std::uint64_t rows = std::min(block_rows, header.rows - next_row);
  if (rows == 0) {
    if (!known_size) check_end();
    return false;
  }
  block->first_row = next_row;
  block->rows = stream ? fill(block, rows) : rows;
  if (block->rows == 0)
    throw DataError("the header says " + std::to_string(header.rows) +
                        " rows, but the data ends after row " + std::to_string(next_row),
                    name, 0, 0, "the file is truncated: copy it again");
  next_row += block->rows;
  return true;
}

// Whole rows that were read, fewer than `rows` at the end of the stream only.
std::uint64_t ArrayReader::State::fill(Block* block, std::uint64_t rows) {
  return io::read_fully(*stream, block->data(), rows * header.row_bytes) / header.row_bytes;
}

void ArrayReader::State::check_end() {
  char more;
  if (stream->read(&more, 1) != 0)
    throw DataError("there is more data after the array", name, 0, 0, "save one array a file");
}

ArrayReader::ArrayReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ArrayReader::~ArrayReader() = default;
ArrayReader::ArrayReader(ArrayReader&&) noexcept = default;
ArrayReader& ArrayReader::operator=(ArrayReader&&) noexcept = default;

ArrayReader::ArrayReader(std::string path, ArrayOptions options) {
  try {
    auto file = path == "-" ? nullptr : io::open_regular_file(path);
    if (file)
      state_ = std::make_unique<State>(std::move(file), path, std::move(options));
    else
      state_ = std::make_unique<State>(io::open_file(path, options.stop, nullptr),
                                       io::shown_path(path), std::move(options));
  } catch (const io::Stopped&) {
    throw IoError(std::make_error_code(std::errc::interrupted),
                  "cannot read " + io::shown_path(path));
  }
}

ArrayReader ArrayReader::from_memory(std::string_view bytes, std::string name,
                                     ArrayOptions options) {
  auto memory = io::open_memory_at(bytes, name);
  return ArrayReader(
      std::make_unique<State>(std::move(memory), std::move(name), std::move(options)));
}

const std::string& ArrayReader::path() const { return state_->name; }
ElementType ArrayReader::type() const { return state_->header.type; }
std::int64_t ArrayReader::rows() const { return static_cast<std::int64_t>(state_->header.rows); }
std::int64_t ArrayReader::cols() const { return static_cast<std::int64_t>(state_->header.cols); }
int ArrayReader::dimensions() const { return state_->header.dimensions; }
int ArrayReader::workers() const { return state_->options.threads; }

bool ArrayReader::read(const std::function<void(const ArrayBlock&)>& use) {
  State& state = *state_;
  if (std::exchange(state.read_called, true))
    throw std::logic_error("[ArrayReader::read] the array was read already");
  const std::uint64_t row_bytes = state.header.row_bytes;
  const std::uint64_t blocks = (state.header.rows + state.block_rows - 1) / state.block_rows;
  const auto workers = static_cast<int>(
      std::clamp<std::uint64_t>(blocks, 1, static_cast<std::uint64_t>(state.options.threads)));
  std::vector<State::Block> held(static_cast<std::size_t>(workers));

  const auto take = [&](int worker) {
    State::Block& block = held[static_cast<std::size_t>(worker)];
    if (!block.bytes)
      block.bytes = std::make_unique_for_overwrite<std::byte[]>(state.block_rows * row_bytes);
    return state.take(&block);
  };
  const auto work = [&](int worker) {
    State::Block& block = held[static_cast<std::size_t>(worker)];
    if (!state.stream)
      state.access->read(state.header.header_bytes + block.first_row * row_bytes, block.data(),
                         block.rows * row_bytes);
    ArrayBlock out;
    out.first_row = static_cast<std::int64_t>(block.first_row);
    out.rows = block.rows;
    out.cols = state.header.cols;
    out.type = state.header.type;
    out.data = block.bytes.get();
    out.worker = worker;
    use(out);
    if (Progress* progress = state.options.progress) {
      progress->rows += block.rows;
      progress->bytes_read += block.rows * row_bytes;
    }
  };
  return io::run_ordered(workers, state.options.stop, take, work);
}

std::vector<std::string> archive_members(const std::string& path) {
  const auto file = io::open_regular_file(path);
  if (!file || !is_zip(*file)) throw DataError("this is not an NPZ archive", path);
  std::vector<std::string> names;
  for (const io::ZipMember& member : io::zip_directory(*file, path))
    names.push_back(without_extension(member.name));
  return names;
}

}  // namespace crossent
