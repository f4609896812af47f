#!/usr/bin/env python3
"""Every public header compiles alone, includes only std and crossent headers, and is in crossent.h.

usage: headers_test.py COMPILER INCLUDE_DIR
"""
import concurrent.futures
import pathlib
import re
import subprocess
import sys

ALLOWED = re.compile(r'#include (<[a-z_]+>|"crossent/[a-z_]+\.h")')


def compile_alone(compiler, include, header):
    command = [compiler, "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only",
               f"-I{include}", "-x", "c++", "-"]
    done = subprocess.run(command, input=f'#include "crossent/{header.name}"\n', text=True,
                          capture_output=True)
    return f"{header.name} does not compile alone:\n{done.stderr}" if done.returncode else None


def main(compiler, include):
    headers = sorted(pathlib.Path(include, "crossent").glob("*.h"))
    problems = []
    for header in headers:
        problems += [f"{header.name}: {line}" for line in header.read_text().splitlines()
                     if line.startswith("#include") and not ALLOWED.match(line)]
    umbrella = pathlib.Path(include, "crossent", "crossent.h").read_text()
    problems += [f"crossent.h does not include {header.name}" for header in headers
                 if header.name != "crossent.h" and f'"crossent/{header.name}"' not in umbrella]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda header: compile_alone(compiler, include, header), headers)
        problems += [problem for problem in found if problem]
    old = subprocess.run([compiler, "-std=c++17", "-fsyntax-only", f"-I{include}", "-x", "c++", "-"],
                         input='#include "crossent/crossent.h"\n', text=True, capture_output=True)
    if "crossent needs C++20: -std=c++20" not in old.stderr:
        problems.append("crossent.h does not say that it needs C++20")
    print(*problems, f"{len(headers)} headers, {len(problems)} problems", sep="\n")
    return 1 if problems or not headers else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
