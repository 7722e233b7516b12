#!/usr/bin/env python3
"""Compare our filters with real Django's on generated templates.

usage: django_filters.py [--program target/ci/examples/render_lines] [--cases 20000] [--seed 1] [--show 20]

Run it with a Python that has Django 5.2. Each case is a chain of one to four filters over an odd value, with literal
or variable arguments, autoescape on or off. Both sides must print the same text, or both must fail. Differences that
docs/differences-from-django.md explains are counted apart, by reason. Exit status 0 when none is left.
"""
import argparse, collections, datetime, json, os, random, subprocess, sys, time, zoneinfo

ZONE = "America/New_York"
NOW = "2026-11-20T18:04:10"
os.environ["TZ"] = ZONE
time.tzset()

import django
from django.conf import settings

settings.configure(USE_TZ=True, TIME_ZONE=ZONE, TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}])
django.setup()

from django.template import Context, Engine
from django.utils.safestring import mark_safe

ap = argparse.ArgumentParser()
ap.add_argument("--program", default="target/ci/examples/render_lines")
ap.add_argument("--cases", type=int, default=20000)
ap.add_argument("--seed", type=int, default=1)
ap.add_argument("--show", type=int, default=20)
ap.add_argument("--only", default="", help="comma-separated filters to use")
ap.add_argument("--save", default="", help="write the cases and Django's outcomes to this file")
a = ap.parse_args()
rnd = random.Random(a.seed)


def revived(v):
    if isinstance(v, dict):
        if len(v) == 1:
            ((name, inside),) = v.items()
            if name == "__safe__":
                return mark_safe(inside)
            if name == "__float__":
                return float(inside)
            if name == "__date__":
                return datetime.date.fromisoformat(inside)
            if name == "__datetime__":
                return datetime.datetime.fromisoformat(inside)
            if name == "__aware__":
                return datetime.datetime.fromisoformat(inside[0]).replace(tzinfo=zoneinfo.ZoneInfo(inside[1]))
            if name == "__tuple__":
                return tuple(map(revived, inside))
        return {k: revived(x) for k, x in v.items()}
    if isinstance(v, list):
        return [revived(x) for x in v]
    return v


TEXTS = [
    "", " ", "a", "abc", "12", "-12", "3.7", "0", "1", " 1 ", "1_000", "1e3", "1e-7", "inf", "nan", "-0", "+5", "٣", "½", "True", "None",
    "hello world", "Hello  World\n", "it's 3rd o'CLOCK ab'C'D", "a\nb\r\nc\rd\n\n\ne\n", "tab\tand\x0bvt\x0cff\x1cfs\x85nel\u2028ls",
    "<b>bold</b> & \"quote\" 's'", "<p>One <b>two</b> three</p> <br> <img src=x/> four", "a < b > c", "a &amp; b &lt; &copy; &#38; &#x26; &nope; &",
    "AT&T", "Tom & Jerry", "<script>if (a < b) { x }</script>after", "<style>x</style", "<!-- c --> d <!-- open", "<!DOCTYPE html><a href='x>y'>z</a>",
    "<![CDATA[x]]>y", "<a b=\"c>d\" e=f g>h</a >", "<a b='c", "</ a>x</b c>y</>z</3>", "<a<b>c</a><<d>>", "&#12a; &#; &#x; x&", "<?php x ?>y",
    "straße ǆ ﬁ Σας ΑΣ 日本a", "ἀᾳ ᾖ ǰ ŉ", "İstanbul ıI", "école Ärger e\u0301te\u0301 ﷺ ½ ²", "\u200b\u00ad\ue000\ufdd0\U0001F600", "a\x00b\x1b\x7f",
    "http://example.com", "https://example.com/a?b=c&d=e f", "www.example.com.", "(see http://a.com/b_(c))", "[www.a.com],", "x@example.com, y@b", "example.org/path;",
    "http://a.com/).", "http://a.com/&quot;; http://a.com/?x=&amp;;", "http://[::1]/a http://[x/ http://a.com/ü?ü=ü&%C3%BC#ü", "HTTP://A.COM mailto:a@b.com a.com: foo@bar.com!",
    "google.com/%20%zz google.coml httpx.com a@b.c.com", "info@[127.0.0.1] -a@b.com a@-b.com a@b_c.com", "800-COLLECT äBC", "one two three four five six seven eight nine ten",
    "supercalifragilistic expialidocious a b c", "x" * 90, " ".join(["word"] * 40), "lines\n" * 12, "a,b,,c", "1,2,3", "\\ back \\\\slash \" '", "=-;`<>&",
    "..., !!!", "a.b.c", "__x__", "a-_-b  --c", "2016-02-11", "100%", "%20a+b", "/path/to/ü?q=ä#f[x]", "\ue000",
]
PIECES = {
    "markup": ["<b>", "</b>", "<p class='x y'>", "</p >", "<br>", "<br/>", "<a href=\"x>y\">", "</a>", "<", ">", "</", "/>", "<!--", "-->", "-- >", "<!", "<?", "?>", "<![if x]>", "<![CDATA[", "]]>", "]>",
               "<script>", "</script>", "</ SCRIPT >", "<style a=b/>", "<i/", "=", "'", '"', " ", "\n", "\x0b", "\u00a0", "&", "&amp;", "&amp", "&#", "&#65;", "&#x41", "&notit;", "&nbsp;", "&copy", ";", "x", "word", "two words",
               "é", "e\u0301", "<x\x00y>", "<img src=a/b>", "<d==\"e", "<f g= 'h", "a<b", "<B>", "</B>", "&a-", "&CounterClockwiseContourIntegral;", "<q / >", "<a'b\"c>", "\u200b"],
    "links": ["http://", "https://", "HTTP://", "www.", "a.com", "example.org", ".net/", "x", "@", "foo", "bar.co", ":", ";", ",", ".", "!", "(", ")", "[", "]", "&", "&amp;", "&quot;", "&lt;", " ", "<", ">", '"', "'", "\n",
              "/p", "?q=1", "&r=%20", "#f", "%", "%C3%BC", "ü", "münchen.de", "[::1]", "127.0.0.1", "-", "_", "mailto:", "+", "=", "a b", "~", "xn--a", "\u2100", ".com", ".com/"],
    "words": ["word", "a", "supercalifragilistic", " ", "  ", "\t", "\n", "\r\n", "\x0b", "\x1c", "\u00a0", "\u2028", "é", "e\u0301", "-", "hyphen-ated", "'", "o'Clock", "3rd", "ΑΣ", "ß", "ǆ", "日本", "1", ".", "\\", '"', "%", "&", "<", "_", "\U0001F600", "ﬁ"],
    "numbers": ["1", "0", "9", ".", "-", "+", "e", "E", "_", " ", "5", "00", "inf", "nan", "25", "٣", "x", "1e5", "999"],
}


