#!/usr/bin/env python3
"""Writes tests/cases/more_cases.jsonl: inputs listed here, expected values from the definitions in
scripts/cases, in 70-digit arithmetic (mpmath) on the exact binary64 inputs. Format:
tests/cases/README.md.

    scripts/make_cases.py [OUTPUT]      default: the file in the tree
"""

import json
import pathlib
import sys

from cases.arrays import plain
from cases.operations import OPS

CASES = []
F32, F64 = 1e-6, 4e-15


def put(op, inputs, params, expected, note, tol):
    CASES.append({"id": f"M{len(CASES) + 1:03}", "op": op, "inputs": inputs, "params": params,
                  "expected": expected, "note": note, "tol": tol})


def case(op, inputs, note="", tol=F64, **params):
    put(op, inputs, params, plain(OPS[op](op, inputs, params)), note, tol)


def refuse(op, category, inputs, note="", **params):
    put(op, inputs, params, {"error": category}, note, F64)


def invariant(what, inputs, note="", **params):
    put("invariance", inputs, params, {"invariant": what}, note, F64)


X = [[1.0, 2.0, 3.0], [0.5, -1.5, 0.25], [0.0, 0.0, 0.0], [-4.0, 7.0, 2.0]]
Y = [0, 2, 1, 1]
T = [[0.25, 0.25, 0.5], [1.0, 0.0, 0.0], [0.125, 0.5, 0.375], [0.0, 0.75, 0.25]]
CW, SW = [1.0, 2.0, 4.0], [1.0, 0.5, 3.0, 0.0]
CUBE = [[[1.0, -2.0], [0.5, 3.0], [2.0, 0.0]], [[-1.0, 4.0], [0.25, 0.0], [1.5, -3.0]]]
CUBE_Y = [[0, 1], [2, 0]]
LN2 = 0.6931471805599453


def softmax_list():
    for axis in (0, 1, 2, -2):
        case("logsumexp", {"x": CUBE}, f"axis {axis} of three", axis=axis)
        case("softmax", {"x": CUBE}, f"axis {axis} of three", axis=axis)
    case("log_softmax", {"x": CUBE}, "the class axis in the middle", axis=1)
    case("log_softmax", {"x": X}, "temperature", temperature=0.25)
    case("logsumexp", {"x": X}, "temperature", temperature=3.0)
    case("softmax", {"x": X}, "f16 in, f32 out", F32, dtype="float16", out_dtype="float32")
    case("softmax", {"x": X}, "bf16 in and out: one rounding", 2**-8, dtype="bfloat16")
    case("log_softmax", {"x": [[40.0, 0.0]]}, "f32 keeps the tiny one", F32, dtype="float32")
    case("softmax", {"x": [[5.0], [-3.0]]}, "a single class")
    put("logsumexp", {"x": [], "shape": [0]}, {}, "-inf", "log of an empty sum", F64)
    put("logsumexp", {"x": [0.0, 1.0, "nan"]}, {}, "nan", "NaN in the last place", F64)
    put("softmax", {"x": [["inf", 0.0]]}, {}, {"any_of": [[[1.0, 0.0]], {"error": "inf"}]},
        "the one-sided limit", F64)
    for bad in (0.0, -1.0, "nan"):
        refuse("softmax", "bad_temperature", {"x": X}, "temperature", temperature=bad)
    refuse("softmax", "nan", {"x": [[0.0, "nan"]]}, "NaN in a live row")


