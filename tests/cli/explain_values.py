#!/usr/bin/env python3
"""Every value that the introductions to cross-entropy ask for, out of the program, to the digits shown.

`explain_values.py PROGRAM`. The ids C1..C34 are those of docs/design.md's list. A value is compared as
decimal text: 0.356674943938732 asks for these 15 digits of the exact double that JSON carries (4 ulp
of doubt is granted), and `shown` asks for the text in what a person reads.
"""
import decimal
import json
import math
import subprocess
import sys

PROGRAM = sys.argv[1]
failures = []
checks = 0


def run(*args, code=0):
    done = subprocess.run([PROGRAM, *args], capture_output=True, text=True, timeout=60)
    if done.returncode != code:
        failures.append(f"{' '.join(args)}: exit {done.returncode}, not {code}: {done.stderr}")
    return done


def get(value, path):
    for key in path.split("."):
        value = value[int(key)] if key.isdigit() else value[key]
    return value


def same(value, text):
    """Half a unit of the last digit of `text`, and the 4 ulp that the library promises."""
    unit = decimal.Decimal(1).scaleb(decimal.Decimal(text).as_tuple().exponent)
    slack = unit / 2 + 4 * decimal.Decimal(math.ulp(value))
    return abs(decimal.Decimal(value) - decimal.Decimal(text)) <= slack


def check(name, args, **expected):
    """expected: JSON path (with __ for .) -> decimal text, or text, bool, int, None as they are."""
    global checks
    done = run(*args, "--json")
    if done.returncode != 0:
        return
    answer = json.loads(done.stdout)
    for path, want in expected.items():
        checks += 1
        path = path.replace("__", ".")
        try:
            got = get(answer, path)
        except (KeyError, IndexError):
            failures.append(f"{name}: no {path} in {done.stdout}")
            continue
        if isinstance(want, str) and isinstance(got, (int, float)) and not isinstance(got, bool):
            if not same(float(got), want):
                failures.append(f"{name}: {path} = {got!r}, not {want}")
        elif got != want:
            failures.append(f"{name}: {path} = {got!r}, not {want!r}")


def shown(name, args, *texts, code=0, stream="stdout"):
    """Each text stands in what a person reads."""
    global checks
    done = run(*args, code=code)
    for text in texts:
        checks += 1
        if text not in getattr(done, stream):
            failures.append(f"{name}: '{text}' is not in\n{done.stdout}{done.stderr}")


def loss(*args):
    return ("loss", *args)


C1 = loss("--probs", ".20,.70,.10", "--target", "0,1,0")
C2 = loss("--probs", "[.1 .5 .1 .1 .2]", "--target", "[1 0 0 0 0]")
C5 = ("--logits", "3.2,1.3,0.2,0.8", "--label", "0")
C11 = loss("--probs", ".1 .5 .1 .1 .2; .1 .6 .1 .1 .1", "--label", "0,0")
C16 = ("--probs", ".7,.2,.1;.1,.8,.1;.2,.2,.6")

check("C1", C1, rows__0__loss="0.356674943938732", rows__0__loss_bits="0.514573172829758",
      rows__0__p_true="0.7", rows__0__predicted=1, rows__0__correct=True, count=1)
shown("C1", (*C1, "--digits", "15"), "0.356674943938732 nats", "0.514573172829758 bits")
check("C2", (*C2, "--base", "10"), mean="2.302585092994046", mean_bits="3.321928094887362",
      in_base="1.00000000000000", uniform="1.6094379124341", skill_uniform="-0.430676558073393")
shown("C2", (*C2, "--base", "10"), "1.000000 dits = 2.302585 nats = 3.321928 bits")
check("C3", C1, rows__0__squared_error="0.14", rows__0__squared_error_mean="0.0466666666666667")
shown("C3", C1, "0.140000 (sum over outputs), 0.046667 (mean over outputs)")
check("C4", loss("--binary", "--probs", ".775", "--label", "1", "--base", "2"),
      in_base="0.367731784500487", mean="0.254892249628790")
check("C4", loss("--probs", ".775,.116,.039,.070", "--label", "0", "--base", "2"),
      in_base="0.367731784500487", mean="0.254892249628790")
for name, values in (("C5", ("--logits", "3.2,1.3,0.2,0.8")),
                     ("C5 + 1000", ("--logits", "1003.2,1001.3,1000.2,1000.8"))):
    if name == "C5":
        check(name, loss(*values, "--label", "0"), rows__0__probabilities__0=".775149548298605",
              rows__0__probabilities__1=".115938047630072",
              rows__0__probabilities__2=".0385924235564615",
              rows__0__probabilities__3=".0703199805148620")
    else:  # 1003.2 - 1001.3 is not 1.9 in binary: 13 digits are the same
        check(name, loss(*values, "--label", "0"), rows__0__probabilities__0=".775149548299",
              rows__0__probabilities__1=".115938047630", rows__0__probabilities__2=".0385924235565",
              rows__0__probabilities__3=".0703199805149")
