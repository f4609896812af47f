"""What row_peers.py times: the works, who does them, and how fast crossent is to be (GOALS).

A work is one problem: a shape, a type, a distribution of the data. Its `programs` are timed on it,
each with its operations, with one thread and with all.

usage: row_work.py TEXT: is there a work whose name contains TEXT?
"""
import sys

OURS, AVX2 = "crossent", "crossent, AVX2"
EAGER, COMPILED, JAX = "PyTorch", "torch.compile", "JAX jit"
ONEDNN, SCIPY, SKLEARN = "oneDNN", "SciPy", "scikit-learn"
DUCKDB, PANDAS, ARROW = "DuckDB", "pandas + scikit-learn", "pandas (pyarrow) + scikit-learn"
NETWORKS = [EAGER, COMPILED, JAX, ONEDNN]

# What memory alone takes for an operation of crossent: the same bytes read and written.
FLOOR = {"loss": "read", "in_place": "update", "given": "copy", "fresh": "copy"}
WORDS = {"loss": "loss", "in_place": "loss + gradient in place",
         "given": "loss + gradient into a given buffer",
         "fresh": "loss + gradient into a fresh buffer",
         "reused": "loss + gradient added to the zeroed old one",
         "read": "read", "update": "read + write in place", "copy": "copy", "eval": "file to score"}

BOTH, LOSS = ["loss", "in_place", "given", "fresh"], ["loss"]
SHAPES = [(65536, 2), (65536, 10), (65536, 100), (16384, 1000), (2048, 32000), (512, 128256)]
SMALL = [(1, 10), (64, 10)]  # what a call itself costs
DATA = {"random": "normal, standard deviation 4; labels uniform",
        "trained": "labels by Zipf's law; 85 % of the rows have a peak of 8 to 16 at the label, the "
                   "others at another class; noise of standard deviation 2",
        "equal": "every logit 0; labels uniform"}


def operations(program, work):
    """What `program` does in a work."""
    if work["form"] == "table":
        return ["eval"]
    if work["ours"] == LOSS:
        return ["read", "loss"] if program == OURS else ["loss"]
    if program in (OURS, AVX2):
        floors = ["read", "update", "copy"] if program == OURS and work["floor"] else []
        return floors + work["ours"]
    return {EAGER: ["loss", "fresh", "reused"], COMPILED: ["loss", "fresh", "reused"],
            JAX: ["loss", "fresh"], ONEDNN: ["loss", "given"]}.get(program, ["loss"])


def rows(shape, data, peers, **more):
    type_ = more.get("type", "f32")
    name = more.pop("name", "") or f"[{shape[0]}, {shape[1]}] {type_}"
    return {"name": name, "form": "rows", "type": type_, "rows": shape[0], "classes": shape[1],
            "images": 1, "data": data, "floor": True, "ours": BOTH,
            "programs": [OURS, AVX2, *peers], **more}


def works():
    for shape in SMALL:
        yield rows(shape, "random", [*NETWORKS, SCIPY], floor=False)
    for shape in SHAPES:
        yield rows(shape, "random", [*NETWORKS, SCIPY])
    yield rows((2048, 32000), "random", NETWORKS, type="bf16")
    for shape in ((65536, 10), (16384, 1000)):
        name = f"[{shape[0]}, {shape[1]}] f32, "
        peers = [EAGER, COMPILED, JAX]
        yield rows(shape, "random", peers, smoothing=0.1, name=name + "label smoothing 0.1")
        yield rows(shape, "random", peers, form="soft", name=name + "probability targets")
    yield rows((8 * 524288, 19), "random", [EAGER, COMPILED, JAX], form="planes", images=8,
               name="segmentation [8, 19, 512, 1024] f32", ours=["loss", "in_place", "given"])
    yield rows((50_000_000, 1), "random", [EAGER, COMPILED, JAX], form="binary",
               name="binary, 5e7 logits f32", ours=["loss", "in_place", "given"])
    yield rows((1_000_000, 10), "random", [SKLEARN, SCIPY], form="probabilities", type="f64",
               ours=LOSS, name="probabilities [1e6, 10] f64")
    yield rows((10_000_000, 1), "random", [SKLEARN], form="probabilities", type="f64", ours=LOSS,
               name="binary, 1e7 probabilities f64")
    yield rows((1_000_000, 10), "random", [DUCKDB, PANDAS, ARROW], form="table", type="f64",
               name="file: CSV 1e6 x 10, 17 digits")
    for data in ("trained", "equal"):
        for shape in SHAPES:
            # torch.compile alone, twice: what the data do to a peer.
            yield rows(shape, data, [COMPILED] if shape in ((65536, 10), (2048, 32000)) else [])


