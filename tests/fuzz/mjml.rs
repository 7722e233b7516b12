//! Documents of MJML: grown element by element, every element, attribute and kind of value among them; spoilt or not.

use super::grammar::{Dice, spoil};

/// Elements of the body, and what stands in them as a rule.
const BODY: &[(&str, &[&str])] = &[
    (
        "mj-body",
        &["mj-section", "mj-wrapper", "mj-hero", "mj-raw"],
    ),
    ("mj-wrapper", &["mj-section", "mj-hero", "mj-raw"]),
    (
        "mj-section",
        &["mj-column", "mj-column", "mj-group", "mj-raw"],
    ),
    ("mj-group", &["mj-column", "mj-raw"]),
    ("mj-column", ROWS),
    ("mj-hero", ROWS),
    ("mj-accordion", &["mj-accordion-element", "mj-raw"]),
    (
        "mj-accordion-element",
        &["mj-accordion-title", "mj-accordion-text", "mj-raw"],
    ),
    ("mj-carousel", &["mj-carousel-image"]),
    ("mj-navbar", &["mj-navbar-link", "mj-raw"]),
    ("mj-social", &["mj-social-element", "mj-raw"]),
];

const ROWS: &[&str] = &[
    "mj-accordion",
    "mj-button",
    "mj-carousel",
    "mj-divider",
    "mj-image",
    "mj-navbar",
    "mj-raw",
    "mj-social",
    "mj-spacer",
    "mj-table",
    "mj-text",
];

const ELEMENTS: &[&str] = &[
    "mjml",
    "mj-head",
    "mj-body",
    "mj-attributes",
    "mj-all",
    "mj-class",
    "mj-breakpoint",
    "mj-font",
    "mj-html-attributes",
    "mj-selector",
    "mj-html-attribute",
    "mj-preview",
    "mj-style",
    "mj-title",
    "mj-raw",
    "mj-wrapper",
    "mj-section",
    "mj-group",
    "mj-column",
    "mj-hero",
    "mj-accordion",
    "mj-accordion-element",
    "mj-accordion-title",
    "mj-accordion-text",
    "mj-button",
    "mj-carousel",
    "mj-carousel-image",
    "mj-divider",
    "mj-image",
    "mj-navbar",
    "mj-navbar-link",
    "mj-social",
    "mj-social-element",
    "mj-spacer",
    "mj-table",
    "mj-text",
    "mj-include",
    "mj-foo",
    "MJ-Text",
    "b",
];

const ATTRIBUTES: &[&str] = &[
    "align",
    "alt",
    "background-color",
    "background-height",
    "background-position",
    "background-position-x",
    "background-position-y",
    "background-repeat",
    "background-size",
    "background-url",
    "background-width",
    "base-url",
    "border",
    "border-bottom",
    "border-color",
    "border-left",
    "border-radius",
    "border-right",
    "border-style",
    "border-top",
    "border-width",
    "cellpadding",
    "cellspacing",
    "color",
    "container-background-color",
    "css-class",
    "css-inline",
    "dir",
    "direction",
    "fluid-on-mobile",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "full-width",
    "gap",
    "hamburger",
    "height",
    "href",
    "ico-align",
    "ico-close",
    "ico-color",
    "ico-font-family",
    "ico-font-size",
    "ico-line-height",
    "ico-open",
    "ico-padding",
    "ico-padding-top",
    "ico-text-decoration",
    "icon-align",
    "icon-height",
    "icon-padding",
    "icon-position",
    "icon-size",
    "icon-unwrapped-alt",
    "icon-unwrapped-url",
    "icon-width",
    "icon-wrapped-alt",
    "icon-wrapped-url",
    "inline",
    "inner-background-color",
    "inner-border",
    "inner-border-left",
    "inner-border-radius",
    "inner-padding",
    "lang",
    "left-icon",
    "letter-spacing",
    "line-height",
    "max-height",
    "mj-class",
    "mode",
    "name",
    "owa",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "path",
    "position",
    "rel",
    "right-icon",
    "role",
    "sizes",
    "src",
    "srcset",
    "table-layout",
    "target",
    "tb-border",
    "tb-border-color",
    "tb-border-radius",
    "tb-hover-border-color",
    "tb-selected-border-color",
    "tb-width",
    "text-align",
    "text-decoration",
    "text-padding",
    "text-transform",
    "thumbnails",
    "thumbnails-src",
    "title",
    "type",
    "usemap",
    "vertical-align",
    "width",
    "x",
];