shown("C5", loss(*C5, "--digits", "15"), "0.775149548298605, 0.115938047630072, "
      "0.0385924235564615, 0.0703199805148620")
check("C6", loss(*C5), mean="0.254699302697659", mean_bits="0.367453420919790")
check("C7", ("entropy", "--counts", "26,4"), entropy_bits="0.566509506552905")
check("C7", ("entropy", "--counts", "14", "16"), entropy_bits="0.996791631981637")
check("C7", ("entropy", "--counts", "0,20"), entropy=0.0, entropy_bits=0.0)
check("C8", ("entropy", "--density", "normal(0,1)"), entropy="1.41893853320467")
check("C8", ("entropy", "--density", "uniform(0,0.5)"), entropy_bits="-1.00000000000000")
check("C8", ("entropy", "--density", "exponential(1)"), entropy="1.00000000000000")
check("C8", ("entropy", "--density", "normal(0,1)", "--q", "normal(1,2)"),
      cross_entropy="1.86208571376462")
check("C9", ("entropy", "--probs", ".15,.35,.25,.25", "--q", ".20,.40,.30,.10"),
      cross_entropy="1.43875691735106", entropy="1.34515292186736", kl="0.0936039954837001")
SOFT = loss("--probs", ".1,.5,.1,.1,.2", "--target", ".9,.025,.025,.025,.025")
check("C10", SOFT, mean="2.24502046566919", rows__0__target_entropy="0.463712409503437")
check("C10", loss("--probs", ".1,.5,.1,.1,.2", "--label", "0", "--smoothing", "0.1"),
      mean="2.25653339113416")
check("C11", C11, rows__0__loss="2.302585092994046", rows__1__loss="2.302585092994046",
      rows__0__squared_error="1.12", rows__1__squared_error="1.20", rows__0__gradient__1="0.5",
      rows__1__gradient__1="0.6", rows__0__gradient__4="0.2", rows__1__gradient__4="0.1")
check("C12", loss("--binary", "--probs", ".775", "--label", "1"), mean="0.254892249628790")
check("C12", loss("--binary", "--probs", ".5", "--label", "0"), mean="0.693147180559945")
C13 = loss("--binary", "--probs", ".4,.6,.1,.5", "--label", "1,0,1,1")
check("C13", C13, sum="4.82831373730230", mean="1.20707843432558", count=4)
check("C14", C11, sum="4.605170185988091", mean="2.302585092994046")
check("C15", loss("--probs", "[[.05,.95,0],[.1,.8,.1]]", "--label", "1,2"), mean="1.17693919369080")
check("C15", loss("--probs", ".05,.95,0;.1,.8,.1", "--target", "0,1,0;0,0,1"),
      mean="1.17693919369080")
check("C16", loss(*C16, "--label", "1,2,3", "--labels-from", "1"), mean=".363548039672978")
check("C16", loss(*C16, "--label", "1,2,1", "--labels-from", "1"), mean=".729752135895681")
check("C16", loss(*C16, "--label", "1,2,1"), mean="1.84048697262075")
shown("C16", loss(*C16, "--label", "1,2,3"), "label 3 is outside 0..2", "--labels-from 1", code=3,
      stream="stderr")
shown("C16", loss(*C16, "--label", "1,2,1"), "note: no label is 0", "0.729752", "--labels-from 1",
      stream="stderr")
check("C17", ("joint", "duck=0.70", "dog=0.80", "cat=0.97"), probability="0.5432",
      nll=".610277702737651", mean=".203425900912550", typical_probability=".815930661800186",
      events__1__name="dog", events__2__p="0.97")
check("C17 slip", ("joint", "0.7", "0.8", "0.9"), probability="0.504", nll=".685179010910768")
check("C18", ("joint", *["0.5"] * 1100), nll="762.461898615940", probability=0.0)
shown("C18", ("joint", *["0.5"] * 1100), "10^-331.13")
check("C19", loss("--probs", "1,0", "--label", "0"), mean=0.0, sum=0.0)
check("C19", loss("--probs", "1,0", "--label", "1"), mean=None, mean_state="inf",
      rows__0__loss=None, rows__0__loss_state="inf")
