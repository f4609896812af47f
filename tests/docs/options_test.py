#!/usr/bin/env python3
"""docs/options.md shows the help of every verb, which docs_options compares with the program's.

usage: options_test.py PROGRAM
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    overview = subprocess.run([sys.argv[1], "help"], capture_output=True, text=True, check=True).stdout
    verbs = re.findall(r"^  ([a-z-]+)  ", overview.split("\ntry:")[0], re.M)
    shown = re.findall(r"^\$ crossent help ([a-z-]+)$", (ROOT / "docs/options.md").read_text(), re.M)
    if len(verbs) < 10 or verbs != shown:
        sys.exit(f"the program has the verbs {verbs}, docs/options.md shows {shown}")


main()
