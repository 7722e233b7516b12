"""Lines `NAME SECONDS BYTES` of several rounds as a table: the median of the rounds, the best, and ratios.

A ratio is the median of the rounds' own ratios: what ran side by side is compared with each other.
"""
import statistics
import sys

rounds = {}
for line in sys.stdin:
    *name, seconds, size = line.split()
    rounds.setdefault(" ".join(name), []).append((float(seconds) * 1e6, float(size)))


def ratio(name, of):
    return statistics.median(a / b for (a, _), (b, _) in zip(rounds[name], rounds[of]))


print(f"{'µs a render':<32}{'median':>9}{'best':>9}{'bytes':>8}{'× letterpress':>15}")
for name, times in rounds.items():
    seconds = [s for s, _ in times]
    size = f"{times[0][1]:.0f}" if times[0][1] else ""
    print(f"{name:<32}{statistics.median(seconds):>9.1f}{min(seconds):>9.1f}{size:>8}{ratio(name, 'letterpress'):>15.1f}")

print()
for promise, least, name, of in [
    ("handlebars.js / letterpress", 4, "handlebars", "letterpress"),
    ("Django / letterpress", 20, "django", "letterpress"),
    ("tags first, then mrml / letterpress", 15, "tags-then-mrml", "letterpress-own-mjml"),
    ("batch on one core / on all cores", 1.7, "batch-one-core", "batch-all-cores"),
]:
    found = ratio(name, of)
    print(f"{promise:<38}{found:>6.1f}   promised {least}   {'holds' if found >= least else 'DOES NOT HOLD'}")
