"""What docs/performance.md says of the rows and their peers, from the results of row_peers.py."""
import row_work
from row_judge import Results, number
from row_work import AVX2, COLD, DATA, FLOOR, OURS, WORDS
from shared import measured

FIGURE = "figures/share_of_floor.svg"


def table(heads, rows):
    yield ""
    yield "| " + " | ".join(heads) + " |"
    yield "|---" * len(heads) + "|"
    for row in rows:
        yield "| " + " | ".join(str(cell) for cell in row) + " |"


def folded(what, lines):
    yield ""
    yield f"<details><summary>{what}</summary>"
    yield from lines
    yield ""
    yield "</details>"


def title(row):
    """With the data where they are not the usual ones."""
    return row["work"] + ("" if row["data"] == "random" else f", {row['data']}")


def time(row):
    return f"{number(row['ms'])} +- {100 * row['spread']:.0f} %"


def goal_cell(verdicts):
    return "; ".join(f"{asked}: {value:.2f}, {'met' if met else 'missed'}"
                     for asked, value, met in verdicts)


def introduction(found):
    info, versions = found["machine"], found["versions"]
    peers = ", ".join(f"{name} {version}" for name, version in versions.items()
                      if name not in (OURS, AVX2))
    yield ""
    yield "Written by `./dev bench --peers`; the numbers are also in `bench/results/peers.json`."
    yield ""
    yield (f"{measured.in_words(info)}, SIMD target {versions.get(OURS, 'unknown')}; Python "
           f"{info['python']}, {peers}; {info['date']}, load {info['load_at_start']:.2f} at the "
           f"start, {info['minutes']} minutes.")
    if max(info["load_at_start"], info["load_at_end"] - info["cores"]) > 0.5:
        yield ""
        yield ("**The machine was busy when this ran**: times and ratios are worse than on an idle "
               "one, and those on several threads most. Run `./dev bench --peers` again.")


def method():
    yield ""
    yield ("Every program is a process of its own with its own copy of the same data, and they take "
           "turns in random order: a turn is as many calls as fit into 20 ms (at least one, and one "
           "before that does not count unless a call takes 0.1 s), its time the median of them. A "
           "time is the median of the turns in ms, +- half their interquartile range. One thread is "
           "one core for all that a program starts. A call gives the mean loss and what its name "
           "says; integers are int64 labels, checked by crossent in the call.")
    yield ""
    yield ("**x floor** is the ratio to what memory alone takes in crossent's process for the same "
           "buffers (logits and labels or targets), prefetched 2 KB ahead with the widest vectors: "
           "reading them for the loss; reading them and writing the logits for the gradient in "
           "place; reading them and writing another touched buffer (a copy) for the others. A buffer "
           "that fits into a cache has a floor far below memory's: there the ratio measures "
           "arithmetic. **x best peer** is the fastest peer's time for the same answer over "
           "crossent's, with as many threads or fewer: of all their gradients, whether into a fresh "
           "buffer, the old one, zeroed and added to (PyTorch), or a given one (oneDNN); beside "
           "crossent's into a fresh buffer, whose pages are new each time, theirs into one alone.")
    yield ""
    yield ("Loss error: relative, of the mean. Gradient error: the largest |error| of rows x gradient, "
           "which is a probability less a target, over a sample of rows. Both against NumPy in f64, "
           "of the same operation in the same run. JAX keeps labels as int32. oneDNN has no loss: "
           "its row is log-softmax, a gather, and the log-softmax's backward pass with a dense slope "
           "made before. SciPy: `special.log_softmax` and a gather, `stats.entropy` against one-hot "
           "rows. Of a file, crossent is the whole process of `crossent eval` (with calibration, "
           "classes, worst rows); DuckDB one SQL query and pandas + scikit-learn `read_csv` and "
           "`log_loss` in a process that is up already; all find the columns and their types by "
           "themselves, each time. pandas reads on one thread, with pyarrow on all. crossent and "
           "oneDNN are called from C++, the others from Python: of [1, 10] and [64, 10] that is "
           "most of their time.")
    yield ""
    yield "Data: " + "; ".join(f"*{name}*: {words}" for name, words in DATA.items()) + (
        ". Everybody runs on random data; on the others crossent, and torch.compile twice.")


def floor_rows(results, threads):
    for row in results.ours(OURS):
        if row["threads"] != threads:
            continue
        floor, peers = results.floor(row), results.peers(row)
        best = f"{peers[0]['ms'] / row['ms']:.2f} ({peers[0]['program']})" if peers else ""
        yield [title(row), WORDS[row["operation"]], time(row),
               f"{floor:.2f}" if floor else "", best, goal_cell(results.verdicts(row))]


def avx2_rows(results, threads):
    for row in results.ours(AVX2):
        best = results.of(row, program=OURS)
        if row["threads"] != threads or row["data"] != "random" or not best:
            continue
        floor = results.floor(row)
        yield [title(row), WORDS[row["operation"]], time(row), f"{floor:.2f}" if floor else "",
               f"{row['ms'] / best['ms']:.2f}", goal_cell(results.verdicts(row))]


