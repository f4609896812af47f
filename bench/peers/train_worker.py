#!/usr/bin/env python3
"""One peer and one workload: trains once for every line of standard input, answers with a line of JSON.

usage: train_worker.py PEER WORKLOAD.json-text THREADS

bench/peers/train_peers.py starts it, in build/venv-peers. What is timed is the fit alone: data are
arrays (tensors) by then, and of PyTorch the network and the optimiser are made before.
"""
import json
import pathlib
import resource
import sys
import time
import warnings

ROOT = pathlib.Path(__file__).resolve().parents[2]
SYNTHETIC = ROOT / "build" / "bench" / "synthetic_{}.npy"


def load(workload):
    """(x, y) as numpy arrays of the workload's type."""
    import numpy

    if workload["data"] == "digits":
        table = numpy.loadtxt(ROOT / "data" / "digits.csv", delimiter=",", skiprows=1)
        x, y = table[:, :-1], table[:, -1]
    else:
        x, y = (numpy.load(str(SYNTHETIC).format(name)) for name in "xy")
    rows = workload.get("rows", len(x))
    kind = {"f32": numpy.float32, "f64": numpy.float64}[workload["type"]]
    x = numpy.ascontiguousarray(x[:rows] * workload["scale"], dtype=kind)
    return x, y[:rows].astype(numpy.int64)


def judge(workload, x, y, weights, biases):
    """What a network of weights [in, out] and biases scores, by numpy in f64."""
    import numpy

    z = x.astype(numpy.float64)
    inputs = z
    for layer, (w, b) in enumerate(zip(weights, biases)):
        if layer:
            z = numpy.maximum(z, 0)
        z = z @ w.astype(numpy.float64) + b
    z -= z.max(axis=1, keepdims=True)
    z -= numpy.log(numpy.exp(z).sum(axis=1, keepdims=True))
    rows = numpy.arange(len(y))
    scores = {"cross_entropy": -float(z[rows, y].mean())}
    if workload["optimizer"] != "lbfgs":
        return scores
    l2, w = workload["l2"], weights[0]
    scores["objective"] = scores["cross_entropy"] + l2 / 2 * float((w * w).sum())
    p = numpy.exp(z)
    p[rows, y] -= 1
    slope = numpy.concatenate([(inputs.T @ p / len(y) + l2 * w).ravel(), p.mean(axis=0)])
    scores["largest_gradient"] = float(abs(slope).max())
    scores["gradient_norm"] = float(numpy.linalg.norm(slope))
    return scores


def timed(work):
    """(seconds, seconds of CPU time, what work returned)."""
    cpu, start = time.process_time(), time.perf_counter()
    found = work()
    return time.perf_counter() - start, time.process_time() - cpu, found


def torch_eager(workload, x, y, threads, fused=None):
    import torch
    from torch import nn
    from torch.nn import functional

    torch.set_num_threads(threads)
    data, label, batch = torch.from_numpy(x), torch.from_numpy(y), workload["batch"]

    def run(seed):
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(x.shape[1], workload["hidden"]), nn.ReLU(),
                              nn.Linear(workload["hidden"], int(y.max()) + 1))
        for layer in (model[0], model[2]):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
        adam = torch.optim.Adam(model.parameters(), lr=workload["rate"], fused=fused)

        def epoch():
            order = torch.randperm(len(data))
            for begin in range(0, len(data), batch):
                rows = order[begin:begin + batch]
                adam.zero_grad()
                functional.cross_entropy(model(data[rows]), label[rows]).backward()
                adam.step()

        seconds, cpu, _ = timed(epoch)
        layers = [p.detach().numpy() for p in model.parameters()]
        return seconds, cpu, 1, [w.T for w in layers[::2]], layers[1::2]

    return run


def torch_fused(workload, x, y, threads):
    return torch_eager(workload, x, y, threads, fused=True)


def mlp_classifier(workload, x, y, _threads):
    from sklearn.neural_network import MLPClassifier

    def run(seed):
        model = MLPClassifier((workload["hidden"],), batch_size=workload["batch"], alpha=0, tol=0,
                              learning_rate_init=workload["rate"], random_state=seed,
                              max_iter=workload["epochs"])
        seconds, cpu, _ = timed(lambda: model.fit(x, y))
        return seconds, cpu, model.n_iter_, model.coefs_, model.intercepts_

    return run


def logistic_regression(workload, x, y, _threads):
    from sklearn.linear_model import LogisticRegression

    def run(_seed):
        model = LogisticRegression(C=1 / (workload["l2"] * len(y)), tol=workload["tolerance"],
                                   max_iter=workload.get("epochs", 100000))
        seconds, cpu, _ = timed(lambda: model.fit(x, y))
        return seconds, cpu, int(model.n_iter_[0]), [model.coef_.T], [model.intercept_]

    return run


PEERS = {"PyTorch": torch_eager, "PyTorch, fused Adam": torch_fused,
         "MLPClassifier": mlp_classifier, "LogisticRegression": logistic_regression}


def versions():
    import numpy
    import scipy
    import sklearn
    import threadpoolctl
    import torch

    found = {m.__name__: m.__version__ for m in (torch, sklearn, numpy, scipy)}
    for pool in threadpoolctl.threadpool_info():
        if pool["user_api"] == "blas":
            found["BLAS"] = f"{pool['internal_api']} {pool['version']} {pool['architecture']}"
    return found


def main():
    if sys.argv[1] == "versions":
        print(json.dumps(versions()))
        return
    import threadpoolctl

    peer, workload, threads = PEERS[sys.argv[1]], json.loads(sys.argv[2]), int(sys.argv[3])
    warnings.simplefilter("ignore")  # one epoch is not convergence: known
    x, y = load(workload)
    run = peer(workload, x, y, threads)
    with threadpoolctl.threadpool_limits(threads):
        for seed, _ in enumerate(sys.stdin):
            seconds, cpu, epochs, weights, biases = run(seed)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            print(json.dumps({"seconds": seconds, "cpu_seconds": cpu, "epochs": epochs,
                              "peak_memory": peak, **judge(workload, x, y, weights, biases)}),
                  flush=True)


if __name__ == "__main__":
    main()