def composed():
    pieces = PIECES[rnd.choice(list(PIECES))]
    return "".join(rnd.choice(pieces) for _ in range(rnd.choice([1, 2, 3, 4, 6, 9, 14, 30])))


NUMBERS = [0, 1, -1, 2, 7, 12, 123, -123, 1000, 1023, 1024, 1025, 123456789, 10**12, -(2**40), 2**63 - 1, -(2**63), 10**15, 10**18]
FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, 2.5, 3.7, 0.25, -1.005, 34.23234, 34.0, 1e15, 1e16, 1e-4, 1e-5, 1e-7, 1.5e300, 1e22, 123456.789, 999.995, 0.1 + 0.2, 1e100, 5e-324]
MOMENTS = [
    {"__date__": "2016-02-29"}, {"__date__": "2021-01-01"}, {"__datetime__": "2016-02-01T06:05:08.001234"}, {"__datetime__": "2021-12-31T00:00:00"},
    {"__datetime__": "2012-02-29T12:00:00"}, {"__datetime__": "2026-03-08T02:30:00"}, {"__datetime__": "2026-11-01T01:30:00"}, {"__datetime__": "2026-07-13T23:59:59.5"},
    {"__aware__": ["2026-07-01T12:00:00", ZONE]}, {"__aware__": ["2026-01-01T00:30:00.25", ZONE]},
]
# These print in the account's zone on Django's side and in their own on ours, so that they only go into filters on dates.
ABROAD = [{"__aware__": ["2026-07-01T12:00:00", "UTC"]}, {"__aware__": ["2026-01-01T00:30:00", "Asia/Kolkata"]}, {"__aware__": ["2026-11-01T05:30:00", "UTC"]}]
CLOCKS = ["date", "time", "timesince", "timeuntil"]
FILTERS = {
    # name: what its argument may be, as kinds below
    "add": "any", "addslashes": "", "capfirst": "", "center": "width", "cut": "text", "date": "date?", "default": "any", "default_if_none": "any", "dictsort": "key",
    "dictsortreversed": "key", "divisibleby": "int", "escape": "", "escapejs": "", "escapeseq": "", "filesizeformat": "", "first": "", "floatformat": "places?",
    "force_escape": "", "get_digit": "int", "iriencode": "", "join": "text", "json_script": "text?", "last": "", "length": "", "linebreaks": "", "linebreaksbr": "",
    "linenumbers": "", "ljust": "width", "lower": "", "make_list": "", "phone2numeric": "", "pluralize": "plural?", "pprint": "", "rjust": "width", "safe": "",
    "safeseq": "", "slice": "slice", "slugify": "", "stringformat": "printf", "striptags": "", "time": "date?", "timesince": "moment", "timeuntil": "moment",
    "title": "", "truncatechars": "int", "truncatechars_html": "int", "truncatewords": "int", "truncatewords_html": "int", "unordered_list": "", "upper": "",
    "urlencode": "text?", "urlize": "", "urlizetrunc": "int", "wordcount": "", "wordwrap": "int", "yesno": "yesno?",
}
ARGUMENTS = {
    "width": [0, 1, 5, 6, 20, 21, -3, "7", "x", 3.9, None, [1], True, ""],
    "int": [0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 25, 60, 100, -1, "3", "x", " 4 ", "", 2.7, None, [], True, {"__float__": "inf"}, "1_0"],
    "text": ["", "a", "-", ", ", "<br>", "&", ";", " ", "b", "<", "/", "é", 5, None, ["a"], {"__safe__": "<i>"}, {"a": 1}, 1.5, True],
    "date": ["Y", "N j, Y", "d/m/y H:i:s.u", "D l S w z W t L o", "b M F E N n m j", "g G h H f P a A", "e I O T Z", "r c U", "\\Y\\m d\\\\d", "jS \\o\\f F", "x-", "e", "",
             "SHORT_DATE_FORMAT", "DATETIME_FORMAT", "TIME_FORMAT", None, 5, ["Y"], "B C J k K p q Q R v V X x", "\\", "Y\\"],
    "key": ["a", "b", "a.b", "0", 0, 1, -1, "", "_a", "x.y.z", "items", 1.5, None, [], "1.0", "a.0", True],
    "places": [0, 1, 2, 3, -1, -2, -3, 10, 30, 201, "2", "-2", "2g", "g", "u", "0u", "2gu", "ug", "x", "", None, 1.9, [], "-1g", True, " 2 "],
    "plural": ["es", "y,ies", "a,b,c", "", ",", "s", 5, None, [","], {"__safe__": "<b>,<i>"}],
    "slice": [":3", "1:", "-2:", ":-1", "::2", "::-1", "1:5:2", "0", 2, -1, "x", "1:2:3:4", "::0", "", ":", " 1 : 3 ", None, 1.5, "5:1:-2", "1_0:", "99999999999999999999999:"],
    "printf": ["d", "5d", "-5d", "05d", "+d", " d", "i", "u", "x", "#x", "X", "#o", ".3d", "8.3d", "s", "10s", "-10s", ".2s", "r", "a", "c", "f", ".0f", "#.0f", ".2f", "010.2f",
               "e", ".1e", "E", "g", ".3g", "#g", "G", ".10g", "%", "z", "", "d items", "s %s", "(a)s", "*d", ".*f", "ld", "+.1f", "-8.1f|", "05s", "(a)d x", "#X", "+x", "08.3e", 5, "5", ".", "F"],
    "yesno": ["Y,N,M", "Y,N", "Y", "", "a,b,c,d", "<b>,&", 5, None, ["a", "b"], {"__safe__": "<b>,<i>,<u>"}],
}


