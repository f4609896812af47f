#pragma once
#include <mpfr.h>

#include <utility>

// The full reference: 256 bits (77 digits) of MPFR, exponents without bounds that matter.
namespace crossent::precise {

template <int kBits>
class BigFloat {
 public:
  BigFloat() : BigFloat(0.0) {}
  BigFloat(double x) {  // NOLINT: every double is one
    init();
    mpfr_set_d(v_, x, MPFR_RNDN);
  }
  BigFloat(const BigFloat& o) {
    init();
    mpfr_set(v_, o.v_, MPFR_RNDN);
  }
  BigFloat& operator=(const BigFloat& o) {
    mpfr_set(v_, o.v_, MPFR_RNDN);
    return *this;
  }
  ~BigFloat() = default;  // the limbs are a member
  mpfr_ptr get() { return v_; }
  mpfr_srcptr get() const { return v_; }

 private:
  void init() { mpfr_custom_init_set(v_, MPFR_ZERO_KIND, 0, kBits, limbs_); }
  mpfr_t v_;
  mp_limb_t limbs_[kBits / GMP_NUMB_BITS];
};
using Big = BigFloat<256>;

#define CROSSENT_PRECISE_BINARY(op, function)                           \
  template <int B>                                                      \
  BigFloat<B> operator op(const BigFloat<B>& a, const BigFloat<B>& b) { \
    BigFloat<B> r;                                                      \
    function(r.get(), a.get(), b.get(), MPFR_RNDN);                     \
    return r;                                                           \
  }
CROSSENT_PRECISE_BINARY(+, mpfr_add)
CROSSENT_PRECISE_BINARY(-, mpfr_sub)
CROSSENT_PRECISE_BINARY(*, mpfr_mul)
CROSSENT_PRECISE_BINARY(/, mpfr_div)
#undef CROSSENT_PRECISE_BINARY
#define CROSSENT_PRECISE_UNARY(name, function) \
  template <int B>                             \
  BigFloat<B> name(const BigFloat<B>& a) {     \
    BigFloat<B> r;                             \
    function(r.get(), a.get(), MPFR_RNDN);     \
    return r;                                  \
  }
CROSSENT_PRECISE_UNARY(operator-, mpfr_neg)
CROSSENT_PRECISE_UNARY(abs_of, mpfr_abs)
CROSSENT_PRECISE_UNARY(exp_of, mpfr_exp)
CROSSENT_PRECISE_UNARY(expm1_of, mpfr_expm1)
CROSSENT_PRECISE_UNARY(log_of, mpfr_log)
CROSSENT_PRECISE_UNARY(log1p_of, mpfr_log1p)
CROSSENT_PRECISE_UNARY(tanh_of, mpfr_tanh)
#undef CROSSENT_PRECISE_UNARY

template <int B>
BigFloat<B>& operator+=(BigFloat<B>& a, const BigFloat<B>& b) {
  mpfr_add(a.get(), a.get(), b.get(), MPFR_RNDN);
  return a;
}
template <int B>
bool operator<(const BigFloat<B>& a, const BigFloat<B>& b) {
  return mpfr_less_p(a.get(), b.get()) != 0;
}
template <int B>
bool operator>(const BigFloat<B>& a, const BigFloat<B>& b) {
  return b < a;
}
template <int B>
bool operator==(const BigFloat<B>& a, const BigFloat<B>& b) {
  return mpfr_equal_p(a.get(), b.get()) != 0;
}
template <int B>
double to_double(const BigFloat<B>& a) {
  return mpfr_get_d(a.get(), MPFR_RNDN);
}

}  // namespace crossent::precise
