"""The programs that row_peers.py lets take turns, each a process that answers line by line."""
import json
import os
import pathlib
import select
import subprocess
import sys
import tempfile
import time

import row_work
from row_data import ROOT
from train_peers import environment

BUILD = ROOT / "build" / "bench"
NATIVE = {row_work.OURS: "row_workload", row_work.AVX2: "row_workload",
          row_work.ONEDNN: "onednn_workload"}
MOST_SECONDS = 300  # for one answer; compilers take tens


class Program:
    def __init__(self, name, threads, cache=BUILD / "inductor"):
        self.name, self.threads, self.about, self.process = name, threads, "", None
        env = {**environment(threads), "TORCHINDUCTOR_CACHE_DIR": str(cache)}
        if name == row_work.AVX2:
            env["CROSSENT_SIMD"] = "AVX2"
        if name in NATIVE:
            command = [BUILD / NATIVE[name]]
            if not command[0].exists():
                return
        else:
            command = [sys.executable, pathlib.Path(__file__).with_name("row_worker.py"), name,
                       str(threads)]
        cpus = sorted(os.sched_getaffinity(0))
        # One thread is one core, also for what a peer starts beside its workers.
        allowed = cpus[-1:] if threads == 1 else cpus
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            command, env=env, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.log, preexec_fn=lambda: os.sched_setaffinity(0, allowed))

    def send(self, line):
        try:
            if self.process:
                self.process.stdin.write(line + "\n")
                self.process.stdin.flush()
        except BrokenPipeError:
            pass  # receive() says so

    def receive(self):
        if not self.process:
            return {"missing": f"{NATIVE[self.name]} was not built"}
        if not select.select([self.process.stdout], [], [], MOST_SECONDS)[0]:
            self.process.kill()
            return {"error": f"no answer in {MOST_SECONDS} s"}
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        self.log.seek(0)
        said = self.log.read().strip().splitlines()
        return {"error": f"ended: {said[-1] if said else self.process.wait()}"[:300]}

    def ask(self, line):
        self.send(line)
        return self.receive()

    def load(self, work):
        if self.name not in NATIVE:
            reply = self.ask("load " + json.dumps(work))
        else:
            if self.name == row_work.ONEDNN:
                words = {k: work[k] for k in ("type", "rows", "classes")}
            else:
                words = {k: work[k] for k in ("type", "classes", "images")}
                words["rows"] = work["rows"] // work["images"]
                words["smoothing"] = work.get("smoothing", 0)
                words["kind"] = "probabilities" if work["form"] == "probabilities" else "logits"
            words |= {**work["files"], "threads": self.threads}
            reply = self.ask("load " + " ".join(f"{k}={v}" for k, v in words.items()))
        self.about = reply.get("about", self.about)
        return reply

    def alive(self):
        return not self.process or self.process.poll() is None

    def end(self):
        if not self.process:
            return
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # it ended by itself
        self.process.wait()


class Eval:
    """`crossent eval` of a file: the whole process, from its start to its end."""

    def __init__(self, name, threads):
        self.name, self.threads, self.about = name, threads, ""
        self.env = environment(threads)
        if name == row_work.AVX2:
            self.env["CROSSENT_SIMD"] = "AVX2"
        cpus = sorted(os.sched_getaffinity(0))
        self.allowed = cpus[-1:] if threads == 1 else cpus

    def load(self, work):
        self.path = work["files"]["data"]
        return {}

    def once(self):
        begin = time.perf_counter_ns()
        done = subprocess.run(
            [ROOT / "build" / "crossent", "eval", self.path, "--json", "--threads",
             str(self.threads)], env=self.env, cwd=ROOT, capture_output=True, text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, self.allowed))
        return time.perf_counter_ns() - begin, done

    def send(self, line):
        self.line = line

    def receive(self):
        return self.ask(self.line)

    def ask(self, line):
        if line.startswith("drop"):
            return {}
        took, done = self.once()
        if done.returncode:
            return {"error": (done.stderr.strip().splitlines() or ["failed"])[0][:300]}
        return {"nanoseconds": [took], "mean": json.loads(done.stdout)["loss"]}

    def alive(self):
        return True

    def end(self):
        pass


class Pool:
    """Programs started once and kept while they live."""

    def __init__(self):
        self.programs = {}

    def get(self, name, threads, work):
        ours = name in (row_work.OURS, row_work.AVX2)
        kind = Eval if ours and work["form"] == "table" else Program
        key = name, threads, kind
        if key not in self.programs or not self.programs[key].alive():
            self.programs[key] = kind(name, threads)
        return self.programs[key]

    def drop(self):
        for program in self.programs.values():
            program.ask("drop")

    def end(self):
        for program in self.programs.values():
            program.end()