def named(text):
    """The works whose name contains `text`; without one, the program ends with all names."""
    found = [w for w in works() if text in w["name"]]
    if not found:
        names = dict.fromkeys(w["name"] for w in works())
        sys.exit("\n  ".join([f'bench: no work is called "{text}"; the works are', *names]))
    return found


QUICK = [OURS]
# Timed in fresh processes too, the first call: the operations are those a training step does.
COLD = {"work": "[16384, 1000] f32", "programs": [OURS, EAGER, COMPILED, JAX, ONEDNN],
        "operations": ["given", "fresh"]}

MANY = ["[2048, 32000] f32", "[512, 128256] f32"]
SEGMENTATION = ["segmentation [8, 19, 512, 1024] f32"]
TARGETS = ["label smoothing 0.1", "probability targets"]
INTO = ["in_place", "given"]
# (works, operations, at most so many times the floor, at least so many times faster than, whom):
# whom None: the best peer.
GOALS = [
    (MANY, ["loss"], 1.1, 3, None),
    (MANY, ["in_place"], 1.5, 10, None),
    (MANY, ["given"], 1.5, 7, None),
    (["[2048, 32000] bf16"], ["loss"], 1.5, 5, None),
    (["[2048, 32000] bf16"], ["in_place"], 1.7, 5, None),
    (["[16384, 1000] f32"], ["loss"], 1.4, 4, None),
    (["[16384, 1000] f32"], INTO, 2.0, 4, None),
    ([f"[16384, 1000] f32, {t}" for t in TARGETS], ["loss"], 1.4, 4, None),
    ([f"[16384, 1000] f32, {t}" for t in TARGETS], INTO, 2.0, 4, None),
    ([f"[65536, 10] f32, {t}" for t in TARGETS], ["loss", *INTO], None, 3.5, COMPILED),
    (["[65536, 10] f32"], ["loss", *INTO], None, 3.5, COMPILED),
    (["[65536, 100] f32"], ["loss"], 2.5, 2.5, None),
    (["[65536, 100] f32"], INTO, 4, 4, None),
    (["[65536, 2] f32", "binary, 5e7 logits f32"], ["loss", *INTO], 1.3, 3, COMPILED),
    (SEGMENTATION, INTO, 1.5, 3, None),
    (["probabilities [1e6, 10] f64", "binary, 1e7 probabilities f64"], ["loss"], 1.3, 50, SKLEARN),
    (["file: CSV 1e6 x 10, 17 digits"], ["eval"], None, 2, DUCKDB),
    (["file: CSV 1e6 x 10, 17 digits"], ["eval"], None, 8, PANDAS),
]
# Forced AVX2: at most so many times the time of the best target, and still ahead of every peer.
AVX2_GOAL = 1.6


def goals(name, operation):
    """Of crossent on its best SIMD target."""
    return [goal[2:] for goal in GOALS if name in goal[0] and operation in goal[1]]


if __name__ == "__main__":
    if not any(sys.argv[1:]):
        sys.exit("bench: --only wants a text that the works' names contain")
    named(sys.argv[1])
