"""Compares the tags with those of a real Django, on templates that a grammar makes up.

    cargo build --release --example render_cases
    python tests/judges/django_tags.py [--count 20000] [--seed 1] [--renderer target/release/examples/render_cases]
    python tests/judges/django_tags.py --cases tests/language

The second form asks Django about the cases of tests/language that hold nothing of Klaviyo's.

The Python that runs this needs Django 5.2. Every case is rendered by both. Texts must be equal; an error must be an
error on both sides, and the first sentence that Django says of a broken template must be among ours. What differs and
is known to differ is told by `explained`, with its reason; anything else is printed and makes the exit status 1.
"""

import argparse
import collections
import datetime as real_datetime
import json
import pathlib
import random
import re
import subprocess
import sys

import django
from django.conf import settings

settings.configure(USE_I18N=False, USE_TZ=True, TIME_ZONE="UTC", DEBUG=False)
django.setup()

from zoneinfo import ZoneInfo  # noqa: E402

from django.template import Context, Engine, TemplateSyntaxError  # noqa: E402
import django.template.defaulttags  # noqa: E402

NOW = real_datetime.datetime(2026, 11, 20, 18, 4, 10, tzinfo=real_datetime.timezone.utc)


class Clock(real_datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


django.template.defaulttags.datetime = Clock

# Two forms of Python that ours does not have: groups and the views of a mapping print as lists.
django.template.defaulttags.GroupedResult.__repr__ = lambda group: repr(list(group))


class Mapping(dict):
    def items(self):
        return list(super().items())

    def keys(self):
        return list(super().keys())

    def values(self):
        return list(super().values())

CONTEXTS = [
    {
        "a": "Ada", "b": "<b>\"q\" & 'r'</b>", "c": "", "u": "Zoë ☕ 𝔘 straße", "n": 3, "z": 0, "m": -7, "f": 2.5,
        "g": 1.0, "h": 1e16, "t": True, "o": False, "none": None, "d5": "5", "text": "one two\nthree",
        "l": [1, 2, 2, 3], "e": [], "w": ["x", "y<", "y<", "é"], "p": [[1, 2], [3, 4]], "q": [["k", "v"], ["k", "w"]],
        "k": {"x": 1, "y": "<y>", "items": "own", "0": "zero"}, "s": {"one": 1, "two": [1, 2]},
        "r": [{"c": "A", "n": 1, "t": {"u": 1}}, {"c": "A", "n": 2}, {"c": "B", "n": 3}, {"c": "A", "n": 4}],
        "mix": [1, 1.0, "1", True, None, [], {}, "", 0], "part": "part1.html", "deep": {"a": {"b": [{"c": "end"}]}},
    },
    {
        "a": "", "b": "&amp;", "u": "Straße", "n": 1, "z": 0.0, "f": -0.5, "t": "True", "l": ["b", "a", "a"], "e": {},
        "w": "word", "p": [[1, 2, 3], [4]], "q": {"k": "v"}, "k": {}, "s": [], "r": [], "mix": "mix", "part": "nope.html",
        "cyc": "outer", "x": "data", "block": "own", "var": "own", "item": "root",
    },
    {
        "a": None, "b": 10**15, "n": "12", "z": "0", "f": "1.5", "l": {"b": 1, "a": 2}, "w": ["only"], "p": ["ab", "cd"],
        "q": [], "k": [{"x": 5}], "r": [{"c": None, "n": 0}, {"n": 1}, {"c": 0, "n": "<"}, {"c": False}], "e": None,
        "mix": [[1, 2], ["a", "b"], "xy", {"k": 1, "v": 2}], "t": 1, "o": 0, "u": "  spaced  ", "part": ["no.html", "part2.html"],
    },
    {},
]

NAMES = "a b c u n z m f g h t o none d5 text l e w p q k s r mix deep x y item missing cyc".split()
PATHS = ["k.x", "k.y", "k.items", "k.0", "s.one", "s.two.1", "r.0.c", "r.1.t.u", "deep.a.b.0.c", "a.0", "l.0", "l.9", "p.0.1",
         "w.1", "item.c", "item.n", "item.0", "x.0", "forloop.counter", "forloop.counter0", "forloop.revcounter",
         "forloop.revcounter0", "forloop.first", "forloop.last", "forloop.parentloop.counter", "forloop.parentloop.last",
         "forloop.parentloop.parentloop.counter0", "missing.x.y", "True", "False", "None", "block.super", "block.name",
         "a.upper", "u.lower", "a.title", "s.one.two", "forloop.nope"]
LITERALS = ["'lit'", '"dq"', "'<b>'", "''", "1", "0", "2.5", "-3", "'é☕'", "'it\\'s'", "3.", ".5", "1e3", "_('t')", "'a b'", "256", "1000"]
FILTERS = ["upper", "lower", "length", "default:'d'", "default:a", "default_if_none:'n'", "join:', '", "join:'<'", "safe", "first",
           "last", "add:2", "add:'x'", "slice:':2'", "escape", "title", "capfirst", "cut:'a'", "default:missing", "yesno",
           "floatformat:2", "linebreaksbr"]
TEXTS = ["", " ", "\n", "t", "<p> x </p>", "<b> <i>", "> <", "é☕ ", "{", "}", "%}", "{{\n", "{ % if", "a&b", "'q'", "\t", "  \n ", "{#no", ">\u00a0<"]
OPERATORS = ["==", "!=", "<", ">", "<=", ">=", "in", "not in", "and", "or", "is", "is not"]


class Maker:
    def __init__(self, rng):
        self.rng = rng
        self.blocks = []
        self.parts = []
        self.start()

    def start(self):
        """Forgets what tags of another template have named."""
        self.named_cycle = self.any_cycle = self.layout = False

    def pick(self, options):
        return self.rng.choice(options)

    def chance(self, p):
        return self.rng.random() < p

    def operand(self):
        roll = self.rng.random()
        if roll < 0.5:
            return self.pick(NAMES)
        if roll < 0.75:
            return self.pick(PATHS)
        return self.pick(LITERALS)

    def expr(self, filters=0.3):
        text = self.operand()
        while self.chance(filters):
            text += self.pick(["|", "|", "|", " | ", "| "][: 3 if self.in_word else 5]) + self.pick(FILTERS)
        return text

    in_word = True

    def printed(self):
        self.in_word = False
        text = self.expr()
        self.in_word = True
        return "{{" + self.pick([" ", "", "  "]) + text + self.pick([" ", "", " "]) + "}}"

    def condition(self):
        words = []
        if self.chance(0.2):
            words.append("not")
        words.append(self.expr(0.2))
        while self.chance(0.4):
            operator = self.pick(OPERATORS)
            # What `is` says of two equal texts or floats depends on how CPython keeps them.
            if operator in ("is", "is not"):
                words += [operator, self.pick(["None", "True", "False", "missing", "1"])]
                continue
            words.append(operator)
            if self.chance(0.15):
                words.append("not")
            words.append(self.expr(0.2))
        return " ".join(words)

    def many(self, depth, most=4):
        return "".join(self.node(depth) for _ in range(self.rng.randint(0, most)))

    def node(self, depth):
        roll = self.rng.random()
        if depth <= 0 or roll < 0.25:
            return self.pick(TEXTS)
        if self.layout and self.blocks and roll < 0.5:
            return self.tag_block(depth - 1)
        if roll < 0.45:
            return self.printed()
        return getattr(self, "tag_" + self.pick(TAGS))(depth - 1)

    def tag_if(self, depth):
        text = "{% if " + self.condition() + " %}" + self.many(depth)
        while self.chance(0.2):
            text += "{% elif " + self.condition() + " %}" + self.many(depth)
        if self.chance(0.5):
            text += "{% else %}" + self.many(depth)
        return text + "{% endif %}"

    def tag_for(self, depth):
        names = self.pick(["item", "item", "x", "x, y", "x,y", "a", "item , y", "item", "x", "x, y, z" if self.chance(0.3) else "x"])
        source = self.pick([self.expr(0.1), "l", "l", "r", "r", "p", "w", "s.items", "q", "mix", "grp", "k.keys", "s.values"])
        text = "{% for " + names + " in " + source + self.pick(["", "", "", " reversed"]) + " %}" + self.many(depth)
        if self.chance(0.3):
            text += "{% empty %}" + self.many(depth)
        return text + "{% endfor %}"

    def tag_with(self, depth):
        if self.chance(0.3):
            head = self.expr() + " as " + self.pick(NAMES)
            if self.chance(0.2):
                head += " and " + self.expr() + " as " + self.pick(NAMES)
        else:
            head = " ".join(self.pick(NAMES) + "=" + self.expr() for _ in range(self.rng.randint(1, 3)))
        return "{% with " + head + " %}" + self.many(depth) + "{% endwith %}"

    def tag_autoescape(self, depth):
        return "{% autoescape " + self.pick(["on", "off"]) + " %}" + self.many(depth) + "{% endautoescape %}"

    def tag_comment(self, depth):
        return "{% comment" + self.pick(["", " note", " 'x'"]) + " %}" + self.many(depth) + "{% bad %}{% endcomment %}"

    def tag_verbatim(self, depth):
        name = self.pick(["", "", " v"])
        return "{% verbatim" + name + " %}" + self.many(depth) + "{% if %}{% endverbatim" + name + " %}"

    def tag_cycle(self, depth):
        if self.chance(0.2 if self.named_cycle else 0.02):
            return "{% cycle cyc %}"
        values = " ".join(self.expr(0.1) for _ in range(self.rng.randint(2, 4)))
        suffix = self.pick(["", "", " as cyc", " as cyc silent", " as item", " as x silent"])
        self.any_cycle = True
        self.named_cycle = self.named_cycle or " cyc" in suffix
        return "{% cycle " + values + suffix + " %}"

    def tag_resetcycle(self, depth):
        if not self.any_cycle and not self.chance(0.05):
            return ""
        return "{% resetcycle" + self.pick(["", " cyc" if self.named_cycle else ""]) + " %}"

    def tag_firstof(self, depth):
        values = " ".join(self.expr(0.1) for _ in range(self.rng.randint(1, 3)))
        return "{% firstof " + values + self.pick(["", "", " as x", " as a"]) + " %}"

    def tag_ifchanged(self, depth):
        values = " ".join(self.expr(0.1) for _ in range(self.rng.randint(0, 2)))
        text = "{% ifchanged " + values + " %}" + self.many(depth)
        if self.chance(0.4):
            text += "{% else %}" + self.many(depth)
        return text + "{% endifchanged %}"

    def tag_regroup(self, depth):
        text = "{% regroup " + self.pick(["r", "r", "w", "l", "mix", self.expr(0.1)]) + " by " + self.pick(["c", "n", "0", "t.u", "c|default:'-'", "missing", "c|length"])
        text += " as " + self.pick(["grp", "grp", "x"]) + " %}"
        if self.chance(0.7):
            # A group is not printed as a whole: only Python has a name for it.
            text += self.pick([
                "{% for x in grp %}{{ x.grouper }}:{% for i in x.list %}{{ i.n }}{{ i }},{% endfor %};{% endfor %}",
                "{% for x, y in grp %}{{ x }}={{ y|length }};{% endfor %}",
                "{% for item in grp %}{{ item.grouper|upper }}{{ item.list|length }}{{ item.0 }}{{ item.1.0.n }} {% endfor %}",
            ])
        return text

    def tag_now(self, depth):
        return "{% now " + self.pick(['"Y-m-d H:i"', "'jS \\o\\f F'", '"<D>"', '"DATE_FORMAT"', '"r"']) + self.pick(["", "", " as x"]) + " %}"

    def tag_filter(self, depth):
        filters = "|".join(self.pick(["upper", "lower", "cut:' '", "title", "force_escape", "default:'d'", "linebreaksbr", "add:var", "slice:':5'", "join:'-'", "length" if self.chance(0.1) else "upper"]) for _ in range(self.rng.randint(1, 2)))
        return "{% filter " + filters + " %}" + self.many(depth) + "{% endfilter %}"

    def tag_spaceless(self, depth):
        return "{% spaceless %}" + self.many(depth) + "{% endspaceless %}"

    def tag_widthratio(self, depth):
        return "{% widthratio " + " ".join([self.expr(0.05), self.expr(0.05), self.pick(["100", "10", "100", "10", self.expr(0.1)])]) + self.pick(["", "", " as x"]) + " %}"

    def tag_templatetag(self, depth):
        return "{% templatetag " + self.pick("openblock closeblock openvariable closevariable openbrace closebrace opencomment closecomment".split()) + " %}"

    def tag_include(self, depth):
        if not self.parts:
            return ""
        text = "{% include " + self.pick([f"'{self.pick(self.parts)}'", f"'{self.pick(self.parts)}'", "part", f"'./{self.pick(self.parts)}'"])
        if self.chance(0.4):
            text += " with " + self.pick(NAMES) + "=" + self.expr(0.1)
        if self.chance(0.2):
            text += " only"
        return text + " %}"

    def tag_block(self, depth):
        if not self.blocks or self.chance(0.3):
            return "{{ block.super }}"
        name = self.blocks.pop(self.rng.randrange(len(self.blocks)))
        return "{% block " + name + " %}" + self.many(depth) + "{% endblock" + self.pick(["", "", " " + name]) + " %}"

    def tag_note(self, depth):
        return self.pick(["{# note #}", "{# {{ x #}", "{% debug %}", "{% csrf_token %}", "{% lorem 5 w %}", "{% lorem %}", "{% lorem n w %}"])


TAGS = ["if", "if", "for", "for", "for", "with", "autoescape", "comment", "verbatim", "cycle", "cycle", "resetcycle", "firstof",
        "ifchanged", "ifchanged", "regroup", "now", "filter", "spaceless", "widthratio", "templatetag", "include", "include",
        "block", "block", "note"]


def mutate(rng, text):
    """A template as a hurried hand writes it."""
    pieces = re.split(r"({%.*?%}|{{.*?}})", text)
    at = [i for i, piece in enumerate(pieces) if piece[:2] in ("{%", "{{")]
    if not at:
        return text + rng.choice(["{% endif %}", "{{ }}", "{% %}", "{% nope %}", "{{ a|nope }}"])
    i = rng.choice(at)
    roll = rng.random()
    if roll < 0.25:
        pieces[i] = ""
    elif roll < 0.35:
        pieces[i] += pieces[i]
    elif roll < 0.6:
        words = pieces[i].split(" ")
        j = rng.randrange(len(words))
        words[j] = rng.choice(["", "x", "and", "==", "as", "a|", "|upper", "a|default: 'x'", "_x", "$v", "(a)", "'", "in", "not", "a.", "%", "a|nope", "a=", "silent", "'‘q’'", "only", "with"])
        pieces[i] = " ".join(words)
    elif roll < 0.8:
        j = rng.randrange(2, max(3, len(pieces[i]) - 2))
        pieces[i] = pieces[i][:j] + rng.choice("|:.'\" =-_$%{}()é\u00a0\n&") + pieces[i][j:]
    elif roll < 0.9:
        pieces[i] += rng.choice(["{% else %}", "{% endif %}", "{% endfor %}", "{% empty %}", "{% elif a %}", "{% else x %}", "{% endif x %}", "{% endfor x %}", "{% elsif a %}", "{% extends 'base.html' %}", "{% endblock %}", "{% block z %}"])
    else:
        j = rng.randrange(2, max(3, len(pieces[i]) - 2))
        pieces[i] = pieces[i][:j] + pieces[i][j + 1:]
    return "".join(pieces)


def make(rng):
    maker = Maker(rng)
    templates = {}
    for name in ("part2.html", "part1.html"):
        maker.blocks = ["p1"]
        maker.start()
        templates[name] = maker.many(2, 5)
        maker.parts.append(name)
    entry = "main.html"
    layouts = rng.choice([0, 0, 0, 1, 1, 2])
    names = ["base.html", "middle.html"][:layouts] + [entry]
    for level, name in enumerate(names):
        maker.blocks = ["one", "two", "three", "four"]
        rng.shuffle(maker.blocks)
        maker.start()
        maker.layout = layouts > 0
        text = maker.many(4, 6)
        if level:
            maker.start()
            lead = rng.choice(["", "", "", "lead ", "\n", "{# c #}"] * 8 + ["{% comment %}{% endcomment %}", "{{ a }}"])
            text = lead + "{% extends " + rng.choice(["'", '"./'])
            text = text.replace('"./', '"./' + names[level - 1] + '"').replace("extends '", "extends '" + names[level - 1] + "'") + " %}"
            maker.blocks = ["one", "two", "three", "four"]
            rng.shuffle(maker.blocks)
            for _ in range(rng.randint(0, 4)):
                text += maker.tag_block(3) if rng.random() < 0.8 else maker.node(3)
        templates[name] = text
    if rng.random() < 0.15:
        name = rng.choice(list(templates))
        templates[name] = mutate(rng, templates[name])
    return {"templates": templates, "entry": entry, "context": rng.choice(CONTEXTS)}


def engine_of(case):
    """With Django's cache of templates, as in production: two includes of a template share its tags."""
    files = ("django.template.loaders.locmem.Loader", case["templates"])
    return Engine(loaders=[("django.template.loaders.cached.Loader", [files])])


def by_django(case):
    """("ok", text), ("syntax", sentence) or ("raised", sentence)."""
    engine = engine_of(case)
    try:
        template = engine.get_template(case["entry"])
    except TemplateSyntaxError as error:
        return "syntax", str(error)
    except Exception as error:
        return "syntax", f"{type(error).__name__}: {error}"
    try:
        return "ok", template.render(Context(json.loads(json.dumps(case["context"]), object_pairs_hook=Mapping)))
    except TemplateSyntaxError as error:
        return "raised", str(error)
    except Exception as error:
        return "raised", f"{type(error).__name__}: {error}"


def syntax_of_parts(case):
    """Sentences about templates other than the entry, which ours says before it renders and Django only when it gets there."""
    engine = engine_of(case)
    found = []
    for name in case["templates"]:
        try:
            engine.get_template(name)
        except Exception as error:
            found.append(f"{name}: {error}")
    return found


def normal(sentence):
    # Django quotes a name that is quoted already, and shows the engine's own words for some Python errors.
    return sentence.replace("''", "'").replace("'\"", "'").replace("\"'", "'").replace("\\'", "'")


def explained(case, kind, theirs, ours):
    """Why a difference is one that is meant, or None."""
    sources = " ".join(case["templates"].values())
    if kind == "syntax" and re.search(r"{%[^%]*_\('t'\)\|", sources) or kind == "raised" and "_('t')|" in sources and "ok" in ours:
        return "_('…') with a filter as an argument of a tag: Django does not split it right, ours reads it"
    if "extends './" in sources or 'extends "./' in sources:
        if kind == "syntax" and theirs.startswith("Could not parse") and any(e.startswith("Could not parse") for e in ours.get("errors", [])):
            return "a broken relative name: Django shows it resolved, ours as it is written"
    if kind == "ok" and "errors" in ours:
        if syntax_of_parts(case):
            return "a template that is included, but not in this render, is broken: ours says so before rendering"
        if any(e.startswith("No template is called") for e in ours["errors"]):
            return "an include that is not reached names a template that does not exist: ours says so before rendering"
        if re.search(r"{%\s*(empty|else)\s+\S", sources):
            return "words behind empty or else: Django takes the tag for the end of the block"
    if kind == "syntax" and "errors" in ours:
        if re.search(r"{%\s*(empty|else)\s+[^%]", sources):
            return "words behind empty or else: Django takes the tag for the end of the block, ours names the words"
        if re.search(r"not enough values to unpack|StopIteration|^$", theirs) or not theirs:
            return "Django fails with a Python error; ours has a sentence"
    if "Block Node: " in theirs:
        return "a block has no Python name to print"
    if re.search(r"{%\s*lorem (?!5 w)", sources) and kind == "ok":
        return "lorem: random words are not the same words"
    return None


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


def judge_cases(folder):
    global NOW
    NOW = real_datetime.datetime(2026, 3, 18, 13, 5, 9, tzinfo=ZoneInfo("America/New_York"))
    asked = different = 0
    for path in sorted(pathlib.Path(folder).glob("*.txt")):
        for name, sections in read_cases(path.read_text(encoding="utf-8")):
            templates = {key[5:]: text for key, text in sections.items() if key.startswith("file ")}
            templates["main.html"] = sections["template"]
            if {"catalog", "limits", "skips", "channel"} & set(sections) or KLAVIYO.search(" ".join(templates.values())):
                continue
            case = {"templates": templates, "entry": "main.html", "context": json.loads(sections.get("context", "{}"))}
            kind, theirs = by_django(case)
            if "prints" in sections:
                same = (kind, theirs) == ("ok", sections["prints"])
            elif "raises" in sections:
                same = kind == "raised"
            else:
                sentences = [normal(line.partition(" ")[2]) for line in sections["fails"].split("\n")]
                # Django fails with errors of Python's or later than we do in these two.
                same = normal(theirs) in sentences or re.match("ValueError: not enough values|TemplateDoesNotExist", theirs)
            asked += 1
            if not same:
                different += 1
                print(f"{path.name}: {name}\n  django {kind}: {theirs!r}")
    print(f"{asked} cases asked, {different} different")
    return 1 if different else 0


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--count", type=int, default=20000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--cases", help="a folder of cases, to be judged in place of made-up templates")
    arguments.add_argument("--show", type=int, default=10)
    arguments.add_argument("--renderer", default="target/release/examples/render_cases")
    arguments.add_argument("--errors", action="store_true", help="also count Django's sentences")
    options = arguments.parse_args()
    if options.cases:
        return judge_cases(options.cases)
    rng = random.Random(options.seed)
    cases = [make(rng) for _ in range(options.count)]
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    answers = subprocess.run([options.renderer], input=lines, capture_output=True, text=True, encoding="utf-8")
    if answers.returncode:
        print(answers.stderr[-2000:])
        return 2
    figures = collections.Counter()
    raised = collections.Counter()
    reasons = collections.Counter()
    shown = 0
    for case, line in zip(cases, answers.stdout.split("\n")):
        ours = json.loads(line)
        kind, theirs = by_django(case)
        if kind == "ok":
            same = ours.get("ok") == theirs
        elif kind == "raised":
            same = "errors" in ours
        else:
            same = normal(theirs) in [normal(e) for e in ours.get("errors", [])]
        figures[kind] += 1
        if kind != "ok":
            raised[kind + " " + re.sub(r"'.*", "", theirs)[:50]] += 1
        if same:
            figures["equal"] += 1
            continue
        reason = explained(case, kind, theirs, ours)
        if reason:
            reasons[reason] += 1
            continue
        figures["different"] += 1
        if shown < options.show:
            shown += 1
            print(json.dumps(case, ensure_ascii=False))
            print(f"  django {kind}: {theirs!r}\n  ours   {ours!r}\n")
    print(dict(figures))
    for reason, count in reasons.most_common():
        print(f"{count:6} {reason}")
    if options.errors:
        for sentence, count in raised.most_common(40):
            print(f"{count:6} {sentence}")
    return 1 if figures["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
