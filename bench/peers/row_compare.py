"""What ./dev bench --quick says: crossent now beside the stored results of the same machine."""
from row_judge import Results, number
from row_work import FLOOR, WORDS

SAME = ("cpu", "cores", "memory_gib")
LEAST = 0.05  # a change below this is not worth a word


def noise(*rows):
    """What a ratio of medians may be off by: twice the spreads of both, as shares."""
    return max(LEAST, 2 * sum(r["spread"] for r in rows))


def verdict(now, then, results, stored):
    """(ratio of times, ratio of ratios to the floor, word). A busy machine slows the floor as well:
    slower is only what is slower by both."""
    times = now["ms"] / then["ms"]
    floors = results.floor(now), stored.floor(then)
    relative = floors[0] / floors[1] if all(floors) else times
    limit = noise(now, then)
    if min(times, relative) > 1 + limit:
        return times, relative, "slower"
    if max(times, relative) < 1 / (1 + limit):
        return times, relative, "faster"
    return times, relative, ""


def report(found, stored, suspects=None):
    """Prints a line for each operation; returns those that are slower, in an earlier run too where
    it named `suspects`."""
    results, slower = Results(found["rows"]), set()
    same = stored and all(stored["machine"][k] == found["machine"][k] for k in SAME)
    before = Results(stored["rows"] if same else [])
    print(f"\n{'work':42} {'operation':38} {'thr':>3} {'ms':>9} {'+-%':>4} {'x floor':>7}"
          + (f" {'then':>9} {'now/then':>8}" if same else ""))
    for row in results.rows:
        if "ms" not in row:
            print(f"{row['work']:42} {WORDS[row['operation']]:38} {row['without']}")
            continue
        floor = results.floor(row)
        line = (f"{row['work']:42} {WORDS[row['operation']]:38} {row['threads']:3} "
                f"{number(row['ms']):>9} {100 * row['spread']:4.0f} "
                f"{f'{floor:.2f}' if floor else '':>7}")
        then = before.of(row)
        if then:
            times, _, word = verdict(row, then, results, before)
            if row["operation"] in FLOOR.values():
                word = ""
            if word == "slower" and (suspects is None or results.key(row) in suspects):
                slower.add(results.key(row))
            line += f" {number(then['ms']):>9} {times:8.2f} {word}"
        print(line)
    if same:
        print(f"\n{len(slower)} of crossent's operations are slower"
              + (" both times" if suspects else "") + f" than on {stored['machine']['date']}, in time "
              "and beside the floor, by more than the noise (twice both spreads, at least 5 %).")
    else:
        print("\nThere are no results of this machine to compare with (bench/results/peers.json).")
    return slower
