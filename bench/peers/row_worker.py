#!/usr/bin/env python3
"""One peer in a process of its own, run by row_peers.py: one line in, one line of JSON out.

usage: row_worker.py PEER THREADS

    load JSON-OF-THE-WORK                   {"about": version}
    run operation=NAME calls=N              {"nanoseconds": [..]}
    answer operation=NAME every=N path=F    {"mean": ..}, and the gradient of some rows in F
    drop                                    forgets the data

The data are the peer's own arrays (tensors) by then. A call is what a user writes: the mean loss
and, where asked for, its gradient by the logits.
"""
import json
import os
import sys
import time
import warnings

import row_work
from row_data import ROOT, read


class Peer:
    def release(self, operation):
        """Frees what a call would replace: not timed, as it is not of crossent."""


class Torch(Peer):
    """Eager. The gradient goes into a fresh buffer (grad is None, the default since zero_grad sets
    it so) or is added to the old one, zeroed first."""

    def __init__(self, threads):
        import torch

        self.torch, self.about = torch, torch.__version__
        torch.set_num_threads(threads)

    def tensor(self, work, name):
        array = read(work, name)
        if work["type"] == "bf16" and name != "label":
            return self.torch.from_numpy(array.view("int16")).view(self.torch.bfloat16)
        return self.torch.from_numpy(array)

    def load(self, work):
        self.x = self.y = None
        x, form = self.tensor(work, "data"), work["form"]
        y = self.tensor(work, "target" if form in ("soft", "binary") else "label")
        if form == "planes":
            x = x.reshape(work["images"], work["classes"], 512, -1)
            y = y.reshape(work["images"], 512, -1)
        self.x, self.y, self.form = x.requires_grad_(), y, form
        self.loss = self.compiled(self.function(form, work.get("smoothing", 0)))

    def function(self, form, smoothing):
        from torch.nn import functional

        if form == "binary":
            return functional.binary_cross_entropy_with_logits
        return lambda x, y: functional.cross_entropy(x, y, label_smoothing=smoothing)

    def compiled(self, function):
        return function

    def release(self, operation):
        if operation == "fresh":
            self.x.grad = None

    def call(self, operation):
        if operation == "loss":
            with self.torch.no_grad():
                return self.loss(self.x, self.y)
        if self.x.grad is not None:
            self.x.grad.zero_()
        loss = self.loss(self.x, self.y)
        loss.backward()
        return loss

    def gradient(self, every):
        g = self.x.grad
        if self.form == "planes":
            g = g.reshape(g.shape[0], g.shape[1], -1)[:, :, ::every].swapaxes(1, 2)
        else:
            g = g[::every]
        g = g.contiguous()
        return (g.view(self.torch.int16) if g.dtype == self.torch.bfloat16 else g).numpy()


class Compiled(Torch):
    def compiled(self, function):
        self.torch._dynamo.reset()
        return self.torch.compile(function, dynamic=False)


class Jax(Peer):
    def __init__(self, threads):
        import jax

        # Its CPU client sizes its pool by the cores that it may run on.
        assert len(os.sched_getaffinity(0)) >= threads
        self.jax, self.about = jax, jax.__version__

    def load(self, work):
        import ml_dtypes

        self.x = self.y = self.result = None
        numpy, nn, form = self.jax.numpy, self.jax.nn, work["form"]
        x = read(work, "data")
        if work["type"] == "bf16":
            x = x.view(ml_dtypes.bfloat16)
        y = read(work, "target" if form in ("soft", "binary") else "label")
        if form == "planes":
            y = y.reshape(work["images"], -1)
        self.x, self.y, self.form = numpy.asarray(x), numpy.asarray(y), form
        axis, smoothing = 1 if form == "planes" else -1, work.get("smoothing", 0)

        def loss(x, y):
            if form == "binary":
                return numpy.mean(nn.softplus(x) - x * y)
            log_p = nn.log_softmax(x, axis)
            if form == "soft":
                return -numpy.mean(numpy.sum(y * log_p, axis))
            picked = numpy.take_along_axis(log_p, numpy.expand_dims(y, axis), axis)
            if smoothing:
                return -numpy.mean((1 - smoothing) * picked) - smoothing * numpy.mean(log_p)
            return -numpy.mean(picked)

        self.jits = {"loss": self.jax.jit(loss),
                     "fresh": self.jax.jit(self.jax.value_and_grad(loss))}

    def release(self, operation):
        self.result = None

    def call(self, operation):
        self.result = self.jits[operation](self.x, self.y)
        self.jax.block_until_ready(self.result)
        return self.result if operation == "loss" else self.result[0]

    def gradient(self, every):
        import numpy

        g = numpy.asarray(self.result[1])
        if self.form == "planes":
            return numpy.ascontiguousarray(g[:, :, ::every].swapaxes(1, 2))
        return numpy.ascontiguousarray(g[::every])