def program_rows(results, threads):
    for row in results.rows:
        if row["threads"] != threads or (row["program"] == AVX2 and row["data"] == "random"):
            continue
        if row["program"] in (OURS, AVX2) and row["data"] != "random":
            continue
        alone = row["operation"] in FLOOR.values()
        cells = [title(row), "memory alone" if alone else row["program"], WORDS[row["operation"]]]
        if "ms" not in row:
            yield [*cells, row["without"][:90].replace("|", "/"), "", "", ""]
            continue
        ours = None if alone else results.of(
            row, program=OURS, operation={"reused": "given"}.get(row["operation"], row["operation"]))
        errors = (row.get("loss_error"), row.get("gradient_error"))
        yield [*cells, time(row), f"{row['ms'] / ours['ms']:.2f}" if ours else "",
               *("" if e is None else f"{e:.1e}" for e in errors)]


def summary_rows(results):
    """A line a work: the loss, the gradient in place and into a given buffer, on all threads and
    random data."""
    threads = max(r["threads"] for r in results.rows)
    for row in results.ours(OURS):
        loss = row["operation"] in ("loss", "eval")
        if not loss or row["threads"] != threads or row["data"] != "random":
            continue
        cells = [row["work"]]
        for one in (row, *(results.of(row, operation=o) for o in ("in_place", "given"))):
            floor, peers = (results.floor(one), results.peers(one)) if one else (None, [])
            best = f"{peers[0]['ms'] / one['ms']:.1f} ({peers[0]['program']})" if peers else ""
            cells += [number(one["ms"]) if one else "", f"{floor:.2f}" if floor else "", best]
        yield cells


def summary(found):
    info = found["machine"]
    yield ""
    yield (f"Milliseconds on {info['cores']} threads ({info['cpu']}), the ratio to what memory alone takes, "
           "and how many times faster than the fastest of the peers, none of which writes its "
           "gradient in place; what is measured, and on what else, below. Written by "
           "`./dev bench --peers`.")
    yield from table(["work", "loss, ms", "x floor", "x best peer", "gradient in place, ms", "x floor",
                      "x best peer", "into a given buffer, ms", "x floor", "x best peer"],
                     summary_rows(Results(found["rows"])))


def cold_rows(found, results):
    for row in found["cold"]:
        cells = [row["program"], WORDS[row["operation"]]]
        if "ms" not in row:
            yield [*cells, row["without"][:90].replace("|", "/"), "", ""]
            continue
        warm = results.of(row)
        yield [*cells, time(row), time(warm) if warm else "",
               f"{row['ms'] / warm['ms']:.1f}" if warm else ""]


def met(results, program, threads):
    """"3 of 5": how many goals are met."""
    verdicts = [v for r in results.ours(program) if r["threads"] == threads
                and (program == OURS or r["data"] == "random") for v in results.verdicts(r)]
    return f"{sum(v[2] for v in verdicts)} of {len(verdicts)}"


def ahead(results, program, threads):
    """"3 of 5": how many operations take less than the fastest peer's."""
    pairs = [(r["ms"], results.peers(r)[0]["ms"]) for r in results.ours(program)
             if r["threads"] == threads and r["data"] == "random" and results.peers(r)]
    return f"{sum(ours < peer for ours, peer in pairs)} of {len(pairs)}"


def count(results, counts):
    yield from table(
        ["", *(f"{n} thread{'s' if n > 1 else ''}" for n in counts)],
        [[title, *(how(results, program, n) for n in counts)]
         for title, how, program in (
             ("operations ahead of the fastest peer", ahead, OURS),
             ("goals met", met, OURS),
             ("operations ahead of the fastest peer, forced to AVX2", ahead, AVX2),
             (f"goals met, forced to AVX2 (at most {row_work.AVX2_GOAL} times the best target's "
              "time, ahead of the peers)", met, AVX2))])
    yield ""
    yield "Share of memory's pace (the floor's time over the program's, random data):"
    yield ""
    yield f"![share of memory's pace]({FIGURE})"


def page(found):
    results = Results(found["rows"])
    threads = sorted({r["threads"] for r in found["rows"]}, reverse=True)
    yield from introduction(found)
    yield from count(results, threads)
    yield from method()
    for n in threads:
        yield ""
        yield f"### crossent on {n} thread{'s' if n > 1 else ''}"
        yield from table(["work", "operation", "ms", "x floor", "x best peer", "goals"],
                         floor_rows(results, n))
    for n in threads:
        yield ""
        yield f"### Forced to AVX2, {n} thread{'s' if n > 1 else ''}"
        yield from folded("Times and goals", table(
            ["work", "operation", "ms", "x floor", "x best target", "goals"], avx2_rows(results, n)))
    if found["cold"]:
        yield ""
        yield f"### The first call, {found['cold'][0]['threads']} threads"
        yield ""
        yield (f"{COLD['work']}, in a fresh process whose logits are in memory: with what a program "
               "puts off until then (choice of kernels, start of threads, first touch of buffers, "
               "compilation, with an empty cache of compiled code). Warm is the same operation above.")
        yield from table(["program", "operation", "first call, ms", "warm, ms", "ratio"],
                         cold_rows(found, results))
    for n in threads:
        yield ""
        yield f"### Every program, {n} thread{'s' if n > 1 else ''}"
        yield from folded("Times and errors", table(
            ["work", "program", "operation", "ms", "x crossent", "loss error", "gradient error"],
            program_rows(results, n)))