shown("C19", loss("--probs", "1,0", "--label", "1"), "probability 0: the loss is infinite")
shown("C21", loss("--probs=-.1,1.1", "--label", "0"), "-.1 is negative", code=3, stream="stderr")
shown("C21", loss("--probs", "1.1,-.1", "--label", "0"), "1.1 is above 1", code=3, stream="stderr")
shown("C21", loss("--probs", ".775 .126 .039 .070", "--label", "0"), "sum to 1.01, not 1", code=3,
      stream="stderr")
check("C21", loss("--probs", ".2,.7,.1", "--label", "1"), count=1)
for name in ("tanh", "relu", "identity"):
    shown("C22", loss("--probs", ".5,.2,.3", "--label", "0", "--activation", name),
          f"{name} outputs", "they are no probabilities", "treat them as logits: --logits", code=2,
          stream="stderr")
    check("C22", loss("--logits", ".5,.2,.3", "--label", "0", "--activation", name), count=1)
check("C22", loss("--probs", ".5,.2,.3", "--label", "0", "--activation", "softmax"), count=1)
check("C22", loss("--binary", "--probs", ".5", "--label", "0", "--activation", "sigmoid"), count=1)
check("C23", ("curve", "--at", ".01,.5"), points__0__if_yes="4.60517018598809",
      points__0__if_no=".0100503358535014", points__1__if_yes=".693147180559945",
      points__1__if_no=".693147180559945")
TRUTHS = ("--target", "0,0,1;0,1,0;1,0,0")
check("C24", loss("--probs", ".3,.3,.4;.3,.4,.3;.1,.2,.7", *TRUTHS), mean="1.37838885224745",
      accuracy="0.666666666666667")
check("C24", loss("--probs", ".1,.2,.7;.1,.7,.2;.3,.4,.3", *TRUTHS), mean=".639107564067800",
      accuracy="0.666666666666667")
check("C27", C1, rows__0__gradient__0="0.2", rows__0__gradient__1="-0.3", rows__0__gradient__2="0.1",
      rows__0__squared_error_gradient__0="0.144", rows__0__squared_error_gradient__1="-0.196",
      rows__0__squared_error_gradient__2="0.052")
shown("C27", (*C1, "--steps"), "CE (+0.200, -0.300, +0.100)   squared error (+0.144, -0.196, +0.052)")
check("C28", loss("--binary", "--probs", ".775", "--label", "1"), mean_bits=".367731784500487")
check("C28", loss("--binary", "--probs", ".936", "--label", "1"), mean_bits=".0954195650786825")
check("C29", ("entropy", "--counts", "50,50,50"), entropy="1.098612288668")
check("C29", ("explain", "--ce", "0.5", "--counts", "50,50,50"), baseline="1.098612288668")
DIGITS = "178,182,177,183,181,182,181,179,174,180"
check("C29", ("entropy", "--counts", DIGITS), entropy="2.302479220968")
shown("C29", loss("--binary", "--probs", ".4,.6,.1,.5", "--label", "1,0,1,1"), "likelihood      0.008000")
check("C30", loss("--binary", "--logits=-2", "--label", "1"), rows__0__curvature="0.104993585403507",
      rows__0__squared_error_curvature="-0.0594070843")
C31 = ("explain", "--ce", "1.85", "--accuracy", "0.34", "--classes", "10", "--n", "5000")
check("C31", C31, bits="2.668986", typical_probability="0.157237", perplexity="6.36",
      skill_uniform="0.1966", accuracy_interval__0="0.3270", accuracy_interval__1="0.3532",
      calibrated_accuracy_range__0="0.1577", calibrated_accuracy_range__1="0.4728")
shown("C31", C31, "p(truth) between 0.0606 and 0.1985", "0.34 is consistent")
shown("C32", C11, "The cost of the 2 rows", "loss (nats)", "sum of losses   4.605170",
      "mean (cost)     2.302585")
for verb in ("log-loss", "log loss", "logistic-loss", "negative-log-likelihood", "cross-entropy", "nll"):
    check("C34", (verb, *C1[1:]), verb="loss", mean="0.356674943938732")
for option in ("--log-loss", "--nll", "--negative-log-likelihood", "--loss", "--logistic-loss"):
    check("C34", ("explain", option, "1.85", "--classes", "10"), bits="2.668986")
check("the other form of C2", loss("--binary", "--probs", ".1,.5,.1,.1,.2", "--target", "1,0,0,0,0"),
      sum="3.42959685618385", mean=".685919371236771")

for failure in failures:
    print("FAIL", failure)
print(f"{checks - len(failures)} of {checks} values as expected")
sys.exit(1 if failures or checks == 0 else 0)