class SciPy(Peer):
    """Logits: special.log_softmax. Probabilities: stats.entropy against one-hot rows."""

    def __init__(self, _threads):
        import numpy
        import scipy.special
        import scipy.stats

        self.numpy, self.scipy, self.about = numpy, scipy, scipy.__version__

    def load(self, work):
        numpy = self.numpy
        self.x, self.y, self.form = read(work, "data"), read(work, "label"), work["form"]
        self.rows = numpy.arange(len(self.y))
        if self.form == "probabilities":
            self.one_hot = numpy.zeros_like(self.x)
            self.one_hot[self.rows, self.y] = 1

    def call(self, _operation):
        if self.form == "probabilities":
            return self.scipy.stats.entropy(self.one_hot, self.x, axis=1).mean()
        return -self.scipy.special.log_softmax(self.x, axis=1)[self.rows, self.y].mean()


class Sklearn(Peer):
    def __init__(self, _threads):
        import numpy
        import sklearn.metrics

        self.numpy, self.sklearn, self.about = numpy, sklearn, sklearn.__version__

    def load(self, work):
        self.x, self.y = read(work, "data"), read(work, "label")
        self.labels = self.numpy.arange(max(work["classes"], 2))
        if work["classes"] == 1:
            self.x = self.x[:, 0]

    def call(self, _operation):
        return self.sklearn.metrics.log_loss(self.y, self.x, labels=self.labels)


class DuckDB(Peer):
    def __init__(self, threads):
        import duckdb

        self.about, self.connection = duckdb.__version__, duckdb.connect()
        self.connection.execute(f"SET threads = {threads}")

    def load(self, work):
        path = ROOT / work["files"]["data"]
        true = " ".join(f"WHEN {j} THEN p_{j}" for j in range(work["classes"]))
        self.query = (f"SELECT avg(-ln(CASE label {true} END)) "
                      f"FROM read_csv('{path}')")

    def call(self, _operation):
        return self.connection.execute(self.query).fetchone()[0]


class Pandas(Peer):
    engine = "c"  # the default, one thread

    def __init__(self, _threads):
        import pandas
        import sklearn.metrics

        self.pandas, self.sklearn = pandas, sklearn
        self.about = f"{pandas.__version__} + {sklearn.__version__}"

    def load(self, work):
        self.path = ROOT / work["files"]["data"]
        self.labels = list(range(work["classes"]))

    def call(self, _operation):
        table = self.pandas.read_csv(self.path, engine=self.engine)
        return self.sklearn.metrics.log_loss(table["label"], table.iloc[:, 1:].to_numpy(),
                                             labels=self.labels)


class Arrow(Pandas):
    engine = "pyarrow"

    def __init__(self, threads):
        import pyarrow

        super().__init__(threads)
        pyarrow.set_cpu_count(threads)
        self.about += f" + {pyarrow.__version__}"


PEERS = {row_work.EAGER: Torch, row_work.COMPILED: Compiled, row_work.JAX: Jax,
         row_work.SCIPY: SciPy, row_work.SKLEARN: Sklearn, row_work.DUCKDB: DuckDB,
         row_work.PANDAS: Pandas, row_work.ARROW: Arrow}


def run(peer, operation, calls):
    times = []
    for _ in range(calls):
        peer.release(operation)
        begin = time.perf_counter_ns()
        peer.call(operation)
        times.append(time.perf_counter_ns() - begin)
    return {"nanoseconds": times}


def answer(peer, operation, every, path):
    peer.release(operation)
    mean = float(peer.call(operation))
    if operation in ("fresh", "reused"):
        peer.gradient(every).tofile(path)
    return {"mean": mean}


def serve(peer, line):
    verb, _, rest = line.strip().partition(" ")
    if verb == "load":
        peer.load(json.loads(rest))
        return {"about": peer.about}
    if verb == "drop":
        for name in ("x", "y", "result", "one_hot"):
            setattr(peer, name, None)
        return {}
    words = dict(word.split("=", 1) for word in rest.split(" "))
    if verb == "run":
        return run(peer, words["operation"], int(words["calls"]))
    return answer(peer, words["operation"], int(words["every"]), words["path"])


def main():
    warnings.simplefilter("ignore")
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a peer prints is no answer
    try:
        peer = PEERS[sys.argv[1]](int(sys.argv[2]))
    except ImportError as e:
        peer, missing = None, str(e)
    for line in sys.stdin:
        try:
            reply = serve(peer, line) if peer else {"missing": missing}
        except Exception as e:  # one work that a peer cannot do is a cell of the table, no more
            reply = {"error": f"{type(e).__name__}: {e}"[:300]}
        print(json.dumps(reply), file=out, flush=True)


if __name__ == "__main__":
    main()
