#!/usr/bin/env python3
"""Every file that Highway compiles once per target names itself.

A HWY_TARGET_INCLUDE copied from another file compiles, and then runs the other file's code on all
targets but one. Paths are relative to an include directory of the target: src/ or the root.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    files = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard",
                            "*.cc", "*.h"], cwd=ROOT, capture_output=True, text=True, check=True)
    bad = 0
    for name in files.stdout.split():
        text = (ROOT / name).read_text()
        named = re.findall(r'#define HWY_TARGET_INCLUDE "([^"]*)"', text)
        if "hwy/foreach_target.h" in text and not named:
            print(f"{name}: includes foreach_target.h without defining HWY_TARGET_INCLUDE")
            bad += 1
        for path in named:
            known = [name] + [name[len(d):] for d in ("src/", "tests/", "bench/")
                              if name.startswith(d)]
            if path not in known:
                print(f'{name}: HWY_TARGET_INCLUDE is "{path}", another file')
                bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