def categorical_list():
    for dtype in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"):
        case("softmax_ce", {"x": X, "y": Y}, "labels of every width", label_dtype=dtype)
    for how in ("none", "sum", "mean"):
        for kind in ("per_class", "per_row"):
            common = dict(reduction=how, class_weight=CW, sample_weight=SW, label_smoothing=0.125,
                          smoothing_weights=kind, mean_divisor="total_weight")
            case("softmax_ce", {"x": X, "y": Y}, "weights and smoothing", **common)
            case("softmax_ce_grad", {"x": X, "y": Y}, "weights and smoothing", 1e-14, **common)
    rows = dict(class_weight=CW, sample_weight=SW, label_smoothing=0.125, mean_divisor="rows")
    case("softmax_ce_soft", {"x": X, "t": T}, "soft, everything", **rows)
    case("softmax_ce_soft_grad", {"x": X, "t": T}, "soft, everything", 1e-14, **rows)
    case("softmax_ce_soft_target_grad", {"x": X, "t": T}, "soft, everything", 1e-14, **rows)
    case("softmax_ce_soft", {"x": X, "t": T}, "soft, total weight", class_weight=CW,
         mean_divisor="total_weight", sample_weight=SW)
    case("softmax_ce_soft", {"x": X, "t": T}, "per row", class_weight=CW, label_smoothing=0.25,
         smoothing_weights="per_row", reduction="none")
    case("softmax_ce_soft_grad", {"x": X, "t": T}, "row mask", 1e-14, row_mask=[1, 0, 1, 1])
    case("softmax_ce", {"x": [["nan", "inf", 0.0]] + X[1:], "y": [0] + Y[1:]},
         "a masked row is not read", row_mask=[0, 1, 1, 1])
    case("softmax_ce", {"x": X, "y": Y}, "ignored rows leave the total weight", ignore_index=1,
         sample_weight=SW, class_weight=CW, mean_divisor="total_weight")
    case("softmax_ce_grad", {"x": X, "y": Y}, "ignored rows get +0", ignore_index=1)
    case("softmax_ce", {"x": CUBE, "y": CUBE_Y}, "the class axis in the middle", axis=1)
    case("softmax_ce_grad", {"x": CUBE, "y": CUBE_Y}, "the class axis in the middle", 1e-14,
         axis=-2, reduction="sum")
    case("softmax_ce", {"x": CUBE, "y": [[0, 1], [1, 0], [0, 0]]}, "the class axis first", axis=0,
         reduction="none")
    case("softmax_ce_soft", {"x": CUBE, "t": [[[0.5, 1.0], [0.25, 0.0], [0.25, 0.0]],
                                              [[0.0, 0.125], [1.0, 0.375], [0.0, 0.5]]]},
         "soft, the class axis in the middle", axis=1, class_weight=CW)
    case("softmax_ce", {"x": X[0], "y": 1}, "no batch dimension, no reduction named")
    case("softmax_ce", {"x": X[:1], "y": 1}, "a number for the label of a lone row")
    case("softmax_ce_grad", {"x": X, "y": Y}, "temperature", 1e-14, temperature=0.5)
    case("softmax_ce", {"x": X, "y": Y}, "softcap, z-loss and temperature", softcap=5.0,
         z_loss=0.125, temperature=2.0, reduction="none")
    case("softmax_ce_grad", {"x": X, "y": Y}, "softcap, z-loss and temperature", 1e-14,
         softcap=5.0, z_loss=0.125, temperature=2.0)
    case("softmax_ce", {"x": [["-inf", 1.0, 2.0]], "y": [2]}, "softcap leaves a masked class out",
         softcap=3.0)
    case("softmax_ce", {"x": X, "y": [0, 2, 0, 2]}, "class mask under smoothing",
         class_mask=[1, 0, 1], label_smoothing=0.25)
    case("softmax_ce_grad", {"x": X, "y": [0, 2, 0, 2]}, "class mask under smoothing", 1e-14,
         class_mask=[1, 0, 1], label_smoothing=0.25, reduction="sum")
    for dtype, tol in (("float32", F32), ("float16", F32), ("bfloat16", F32)):
        case("softmax_ce", {"x": X, "y": Y}, "computed in f32 or wider", tol, dtype=dtype,
             class_weight=CW, label_smoothing=0.125)
        case("softmax_ce_grad", {"x": X, "y": Y}, "written as f32", 4e-6, dtype=dtype,
             out_dtype="float32", reduction="sum")
    case("softmax_ce_grad", {"x": [[6.0, 0.0]], "y": [0]}, "p near 1: one rounding", 2**-8,
         dtype="bfloat16")
    case("softmax_ce", {"x": [[0.0, -1e30]], "y": [1]}, "a gap of 1e30", F32, dtype="float32")
    case("softmax_ce", {"x": [[1e8, 1e8]], "y": [1]}, "ln 2, not 0", F32, dtype="float32")
    case("softmax_ce", {"x": [[2.0]], "y": [0]}, "a single class")
    case("nll", {"logp": [[-LN2, -LN2], ["-inf", 0.0]], "y": [0, 1]}, "unused -inf")
    case("nll", {"logp": [[-1.0, -0.5], [-2.0, -0.25]], "y": [0, 1]}, "weights", validate=False,
         class_weight=[1.0, 3.0], mean_divisor="total_weight", ignore_index=7)
    case("nll", {"logp": [[-1.0, -0.5], [-2.0, -0.25]], "t": [[0.5, 0.5], [0.25, 0.75]]}, "soft",
         validate=False, reduction="none")
    case("ce_probs", {"p": [[0.25, 0.5, 0.25], [1.0, 0.0, 0.0]], "y": [1, 0]}, "unused zero")
    case("ce_probs", {"p": [[0.25, 0.75], [0.5, 0.5]], "t": [[0.5, 0.5], [1.0, 0.0]]}, "soft",
         class_weight=[2.0, 1.0], mean_divisor="total_weight")
    case("ce_probs", {"p": [[1.0, 0.0]], "y": [0]}, "the clip's upper end", eps=0.125)
    case("ce_probs", {"p": [[0.25, 0.5], [0.75, 0.5]], "y": [0, 1]}, "axis 0", axis=0,
         reduction="none")
    case("ce_probs", {"p": [[1.0, 3.0], [2.0, 2.0]], "y": [0, 1]}, "normalised, f32", F32,
         normalize=True, dtype="float32", reduction="sum")
    case("perplexity", {"x": X, "y": Y}, "ignored rows", ignore_index=2)
    case("perplexity", {"p": [0.5, 0.25, 0.25]}, "of a distribution, whatever the base", base=2)
    put("softmax_ce", {"x": X, "y": Y}, {"sample_weight": [0.0] * 4, "mean_divisor":
        "total_weight"}, {"any_of": ["nan", {"error": "zero_weight"}]}, "total weight 0", F64)
    put("softmax_ce", {"x": [], "y": [], "shape": [0, 3]}, {"reduction": "sum"}, 0.0,
        "the sum of no rows", F64)
    refuse("softmax_ce", "label", {"x": X, "y": [0, 1.5, 0, 0]}, "fractional")
    refuse("softmax_ce", "shape", {"x": X, "y": [[0], [2], [1], [1]]}, "[n, 1] labels")
    refuse("softmax_ce", "shape", {"x": X[:1], "y": [[0, 0, 1]]}, "labels as deep as x")
    refuse("softmax_ce", "shape", {"x": X, "y": [0, 1]}, "too few labels")
    refuse("softmax_ce", "shape", {"x": CUBE, "y": [[0, 1, 0], [0, 1, 0]]}, "wrong axis", axis=1)
    refuse("softmax_ce", "label", {"x": X, "y": [0, 1, 2, 255]}, "", label_dtype="uint8")
    refuse("softmax_ce", "label", {"x": X, "y": [0, 1, 2, 4294967299]}, "2^32 + 3")
    refuse("softmax_ce", "label", {"x": X, "y": [-1, 1, 2, 0]}, "with another ignore index",
           ignore_index=-100)
    refuse("softmax_ce", "weight", {"x": X, "y": Y}, "", class_weight=[1.0, "nan", 1.0])
    refuse("softmax_ce", "weight", {"x": X, "y": Y}, "", sample_weight=[1.0, -1.0, 1.0, 1.0])
    refuse("softmax_ce", "weight", {"x": X, "y": Y}, "too few", sample_weight=[1.0, 1.0])
    refuse("softmax_ce", "mask", {"x": X, "y": Y}, "too few", row_mask=[1, 1])
    refuse("softmax_ce", "temperature", {"x": X, "y": Y}, "", temperature=0)
    refuse("softmax_ce", "smoothing", {"x": X, "y": Y}, "", label_smoothing=-0.125)
    refuse("softmax_ce", "nan", {"x": [[0.0, "nan", 1.0]], "y": [0]}, "NaN in a live row")
    refuse("softmax_ce", "no_class", {"x": [["-inf", "-inf"]], "y": [0]}, "no class left")
    refuse("softmax_ce_soft", "shape", {"x": X, "t": T[0]}, "no broadcast")
    refuse("softmax_ce_soft", "shape", {"x": X, "t": T[:2]}, "too few rows")
    refuse("softmax_ce_soft", "negative", {"x": X[:1], "t": [[-0.5, 1.0, 0.5]]}, "")
    refuse("ce_probs", "sum", {"p": [[0.2, 0.2, 0.2]], "y": [1]}, "strict")
    refuse("ce_probs", "range", {"p": [[1.5, -0.5]], "y": [0]}, "logits?")
    refuse("ce_probs", "nan", {"p": [["nan", 0.5]], "y": [1]}, "")


