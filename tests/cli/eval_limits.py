"""What `crossent eval` does with much input and with Ctrl-C: eval_limits.py PROGRAM."""

import os
import resource
import signal
import subprocess
import sys
import tempfile

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


bounded_memory()
interrupted()
