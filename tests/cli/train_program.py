"""What only a process of its own shows of `crossent train`: train_program.py PROGRAM DATA [SANITIZERS].

Signals, kill -9, full disks, closed pipes, and checkpoints that are not what they should be.
"""

import json
import os
import pathlib
import random
import re
import resource
import shlex
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM, DATA = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
SLOW = len(sys.argv) > 3  # a sanitizer
DIGITS = ["train", str(DATA / "digits.csv"), "--target", "label", "--scale", "0.0625", "--hidden",
          "16", "--validation", "0.2", "--seed", "7"]
SHORT = DIGITS + ["--epochs", "3"]
LONG = DIGITS + ["--epochs", "100000"]


def run(args, folder, **more):
    done = subprocess.run([PROGRAM, *args], cwd=folder, capture_output=True, text=True, timeout=120,
                          **more)
    return done.returncode, done.stdout, done.stderr


def start(args, folder, **more):
    return subprocess.Popen([PROGRAM, *args], cwd=folder, text=True, **more)


def wait_for(path, process):
    """Until the file is there; a training that ended before is a fault."""
    while not path.exists():
        assert process.poll() is None, process.returncode
        time.sleep(0.005)


def kill_and_resume(folder):
    """kill -9 at 20 random moments, resumed each time: the bytes of the uninterrupted run."""
    epochs = ["--epochs", "30" if SLOW else "150"]
    want = run(DIGITS + epochs + ["-o", "whole.crossent", "--log", "whole.jsonl"], folder)
    assert want[0] == 0, want
    moments = random.Random(4)
    every = ["--checkpoint", "run.ckpt", "--checkpoint-every", "1"]
    alive = 0
    for _ in range(20):
        resume = ["--resume", "run.ckpt"] if (folder / "run.ckpt").exists() else []
        process = start(DIGITS + epochs + every + resume, folder, stdout=subprocess.DEVNULL)
        time.sleep(moments.uniform(0, 0.15))
        alive += process.poll() is None
        process.kill()
        process.wait()
    assert alive >= 5, "the run is too short to be killed: %d" % alive
    resume = ["--resume", "run.ckpt"] if (folder / "run.ckpt").exists() else []
    code, out, err = run(DIGITS + epochs + every + resume +
                         ["-o", "parts.crossent", "--log", "parts.jsonl"], folder)
    assert code == 0, err
    assert (folder / "whole.crossent").read_bytes() == (folder / "parts.crossent").read_bytes()
    # The log of a resumed run holds every epoch, with the numbers of the uninterrupted one.
    whole, parts = ([json.loads(line) for line in (folder / name).read_text().splitlines()]
                    for name in ("whole.jsonl", "parts.jsonl"))
    assert len(whole) == len(parts) == int(epochs[1]) + 1, (len(whole), len(parts))
    for a, b in zip(whole, parts):
        for key in ("seconds", "rows_per_second", "rows_per_second_state"):
            a.pop(key, None), b.pop(key, None)
        assert a == b, (a, b)
    # What a kill left beside the checkpoint went with the next one.
    assert not list(folder.glob("*.crossent-part*")), os.listdir(folder)
    # A finished run: the model is written, nothing is trained.
    (folder / "parts.crossent").unlink()
    code, out, err = run(DIGITS + epochs + ["--resume", "run.ckpt", "-o", "parts.crossent"], folder)
    assert code == 0, err
    assert (folder / "whole.crossent").read_bytes() == (folder / "parts.crossent").read_bytes()


