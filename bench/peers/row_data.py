"""The data of a work as raw files, the same for every program, and what the exact answer is."""
import os
import pathlib

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "bench" / "rows"
TYPES = {"f32": numpy.float32, "f64": numpy.float64, "bf16": numpy.uint16}
CHUNK = 1 << 22  # elements the reference looks at in one go
SAMPLE = 1 << 21  # elements of the gradient that are compared


def to_bf16(x):
    """Rounded to nearest, ties to even; as bits."""
    bits = x.view(numpy.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(numpy.uint16)


def from_bits(x, type_):
    return (x.astype(numpy.uint32) << 16).view(numpy.float32) if type_ == "bf16" else x


def logits(work, random):
    """(x [rows, classes] f32, labels)"""
    n, k = work["rows"], work["classes"]
    if work["data"] != "trained":
        y = random.integers(0, max(k, 2), n)
        if work["data"] == "equal":
            return numpy.zeros((n, k), numpy.float32), y
        return random.standard_normal((n, k), dtype=numpy.float32) * numpy.float32(4), y
    share = 1 / numpy.arange(1, k + 1)
    y = random.choice(k, n, p=share / share.sum())
    x = random.standard_normal((n, k), dtype=numpy.float32) * numpy.float32(2)
    peak = numpy.where(random.random(n) < 0.85, y, random.integers(0, k, n))
    x[numpy.arange(n), peak] += random.uniform(8, 16, n).astype(numpy.float32)
    return x, y


def softmax(x):
    x = x.astype(numpy.float64)
    x = numpy.exp(x - x.max(axis=1, keepdims=True))
    return x / x.sum(axis=1, keepdims=True)


def write(work):
    """The files of a work, {argument: path relative to the repository}, and its exact answer."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    random = numpy.random.default_rng(1)
    x, y = logits(work, random)
    target = None
    if work["form"] in ("probabilities", "table"):
        x = softmax(x) if work["classes"] > 1 else 1 / (1 + numpy.exp(-x.astype(numpy.float64)))
    elif work["form"] == "soft":
        target = softmax(random.standard_normal(x.shape)).astype(numpy.float32)
    elif work["form"] == "binary":
        target = y.astype(numpy.float32)
    if work["type"] == "bf16":
        x = to_bf16(x)
    if work["form"] == "table":
        return {"data": write_table(x, y)}, exact(work, x, y, target)
    answer = exact(work, x, y, target)
    if work["form"] == "planes":
        x = x.reshape(work["images"], -1, work["classes"]).swapaxes(1, 2)
    files = {}
    arrays = {"data": x, "target": target} if target is not None else {"data": x, "label": y}
    for name, array in arrays.items():
        path = FOLDER / f"{name}-{os.getpid()}.bin"
        numpy.ascontiguousarray(array).tofile(path)
        files[name] = str(path.relative_to(ROOT))
    return files, answer


def remove(work):
    """The raw files of a work, once every program has read them."""
    for path in work["files"].values():
        if path.endswith(".bin"):
            (ROOT / path).unlink()


def write_table(p, y):
    path = FOLDER / "probabilities.csv"
    if not path.exists():
        part = path.with_suffix(".part")
        columns = ["label", *(f"p_{j}" for j in range(p.shape[1]))]
        with part.open("w", encoding="ascii") as file:
            file.write(",".join(columns) + "\n")
            line = ",".join(["%d"] + ["%.17g"] * p.shape[1]) + "\n"
            for label, row in zip(y.tolist(), p.tolist()):
                file.write(line % (label, *row))
        part.rename(path)
    return str(path.relative_to(ROOT))


def read(work, name):
    """An array of the work, as a program sees it."""
    path = ROOT / work["files"][name]
    if name == "label":
        return numpy.fromfile(path, numpy.int64)
    x = numpy.fromfile(path, TYPES[work["type"]])
    if work["form"] == "planes":
        return x.reshape(work["images"], work["classes"], -1)
    return x.reshape(work["rows"], work["classes"])


def targets(work, y, target, begin, end):
    """[rows, classes], what a row's probabilities are compared with; None: the label alone."""
    if target is not None:
        return target[begin:end].astype(numpy.float64)
    smoothing, k = work.get("smoothing", 0), work["classes"]
    if not smoothing:
        return None
    t = numpy.full((end - begin, k), smoothing / k)
    t[numpy.arange(end - begin), y[begin:end]] += 1 - smoothing
    return t


def logit_losses(x, y, t):
    """Losses and probabilities of rows of logits, by the definition."""
    x = x - x.max(axis=1, keepdims=True)
    p = numpy.exp(x)
    total = p.sum(axis=1, keepdims=True)
    lse = numpy.log(total)[:, 0]
    picked = x[numpy.arange(len(x)), y] if t is None else (t * x).sum(axis=1)
    return lse - picked, p / total


def block(work, x, y, target, begin, end):
    """(losses, rows * gradient of the mean) of some rows, in f64."""
    z = from_bits(x[begin:end], work["type"]).astype(numpy.float64)
    if work["form"] in ("probabilities", "table"):
        if work["classes"] == 1:
            return -numpy.where(y[begin:end] == 1, numpy.log(z[:, 0]), numpy.log1p(-z[:, 0])), None
        return -numpy.log(z[numpy.arange(end - begin), y[begin:end]]), None
    if work["form"] == "binary":
        t = target[begin:end, None].astype(numpy.float64)
        loss = numpy.maximum(z, 0) - z * t + numpy.log1p(numpy.exp(-abs(z)))
        return loss[:, 0], 1 / (1 + numpy.exp(-z)) - t
    t = targets(work, y, target, begin, end)
    label = None if y is None else y[begin:end]
    loss, p = logit_losses(z, label, t)
    if t is None:
        p[numpy.arange(end - begin), label] -= 1
    else:
        p -= t
    return loss, p


def exact(work, x, y, target):
    """The mean loss, and rows * its gradient for every `every`-th row."""
    n, k = work["rows"], work["classes"]
    every = 1
    while n // every * k > SAMPLE and n // every > 32:
        every *= 2
    step = max(1, CHUNK // k // every) * every
    total, kept = 0.0, []
    for begin in range(0, n, step):
        loss, gradient = block(work, x, y, target, begin, min(begin + step, n))
        total += float(loss.sum())
        if gradient is not None:
            kept.append(gradient[::every].copy())
    return {"mean": total / n, "every": every,
            "gradient": numpy.concatenate(kept) if kept else None}


def gradient_error(work, answer, path):
    """The largest error of rows * gradient (each is a probability less a target), absolute."""
    got = from_bits(numpy.fromfile(path, TYPES[work["type"]]), work["type"])
    want = answer["gradient"]
    if got.size != want.size:
        return float("inf")
    return float(abs(got.reshape(want.shape).astype(numpy.float64) * work["rows"] - want).max())
