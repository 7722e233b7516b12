"""Compares filters with those of a real Django, on chains of one to four of them over odd values.

Arguments are literals or variables, autoescape is on or off. Both sides must print the same text, or both must fail.
What differs and is meant to differ is told by `explained`.
"""

import datetime
import sys
import zoneinfo

import django_judge
from django_judge import ZONE

from django.template import Context, Engine
from django.utils.safestring import mark_safe


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


def composed(rng):
    pieces = PIECES[rng.choice(list(PIECES))]
    return "".join(rng.choice(pieces) for _ in range(rng.choice([1, 2, 3, 4, 6, 9, 14, 30])))


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


def scalar(rng):
    return rng.choice([lambda: rng.choice(TEXTS), lambda: rng.choice(NUMBERS), lambda: rng.choice(FLOATS), lambda: rng.choice([None, True, False]),
                       lambda: {"__safe__": rng.choice(TEXTS)}, lambda: composed(rng), lambda: composed(rng), lambda: {"__safe__": composed(rng)}, lambda: rng.choice(MOMENTS),
                       lambda: {"__float__": rng.choice(["inf", "-inf", "nan"])}])()


def value(rng, depth=0):
    kind = rng.random()
    if depth > 3 or kind < 0.62:
        return scalar(rng)
    if kind < 0.72:
        return [value(rng, depth + 1) for _ in range(rng.choice([0, 1, 2, 3, 5, 12]))]
    if kind < 0.78:
        return [rng.choice(TEXTS) for _ in range(rng.choice([1, 2, 4]))]
    if kind < 0.82:
        return [rng.choice(NUMBERS + FLOATS) for _ in range(rng.choice([1, 2, 4, 9]))]
    if kind < 0.9:
        keys = rng.choice([["a"], ["a", "b"], ["b", "a", "c"], ["a", "a.b", "0"]])
        same = rng.choice([lambda: scalar(rng), lambda: rng.choice(NUMBERS), lambda: rng.choice(TEXTS), lambda: {"b": rng.choice(NUMBERS)}])
        return [{k: same() for k in keys} for _ in range(rng.choice([1, 2, 3]))]
    if kind < 0.93:
        return {"__tuple__": [value(rng, depth + 1) for _ in range(rng.choice([1, 2]))]}
    return {k: value(rng, depth + 1) for k in rng.sample(["a", "b", "items", "0", "k<y", "long key of a mapping"], rng.choice([0, 1, 2, 4]))}


def literal(v):
    if isinstance(v, bool) or v is None:
        return str(v)
    if isinstance(v, (int, float)):
        text = str(v)
        return text if "e" not in text else None
    if isinstance(v, str) and "\n" not in v and "\r" not in v and "}}" not in v:
        return "'" + v.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return None


def make(rng, names):
    """A template of one chain, with its context."""
    context = {}
    chain = "x"
    if rng.random() < 0.95:
        context["x"] = value(rng)
    for number in range(rng.choice([1, 1, 1, 2, 2, 3, 4])):
        name = rng.choice(names if number == 0 or rng.random() < 0.85 else ["safe", "escape", "upper", "title", "default"])
        kind = FILTERS[name]
        if number == 0 and name in CLOCKS and rng.random() < 0.7:
            context["x"] = rng.choice(MOMENTS + ABROAD)
        chain += "|" + name
        if not kind or (kind.endswith("?") and rng.random() < 0.25):
            continue
        kind = kind.rstrip("?")
        if kind == "any" or rng.random() < 0.04:
            argument = value(rng, 2)
        elif kind == "moment":
            argument = rng.choice(MOMENTS + MOMENTS + ABROAD + ["", "x", None, 0])
        else:
            argument = rng.choice(ARGUMENTS[kind])
        if kind == "moment" and not revived(argument):
            argument = MOMENTS[0]  # both would look at the clock
        written = literal(argument) if rng.random() < 0.7 else None
        if written is None:
            variable = f"a{number}"
            context[variable] = argument
            written = variable
        chain += ":" + written
    template = "{{ " + chain + " }}"
    if rng.random() < 0.25:
        template = "{% autoescape off %}" + template + "{% endautoescape %}"
    return {"template": template, "context": context}


ENGINE = Engine()


def by_django(case):
    """("text", text) or ("error", sentence)."""
    try:
        context = Context({name: revived(value) for name, value in case["context"].items()})
        return "text", ENGINE.from_string(case["template"]).render(context)
    except Exception as error:
        return "error", f"{type(error).__name__}: {error}"


def same(theirs, ours):
    kind, text = theirs
    return "errors" in ours if kind == "error" else ours.get("text") == text


def explained(case, theirs, ours):
    """The row of docs/differences-from-django.md that says why the two may differ, or None."""
    if theirs[0] == "text" and any("this number is too large" in error for error in ours.get("errors", [])):
        return "Whole numbers of more than 38 digits"
    if any(code.startswith("limit-") for code in ours.get("codes", [])):
        return "Results of more than the render's limits"
    return None


def filters_of(case):
    return {part.split(":")[0].split(" ")[0] for part in case["template"].split("|")[1:]}


def main():
    parser = django_judge.options(__doc__)
    parser.add_argument("--only", help="the filters to use, with commas between them")
    options = parser.parse_args()
    names = options.only.split(",") if options.only else list(FILTERS)
    return django_judge.compare(options, lambda rng: make(rng, names), by_django, same, explained, filters_of)


if __name__ == "__main__":
    sys.exit(main())