def scalar():
    return rnd.choice([lambda: rnd.choice(TEXTS), lambda: rnd.choice(NUMBERS), lambda: rnd.choice(FLOATS), lambda: rnd.choice([None, True, False]),
                       lambda: {"__safe__": rnd.choice(TEXTS)}, composed, composed, lambda: {"__safe__": composed()}, lambda: rnd.choice(MOMENTS),
                       lambda: {"__float__": rnd.choice(["inf", "-inf", "nan"])}])()


def value(depth=0):
    kind = rnd.random()
    if depth > 3 or kind < 0.62:
        return scalar()
    if kind < 0.72:
        return [value(depth + 1) for _ in range(rnd.choice([0, 1, 2, 3, 5, 12]))]
    if kind < 0.78:
        return [rnd.choice(TEXTS) for _ in range(rnd.choice([1, 2, 4]))]
    if kind < 0.82:
        return [rnd.choice(NUMBERS + FLOATS) for _ in range(rnd.choice([1, 2, 4, 9]))]
    if kind < 0.9:
        keys = rnd.choice([["a"], ["a", "b"], ["b", "a", "c"], ["a", "a.b", "0"]])
        same = rnd.choice([scalar, lambda: rnd.choice(NUMBERS), lambda: rnd.choice(TEXTS), lambda: {"b": rnd.choice(NUMBERS)}])
        return [{k: same() for k in keys} for _ in range(rnd.choice([1, 2, 3]))]
    if kind < 0.93:
        return {"__tuple__": [value(depth + 1) for _ in range(rnd.choice([1, 2]))]}
    return {k: value(depth + 1) for k in rnd.sample(["a", "b", "items", "0", "k<y", "long key of a mapping"], rnd.choice([0, 1, 2, 4]))}


