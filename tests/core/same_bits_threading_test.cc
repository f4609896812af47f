// The same bits for every number of threads, any order and split of the rows, and AVX2 and AVX-512,
// for each public operation (N4-N6 of docs/design.md).
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "crossent/crossent.h"

namespace crossent {
namespace {

using Bits = std::vector<std::uint64_t>;
constexpr std::size_t kClasses = 37;

// Rows of logits, what they are as probabilities, and two kinds of truth.
struct Rows {
  std::vector<double> x, p, log_p, t;
  std::vector<std::int64_t> y;

  std::size_t size() const { return y.size(); }
  Rows take(const std::vector<std::size_t>& order) const {
    Rows out;
    for (std::size_t r : order) {
      for (auto member : {&Rows::x, &Rows::p, &Rows::log_p, &Rows::t}) {
        const auto from = (this->*member).begin() + static_cast<std::ptrdiff_t>(r * kClasses);
        (out.*member).insert((out.*member).end(), from, from + kClasses);
      }
      out.y.push_back(y[r]);
    }
    return out;
  }
};

Rows random_rows(std::size_t n) {
  std::mt19937_64 rng(11);
  std::normal_distribution<double> normal(0, 5);
  Rows rows;
  rows.x.resize(n * kClasses);
  rows.p = rows.log_p = rows.t = rows.x;
  for (double& v : rows.x) v = normal(rng);
  for (double& v : rows.t) v = normal(rng);
  const auto soft = matrix<const double>(rows.t.data(), n, kClasses);
  softmax<double>(soft, matrix(rows.t.data(), n, kClasses));
  const auto x = matrix<const double>(rows.x.data(), n, kClasses);
  softmax<double>(x, matrix(rows.p.data(), n, kClasses));
  log_softmax<double>(x, matrix(rows.log_p.data(), n, kClasses));
  for (std::size_t r = 0; r < n; ++r) rows.y.push_back(static_cast<std::int64_t>(rng() % kClasses));
  return rows;
}

// Numbers of a result, so many a row.
struct Answer {
  std::vector<double> numbers;
  std::size_t per_row;
};

template <class T>
std::vector<T> narrow(const std::vector<double>& from) {
  return {from.begin(), from.end()};
}

template <class T>
Answer cross_entropy_of(const std::vector<double>& values, const Rows& rows, Kind kind, bool soft,
                        int threads) {
  const std::size_t n = rows.size();
  const auto x = narrow<T>(values), t = narrow<T>(rows.t);
  std::vector<double> loss(n);
  std::vector<T> gradient(n * kClasses);
  const Options options{.kind = kind, .reduction = Reduction::none, .threads = threads};
  Outputs<T> out;
  out.loss = loss;
  out.gradient = matrix(gradient.data(), n, kClasses);
  const auto view = matrix<const T>(x.data(), n, kClasses);
  if (soft)
    cross_entropy<T>(view, matrix<const T>(t.data(), n, kClasses), options, out);
  else
    cross_entropy<T>(view, Labels(rows.y), options, out);
  Answer answer{{}, 1 + kClasses};
  for (std::size_t r = 0; r < n; ++r) {
    answer.numbers.push_back(loss[r]);
    for (std::size_t j = 0; j < kClasses; ++j)
      answer.numbers.push_back(double{gradient[r * kClasses + j]});
  }
  return answer;
}

using Operation = std::function<Answer(const Rows&, int threads)>;

std::vector<std::pair<std::string, Operation>> operations() {
  const auto matrix_of = [](const std::vector<double>& v) {
    return matrix<const double>(v.data(), v.size() / kClasses, kClasses);
  };
  const auto with_losses = [](auto call) {  // relatives: a loss a row
    return [call](const Rows& rows, int) {
      Answer a{std::vector<double>(rows.size()), 1};
      call(rows, RelativeOutputs{.loss = a.numbers});
      return a;
    };
  };
  const auto by_row = [](auto number) {  // functions of one distribution or of two
    return [number](const Rows& rows, int) {
      Answer a{{}, 1};
      for (std::size_t r = 0; r < rows.size(); ++r)
        a.numbers.push_back(number(std::span(rows.p).subspan(r * kClasses, kClasses),
                                   std::span(rows.t).subspan(r * kClasses, kClasses)));
      return a;
    };
  };
  const auto softmax_like = [matrix_of](auto call) {
    return [=](const Rows& rows, int threads) {
      Answer a{std::vector<double>(rows.x.size()), kClasses};
      call(matrix_of(rows.x), matrix(a.numbers.data(), rows.size(), kClasses),
           SoftmaxOptions{.threads = threads});
      return a;
    };
  };
  const auto elements = [matrix_of](auto call, auto options, auto outputs) {  // binary, squared
    return [=](const Rows& rows, int threads) {
      Answer a{std::vector<double>(rows.x.size()), kClasses};
      auto o = options;
      auto out = outputs;
      o.reduction = Reduction::none;
      o.threads = threads;
      out.gradient = matrix(a.numbers.data(), rows.size(), kClasses);
      call(matrix_of(rows.x), matrix_of(rows.t), o, out);
      return a;
    };
  };
  return {
      {"cross_entropy f64",
       [](const Rows& r, int n) {
         return cross_entropy_of<double>(r.x, r, Kind::logits, false, n);
       }},
      {"cross_entropy f32",
       [](const Rows& r, int n) {
         return cross_entropy_of<float>(r.x, r, Kind::logits, false, n);
       }},
      {"cross_entropy soft",
       [](const Rows& r, int n) { return cross_entropy_of<float>(r.x, r, Kind::logits, true, n); }},
      {"cross_entropy probabilities",
       [](const Rows& r, int n) {
         return cross_entropy_of<double>(r.p, r, Kind::probabilities, true, n);
       }},
      {"cross_entropy log_probabilities",
       [](const Rows& r, int n) {
         return cross_entropy_of<double>(r.log_p, r, Kind::log_probabilities, false, n);
       }},
      {"softmax", softmax_like([](auto... a) { softmax<double>(a...); })},
      {"log_softmax", softmax_like([](auto... a) { log_softmax<double>(a...); })},
      {"log_sum_exp",
       [matrix_of](const Rows& rows, int threads) {
         Answer a{std::vector<double>(rows.size()), 1};
         log_sum_exp<double>(matrix_of(rows.x), a.numbers, {.threads = threads});
         return a;
       }},
      {"binary_cross_entropy", elements([](auto... a) { binary_cross_entropy<double>(a...); },
                                        BinaryOptions{}, BinaryOutputs<double>{})},
      {"squared_error", elements([](auto... a) { squared_error<double>(a...); }, SquaredOptions{},
                                 SquaredOutputs<double>{})},
      {"entropy", by_row([](auto p, auto) { return entropy(p, {.base = 2}); })},
      {"kl_divergence", by_row([](auto p, auto q) { return kl_divergence(p, q); })},
      {"jensen_shannon", by_row([](auto p, auto q) { return jensen_shannon(p, q); })},
      {"cross_entropy of distributions",
       by_row([](auto p, auto q) { return cross_entropy(p, q); })},
      {"perplexity", by_row([](auto p, auto) { return perplexity(p); })},
      {"joint_likelihood", by_row([](auto p, auto) { return joint_likelihood(p).nll; })},
      {"densities", by_row([](auto p, auto q) {
         return cross_entropy(Density::normal(p[0], 1 + p[1]), Density::normal(q[0], 1 + q[1]));
       })},
      {"focal_softmax", with_losses([matrix_of](const Rows& r, RelativeOutputs o) {
         focal_softmax(matrix_of(r.x), r.y, {.gamma = 1.5}, Reduction::mean, o);
       })},
      {"poly1", with_losses([matrix_of](const Rows& r, RelativeOutputs o) {
         poly1(matrix_of(r.x), r.y, 2, Reduction::mean, o);
       })},
      {"generalized_cross_entropy", with_losses([matrix_of](const Rows& r, RelativeOutputs o) {
         generalized_cross_entropy(matrix_of(r.p), r.y, .7, Reduction::mean, o);
       })},
      {"multilabel_soft_margin", with_losses([matrix_of](const Rows& r, RelativeOutputs o) {
         multilabel_soft_margin(matrix_of(r.x), matrix_of(r.t), Reduction::mean, o);
       })},
  };
}

// Row by row, so that rows can be compared wherever they stand.
std::vector<Bits> rows_of(const Answer& a) {
  std::vector<Bits> rows(a.numbers.size() / a.per_row);
  for (std::size_t i = 0; i < a.numbers.size(); ++i)
    rows[i / a.per_row].push_back(std::bit_cast<std::uint64_t>(a.numbers[i]));
  return rows;
}

std::vector<std::size_t> range(std::size_t begin, std::size_t end) {
  std::vector<std::size_t> r(end - begin);
  std::iota(r.begin(), r.end(), begin);
  return r;
}

TEST(SameBits, OfEveryOperationForThreadsOrderSplitsAndTargets) {
  const Rows rows = random_rows(1000);  // enough for several threads to be worth it
  std::vector<std::size_t> order = range(0, rows.size());
  std::shuffle(order.begin(), order.end(), std::mt19937(3));
  const Rows permuted = rows.take(order), head = rows.take(range(0, 333)),
             tail = rows.take(range(333, rows.size()));
  for (const auto& [name, run] : operations()) {
    const std::vector<Bits> expected = rows_of(run(rows, 1));
    ASSERT_EQ(expected.size(), rows.size()) << name;
    for (int threads : {2, 3, 7, 64})
      EXPECT_TRUE(rows_of(run(rows, threads)) == expected) << name << ", " << threads << " threads";
    const std::vector<Bits> shuffled = rows_of(run(permuted, 2));
    for (std::size_t r = 0; r < order.size(); ++r)
      ASSERT_EQ(shuffled[r], expected[order[r]]) << name << " row " << order[r];
    std::vector<Bits> joined = rows_of(run(head, 2));
    const std::vector<Bits> rest = rows_of(run(tail, 2));
    joined.insert(joined.end(), rest.begin(), rest.end());
    EXPECT_TRUE(joined == expected) << name << ", split";
    for (const std::string& target : simd_targets()) {
      if (!target.starts_with("AVX")) continue;
      set_simd_target(target);
      EXPECT_TRUE(rows_of(run(rows, 2)) == expected) << name << ", " << target;
    }
    set_simd_target("");
  }
}

Bits scores_of(const Rows& rows, int threads = 0) {
  const auto p = matrix<const double>(rows.p.data(), rows.size(), kClasses);
  ScoreOptions o;
  o.threads = threads;
  return {std::bit_cast<std::uint64_t>(log_loss(p, rows.y, o)),
          std::bit_cast<std::uint64_t>(brier_multiclass(p, rows.y, o)),
          std::bit_cast<std::uint64_t>(d2_log_loss(p, rows.y, o))};
}

Bits summary_of(const Statistics& s) {
  const Summary m = s.summary();
  Bits bits;
  for (double v : {m.loss_nats, m.se_nats, m.accuracy, m.brier, m.ece, m.baseline_prior_nats,
                   m.skill, m.worst_percent_share})
    bits.push_back(std::bit_cast<std::uint64_t>(v));
  for (const ClassSummary& c : m.per_class)
    bits.push_back(std::bit_cast<std::uint64_t>(c.loss_nats));
  return bits;
}

Statistics gathered(const Rows& rows, Kind kind) {
  Statistics s({.classes = kClasses});
  s.add(
      matrix<const double>((kind == Kind::logits ? rows.x : rows.p).data(), rows.size(), kClasses),
      kind, rows.y);
  return s;
}

TEST(SameBits, OfStatisticsForOrderSplitsAndTargets) {
  const Rows rows = random_rows(500);
  std::vector<std::size_t> order = range(0, rows.size());
  std::shuffle(order.begin(), order.end(), std::mt19937(4));
  for (Kind kind : {Kind::logits, Kind::probabilities}) {
    const Bits expected = summary_of(gathered(rows, kind));
    EXPECT_EQ(summary_of(gathered(rows.take(order), kind)), expected);
    Statistics joined = gathered(rows.take(range(120, 500)), kind);
    joined.merge(gathered(rows.take(range(0, 120)), kind));
    EXPECT_EQ(summary_of(joined), expected);
    for (const std::string& target : simd_targets()) {
      if (!target.starts_with("AVX")) continue;
      set_simd_target(target);
      EXPECT_EQ(summary_of(gathered(rows, kind)), expected) << target;
      EXPECT_EQ(scores_of(rows), (set_simd_target(""), scores_of(rows, 1))) << target;
    }
    set_simd_target("");
  }
}

}  // namespace
}  // namespace crossent