def binary_list():
    x, t = [[0.5, -2.0, 3.0], [0.0, 40.0, -1.0]], [[1.0, 0.0, 0.25], [0.5, 1.0, 1.0]]
    weight = [[1.0, 2.0, 0.5], [3.0, 1.0, 0.0]]
    every = dict(weight=weight, pos_weight=[2.0, 0.5, 3.0], label_smoothing=0.125)
    for how in ("none", "sum", "mean"):
        case("bce_logits", {"x": x, "t": t}, "multi-label, everything", reduction=how, **every)
        case("bce_logits_grad", {"x": x, "t": t}, "multi-label, everything", 1e-14, reduction=how,
             **every)
    case("bce_logits", {"x": x, "t": t}, "mean over the total weight", weight=weight,
         mean_divisor="total_weight")
    case("bce_logits", {"x": x, "t": t}, "row weights", sample_weight=[1.0, 3.0])
    case("bce_logits", {"x": [1.0, -2.0], "t": [1.0, 0.0]}, "row weights of a list",
         sample_weight=[1.0, 3.0], mean_divisor="total_weight")
    case("bce_logits_grad_hess", {"x": x, "t": t}, "with pos_weight", 1e-14, pos_weight=3.0,
         reduction="sum")
    case("bce_logits", {"x": [1.0, -2.0, 0.5], "y": [1, 0, 1]}, "integer labels",
         label_dtype="uint8")
    for dtype in ("float32", "float16", "bfloat16"):
        case("bce_logits", {"x": [[1.5, -20.0]], "t": [[1.0, 0.0]]}, "narrow types", F32,
             dtype=dtype, reduction="none")
        case("bce_logits_grad", {"x": [[1.5, -20.0]], "t": [[1.0, 0.0]]}, "narrow types", 4e-6,
             dtype=dtype, out_dtype="float32", reduction="sum")
    p = [[0.25, 0.5, 1.0], [0.125, 0.0, 0.75]]
    pt = [[1.0, 0.0, 1.0], [0.5, 0.0, 1.0]]
    case("bce_probs", {"p": p, "t": pt}, "zero against zero", weight=weight)
    case("bce_probs_grad", {"p": p, "t": pt}, "", 1e-14, reduction="mean")
    case("bce_probs", {"p": [0.0, 1.0], "t": [1.0, 0.0]}, "clipped", eps=0.0625)
    case("bce_probs", {"p": [[0.25, 0.5]], "t": [[1.0, 0.0]]}, "pos_weight and smoothing",
         pos_weight=[3.0, 2.0], label_smoothing=0.25, reduction="none")
    refuse("bce_logits", "label", {"x": [1.0], "y": [0.5]}, "fractional label")
    refuse("bce_logits", "label", {"x": [1.0, 2.0], "y": [0, 2]}, "no third class")
    refuse("bce_logits", "weight", {"x": [1.0], "t": [1.0]}, "", weight=[-1.0])
    refuse("bce_logits", "weight", {"x": [1.0], "t": [1.0]}, "", pos_weight="nan")
    refuse("bce_logits", "smoothing", {"x": [1.0], "t": [1.0]}, "", label_smoothing=2)
    refuse("bce_logits", "nan", {"x": ["nan"], "t": [1.0]}, "")
    refuse("bce_logits", "shape", {"x": [[1.0, 2.0]], "t": [[1.0], [0.0]]}, "no broadcast")
    refuse("bce_probs", "nan", {"p": [-0.25], "t": [1.0]}, "logits?")


