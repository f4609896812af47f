#!/usr/bin/env python3
"""Installs the build into an empty prefix, moves it, and builds the consumer against it twice."""
import argparse
import os
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent


def run(*command, **options):
    print("$", *command, flush=True)
    return subprocess.run([str(c) for c in command], check=True, **options)


def main():
    parser = argparse.ArgumentParser()
    for name in ("build", "cmake", "compiler"):
        parser.add_argument("--" + name, required=True)
    args = parser.parse_args()
    work = pathlib.Path(args.build, "tests", "install")
    first, prefix = work / "first", work / "moved"
    shutil.rmtree(work, ignore_errors=True)

    run(args.cmake, "--install", args.build, "--prefix", first, stdout=subprocess.DEVNULL)
    first.rename(prefix)  # nothing installed may remember where it was built

    by_cmake = work / "by_cmake"
    run(args.cmake, "-S", HERE / "consumer", "-B", by_cmake, "-DCMAKE_BUILD_TYPE=Release",
        f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_CXX_COMPILER={args.compiler}",
        "-DCMAKE_CXX_FLAGS=-std=c++20")
    run(args.cmake, "--build", by_cmake)
    run(by_cmake / "consumer")

    [pc] = prefix.glob("**/crossent.pc")
    flags = run("pkg-config", "--cflags", "--libs", "crossent", capture_output=True, text=True,
                env={**os.environ, "PKG_CONFIG_PATH": str(pc.parent)}).stdout.split()
    by_pkg_config = work / "by_pkg_config"
    run(args.compiler, "-std=c++20", HERE / "consumer" / "main.cc", "-o", by_pkg_config, *flags)
    run(by_pkg_config, env={**os.environ, "LD_LIBRARY_PATH": str(pc.parent.parent)})

    program = prefix / "bin" / "crossent"
    if pathlib.Path(args.build, "crossent").exists():
        run(program, "info")


if __name__ == "__main__":
    main()
