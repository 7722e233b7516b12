"""Asks a real Django about the cases of a folder, those that hold nothing of Klaviyo's.

usage: django_language_cases.py tests/language
"""

import datetime
import json
import pathlib
import re
import sys
from zoneinfo import ZoneInfo

import django_judge
from django_judge import all_asked, say
from django_template import by_django, normal

KLAVIYO = re.compile(
    r"{%\s*(unsubscribe|manage_pref|web_view|update_prop|catalog|has_cat|currency|today|current_|coupon|barcode|render_var|custom"
    r"|object|lorem|load)|lookup|index:"
)


def read_cases(text):
    """The name and the sections of each case of a file; tests/language/README.md says how they are written."""
    for block in re.split(r"(?m)^=== ", text)[1:]:
        name, _, rest = block.partition("\n")
        parts = re.split(r"(?m)^--- (.*)\n", rest)
        sections = dict(zip(parts[1::2], parts[2::2]))
        sections = {key: text.removesuffix("\n") for key, text in sections.items()}
        last = list(sections)[-1]
        sections[last] = sections[last].removesuffix("\n")
        yield name, sections


def holds(sections, kind, theirs):
    """Whether Django says what the case says."""
    if "prints" in sections:
        return (kind, theirs) == ("text", sections["prints"])
    if "raises" in sections:
        return kind == "raised"
    sentences = [normal(line.partition(" ")[2]) for line in sections["fails"].split("\n")]
    # Django fails with errors of Python's or later than we do in these two.
    return normal(theirs) in sentences or re.match("ValueError: not enough values|TemplateDoesNotExist", theirs)


def main(folder):
    all_asked()
    django_judge.Clock.stands_at = datetime.datetime(2026, 3, 18, 13, 5, 9, tzinfo=ZoneInfo("America/New_York"))
    asked = different = 0
    for path in sorted(pathlib.Path(folder).glob("*.txt")):
        for name, sections in read_cases(path.read_text(encoding="utf-8")):
            templates = {key[5:]: text for key, text in sections.items() if key.startswith("file ")}
            templates["main.html"] = sections["template"]
            if {"catalog", "limits", "skips", "channel"} & set(sections) or KLAVIYO.search(" ".join(templates.values())):
                continue
            case = {"templates": templates, "entry": "main.html", "context": json.loads(sections.get("context", "{}"))}
            kind, theirs = by_django(case)
            asked += 1
            if not holds(sections, kind, theirs):
                different += 1
                say(f"{path.name}: {name}\n  Django {kind}: {theirs!r}")
    say(f"{asked} cases asked, {different} different")
    return 1 if different or asked < 100 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