def distribution_list():
    p, q = [0.125, 0.25, 0.625], [0.5, 0.25, 0.25]
    for base in (2, 10, 3.5):
        case("entropy", {"p": p}, "any base", base=base)
        case("kl", {"p": p, "q": q}, "any base", base=base)
    case("entropy", {"p": [3.0, 1.0, 0.0]}, "counts", normalize=True, base=2)
    case("entropy", {"p": [1e16, 1.0]}, "a rare class keeps its digits", normalize=True)
    case("entropy", {"p": [1.0, 1.0, 2.0]}, "as given: below 0", validate=False)
    pp, qq = [p, q], [q, [0.0625, 0.5, 0.4375]]
    for how in ("none", "sum", "mean"):
        case("kl", {"p": pp, "q": qq}, "rows", reduction=how, base=2)
        case("entropy", {"p": pp}, "rows", reduction=how)
    case("js", {"p": pp, "q": qq}, "rows", reduction="none")
    case("cross_entropy_dist", {"p": pp, "q": qq}, "rows: the mean unless said")
    case("kl", {"p": [[0.5, 0.25], [0.5, 0.75]], "q": [[0.25, 0.5], [0.75, 0.5]]}, "axis 0",
         axis=0, reduction="none")
    case("kl", {"p": [1.0, 3.0], "q": [5.0, 3.0]}, "normalised", normalize=True)
    case("kl", {"p": [0.25 + 2**-40, 0.75 - 2**-40], "q": [0.25, 0.75]}, "near equality")
    case("js", {"p": [0.25 + 2**-30, 0.75 - 2**-30], "q": [0.25, 0.75]}, "near equality")
    case("cross_entropy_dist", {"p": p, "q": [0.0, 0.5, 0.5]}, "impossible truth")
    case("kl_log_target", {"log_p": [-0.5, -1.5], "log_q": [-2.0, -0.25]}, "", base=2)
    case("rel_entr", {"p": [0.0, 1.0, 2.0, 1e-300], "q": [0.0, 0.0, 1.0, 1e300]}, "the corners")
    case("kl_elementwise_generalized", {"p": [0.0, 1.0, 2.0, 5.0], "q": [3.0, 0.0, 2.0, 3.0]},
         "the corners")
    refuse("entropy", "nan", {"p": ["nan", 0.5]}, "")
    refuse("entropy", "base", {"p": [0.5, 0.5]}, "", base="nan")
    refuse("entropy", "base", {"p": [0.5, 0.5]}, "no logarithm has base 0", base=0)
    refuse("entropy", "empty", {"p": [], "shape": [0, 3]}, "no rows")
    refuse("kl", "shape", {"p": [0.5, 0.5], "q": [1.0]}, "")
    refuse("kl", "shape", {"p": [[0.5, 0.5]], "q": [0.5, 0.5]}, "no broadcast")
    refuse("js", "sum", {"p": [0.5, 0.5], "q": [0.5, 0.25]}, "")
    refuse("kl_log_target", "positive", {"log_p": [0.0, 1.0], "log_q": [-1.0, -1.0]}, "logits?")
    refuse("rel_entr", "negative", {"p": [-1.0], "q": [1.0]}, "")


