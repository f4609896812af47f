#!/usr/bin/env python3
"""Runs what the documentation shows, so that it cannot rot.

usage: run_docs.py [--update] --build DIR DOCUMENT.md..
       run_docs.py --example PROGRAM EXPECTED
       run_docs.py --anchors                     every docs/x.md#y that a source names exists

In a document, blocks are treated by their language:

  sh        every command runs (bash, stops at the first failure)
  console   lines that begin with "$ " are commands, the lines below each its exact output; a line
            "..." stands for any number of lines. With --update the outputs are written instead.
  cpp       must stand word for word in a source file, which the build compiles

Links between documents must lead somewhere. Commands run in an empty directory that holds links to data/ and examples/, `crossent` on the path.
./dev itself is not run.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w*)\s*$")
SOURCES = ("examples", "include", "src", "tests")


def blocks(lines):
    """(language, first line, last line) of every fenced block; the fences are outside."""
    language, begin = None, 0
    for i, line in enumerate(lines):
        fence = FENCE.match(line)
        if fence and language is None:
            language, begin = fence[1], i + 1
        elif line.startswith("```"):
            yield language, begin, i
            language = None


class Runner:
    def __init__(self, build):
        self.work = pathlib.Path(build, "tests", "docs", "work")
        # The tests of several documents run at once: each its own directory.
        self.work = self.work / str(os.getpid())
        self.work.mkdir(parents=True)
        for name in ("data", "examples"):
            (self.work / name).symlink_to(ROOT / name)
        (self.work / "build").symlink_to(build)
        self.environment = {**os.environ, "PATH": f"{build}:{os.environ['PATH']}", "NO_COLOR": "1",
                            "LC_ALL": "C.UTF-8", "COLUMNS": "100"}
        self.environment.pop("CROSSENT_SIMD", None)

    def run(self, command):
        done = subprocess.run(["bash", "-eo", "pipefail", "-c", command], cwd=self.work, text=True,
                              env=self.environment, stdout=subprocess.PIPE, timeout=120,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        return done.returncode, [line.rstrip() for line in done.stdout.splitlines()]


def is_dev(command):
    return command.split()[:1] == ["./dev"]


def commands(lines):
    """Groups a console block: (command, [expected output])."""
    groups = []
    for line in lines:
        if line.startswith("$ "):
            groups.append((line[2:], []))
        elif groups and not groups[-1][1] and groups[-1][0].endswith("\\"):
            groups[-1] = (groups[-1][0] + "\n" + line, [])
        elif groups:
            groups[-1][1].append(line.rstrip())
    return groups


def matches(expected, got):
    """Equal, where "..." stands for any lines."""
    pattern = "".join("(?:.*\n)*" if line.strip() == "..." else re.escape(line + "\n")
                      for line in expected)
    return re.fullmatch(pattern, "".join(line + "\n" for line in got)) is not None


def check_sh(runner, lines):
    kept = [line for line in lines if not is_dev(line)]
    if not any(line.strip() and not line.startswith("#") for line in kept):
        return []
    status, output = runner.run("\n".join(kept))
    return [f"exit status {status}"] + output if status else []


def check_console(runner, lines, update):
    """The problems found, and the block as it should be."""
    problems, new = [], []
    for command, expected in commands(lines):
        new += ["$ " + command] if "\n" not in command else ("$ " + command).split("\n")
        if is_dev(command):
            new += expected
            continue
        status, output = runner.run(command)
        if update and "..." not in expected:
            new += output
            continue
        new += expected
        if not matches(expected, output):
            problems += [f"$ {command}", "expected:", *expected, f"got (status {status}):", *output]
    return problems, new


def check_cpp(lines):
    text = "\n".join(lines).strip("\n") + "\n"
    for folder in SOURCES:
        for source in (ROOT / folder).rglob("*"):
            if source.suffix in (".h", ".cc") and text in source.read_text():
                return []
    return ["no source file holds this block word for word"]


def anchors(path):
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.*)$", path.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def broken(target, anchor):
    """Why a link to this file and anchor (or None) leads nowhere; empty when it does not."""
    if not target.exists():
        return f"no file {target.name}"
    return f"{target.name} has no #{anchor}" if anchor and anchor not in anchors(target) else ""


def check_links(path):
    links = re.findall(r"\]\(([^)\s#:]*)(?:#([^)\s]*))?\)", path.read_text())
    found = (broken(path.parent / name if name else path, anchor) for name, anchor in links)
    return [problem for problem in found if problem]


def check_anchors():
    """What sources and other files name as docs/x.md#y."""
    failed = 0
    for folder in (*SOURCES, "tools", "bench"):
        for source in (ROOT / folder).rglob("*"):
            if source.suffix not in (".h", ".cc"):
                continue
            for name, anchor in re.findall(r"docs/(\w[\w-]*\.md)#([\w-]+)", source.read_text()):
                problem = broken(ROOT / "docs" / name, anchor)
                failed += bool(problem)
                print(f"{source.relative_to(ROOT)}: {problem}\n" if problem else "", end="")
    return 1 if failed else 0


def check_document(runner, path, update):
    lines = path.read_text().split("\n")
    dead, replaced = check_links(path), []
    failed = len(dead)
    print(*(f"{path.name}: {problem}\n" for problem in dead), sep="", end="")
    for language, begin, end in blocks(lines):
        body, problems = lines[begin:end], []
        if language == "sh":
            problems = check_sh(runner, body)
        elif language == "console":
            problems, new = check_console(runner, body, update)
            replaced.append((begin, end, new))
        elif language == "cpp":
            problems = check_cpp(body)
        if problems:
            failed += 1
            print(f"{path.name}:{begin}: {language} block", *problems, sep="\n  ")
    if update:
        for begin, end, new in reversed(replaced):
            lines[begin:end] = new
        path.write_text("\n".join(lines))
    return failed


def check_example(program, expected):
    done = subprocess.run([program], capture_output=True, text=True, timeout=120, cwd=ROOT)
    if done.returncode == 0 and done.stdout == pathlib.Path(expected).read_text():
        return 0
    print(f"status {done.returncode}, printed:", done.stdout, done.stderr, sep="\n")
    return 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--example", nargs=2, metavar=("PROGRAM", "EXPECTED"))
    parser.add_argument("--anchors", action="store_true")
    parser.add_argument("documents", nargs="*", type=pathlib.Path)
    args = parser.parse_args()
    if args.example:
        return check_example(*args.example)
    if args.anchors:
        return check_anchors()
    runner = Runner(args.build.resolve())
    try:
        return 1 if sum(check_document(runner, d, args.update) for d in args.documents) else 0
    finally:
        shutil.rmtree(runner.work)


if __name__ == "__main__":
    sys.exit(main())
