// A training that was interrupted, anywhere, goes on to the bits of the one that was not.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "io/temporary_folder.h"
#include "train/data.h"
#include "train/tensor_file.h"

namespace crossent {
namespace {

template <class T>
void expect_same(const TrainResult<T>& a, const TrainResult<T>& b) {
  EXPECT_EQ(a.network.parameters, b.network.parameters);
  EXPECT_EQ(a.epochs, b.epochs);
  EXPECT_EQ(a.best_epoch, b.best_epoch);
  EXPECT_EQ(a.status, b.status);
  ASSERT_EQ(a.history.size(), b.history.size());
  for (std::size_t k = 0; k < a.history.size(); ++k) {
    EXPECT_EQ(a.history[k].epoch, b.history[k].epoch);
    EXPECT_EQ(a.history[k].objective, b.history[k].objective);
    EXPECT_EQ(a.history[k].validation.loss, b.history[k].validation.loss);
    EXPECT_EQ(a.history[k].gradient_norm, b.history[k].gradient_norm);
    EXPECT_EQ(a.history[k].best, b.history[k].best);
  }
}

class Resume : public ::testing::Test {
 protected:
  Resume() : data_(standardised(read_data("iris.csv"))) {
    options_.hidden = {6};
    options_.epochs = 5;
    options_.batch = 16;
    options_.dropout = 0.2;
    options_.seed = 9;
  }

  template <class T>
  TrainingRows<T> rows(const std::vector<T>& x, std::size_t begin, std::size_t end) const {
    return {matrix(x.data() + begin * data_.features, end - begin, data_.features),
            std::span(data_.label).subspan(begin, end - begin)};
  }
  TrainingRows<double> training() const { return rows(data_.x, 0, 100); }
  template <class T = double>
  TrainResult<T> run(const TrainHooks& hooks = {}) const {
    const std::vector<T> x(data_.x.begin(), data_.x.end());
    return train(rows(x, 0, 100), 3, options_, rows(x, 100, 150), hooks);
  }
  // Stops after `rows` rows (at the end of the step), then goes on.
  template <class T = double>
  TrainResult<T> run_in_two(std::int64_t rows) {
    TrainHooks hooks;
    std::atomic<bool> stop = false;
    std::atomic<std::int64_t> done = 0;
    hooks.checkpoint = path();
    hooks.stop = &stop;
    hooks.rows_done = &done;
    hooks.checkpoint_seconds = 1e-9;  // after every step
    hooks.on_checkpoint = [&](const std::string&) { stop = done >= rows; };
    const TrainResult<T> first = run<T>(hooks);
    EXPECT_EQ(first.status, TrainStatus::interrupted);
    TrainHooks again;
    again.resume = path();
    return run<T>(again);
  }
  template <class T>
  void expect_the_same_bits_after_any_step() {
    for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::adam, Optimizer::adamw}) {
      options_.optimizer = optimizer;
      options_.momentum = optimizer == Optimizer::sgd ? 0.9 : 0;
      options_.schedule = Schedule::cosine;
      options_.warmup_epochs = 1;
      const TrainResult<T> whole = run<T>();
      for (std::int64_t rows = 1; rows < 500; rows += 61) {
        SCOPED_TRACE(rows);
        expect_same(run_in_two<T>(rows), whole);
      }
    }
  }
  std::string path() const { return (folder_.path() / "run.ckpt").string(); }

  test::TemporaryFolder folder_;
  Data data_;
  TrainOptions options_;
};

TEST_F(Resume, GivesTheBitsOfTheUninterruptedRunAfterAnyStep) {
  expect_the_same_bits_after_any_step<double>();
}
TEST_F(Resume, GivesTheBitsOfTheUninterruptedRunAfterAnyStepInF32) {
  expect_the_same_bits_after_any_step<float>();
}

TEST_F(Resume, LooksAtTheSameEpochsAsTheUninterruptedRun) {
  options_.evaluate_every = 2;
  const TrainResult<float> whole = run<float>();
  ASSERT_EQ(whole.history.size(), 3U);  // after 2, 4 and 5 epochs
  for (std::int64_t rows = 1; rows < 480; rows += 83) {
    SCOPED_TRACE(rows);
    expect_same(run_in_two<float>(rows), whole);
  }
}

TEST_F(Resume, OfAFinishedRunGivesItsResult) {
  TrainHooks hooks;
  hooks.checkpoint = path();
  const TrainResult<double> whole = run(hooks);
  TrainHooks again;
  again.resume = path();
  std::size_t replayed = 0;
  again.on_epoch = [&](const EpochRecord&) { ++replayed; };
  expect_same(run(again), whole);
  EXPECT_EQ(replayed, whole.history.size());
}