def interrupted(number, folder):
    """Ctrl-C or SIGTERM: exit 130, the report, a model, and a checkpoint to go on from."""
    # A name that a shell would take apart.
    checkpoint = "it's a \x01 stop.ckpt"
    args = LONG + ["--checkpoint", checkpoint, "--checkpoint-every", "1", "-o", "stop.crossent"]
    process = start(args, folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(folder / checkpoint, process)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, (process.returncode, err)
    assert "Interrupted after" in out and "is in stop.crossent" in out, out
    code, _, err = run(["predict", "stop.crossent", str(DATA / "digits.csv"), "-o", "p.csv"], folder)
    assert code == 0, err
    # The command that the report names goes on; interrupted again, it names itself.
    command = re.search(r"^Resume the run with\n  (crossent .*)$", out, re.M)[1]
    epochs = int(re.search(r"Interrupted after ([\d ]+) epoch", out)[1].replace(" ", ""))
    again = subprocess.Popen(["bash", "-c", "exec " + command + " --json"], cwd=folder, text=True,
                             stdout=subprocess.PIPE, env={**os.environ, "PATH": os.path.dirname(PROGRAM)
                                                          + ":" + os.environ["PATH"]})
    time.sleep(0.5)
    again.send_signal(number)
    result = json.loads(again.communicate(timeout=60)[0])
    assert again.returncode == 130 and result["status"] == "interrupted", result
    assert result["epochs"] >= epochs and result["models"] == ["stop.crossent"], (epochs, result)
    head, tail = command.split(" --resume ")
    assert result["resume"] == head + " --json --resume " + tail, result["resume"]
    (folder / checkpoint).unlink()


def full_disk(folder):
    """A checkpoint or a model that does not fit: exit 4, the file of before is whole."""
    assert run(SHORT + ["--checkpoint", "f.ckpt", "-o", "f.crossent"], folder)[0] == 0
    before = {name: (folder / name).read_bytes() for name in ("f.ckpt", "f.crossent")}

    (folder / "link.crossent").symlink_to("f.crossent")

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    for args in (["--checkpoint", "f.ckpt", "--checkpoint-every", "1"], ["-o", "f.crossent"],
                 ["-o", "link.crossent"]):
        code, out, err = run(SHORT + args, folder, preexec_fn=limit)
        assert code == 4 and "File too large" in err, (code, err)
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert run(SHORT + ["-o", "link.crossent"], folder)[0] == 0  # through the link, which stays
    assert (folder / "link.crossent").is_symlink()
    assert (folder / "f.crossent").read_bytes() == before["f.crossent"]
    code, out, err = run(SHORT + ["--format", "crossent", "-o", "/dev/full", "-o", "second.crossent"],
                         folder)
    assert code == 4 and "Trained for" in out, (code, out, err)  # the rest is not lost
    assert (folder / "second.crossent").read_bytes() == before["f.crossent"]
    leftovers = [name for name in os.listdir(folder) if name.startswith("f.") and name not in before]
    assert leftovers == [], leftovers
    code, out, err = run(SHORT + ["--log", "/dev/full", "-o", "kept.crossent"], folder)
    assert code == 4 and err.count("No space left") == 2, (code, err)  # at once, and at the end
    assert (folder / "kept.crossent").read_bytes() == before["f.crossent"]
    # Checkpoints that fail: told once, and the model is as without them.
    (folder / "kept.crossent").unlink()
    args = ["--checkpoint", "/dev/full", "--checkpoint-every", "1", "-o", "kept.crossent"]
    code, out, err = run(SHORT + args, folder)
    assert code == 4 and "Trained for 3 epochs" in out, (code, out)
    told = [line for line in err.splitlines()
            if "cannot write /dev/full: No space left on device" in line]
    assert [line.split(": ")[2] for line in told] == ["note", "error"], err
    assert (folder / "kept.crossent").read_bytes() == before["f.crossent"]
    (folder / "kept.crossent").unlink()
    code, out, err = run(SHORT + ["--json", "--format", "crossent", "-o", "/dev/full", "-o",
                                  "kept.crossent"], folder)
    assert code == 4 and json.loads(out)["models"] == ["kept.crossent"], (code, out, err)


def checkpoint_comes_back(folder):
    """A place that cannot be written for a while: the last checkpoint is whole, the exit code 0."""
    place = folder / "place"
    place.mkdir()
    process = start(DIGITS + ["--epochs", "300", "--checkpoint", "place/run.ckpt",
                              "--checkpoint-every", "1"], folder, stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE)
    wait_for(place / "run.ckpt", process)
    place.rename(folder / "away")
    note = process.stderr.readline()
    assert "note: cannot write place/run.ckpt" in note and "goes on" in note, note
    (folder / "away").rename(place)
    assert process.stderr.read() == "" and process.wait(timeout=120) == 0, process.returncode
    code, out, err = run(DIGITS + ["--epochs", "300", "--resume", "place/run.ckpt"], folder)
    assert code == 0 and "had ended already" in err, (code, err)


# What the log does not record: outputs, how they are written, and what decides no number.
NO_PART = {"preset", "strict", "model", "format", "checkpoint", "checkpoint-every", "resume", "log",
           "curves", "json", "digits", "threads", "simd", "color", "help"}
RECORDED = (
    ["--hidden", "8,4", "--activation", "relu", "--optimizer", "sgd", "--rate", "0.05", "--momentum",
     "0.8", "--nesterov", "--schedule", "step", "--schedule-epochs", "2", "--schedule-factor", "0.3",
     "--warmup", "1", "--batch", "20", "--clip-norm", "2", "--dropout", "0.25", "--init", "normal",
     "--init-scale", "0.2", "--seed", "5", "--l1", "1e-4", "--smoothing", "0.1", "--standardize"],
    ["--optimizer", "adamw", "--beta1", "0.8", "--beta2", "0.99", "--epsilon", "1e-6",
     "--weight-decay", "0.1", "--schedule", "cosine", "--loss", "focal", "--gamma", "1.5",
     "--class-weight", "balanced", "--validation", "0.25", "--early-stop", "2", "--precision", "f64",
     "--scale", "0.1", "--impute", "--ignore", "sepal_length_cm", "--text", "petal_width_cm"],
    ["--loss", "mse", "--mse-on", "logits", "--class-weight", "1,0.1,3", "--output", "sigmoid",
     "--validation", "iris.csv", "--test", "iris.csv", "--header", "yes"],
    ["--optimizer", "lbfgs", "--l2", "0.3", "--tolerance", "1e-6", "--start", "start.crossent"],
)


def command_of(options):
    """The arguments that the record of a log stands for."""
    args = ["train", options.pop("data")]
    for name, value in options.items():
        if value is True:
            args.append("--" + name)
        elif value is not None and value is not False:
            text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
            args += ["--" + name, text]
    return args


def recorded_options(folder):
    """Every option is in the first line of the log, and the run that it tells has the same bytes."""
    flags = set(re.findall(r"^ +(?:-\w, )?--([a-z0-9-]+)", run(["help", "train"], folder)[1], re.M))
    assert len(flags) > 50, flags
    (folder / "iris.csv").write_bytes((DATA / "iris.csv").read_bytes())
    base = ["train", "iris.csv", "--target", "label", "--epochs", "4"]
    assert run(base + ["-o", "start.crossent"], folder)[0] == 0
    for more in ([],) + RECORDED:
        files = ["-o", "first.crossent", "--log", "first.jsonl"]
        code, out, err = run(base + more + files, folder)
        assert code == 0, (more, err)
        options = json.loads((folder / "first.jsonl").read_text().split("\n", 1)[0])["options"]
        assert set(options) == (flags - NO_PART) | {"data"}, set(options) ^ (flags - NO_PART)
        again = command_of(options)
        code, out, err = run(again + ["-o", "again.crossent"], folder)
        assert code == 0, (again, err)
        first, second = ((folder / n).read_bytes() for n in ("first.crossent", "again.crossent"))
        assert first == second, shlex.join(again)


def unwritable(folder):
    """Found out before the training: nothing is printed."""
    for flag, name in (("-o", "x.crossent"), ("--checkpoint", "x"), ("--log", "x"),
                       ("--curves", "x.svg")):
        code, out, err = run(LONG + [flag, "no/such/folder/" + name], folder)
        assert (code, out) == (4, "") and "no/such/folder/x" in err, (flag, code, out, err)


def closed_pipe(folder):
    """The reader of the table goes: a quiet end; with a model to write, the work is done first."""
    for args, code in ((LONG, 0), (SHORT + ["-o", "pipe.crossent"], 0)):
        process = start(args, folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=60) == code, process.returncode
        err = process.stderr.read()
        assert all(": note: " in line for line in err.splitlines()), err
    assert (folder / "pipe.crossent").exists()


def streamed(folder):
    """The table comes while the training runs, also through a pipe."""
    process = start(LONG, folder, stdout=subprocess.PIPE)
    lines = [process.stdout.readline() for _ in range(12)]
    assert process.poll() is None and lines[0].startswith("Training a 64-16-10 network"), lines
    process.kill()
    process.communicate()


def foreign_checkpoints(folder):
    """Another option, other rows, a truncated or altered file: refused by name, nothing printed."""
    assert run(SHORT + ["--checkpoint", "c.ckpt"], folder)[0] == 0
    whole = (folder / "c.ckpt").read_bytes()
    for name, data in (("cut.ckpt", whole[:len(whole) // 2]), ("bare.ckpt", whole[:5]),
                       ("flip.ckpt", whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])):
        (folder / name).write_bytes(data)
        code, out, err = run(SHORT + ["--resume", name], folder)
        assert (code, out) == (3, "") and name in err, (name, code, out, err)
    for args, word in ((["--rate", "0.5"], "--rate is 0.5"), (["--optimizer", "sgd"], "--optimizer"),
                       (["--l2", "1"], "--l2 is 1"), (["--smoothing", "0.1"], "--smoothing is 0.1")):
        code, out, err = run(SHORT + ["--resume", "c.ckpt"] + args, folder)
        assert (code, out) == (2, "") and word in err, (args, code, out, err)
    rows = [a if a != "0.0625" else "0.125" for a in SHORT]
    code, out, err = run(rows + ["--resume", "c.ckpt"], folder)
    assert (code, out) == (2, "") and "the rows to learn from are not those" in err, (code, out, err)


def bounded_predictions(folder):
    """Rows in order for any number of threads, in memory that does not grow with them."""
    assert run(SHORT + ["-o", "m.crossent"], folder)[0] == 0
    lines = (DATA / "digits.csv").read_text().splitlines(keepends=True)
    with open(folder / "big.csv", "w") as file:
        file.write(lines[0])
        for _ in range(20):
            file.writelines(lines[1:])
    got = []
    for threads in ("1", "3"):
        code, out, err = run(["predict", "m.crossent", "big.csv", "-o", "p" + threads, "--threads",
                              threads], folder)
        assert code == 0, err
        got.append((folder / ("p" + threads)).read_bytes())
    assert got[0] == got[1]
    rows = got[0].decode().splitlines()[1:]
    assert [int(r.split(",", 1)[0]) for r in rows] == list(range(1, 20 * (len(lines) - 1) + 1))


def rows_held_once(folder):
    """Sparse rows as wide as their last index take the memory of their numbers, not twice of it."""
    rows, columns = 300, 100000
    with open(folder / "wide.svm", "w") as file:
        file.write("1 %d:1\n" % columns + "1 1:1\n" * (rows - 1))
    process = start(["train", "wide.svm"], folder, stderr=subprocess.PIPE)
    err = process.stderr.read()
    process.stderr.close()
    usage = os.wait4(process.pid, 0)[2]
    assert "holds one class only" in err, err  # refused as soon as the rows are there
    peak = usage.ru_maxrss * 1024 / (8 * rows * columns)
    assert SLOW or peak < 1.5, "%.2f times the numbers" % peak


def main():
    begin = time.time()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        kill_and_resume(folder)
        for number in (signal.SIGINT, signal.SIGTERM):
            interrupted(number, folder)
        for check in (full_disk, checkpoint_comes_back, recorded_options, unwritable, closed_pipe, streamed, foreign_checkpoints,
                      bounded_predictions, rows_held_once):
            check(folder)
    print("%.1f s" % (time.time() - begin))


main()
