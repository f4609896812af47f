"""What the measuring scripts share: the machine in words, and their parts of the documents."""
import os
import pathlib
import re
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def first_line(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.splitlines()[0] if done.returncode == 0 and done.stdout else "unknown"


def proc(path, key):
    """The first value of `key` in a /proc file of `key: value` lines."""
    try:
        found = re.search(rf"^{key}\s*:\s*(.*)$", pathlib.Path(path).read_text(), re.M)
    except OSError:
        found = None
    return found[1].strip() if found else "unknown"


def cache_variable(name):
    text = (ROOT / "build" / "CMakeCache.txt").read_text()
    found = re.search(rf"^{name}:\w+=(.*)$", text, re.M)
    return found[1] if found else "unknown"


def commit():
    """The commit, and whether the code differs from it: results and pages may."""
    git = ["git", "-C", str(ROOT)]
    changed = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", "src", "include", "tools"])
    return first_line(*git, "describe", "--always") + ("-dirty" if changed.returncode else "")


def machine():
    """The CPU, its memory, and what the library was built with."""
    memory = proc("/proc/meminfo", "MemTotal").split()[0]
    cache = first_line("getconf", "LEVEL3_CACHE_SIZE")
    return {
        "cpu": proc("/proc/cpuinfo", "model name"),
        "last_level_cache_mib": int(cache) / 2**20 if cache.isdigit() and int(cache) else None,
        "memory_gib": round(int(memory) / 2**20, 1) if memory.isdigit() else None,
        "compiler": first_line(cache_variable("CMAKE_CXX_COMPILER"), "--version"),
        "build": cache_variable("CMAKE_BUILD_TYPE"),
        "crossent": re.search(r'"(.*)"', (ROOT / "include/crossent/version.h").read_text())[1],
        "commit": commit(),
    }


def in_words(info):
    """What every page says of the machine and of what was measured."""
    cache = info.get("last_level_cache_mib")
    return (f"{info['cpu']}, {info['cores']} cores, {info['memory_gib']} GiB of memory"
            + (f", a last cache of {cache:g} MiB" if cache else "")
            + f"; crossent {info['crossent']} ({info.get('commit', 'unknown')}) by {info['compiler']}, "
            f"{info['build']}")


def load():
    """How many cores are at work, over one second: the average of a minute would still count the
    build before the measurement."""
    def ticks():
        user, nice, system, idle, iowait, *rest = map(
            int, pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9])
        return user + nice + system + sum(rest), idle + iowait

    try:
        before = ticks()
        time.sleep(1)
        busy, idle = (now - then for now, then in zip(ticks(), before))
    except OSError:
        return round(os.getloadavg()[0], 2)
    return round(os.cpu_count() * busy / (busy + idle), 2)


def with_part(text, name, lines):
    """`text` with the lines between `<!-- table: NAME -->` and `<!-- end -->` replaced."""
    begin, end = f"<!-- table: {name} -->\n", "<!-- end -->\n"
    head, found, rest = text.partition(begin)
    old, ended, tail = rest.partition(end)
    if not found or not ended:
        raise SystemExit(f"the document has no part {begin.strip()} .. {end.strip()}")
    return head + begin + "".join(f"{line}\n" for line in lines) + end + tail


def write_part(page, name, lines, check=False):
    """Writes a part of a document; with `check` nothing is written, and a difference is an error."""
    old = page.read_text()
    new = with_part(old, name, lines)
    if check and new != old:
        raise SystemExit(f"{page.name}: the part {name} is not what its results say")
    if not check:
        page.write_text(new)