def literal(v):
    if isinstance(v, bool) or v is None:
        return str(v)
    if isinstance(v, (int, float)):
        text = str(v)
        return text if "e" not in text else None
    if isinstance(v, str) and "\n" not in v and "\r" not in v and "}}" not in v:
        return "'" + v.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return None


def case():
    names = a.only.split(",") if a.only else list(FILTERS)
    context = {}
    chain = "x"
    if rnd.random() < 0.95:
        context["x"] = value()
    for number in range(rnd.choice([1, 1, 1, 2, 2, 3, 4])):
        name = rnd.choice(names if number == 0 or rnd.random() < 0.85 else ["safe", "escape", "upper", "title", "default"])
        kind = FILTERS[name]
        if number == 0 and name in CLOCKS and rnd.random() < 0.7:
            context["x"] = rnd.choice(MOMENTS + ABROAD)
        chain += "|" + name
        if not kind or (kind.endswith("?") and rnd.random() < 0.25):
            continue
        kind = kind.rstrip("?")
        if kind == "any" or rnd.random() < 0.04:
            argument = value(2)
        elif kind == "moment":
            argument = rnd.choice(MOMENTS + MOMENTS + ABROAD + ["", "x", None, 0])
        else:
            argument = rnd.choice(ARGUMENTS[kind])
        if kind == "moment" and not revived(argument):
            argument = MOMENTS[0]  # both would look at the clock
        written = literal(argument) if rnd.random() < 0.7 else None
        if written is None:
            variable = f"a{number}"
            context[variable] = argument
            written = variable
        chain += ":" + written
    template = "{{ " + chain + " }}"
    if rnd.random() < 0.25:
        template = "{% autoescape off %}" + template + "{% endautoescape %}"
    return {"template": template, "context": context, "env": {"timezone": ZONE, "now": NOW}}


engine = Engine()


def django_outcome(c):
    try:
        return {"text": engine.from_string(c["template"]).render(Context({k: revived(v) for k, v in c["context"].items()}))}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def walk(v):
    yield v
    if isinstance(v, dict):
        for x in v.values():
            yield from walk(x)
    elif isinstance(v, list):
        for x in v:
            yield from walk(x)


def explained(c, theirs, ours):
    """The reason why the two may differ, as docs/differences-from-django.md has it."""
    message = ours.get("error", "")
    if "this number is too large" in message and "text" in theirs:
        return "integers of more than 38 digits"
    if "error[limit-" in message:
        return "limits"
    return None


cases = [case() for _ in range(a.cases)]
expected = [django_outcome(c) for c in cases]
lines = "".join(json.dumps(c) + "\n" for c in cases)
if a.save:
    with open(a.save, "w") as f:
        for c, e in zip(cases, expected):
            f.write(json.dumps({**c, "outcome": e}) + "\n")
run = subprocess.run([a.program], input=lines.encode(), stdout=subprocess.PIPE, check=False)
answers = [json.loads(l) for l in run.stdout.split(b"\n") if l]
if len(answers) != len(cases):
    sys.exit(f"the program answered {len(answers)} of {len(cases)} cases (status {run.returncode}); the next is {json.dumps(cases[len(answers)])}")
reasons, bad, by_filter, failed = collections.Counter(), 0, collections.Counter(), 0
for c, theirs, ours in zip(cases, expected, answers):
    failed += "error" in theirs
    if ("error" in theirs and "error" in ours) or theirs == ours:
        continue
    reason = explained(c, theirs, ours)
    if reason:
        reasons[reason] += 1
        continue
    bad += 1
    for f in set(part.split(":")[0].strip() for part in c["template"].split("|")[1:]):
        by_filter[f.split(" ")[0]] += 1
    if bad <= a.show:
        print(c["template"], json.dumps(c["context"], ensure_ascii=False)[:600])
        print("   Django", json.dumps(theirs, ensure_ascii=False)[:700])
        print("   ours  ", json.dumps(ours, ensure_ascii=False)[:700])
print(f"{len(cases)} cases, {failed} of them errors in Django; {bad} differences, {sum(reasons.values())} explained {dict(reasons)}")
if bad:
    print(by_filter.most_common(15))
sys.exit(1 if bad else 0)
