"""Compares tags with those of a real Django, on templates that a grammar makes up.

Most templates are right, some are broken as a hurried hand breaks them; they include and extend each other. Texts must
be equal; an error must be an error on both sides, and the first sentence that Django says of a broken template must be
among ours. What differs and is meant to differ is told by `explained`.
"""

import re
import sys

import django_judge
from django_template import by_django, engine_of, normal

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


def broken_parts(case):
    """Whether there is a template that Django refuses, though it may not get there in a render."""
    engine = engine_of(case)
    for name in case["templates"]:
        try:
            engine.get_template(name)
        except Exception:
            return True
    return False


def explained(case, theirs, ours):
    """The row of docs/differences-from-django.md that says why the two may differ, or None."""
    kind, theirs = theirs
    sources = " ".join(case["templates"].values())
    errors = ours.get("errors", [])
    if "_('t')|" in sources and (kind == "syntax" or kind == "raised" and not errors):
        return "_('…') with a filter, in a tag"
    if kind == "syntax" and theirs.startswith("Could not parse") and re.search("(extends|include) ['\"]\./", sources):
        if any(error.startswith(("Could not parse", "No template is called")) for error in errors):
            return "The message for a broken relative name"
    if kind == "text" and errors:
        if broken_parts(case) or any(error.startswith("No template is called") for error in errors):
            return "A broken or missing template behind an include"
    if kind in ("text", "syntax") and errors and re.search(r"{%\s*(empty|else)\s+[^%\s]", sources):
        return "Words behind else or empty"
    if kind == "syntax" and errors and (not theirs or re.match("ValueError: not enough values to unpack|StopIteration", theirs)):
        return "Mistakes at which Django fails with an error of Python's"
    if kind == "syntax" and len(theirs.encode()) > 1000 and any(error[:300] == theirs[:300] for error in errors):
        return "A message that quotes more than 1,000 bytes"
    if kind == "text" and "Block Node: " in theirs:
        return "{{ block }}"
    if kind == "text" and "incididunt ut labore et dolore magna aliqua " in theirs:
        return "lorem of more than 19 words"
    return None


def same(theirs, ours):
    kind, text = theirs
    if kind == "text":
        return ours.get("text") == text
    if kind == "raised":
        return "errors" in ours
    return normal(text) in map(normal, ours.get("errors", []))


def main():
    options = django_judge.options(__doc__).parse_args()
    return django_judge.compare(options, make, by_django, same, explained)


if __name__ == "__main__":
    sys.exit(main())