def relative_list():
    x, t = [1.5, -0.5, 3.0], [1.0, 0.25, 0.0]
    for soft in ("expected", "mixed_pt"):
        case("focal_sigmoid", {"x": x, "t": t}, soft, 1e-14, soft=soft, alpha=0.25, gamma=1.5,
             reduction="none")
        case("focal_sigmoid_grad", {"x": x, "t": t}, soft, 1e-13, soft=soft, alpha=0.25,
             gamma=1.5, reduction="mean")
    case("focal_sigmoid", {"x": x, "t": t}, "no alpha, gamma 0: cross-entropy", gamma=0)
    case("focal_softmax", {"x": X, "y": Y}, "rows", 1e-14, gamma=1.0, reduction="none")
    case("focal_softmax", {"x": X, "y": Y}, "the mean", 1e-14, gamma=3.0, alpha=2.0)
    case("poly1", {"x": X, "y": Y}, "rows", epsilon=-0.5, reduction="none")
    case("gce", {"p": [[0.25, 0.75], [1.0, 0.0]], "y": [1, 0]}, "rows", q=0.75, reduction="none")
    case("gce", {"p": [[0.25, 0.75]], "y": [0]}, "absolute error", q=1.0)
    case("soft_margin", {"x": [2.0, -0.5], "y": [-1.0, 1.0]}, "", reduction="sum")
    case("soft_margin_grad", {"x": [2.0, -0.5], "y": [-1.0, 1.0]}, "", reduction="mean")
    case("multilabel_soft_margin", {"x": [[1.0, -2.0], [0.5, 3.0]], "t": [[1.0, 0.0], [0.0, 1.0]]},
         "", reduction="none", class_weight=[1.0, 3.0])
    case("gaussian_nll", {"mu": [1.0, 2.0], "y": [1.5, -1.0], "var": [0.5, 4.0]}, "", full=True)
    refuse("focal_sigmoid", "target", {"x": [1.0], "t": [2.0]}, "")
    refuse("focal_softmax", "gamma", {"x": X, "y": Y}, "", gamma="nan")
    refuse("gaussian_nll", "variance", {"mu": [1.0], "y": [1.0], "var": [0.0]}, "")
    refuse("soft_margin", "target", {"x": [1.0], "y": [0.5]}, "neither -1 nor 1")
    refuse("gce", "q", {"p": [[0.25, 0.75]], "y": [0]}, "", q=-1.0)
    refuse("poly1", "label", {"x": X, "y": [0, 1, 2, 3]}, "")