TEST_F(Resume, CountsPatienceOn) {
  options_.epochs = 400;
  options_.early_stop = 3;
  options_.rate = 0.05;
  const TrainResult<double> whole = run();
  ASSERT_EQ(whole.status, TrainStatus::early_stopped);
  ASSERT_EQ(whole.best_epoch, whole.epochs - 3);
  expect_same(run_in_two((whole.epochs - 1) * 100), whole);
}

TEST_F(Resume, ByLbfgsReachesTheSameObjective) {
  options_ = {};
  options_.optimizer = Optimizer::lbfgs;
  options_.l2 = 0.01;
  const TrainResult<double> whole = train(training(), 3, options_);
  TrainHooks hooks;
  std::atomic<bool> stop = false;
  hooks.checkpoint = path();
  hooks.stop = &stop;
  hooks.on_epoch = [&](const EpochRecord& r) { stop = r.epoch == 5; };
  EXPECT_EQ(train(training(), 3, options_, {}, hooks).status, TrainStatus::interrupted);
  TrainHooks again;
  again.resume = path();
  const TrainResult<double> resumed = train(training(), 3, options_, {}, again);
  EXPECT_EQ(resumed.status, TrainStatus::converged);
  EXPECT_NEAR(resumed.last.objective, whole.last.objective, 1e-9);
  EXPECT_GT(resumed.epochs, 5);
}

template <class Error>
std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& e) {
    return e.what();
  }
  return "not refused";
}

TEST_F(Resume, RefusesOtherOptionsAndRowsByName) {
  TrainHooks hooks;
  hooks.checkpoint = path();
  run(hooks);
  TrainHooks again;
  again.resume = path();
  const TrainOptions given = options_;
  const auto expect = [&](const std::string& name, const std::string& text) {
    try {
      run(again);
      ADD_FAILURE() << name << " is not refused";
    } catch (const ValueError& e) {
      EXPECT_EQ(e.argument, name);
      EXPECT_NE(std::string(e.what()).find(text), std::string::npos) << e.what();
    }
    options_ = given;
  };
  options_.rate = 0.5;
  expect("rate", "rate is 0.5, but the checkpoint " + path() + " was written with 0.001");
  options_.hidden = {6, 6};
  expect("hidden", "hidden is 6,6, but the checkpoint " + path() + " was written with 6");
  options_.seed = 10;
  expect("seed", "seed is 10");
  data_.x[7] += 0x1p-40;
  expect("training", "training is 100 rows, checksum ");
  EXPECT_NE(refusal<ValueError>([&] {
              run<float>(again);
            }).find("precision is f32, but the checkpoint " + path() + " was written with f64"),
            std::string::npos);
  options_.threads = 3;  // changes no bit
  data_ = standardised(read_data("iris.csv"));
  EXPECT_NO_THROW(run(again));
}

TEST_F(Resume, RefusesOtherNumbersToBeginWith) {
  TrainHooks first, again;
  first.checkpoint = again.resume = path();
  const Network<double> start = run().network;
  Network<double> other = start;
  other.parameters[0] += 1;
  const auto resumed_with = [&](const Network<double>* network) {
    return refusal<ValueError>([&] { train(training(), 3, options_, {}, again, network); });
  };
  train(training(), 3, options_, {}, first);
  EXPECT_NE(resumed_with(&start).find("start is checksum "), std::string::npos);
  EXPECT_EQ(resumed_with(nullptr), "not refused");
  train(training(), 3, options_, {}, first, &start);
  EXPECT_NE(resumed_with(nullptr).find("start is none, but the checkpoint"), std::string::npos);
  EXPECT_NE(resumed_with(&other).find("start is checksum "), std::string::npos);
  EXPECT_EQ(resumed_with(&start), "not refused");
}

