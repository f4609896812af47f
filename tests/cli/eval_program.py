"""What only a process of its own shows of `crossent eval`: eval_program.py PROGRAM [SANITIZERS]."""

import os
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zipfile

PROGRAM = sys.argv[1]
HEADER = ("label," + ",".join("p_%d" % k for k in range(10)) + "\n").encode()
ROW = "%d" + ",0.1000000000000000055" * 10 + "\n"
ROWS = 5000
BLOCK = "".join(ROW % (i % 10) for i in range(ROWS)).encode()


def bounded_memory():
    """150 MB of rows through a pipe stay below 100 MB."""
    blocks = 150_000_000 // len(BLOCK)
    run = subprocess.Popen([PROGRAM, "eval", "-", "--json", "--threads", "2"],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    run.stdin.write(HEADER)
    for _ in range(blocks):
        run.stdin.write(BLOCK)
    out = run.communicate()[0]
    assert run.returncode == 0, run.returncode
    assert b'"rows":%d,' % (blocks * ROWS) in out, out[:200]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    assert peak < 100_000_000, "%d bytes at most" % peak


def interrupted():
    """Ctrl-C while more input is awaited: exit 130, nothing printed, no --losses file."""
    with tempfile.TemporaryDirectory() as folder:
        losses = os.path.join(folder, "losses.csv")
        run = subprocess.Popen([PROGRAM, "eval", "-", "--losses", losses],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
        # More than a pipe holds: the program reads once this returns.
        run.stdin.write(HEADER + BLOCK)
        run.stdin.flush()
        run.send_signal(signal.SIGINT)
        try:
            code = run.wait(timeout=60)
        finally:
            run.kill()
        assert code == 130, code
        assert run.stdout.read() == b""
        assert os.listdir(folder) == []


def interrupted_in_silence():
    """Ctrl-C while a pipe, or a FIFO that nobody opens, gives nothing. The program alone gets it: a
    second signal to its group may stop a sanitizer's own process at the end."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "f")
        os.mkfifo(path)
        for name in ("-", path):
            run = subprocess.Popen([PROGRAM, "eval", name], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            try:
                while not catches(run.pid, signal.SIGINT):
                    assert run.poll() is None, run.communicate()
                    time.sleep(0.01)
                time.sleep(0.2)  # into the wait for bytes; before it, the answer is the same
                run.send_signal(signal.SIGINT)
                code = run.wait(timeout=60)
            finally:
                run.kill()
            out = run.stdout.read(), run.stderr.read(), code
            assert out == (b"", b"crossent: eval: error: interrupted\n", 130), out


def catches(pid, number):
    """Whether the process has a handler for the signal."""
    with open("/proc/%d/status" % pid) as status:
        caught = next(line.split()[1] for line in status if line.startswith("SigCgt:"))
    return int(caught, 16) >> (number - 1) & 1


def npy(kind, shape, data):
    """The bytes of an NPY file."""
    header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, shape)
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header.encode() + data


def archives():
    """Arrays of an NPZ by name; --prob is one column, and no array is guessed."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.npz")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("p.npy", npy("<f8", (2, 1), struct.pack("<2d", 0.5, 0.25)))
            archive.writestr("q.npy", npy("<f8", (2, 2), struct.pack("<4d", 0.5, 0.5, 0.75, 0.25)))
            archive.writestr("y.npy", npy("<i4", (2,), struct.pack("<2i", 0, 1)))

        def run(*args, label=("--label", "y")):
            done = subprocess.run([PROGRAM, "eval", path, *label, *args],
                                  capture_output=True, text=True, timeout=60)
            return done.returncode, done.stdout, done.stderr

        one, two = run("--prob", "p", "--json"), run("--probs", "q", "--json")
        assert one[0] == 0 and two[0] == 0, (one, two)
        assert '"loss":1.0397207708399179,' in one[1] and '"loss":1.0397207708399179,' in two[1], one
        code, out, err = run("--prob", "q")
        assert (code, out) == (3, "") and "--prob takes one column, not 2" in err, err
        code, out, err = run("--prob", "r")
        assert (code, out) == (3, "") and 'there is no array "r"' in err, err
        code, out, err = run("--as", "probs")
        assert (code, out) == (3, "") and "several arrays could hold the values" in err, err
        assert "--probs, --logits or --log-probs NAME; arrays: p, q\n" in err, err
        code, out, err = run(label=())
        assert (code, out) == (2, "") and "an NPZ file does not say what its numbers are" in err, err
        code, out, err = run("--probs", "q", label=())
        assert (code, out) == (2, "") and "--label NAME; arrays: p, q, y" in err, err


if len(sys.argv) < 3:  # a sanitizer's own memory is not bounded
    bounded_memory()
interrupted()
interrupted_in_silence()
archives()