const VALUES: &[&str] = &[
    "",
    " ",
    "0",
    "1",
    "10px",
    "0px",
    "-5px",
    "50%",
    "33.33%",
    "100%",
    "-50%",
    "1e9px",
    "1e308",
    "NaN",
    "inf",
    "NaN%",
    "9999999999px",
    "0.1px",
    ".5em",
    "auto",
    "10px 20px",
    "1px 2px 3px 4px",
    "1 2 3 4 5",
    "0 25px",
    "1px solid red",
    "2px dashed #abc",
    "none",
    "red",
    "#abc",
    "#AABBCC",
    "#ab",
    "rgb(1,2,3)",
    "transparent",
    "left",
    "right",
    "center",
    "top",
    "middle",
    "bottom",
    "top left",
    "50% 50%",
    "cover",
    "contain",
    "repeat",
    "no-repeat",
    "ltr",
    "rtl",
    "full-width",
    "false",
    "true",
    "hamburger",
    "visible",
    "hidden",
    "supported",
    "vertical",
    "horizontal",
    "fluid-height",
    "fixed-height",
    "inline",
    "css",
    "html",
    "mjml",
    "a",
    "a b",
    "a  b é",
    "b.mjml",
    "a.css",
    "a.html",
    "./b.mjml",
    "../b.mjml",
    "/etc/passwd",
    "http://x.example/a",
    "body.mjml",
    "facebook",
    "twitter-noshare",
    "web",
    "file-start",
    "desktop",
    "Roboto, Arial",
    "'Open Sans'",
    "&quot;",
    "&amp;",
    "é",
    "日本",
    "\u{301}",
    "a\nb",
    "<b>",
    ">",
    "{{ x }}",
    "{{ x }}px",
    "a{% if x %}b{% endif %}",
    "{% cycle 'a' 'b' %}",
    "{{ x|default:\"y\" }}",
    "url(x)",
    "Lpxw0z",
    "\\",
    "$1",
    "{",
    "}",
    ";",
    "x;y:z",
];

const HTML: &[&str] = &[
    "",
    "a",
    "Hi {{ x }}",
    "<b>a</b>",
    "<p class=\"a b\">a</p>",
    "<ul><li>a<li>b</ul>",
    "<a href='{{ x }}'>a</a>",
    "<br>",
    "<img src=x>",
    "<tr><td>a</td></tr>",
    "<tr>{% for x in y %}<td>{{ x }}</td>{% endfor %}</tr>",
    "<!-- a -->",
    "<!--[if mso]>a<![endif]-->",
    "<style>b{c:d}</style>",
    "<p style=\"color: red; margin: {{ x }}\">a",
    "<b {% if x %}class='a'{% endif %}>",
    "&nbsp;",
    "<mj-text>",
    "</b>",
    "<b",
    "<table><tr><td>a",
    "{% if x %}a{% else %}b{% endif %}",
    "{% include 'b.mjml' %}",
    "{# a #}",
    "\u{feff}",
    "é<i id=a>日本",
];

const CSS: &[&str] = &[
    "b { color: red }",
    "p.a > b, #a { width: 1px !important }",
    "td, .mj-column-per-100 { padding: {{ x }} }",
    "* { a: b }",
    "@media a { b { c: d } }",
    "@import url(http://x.example/a.css);",
    "li:first-child { color: #abc }",
    "p + p ~ b { c: d }",
    "a:hover { c: d }",
    "a::before { content: 'x' }",
    "[href^='a'], [style*=red] { background-image: url(\"a\") }",
    "b { }",
    "{% if x %}b{% endif %} { c: d }",
    "/* a",
    "} {",
    "b { c: 'd",
    "b:not(:has(i)) { font-family: Roboto }",
    "td { text-align: left; width: 5px; width: 6% }",
    "@font-face { font-family: x; src: url(x) }",
    "\\b { c: d }",
    "b > > c { d: e }",
    ":nth-child(2n+1) { c: d }",
    "é { c: d }",
];