def score_list():
    p = [[0.5, 0.25, 0.25], [0.125, 0.125, 0.75], [0.25, 0.5, 0.25]]
    case("log_loss", {"y": [7, 9, 8], "p": p, "labels": [7, 8, 9]}, "named labels",
         sample_weight=[1.0, 2.0, 0.5])
    case("log_loss", {"y": [1, 0], "p": [0.0, 1.0]}, "clipped", eps=1e-15, tol=1e-14)
    case("log_loss", {"y": [0, 2, 1], "p": p}, "f32", F32, dtype="float32")
    case("log_loss", {"y": [1, 0], "p": [[1.0, 3.0], [1.0, 1.0]]}, "normalised", normalize=True)
    case("brier", {"y": [1, 0, 1], "p": [0.75, 0.5, 0.125]}, "", sample_weight=[1.0, 3.0, 2.0])
    case("brier", {"y": [5, 3], "p": [0.75, 0.5], "labels": [3, 5]}, "named labels")
    case("brier_multiclass", {"y": [0, 2, 2], "p": p}, "", sample_weight=[1.0, 0.0, 2.0])
    case("d2_log_loss", {"y": [0, 2, 2], "p": p}, "", sample_weight=[1.0, 3.0, 2.0])
    case("d2_log_loss", {"y": [0, 1, 1], "p": [0.25, 0.5, 0.875]}, "two classes")
    case("ece", {"conf": [0.0, 0.5, 0.75, 1.0], "correct": [0, 1, 1, 1]}, "edges", bins=4)
    case("ece", {"conf": [0.625, 0.875, 0.6875], "correct": [1, 0, 1]}, "weights", bins=8,
         sample_weight=[1.0, 2.0, 0.5])
    refuse("log_loss", "sum", {"y": [0], "p": [[0.2, 0.2, 0.2]]}, "unnormalised")
    refuse("log_loss", "label", {"y": [0.5], "p": [0.5]}, "fractional")
    refuse("log_loss", "weight", {"y": [0], "p": [0.5]}, "zero total weight", sample_weight=[0.0])
    refuse("brier", "empty", {"y": [], "p": []}, "")
    refuse("brier", "label", {"y": [2], "p": [0.5]}, "")
    refuse("d2_log_loss", "empty", {"y": [], "p": []}, "")
    refuse("ece", "empty", {"conf": [], "correct": []}, "", bins=5)
    refuse("ece", "range", {"conf": [1.5], "correct": [1]}, "", bins=5)
    refuse("brier_multiclass", "shape", {"y": [0, 1], "p": p}, "")