TEST_F(Resume, RefusesWhatIsNoCheckpointOrDamaged) {
  TrainHooks hooks;
  hooks.checkpoint = path();
  run(hooks);
  TrainHooks again;
  again.resume = path();
  std::string bytes;
  {
    std::ifstream in(path(), std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  const auto write = [&](const std::string& content) {
    std::ofstream(path(), std::ios::binary) << content;
  };
  write(bytes.substr(0, bytes.size() - 1));
  EXPECT_NE(refusal<DataError>([&] { run(again); }).find("truncated"), std::string::npos);
  std::string altered = bytes;
  altered[bytes.size() - 9] ^= 1;
  write(altered);
  EXPECT_NE(refusal<DataError>([&] { run(again); }).find("checksum"), std::string::npos);
  write("");
  EXPECT_NE(refusal<DataError>([&] { run(again); }), "not refused");
  again.resume = path() + ".absent";
  EXPECT_NE(refusal<IoError>([&] { run(again); }), "not refused");
}

// Whole by its checksum, and yet written by no training.
TEST_F(Resume, RefusesStatesThatNoTrainingHas) {
  TrainHooks hooks;
  hooks.checkpoint = path();
  std::atomic<bool> stop = false;
  hooks.stop = &stop;
  hooks.on_epoch = [&](const EpochRecord& r) { stop = r.epoch == 2; };
  run(hooks);
  const TensorFile good = read_tensors(path());
  TrainHooks again;
  again.resume = path();
  const auto refusal_with = [&](const std::string& name, const auto& change) {
    TensorFile bad = good;
    for (Tensor& tensor : bad.tensors)
      if (tensor.name == name) change(tensor);
    write_tensors(bad, path());
    return refusal<DataError>([&] { run(again); });
  };
  const auto with_counter = [&](std::size_t index, std::int64_t value) {
    return refusal_with("counters", [&](Tensor& tensor) {
      std::memcpy(tensor.bytes.data() + 8 * index, &value, 8);
    });
  };
  EXPECT_EQ(with_counter(0, -5), "the checkpoint holds epoch = -5, outside [0, 4]");
  for (const auto& [index, value] : std::vector<std::pair<std::size_t, std::int64_t>>{
           {0, 5}, {0, std::int64_t{1} << 62}, {1, -1}, {1, 7}, {2, -1}, {3, 3}, {5, 99}})
    EXPECT_NE(with_counter(index, value), "not refused") << index << " " << value;
  const auto cut = [](Tensor& tensor) {
    tensor.shape[0] -= 1;
    tensor.bytes.resize(tensor.bytes.size() - 8);
  };
  for (const char* name : {"parameters", "kept", "velocity", "squares", "history", "values"})
    EXPECT_NE(refusal_with(name, cut), "not refused") << name;
  EXPECT_NE(refusal_with("squares",
                         [](Tensor& tensor) {
                           tensor.shape[0] = 0;
                           tensor.bytes.clear();
                         }),
            "not refused");
  const auto with_record = [&](std::size_t index, double value) {
    return refusal_with("history", [&](Tensor& tensor) {
      std::memcpy(tensor.bytes.data() + 8 * index, &value, 8);
    });
  };
  EXPECT_NE(with_record(0, 1e300), "not refused");
  EXPECT_NE(with_record(5, std::numeric_limits<double>::quiet_NaN()), "not refused");
  write_tensors(good, path());
  EXPECT_EQ(run(again).status, TrainStatus::finished);
}

TEST_F(Resume, FindsAPlaceThatCannotBeWrittenBeforeTheFirstStep) {
  TrainHooks hooks;
  hooks.checkpoint = (folder_.path() / "absent" / "run.ckpt").string();
  std::atomic<std::int64_t> rows = 0;
  hooks.rows_done = &rows;
  EXPECT_NE(refusal<IoError>([&] { run(hooks); }), "not refused");
  EXPECT_EQ(rows, 0);
}

TEST_F(Resume, LeavesTheOlderCheckpointWholeWhenANewOneCannotBeWritten) {
  TrainHooks hooks;
  hooks.checkpoint = "/dev/full";
  EXPECT_NE(refusal<IoError>([&] { run(hooks); }), "not refused");
  const std::string folder = (folder_.path() / "gone").string();
  std::filesystem::create_directory(folder);
  hooks.checkpoint = folder + "/run.ckpt";
  hooks.checkpoint_epochs = 1;
  hooks.on_checkpoint = [&](const std::string&) { std::filesystem::remove_all(folder); };
  EXPECT_NE(refusal<IoError>([&] { run(hooks); }), "not refused");
}

TEST_F(Resume, GoesOnAfterACheckpointThatCannotBeWrittenWhereThatIsToldToAHook) {
  const TrainResult<double> whole = run();
  const std::filesystem::path folder = folder_.path() / "comes and goes";
  std::filesystem::create_directory(folder);
  TrainHooks hooks;
  hooks.checkpoint = (folder / "run.ckpt").string();
  hooks.checkpoint_epochs = 1;
  std::string told;
  hooks.on_epoch = [&](const EpochRecord& r) {
    if (r.epoch == 2) std::filesystem::remove_all(folder);
    if (r.epoch == 4) std::filesystem::create_directory(folder);
  };
  hooks.on_checkpoint = [&](const std::string&) { told += '+'; };
  hooks.on_checkpoint_failed = [&](const IoError& e) {
    told += '-';
    EXPECT_EQ(e.code(), std::errc::no_such_file_or_directory);
  };
  expect_same(run(hooks), whole);
  EXPECT_EQ(told, "+--++");  // after each of 4 epochs, and the end
  TrainHooks again;
  again.resume = hooks.checkpoint;
  expect_same(run(again), whole);
}

}  // namespace
}  // namespace crossent