const SELECTORS: &[&str] = &[
    "b",
    ".a",
    ".a td",
    "p > b",
    "[href]",
    "*",
    "",
    "a:hover",
    "td:nth-child(2)",
    "a,b",
    "{",
    "é",
    "b:not(",
    "div div div div",
];

pub const BITS: &[&str] = &[
    "<",
    ">",
    "/",
    " /",
    "\"",
    "'",
    "=",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?xml",
    "<!",
    "</",
    "{%",
    "%}",
    "{{",
    "}}",
    "{#",
    "#}",
    "{% if a %}",
    "{% endif %}",
    "{% else %}",
    "{% for a in b %}",
    "{% endfor %}",
    "{% include 'body.mjml' %}",
    "{% include \"b.mjml\" with a=b %}",
    "{% include x %}",
    "{% comment %}",
    "{% endcomment %}",
    "{% verbatim %}",
    "{% endverbatim %}",
    "<mj-include path='body.mjml' />",
    "<mj-include path='b.mjml' />",
    "<mj-include path='a.css' type='css' css-inline='inline' />",
    "<mj-include path='{{ x }}' />",
    "<mj-include path=\"b.mjml\" type=\"html\">",
    "<mjml>",
    "</mjml>",
    "<mj-head>",
    "</mj-head>",
    "<mj-body>",
    "</mj-body>",
    "<mj-raw>",
    "</mj-raw>",
    "<mj-text>",
    "</mj-text>",
    "<mj-column>",
    "</mj-column>",
    "</mj-section>",
    "<mj-style inline='inline'>",
    "</mj-style>",
    "\0",
    "é",
    "\r\n",
    "\r",
    "\u{feff}",
    "Lp",
    "Lpxw0z",
    "Lpxxw1z",
    "Lpxxxxw",
    "z",
    "width='",
    "padding='1 2 3 4'",
    "mj-class='a b'",
    "css-class=\"a b\"",
    "&quot;",
    "&",
    "<b>",
    "</b>",
    "<mj-foo>",
    "-outlook",
    "\u{301}",
];

/// A document, or a file that one includes.
pub fn document(dice: &mut Dice) -> String {
    let mut out = String::new();
    if dice.one_in(8) {
        out += dice.pick(BITS);
    }
    let fragment = dice.one_in(6);
    if !fragment {
        out += "<mjml";
        attributes(dice, &mut out);
        out += ">";
        if !dice.one_in(4) {
            head(dice, &mut out);
        }
    }
    body(
        dice,
        if fragment { "mj-section" } else { "mj-body" },
        0,
        &mut out,
    );
    if !fragment {
        out += "</mjml>";
    }
    if dice.one_in(2) {
        spoil(dice, &mut out, BITS);
    }
    out
}