def invariance_list():
    bits, near = "bitwise", "rel 4e-16"
    both = {"x": X, "y": Y}
    for op in ("softmax_ce", "softmax_ce_grad"):
        for how in ("none", "sum", "mean"):
            invariant(bits, both, "", op=op, vary="threads", values=[1, 2, 3, 7], reduction=how,
                      class_weight=CW, label_smoothing=0.125)
        invariant(bits, both, "rows in chunks", op=op, vary="chunk_rows", values=[4, 1, 3],
                  sample_weight=SW, class_weight=CW)
    invariant(bits, {"x": X, "t": T}, "", op="softmax_ce_soft_grad", vary="threads",
              values=[1, 2, 64])
    invariant(near, both, "", op="softmax_ce", vary="row_offset", values=[0, 1024, -1048576])
    invariant("rel 1e-15", both, "", op="softmax_ce_grad", vary="row_offset", values=[0, 64, -128])
    for how in ("none", "sum", "mean"):
        for div in ("rows", "total_weight"):
            for kind in ("per_class", "per_row"):
                invariant(near, both, "every combination", op="softmax_ce", vary="target_form",
                          values=["index", "onehot"], reduction=how, mean_divisor=div,
                          class_weight=CW, sample_weight=SW, smoothing_weights=kind,
                          label_smoothing=[0, 0.125, 1])
    invariant("rel 1e-15", both, "gradients too", op="softmax_ce_grad", vary="target_form",
              values=["index", "onehot"], class_weight=CW, ignore_index=2)
    invariant(near, {"x": [[1.5, 0.0], [-3.0, 2.0], [40.0, 0.0]], "y": [0, 1, 0]}, "",
              op="softmax_ce", vary="binary_form", values=["softmax2", "sigmoid"])
    invariant("rel 1e-15", {"x": [[1.5, 0.0], [-3.0, 2.0]], "y": [0, 1]}, "its gradient",
              op="softmax_ce_grad", vary="binary_form", values=["softmax2", "sigmoid"])
    invariant(bits, {"x_fill": {"value": 0.5, "n": 7, "rows": 300, "set": {"40": 2.0}},
                     "y_fill": {"value": 3, "n": 300}}, "", op="softmax_ce", vary="chunk_rows",
              values=[300, 1, 128])
    invariant("row sums 0 within 1e-15", both, "a gradient's row sums to 0", op="softmax_ce_grad",
              vary="none", values=[0], reduction="sum", label_smoothing=0.125)
    invariant(bits, {"x": [0.5, -1.0, 3.0], "t": [1.0, 0.0, 0.5]}, "", op="bce_logits_grad",
              vary="threads", values=[1, 2, 3])
    invariant(bits, {"x": X}, "", op="log_softmax", vary="threads", values=[1, 2, 3])


def main():
    for part in (softmax_list, categorical_list, binary_list, distribution_list, relative_list,
                 score_list, invariance_list):
        part()
    tree = pathlib.Path(__file__).resolve().parent.parent
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else tree / "tests/cases/more_cases.jsonl"
    path.write_text("".join(json.dumps(c) + "\n" for c in CASES))
    print(f"{len(CASES)} cases in {path}", file=sys.stderr)


if __name__ == "__main__":
    main()
