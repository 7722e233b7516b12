"""Small MJML documents: every component with every attribute that it has, one at a time, and together.

The attributes are those of src/mjml/types.rs, where MJML's own list stands.
"""
import pathlib
import re

TYPES = pathlib.Path(__file__).resolve().parent.parent.parent / "src/mjml/types.rs"

# What stands in a component, and what a component needs to be seen.
CONTENT = {
    "mj-text": "<p>Hello <b>Ada</b></p>",
    "mj-button": "Buy",
    "mj-table": "<tr><td>a</td><td>b</td></tr>",
    "mj-navbar": '<mj-navbar-link href="/a">A</mj-navbar-link><mj-navbar-link href="/b">B</mj-navbar-link>',
    "mj-navbar-link": "A",
    "mj-social": '<mj-social-element name="facebook" href="https://x.example">Share</mj-social-element>'
                 '<mj-social-element name="github" />',
    "mj-social-element": "Share",
    "mj-accordion": "<mj-accordion-element><mj-accordion-title>T</mj-accordion-title>"
                    "<mj-accordion-text>X</mj-accordion-text></mj-accordion-element>",
    "mj-accordion-element": "<mj-accordion-title>T</mj-accordion-title><mj-accordion-text>X</mj-accordion-text>",
    "mj-accordion-title": "T",
    "mj-accordion-text": "X",
    "mj-carousel": '<mj-carousel-image src="a.png" /><mj-carousel-image src="b.png" />',
    "mj-column": "<mj-text>a</mj-text>",
    "mj-group": "<mj-column><mj-text>a</mj-text></mj-column><mj-column><mj-text>b</mj-text></mj-column>",
    "mj-section": "<mj-column><mj-text>a</mj-text></mj-column><mj-column><mj-text>b</mj-text></mj-column>",
    "mj-wrapper": "<mj-section><mj-column><mj-text>a</mj-text></mj-column></mj-section>"
                  "<mj-section><mj-column><mj-image src='x' /></mj-column></mj-section>",
    "mj-hero": "<mj-text>a</mj-text><mj-button href='x'>b</mj-button>",
}
NEEDS = {
    "mj-image": {"src": "x.png"},
    "mj-carousel-image": {"src": "a.png"},
    "mj-social-element": {"name": "facebook"},
    "mj-navbar-link": {"href": "/a"},
    "mj-hero": {"background-url": "h.jpg", "background-width": "600px", "background-height": "300px"},
}
# Where a component stands: what is written round it.
ROUND = {
    "mj-navbar-link": "mj-navbar",
    "mj-social-element": "mj-social",
    "mj-accordion-element": "mj-accordion",
    "mj-accordion-title": "mj-accordion-element",
    "mj-accordion-text": "mj-accordion-element",
    "mj-carousel-image": "mj-carousel",
    "mj-column": "mj-section",
    "mj-group": "mj-section",
    "mj-section": "mj-body",
    "mj-wrapper": "mj-body",
    "mj-hero": "mj-body",
    "mj-body": None,
}
VALUES = {
    "padding": "10px 5px 0 7px", "inner-padding": "3px 8px", "text-padding": "1px 2px", "icon-padding": "2px",
    "ico-padding": "4px 6px", "background-url": "bg.png", "background-size": "cover", "background-position": "left top",
    "background-position-x": "right", "background-position-y": "bottom", "font-family": "Lato, Arial", "href": "https://x.example/?a=1&b=2",
    "name": "facebook", "src": "y.png", "srcset": "y.png 2x", "sizes": "100vw", "title": "A title", "alt": "An alt",
    "rel": "nofollow", "target": "_self", "border-radius": "4px", "font-weight": "700", "font-style": "italic",
    "text-decoration": "underline", "text-transform": "lowercase", "hamburger": "hamburger", "base-url": "https://x.example",
    "ico-open": "+", "ico-close": "-", "mode": "fluid-height", "border-style": "dashed", "usemap": "#m",
    "thumbnails-src": "t.png", "left-icon": "l.png", "right-icon": "r.png",
}


def attributes():
    """Component, attribute, type."""
    text = TYPES.read_text().split("const ATTRIBUTES", 1)[1].split("#[cfg(test)]", 1)[0]
    text = re.sub(r"\\\n\s*", "", text)
    for component, pairs in re.findall(r'\(\s*"(mj-[a-z-]+)",\s*"([^"]*)"', text):
        for pair in pairs.split():
            name, kind = pair.split("=", 1)
            yield component, name, kind


def values(name, kind):
    """Values to try for an attribute."""
    if kind.startswith("enum("):
        return [v for v in kind[5:].rstrip(")").split(",") if v]
    if name == "mode":
        return ["fluid-height", "fixed-height"]
    if name in VALUES:
        return [VALUES[name]]
    if kind == "color":
        return ["#abc"]
    if kind == "boolean":
        return ["true", "false"]
    if kind == "integer":
        return ["5"]
    if kind.startswith("unit"):
        return ["30px", "40%"] if "%" in kind and "padding" not in name else ["30px"]
    if "border" in name:
        return ["3px solid red"]
    return ["x"]


def tag(component, given, content=None):
    given = {**NEEDS.get(component, {}), **given}
    content = CONTENT.get(component, "") if content is None else content
    written = "".join(f' {name}="{value}"' for name, value in given.items())
    return f"<{component}{written}>{content}</{component}>"


def whole(component, given):
    """A document round a component."""
    inner = tag(component, given)
    parent = ROUND.get(component, "mj-column")
    while parent and parent != "mj-body":
        inner = tag(parent, {}, inner)
        parent = ROUND.get(parent, "mj-column")
    return f"<mjml><mj-body>{inner}</mj-body></mjml>\n"


def body(given):
    written = "".join(f' {name}="{value}"' for name, value in given.items())
    return f'<mjml><mj-body{written}>{tag("mj-section", {})}</mj-body></mjml>\n'


HEAD = {"mj-breakpoint", "mj-font", "mj-raw", "mj-style", "mj-attributes", "mj-head", "mj-html-attributes",
        "mj-preview", "mj-title"}


def documents():
    """Name and text of each document."""
    together = {}
    for component, name, kind in attributes():
        if component in HEAD:
            continue
        make = (lambda given: body(given)) if component == "mj-body" else (lambda given: whole(component, given))
        for number, value in enumerate(values(name, kind)):
            given = {name: value}
            yield f"{component}.{name}.{number}", make(given)
            together.setdefault(component, {}).setdefault(name, value)
    for component, given in together.items():
        make = (lambda given: body(given)) if component == "mj-body" else (lambda given: whole(component, given))
        yield f"{component}.all", make(given)
        # The same from `mj-attributes`.
        settings = f"<mj-head><mj-attributes>{tag(component, given, '')}</mj-attributes></mj-head>"
        yield f"{component}.defaults", make({}).replace("<mjml>", "<mjml>" + settings, 1)
        yield f"{component}.css-class", make({"css-class": "one two"})
    everything = {"padding": "5px", "color": "#abc", "font-size": "20px", "border-radius": "2px", "width": "200px"}
    for name, value in everything.items():
        for component in CONTENT:
            settings = f'<mj-head><mj-attributes><mj-all {name}="{value}" /></mj-attributes></mj-head>'
            yield f"{component}.all-{name}", whole(component, {}).replace("<mjml>", "<mjml>" + settings, 1)


def write(folder):
    """Writes each document into a file of its own."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in documents():
        (folder / (name + ".mjml")).write_text(text)


if __name__ == "__main__":
    import sys
    write(sys.argv[1])