/// What an editor would not save: bytes, and pieces of documents in any order.
pub fn bytes(dice: &mut Dice) -> String {
    let mut out = Vec::new();
    for _ in 0..dice.below(60) {
        match dice.below(6) {
            0 => out.extend((0..dice.below(20)).map(|_| dice.below(256) as u8)),
            1 => {
                out.extend(format!("<{} {}='", dice.pick(ELEMENTS), dice.pick(ATTRIBUTES)).bytes())
            }
            2 => out.extend(format!("</{}>", dice.pick(ELEMENTS)).bytes()),
            3 => out.extend(format!("<{}>", dice.pick(ELEMENTS)).bytes()),
            4 => out.extend(dice.pick(HTML).bytes()),
            _ => out.extend(dice.pick(BITS).bytes()),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

pub fn css(dice: &mut Dice) -> String {
    (0..dice.below(5))
        .map(|_| format!("{}\n", dice.pick(CSS)))
        .collect()
}

fn attributes(dice: &mut Dice, out: &mut String) {
    for _ in 0..[0, 0, 1, 2, 3, 6, 12][dice.below(7)] {
        let value = dice.pick(VALUES);
        let quote = if value.contains('"') { '\'' } else { '"' };
        *out += &format!(" {}={quote}{value}{quote}", dice.pick(ATTRIBUTES));
    }
}

fn head(dice: &mut Dice, out: &mut String) {
    *out += "<mj-head>";
    for _ in 0..dice.below(6) {
        match dice.below(10) {
            0 => *out += &format!("<mj-title>{}</mj-title>", dice.pick(HTML)),
            1 => *out += &format!("<mj-preview>{}</mj-preview>", dice.pick(HTML)),
            2 => *out += &format!("<mj-breakpoint width=\"{}\" />", dice.pick(VALUES)),
            3 => {
                *out += &format!(
                    "<mj-font name=\"{}\" href=\"{}\" />",
                    dice.pick(&["Roboto", "x", "{{ x }}", "é"]),
                    dice.pick(&["u", "{{ x }}"])
                )
            }
            4 => *out += &format!("<mj-raw>{}</mj-raw>", dice.pick(HTML)),
            5 => *out += &format!("<mj-style>{}</mj-style>", css(dice)),
            6 | 7 => *out += &format!("<mj-style inline=\"inline\">{}</mj-style>", css(dice)),
            8 => {
                *out += "<mj-html-attributes>";
                for _ in 0..1 + dice.below(3) {
                    *out += &format!(
                        "<mj-selector path=\"{}\"><mj-html-attribute name=\"{}\">{}</mj-html-attribute></mj-selector>",
                        dice.pick(SELECTORS),
                        dice.pick(&["data-id", "style", "class", "x", "", "a b", "{{ x }}"]),
                        dice.pick(HTML)
                    );
                }
                *out += "</mj-html-attributes>";
            }
            _ => {
                *out += "<mj-attributes>";
                for _ in 0..1 + dice.below(4) {
                    let name = dice.pick(&["mj-all", "mj-class", "mj-class", "mj-text", ""]);
                    let name = if name.is_empty() {
                        dice.pick(ELEMENTS)
                    } else {
                        name
                    };
                    *out += &format!("<{name} name=\"{}\"", dice.pick(&["a", "b"]));
                    attributes(dice, out);
                    *out += &format!("><{}", dice.pick(ELEMENTS));
                    attributes(dice, out);
                    *out += &format!(" /></{name}>");
                }
                *out += "</mj-attributes>";
            }
        }
    }
    *out += "</mj-head>";
}

fn body(dice: &mut Dice, name: &str, depth: usize, out: &mut String) {
    *out += &format!("<{name}");
    attributes(dice, out);
    let inside = BODY
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, inside)| *inside);
    if depth > 0 && dice.one_in(8) {
        *out += " />";
        return;
    }
    *out += ">";
    match inside {
        None => *out += dice.pick(HTML),
        Some(inside) => {
            for _ in 0..[0, 1, 1, 2, 3, 5][dice.below(6)] {
                if dice.one_in(10) {
                    *out += dice.pick(BITS);
                }
                let wrapped = dice.one_in(8);
                if wrapped {
                    *out += dice.pick(&[
                        "{% if x %}",
                        "{% for x in y %}",
                        "<mj-raw>{% if x %}</mj-raw>",
                    ]);
                }
                let child = if dice.one_in(20) {
                    dice.pick(ELEMENTS)
                } else {
                    dice.pick(inside)
                };
                if depth < 7 {
                    body(dice, child, depth + 1, out);
                }
                if wrapped {
                    *out += dice.pick(&[
                        "{% endif %}",
                        "{% endfor %}",
                        "<mj-raw>{% endif %}</mj-raw>",
                    ]);
                }
            }
        }
    }
    if !dice.one_in(30) {
        *out += &format!("</{name}>");
    }
}
