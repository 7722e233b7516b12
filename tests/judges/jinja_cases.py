"""Whether Jinja2 prints what the cases of `tests/jinja` expect, where nothing of ours is in them."""

import json
import pathlib
import re
import sys

import jinja2

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "jinja"


def cases(text):
    for case in re.split(r"(?m)^=== ", text)[1:]:
        name, _, rest = case.partition("\n")
        parts = re.split(r"(?m)^--- (.*)\n", rest)[1:]
        sections = {key: value[:-1] for key, value in zip(parts[::2], parts[1::2])}
        last = parts[-2]
        sections[last] = sections[last].removesuffix("\n")
        yield name, sections


def rendered(sections):
    files = {key[5:]: text for key, text in sections.items() if key.startswith("file ")}
    files["main.html"] = sections["template"]
    environment = jinja2.Environment(
        loader=jinja2.DictLoader(files),
        undefined=jinja2.ChainableUndefined,
        autoescape=sections.get("channel") != "plain",
        extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"],
    )
    text = environment.get_template("main.html").render(json.loads(sections.get("context", "{}")))
    return text.replace("&#39;", "&#x27;").replace("&#34;", "&quot;")


compared, wrong = 0, []
for file in sorted(FOLDER.glob("*.txt")):
    for name, sections in cases(file.read_text(encoding="utf-8")):
        if "prints" not in sections or sections.get("channel") == "text of html":
            continue
        try:
            theirs = rendered(sections)
        except (jinja2.TemplateAssertionError, jinja2.TemplateNotFound, jinja2.UndefinedError):
            # A filter or a function of ours, a relative name.
            continue
        compared += 1
        if theirs != sections["prints"]:
            wrong.append(f"{file.name}: {name}\n  Jinja2: {theirs!r}\n  ours:   {sections['prints']!r}")
print("\n".join(wrong), file=sys.stderr)
print(f"{compared} cases compared with Jinja2 {jinja2.__version__}, {len(wrong)} differ", file=sys.stderr)
sys.exit(bool(wrong) or compared < 15)
