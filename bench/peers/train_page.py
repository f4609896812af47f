"""What docs/performance.md says of training, from the results of train_peers.py."""
from shared import measured


def number(value):
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


UNSTEADY = 0.5  # a spread above it leaves no verdict


def cells(row):
    goal, ratio = row.get("goal"), row["ratio"]
    yield row["workload"]
    yield row["threads"]
    yield row["program"]
    yield number(row["ms"])
    yield f"{100 * row['spread']:.0f} %"
    yield number(row["cpu_ms"])
    yield "1" if row["program"] == "crossent" else f"{ratio:.2f}"
    verdict = ("unsteady" if row["spread"] > UNSTEADY else "met" if goal and ratio >= goal else "missed")
    yield f">= {goal}, {verdict}" if goal else ""
    yield f"{row['epochs']:.0f}"
    yield f"{row['cross_entropy']:.4f}"
    yield f"{row['objective']:.9f}" if "largest_gradient" in row else ""
    yield f"{row['largest_gradient']:.1e}" if "largest_gradient" in row else ""


def introduction(info, simd):
    yield ""
    yield ("Written by `./dev bench --peers`; the numbers are also in "
           "`bench/results/training.json`.")
    yield ""
    yield (f"{measured.in_words(info)}, SIMD target {simd}; Python {info['python']}, PyTorch {info['torch']}, "
           f"scikit-learn {info['sklearn']}, NumPy {info['numpy']}, SciPy {info['scipy']} "
           f"({info['BLAS']}); {info['date']}, load {info['load_at_start']:.2f} at the start.")
    if max(info["load_at_start"], info["load_at_end"] - 2) > 0.5:
        yield ""
        yield ("**The machine was busy when this ran**: the times are longer than on an idle one, and "
               "those on two threads most. Run `./dev bench --peers` again.")
    yield ""
    yield ("Same data, batch, optimiser, starting weights (Glorot's; 0 for the regressions) and "
           "number of threads. The programs take turns with a rest between them (thread pools spin on for a while), short trainings twice of which the second counts; ms is the median "
           "of the wall clock, spread half the interquartile range over it, CPU the processor time "
           "of all threads, ratio the time over crossent's. Of crossent a whole call of `train` is "
           "timed, with its checks and its look at all rows; of scikit-learn a whole `fit`; of "
           "PyTorch the loop over the batches alone. The loss and the largest element of the gradient "
           "are computed from every network's weights by NumPy in f64, outside the time.")


def scaling(found):
    few, many = found["scaling"]
    ratio = many["ms"] / few["ms"]
    mib = 2**20
    yield ""
    yield (f"Ten times the rows at {few['epochs']:.0f} iterations, 1 thread: {number(few['ms'])} ms "
           f"and {number(many['ms'])} ms, {ratio:.2f} times the time (goal 10 +- 10 %: "
           f"{'met' if 9 <= ratio <= 11 else 'missed'}); memory beyond the data "
           f"{few['memory_beyond'] / mib:.1f} MiB for {few['data_bytes'] / mib:.0f} MiB of data "
           f"and {many['memory_beyond'] / mib:.1f} MiB for {many['data_bytes'] / mib:.0f} MiB.")


def threads(found):
    times = {}
    for row in found["rows"]:
        if row["program"] == "crossent":
            times.setdefault(row["workload"], {})[row["threads"]] = row["ms"]
    name, of = list(times.items())[-1]
    if 2 in of:
        ratio = of[1] / of[2]
        yield ""
        yield (f"Two threads instead of one, {name}: {ratio:.2f} times as fast (goal 1.7: "
               f"{'met' if ratio >= 1.7 else 'missed'}).")


def page(found):
    yield from introduction(found["machine"], found["rows"][0]["simd"])
    yield ""
    yield ("| workload | threads | program | ms | spread | CPU ms | ratio | goal | epochs or iterations "
           "| cross-entropy | objective | largest gradient |")
    yield "|---" * 12 + "|"
    for row in found["rows"]:
        yield "| " + " | ".join(str(cell) for cell in cells(row)) + " |"
    yield from scaling(found)
    yield from threads(found)
