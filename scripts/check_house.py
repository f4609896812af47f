#!/usr/bin/env python3
"""The rules of the house that a machine can check: file lengths, ASCII, who may include what."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = (".h", ".cc", ".cmake", ".py")

# Third-party headers and the only folders that may include them.
CONFINED = {
    r"hwy/": ("src/kernels/", "tests/", "bench/"),
    r"CLI/": ("tools/cli/",),
    r"fmt/": ("tools/cli/",),
    r"nlohmann/": ("tools/cli/", "src/train/", "tests/"),
    r"lbfgs": ("src/train/",),
    r"protozero/": ("src/train/",),
}

# The own headers that a folder may include, besides its own (docs/design.md).
OWN = {
    "include/crossent/": ("crossent/",),
    "src/reference/": ("reference/", "core/refuse.h", "crossent/"),
    "src/kernels/": ("kernels/", "crossent/view.h"),
    "src/core/": ("core/", "kernels/", "crossent/"),
    "src/io/": ("io/", "kernels/csv_scan.h", "kernels/decimal.h",
                "kernels/half.h", "crossent/"),
    "src/train/": ("train/", "core/", "io/", "kernels/product.h", "kernels/math.h",
                   "kernels/update.h", "kernels/activation.h", "crossent/"),
    "src/report/": ("report/", "core/", "kernels/", "crossent/"),
    "tools/cli/": ("cli/", "crossent/", "io/output_file.h", "io/number.h"),
    "fuzz/": ("cli/", "train/", "io/byte_source.h", "crossent/"),
    "bench/": ("bench/", "crossent/"),
    "examples/": ("crossent/",),
}
OWN_HEADER = re.compile(r'#include "((?:bench|cli|core|crossent|io|kernels|reference|report|train)/.*)"')


def limit(name):
    return 155 if name.startswith("src/kernels/") else 400


def problems(name, text):
    lines = text.splitlines()
    if name.endswith(SOURCES) or name == "dev":
        if len(lines) > limit(name):
            yield f"{name}: {len(lines)} lines, more than {limit(name)}"
        for number, line in enumerate(lines, 1):
            if not line.isascii():
                yield f"{name}:{number}: not ASCII"
    if not name.endswith((".h", ".cc")):
        return
    for number, line in enumerate(lines, 1):
        # clang-format holds code to the width, and leaves comments as they are.
        if len(line) > 100 and line.lstrip().startswith("//"):
            yield f"{name}:{number}: a comment of {len(line)} columns, more than 100"
        if not line.startswith("#include"):
            continue
        for header, folders in CONFINED.items():
            if re.match(rf'#include [<"]{header}', line) and not name.startswith(folders):
                yield f"{name}:{number}: {header} belongs to {', '.join(folders)}"
        own = OWN_HEADER.match(line)
        for folder, allowed in OWN.items():
            if own and name.startswith(folder) and not own[1].startswith(allowed):
                yield f"{name}:{number}: {folder} may not include {own[1]}"


def main():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                            cwd=ROOT, capture_output=True, text=True, check=True)
    found = [p for name in listed.stdout.splitlines()
             if name.endswith(SOURCES) or name == "dev"
             if (ROOT / name).exists()
             for p in problems(name, (ROOT / name).read_text())]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
