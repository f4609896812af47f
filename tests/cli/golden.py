#!/usr/bin/env python3
"""Runs the commands of golden/*.txt and compares output, errors and exit code.

A block of such a file:

    $ crossent loss --probs 0.5,0.5 --label 1
    | what stdout must show, line by line
    ! what stderr must show
    = exit code

Lines that begin with # are comments. $DATA is the folder of the data sets: copy what is needed. `golden.py PROGRAM --update [FILE..]` writes the files anew from
what the program prints: read the difference before it is committed.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).parent / "golden"
DATA = pathlib.Path(__file__).resolve().parents[2] / "data"


def run(command, program, folder):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("CROSSENT_", "OMP_", "LC_"))}
    env.update(PATH=f"{program.parent}:{env['PATH']}", LC_ALL="C", NO_COLOR="1",
               DATA=str(DATA))
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=env, capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=60)
    block = [f"$ {command}"]
    for mark, text in (("|", done.stdout), ("!", done.stderr)):
        lines = text.decode("utf-8", "backslashreplace").split("\n")
        if lines[-1] == "":
            lines.pop()
        else:
            lines[-1] += "\\"  # the last line has no end
        block += [f"{mark} {line}".rstrip() if line == "" else f"{mark} {line}" for line in lines]
    return block + [f"= {done.returncode}"]


def blocks(path):
    """The file as a list of comments and blocks, each a list of lines."""
    out = []
    for line in path.read_text().splitlines():
        if line.startswith("$ ") or line.startswith("#") or line == "":
            out.append([line])
        elif out and out[-1][0].startswith("$ "):
            out[-1].append(line)
        else:
            sys.exit(f"{path}: a line outside of a block: {line}")
    return out


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    update = "--update" in sys.argv
    names = [pathlib.Path(a) for a in sys.argv[2:] if a != "--update"]
    failed = count = 0
    for path in names or sorted(FOLDER.glob("*.txt")):
        result = []
        with tempfile.TemporaryDirectory() as folder:
            for block in blocks(path):
                if not block[0].startswith("$ "):
                    result.append(block)
                    continue
                got = run(block[0][2:], program, folder)
                result.append(got)
                count += 1
                if got != block and not update:
                    failed += 1
                    print(f"{path.name}: {block[0]}")
                    print("  expected:", *block[1:], sep="\n    ")
                    print("  got:", *got[1:], sep="\n    ")
        if update:
            path.write_text("\n".join(line for block in result for line in block) + "\n")
    if count == 0:
        sys.exit("no commands found")
    print(f"{count - failed} of {count} commands as expected")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
