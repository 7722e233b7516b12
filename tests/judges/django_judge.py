"""What the judges that ask Django share: Django itself, set up; the exchange with our renderer; the verdict.

A judge makes cases, writes them to standard output, one JSON object a line, reads our answers from standard input, one
a line, and says on standard error what it found. `django.rs` is at the other end.
"""

import argparse
import collections
import datetime
import json
import os
import pathlib
import random
import sys
import time
from zoneinfo import ZoneInfo

ZONE = "America/New_York"
NOW = "2026-11-20T18:04:10"
# Where a case happens, for ours.
ENV = {"timezone": ZONE, "now": NOW}
os.environ["TZ"] = ZONE
time.tzset()

import django  # noqa: E402
import django.template.defaulttags  # noqa: E402
from django.conf import settings  # noqa: E402

settings.configure(USE_TZ=True, TIME_ZONE=ZONE, DEBUG=False)
django.setup()


class Clock(datetime.datetime):
    """The clock of `{% now %}`."""

    stands_at = datetime.datetime.fromisoformat(NOW).replace(tzinfo=ZoneInfo(ZONE))

    @classmethod
    def now(cls, tz=None):
        return cls.stands_at


django.template.defaulttags.datetime = Clock

TABLE = pathlib.Path(__file__).resolve().parents[2] / "docs/differences-from-django.md"


def rows():
    """The differences that are meant: the first cells of the table, without their backticks."""
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    # A bar that stands in a cell is written `\|`.
    return [line[2:].replace("\\|", "\0").split(" |")[0].replace("\0", "|").replace("`", "") for line in lines[1:]]


def options(doc):
    """The command line, as far as it is the same for the judges that make cases up."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--count", type=int, default=20000, help="how many cases")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=10, help="how many differences are shown")
    return parser


def compare(options, make, by_django, same, explained, kinds=lambda case: ()):
    """Compares; the exit status.

    `make(rng)` is a case, `by_django(case)` what Django makes of it, `same(theirs, ours)` whether ours is right,
    `explained(case, theirs, ours)` else the beginning of a row of the table, or None. `kinds(case)` is what differences
    are counted by.
    """
    rng = random.Random(options.seed)
    cases = [make(rng) for _ in range(options.count)]
    for case in cases:
        sys.stdout.write(json.dumps({**case, "env": ENV}) + "\n")
    all_asked()
    table = rows()
    outcomes, reasons, by_kind = collections.Counter(), collections.Counter(), collections.Counter()
    different = 0
    for case in cases:
        theirs = by_django(case)
        line = sys.stdin.readline()
        if not line:
            raise SystemExit(f"there is no answer to {json.dumps(case)}")
        ours = json.loads(line)
        outcomes[theirs[0]] += 1
        if same(theirs, ours):
            continue
        reason = explained(case, theirs, ours)
        if reason:
            row = [row for row in table if row.startswith(reason)]
            if not row:
                raise SystemExit(f"{TABLE.name} has no row that starts with «{reason}»")
            reasons[row[0]] += 1
            continue
        different += 1
        by_kind.update(kinds(case))
        if different <= options.show:
            say(json.dumps(case, ensure_ascii=False)[:3000])
            say(f"  Django {json.dumps(theirs, ensure_ascii=False)[:1500]}")
            say(f"  ours   {json.dumps(ours, ensure_ascii=False)[:1500]}\n")
    say(f"{options.count} cases of seed {options.seed}: {different} differences; with Django {dict(outcomes)}")
    for kind, count in by_kind.most_common(15):
        say(f"{count:6} differences with {kind}")
    for row, count in reasons.most_common():
        say(f"{count:6} explained: {row}")
    return 1 if different else 0


def all_asked():
    """Says that there are no more cases. Python does not close standard output, not even when told to."""
    sys.stdout.flush()
    os.close(sys.stdout.fileno())
    sys.stdout = None


def say(text):
    print(text, file=sys.stderr)
