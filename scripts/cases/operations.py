"""Every operation of tests/cases/README.md by its definition."""

from cases.binary import binary
from cases.categorical import ce, ce_grad, ce_tgrad, softmax_family
from cases.distributions import elementwise, entropy, gen, js_of, log_target, over_rows
from cases.distributions import perplexity, term
from cases.arrays import times
from cases.relatives import focal_sigmoid, focal_softmax, gaussian, gce, multilabel, poly1
from cases.relatives import rows_and_labels, soft_margin
from cases.scores import brier, d2, ece, log_loss

from mpmath import inf, log

OPS = {
    "logsumexp": softmax_family, "softmax": softmax_family, "log_softmax": softmax_family,
    "softmax_ce": ce, "softmax_ce_soft": ce, "nll": ce, "ce_probs": ce,
    "softmax_ce_grad": ce_grad, "softmax_ce_soft_grad": ce_grad,
    "softmax_ce_soft_target_grad": ce_tgrad, "perplexity": perplexity,
    "entropy": entropy, "js": over_rows(js_of, ["p", "q"]),
    "kl": over_rows(lambda p, q: sum(map(gen, p, q)), ["p", "q"]),
    "cross_entropy_dist": over_rows(
        lambda p, q: sum(times(a, -log(b) if b else inf) for a, b in zip(p, q)), ["p", "q"]),
    "kl_log_target": over_rows(log_target, ["log_p", "log_q"]),
    "rel_entr": elementwise(term), "kl_elementwise_generalized": elementwise(gen),
    "bce_logits": binary, "bce_logits_grad": binary, "bce_logits_grad_hess": binary,
    "bce_probs": binary, "bce_probs_grad": binary,
    "focal_sigmoid": focal_sigmoid, "focal_sigmoid_grad": focal_sigmoid,
    "focal_softmax": rows_and_labels(focal_softmax, "x"), "poly1": rows_and_labels(poly1, "x"),
    "gce": rows_and_labels(gce, "p"), "soft_margin": soft_margin, "soft_margin_grad": soft_margin,
    "multilabel_soft_margin": multilabel, "gaussian_nll": gaussian,
    "log_loss": log_loss, "brier": brier, "brier_multiclass": brier, "d2_log_loss": d2, "ece": ece,
}
