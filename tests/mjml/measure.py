#!/usr/bin/env python3
"""Measures what hostile documents cost: writes each into a temporary folder, runs `letterpress compile` and
`letterpress render` on it, and prints exit status, seconds, processor seconds, peak memory and what was said.

A document is well if it ends within 1 second and 300 MB in HTML (0), or in an error with a message (1 or 2). Seconds
are those that the processor worked for the program, so that a busy machine accuses nobody; what waits for ever is
ended after a while and is not well. The last line says how many are not well, and so does the exit status.

usage: measure.py [--bin target/ci/letterpress] [--keep FOLDER] [NAME-PART…]
"""
import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time

MOST_SECONDS, MOST_MB, PATIENCE = 1.0, 300, 20
MB = 1 << 20


def mjml(body, head=""):
    head = f"<mj-head>{head}</mj-head>" if head else ""
    return f"<mjml>{head}<mj-body>{body}</mj-body></mjml>"


def column(inner, head=""):
    return mjml(f"<mj-section><mj-column>{inner}</mj-column></mj-section>", head)


def text(inner, head=""):
    return column(f"<mj-text>{inner}</mj-text>", head)


def of_size(piece, size=int(9.9e6)):
    """A piece again and again, almost as much as a file may hold."""
    return piece * (size // len(piece))


def lines(pattern, count):
    return "".join(pattern.replace("#", str(n)) for n in range(count))


def texts():
    """Documents of one file: a name and what it holds."""
    yield "a page of text", text("Hello {{ first_name }}")
    honest = "<mj-section><mj-column><mj-image src='https://x.example/a.png' /><mj-text padding='0 10px'>Hello {{ a }}, <b>tea</b></mj-text>" \
             "<mj-button href='https://x.example/{{ a }}'>Shop</mj-button></mj-column></mj-section>\n"
    yield "an honest 1 MB", mjml(of_size(honest, MB))
    yield "50 MB of text", text("lorem ipsum " * (50 * MB // 12))
    yield "9.9 MB of text", text(of_size("lorem ipsum "))
    yield "9.9 MB of text in one attribute", column("<mj-image alt='" + of_size("x") + "' />")
    yield "10 MB and a byte", text("x" * (10 * MB))
    yield "empty", ""
    yield "blank", " " * int(9.9e6)

    for name in ["mj-section", "mj-wrapper", "mj-column", "mj-group", "mj-hero", "mj-body", "mjml", "mj-head", "mj-accordion",
                 "mj-navbar", "mj-social", "mj-carousel", "mj-attributes", "mj-html-attributes", "mj-class", "mj-raw", "mj-text",
                 "mj-table", "mj-style", "mj-preview", "mj-title", "mj-button", "mj-unknown", "div", "b", "table"]:
        n = 10_000 if name == "mj-section" else 100_000
        yield f"{n} nested {name}", mjml(f"<{name}>" * n + f"</{name}>" * n)
        yield f"{n} nested {name}, open", mjml(f"<{name}>" * n)
        yield f"{n} nested {name} in the head", mjml("", f"<{name}>" * n + f"</{name}>" * n)
        yield f"{n} {name} side by side", mjml(f"<{name}></{name}>" * n)
    for name in ["b", "table", "td", "p", "div", "a href='x'", "ul", "li", "blockquote", "h1", "style", "script", "!--", "![CDATA[", "?", "/"]:
        nested = f"<{name}>" * 100_000 + f"</{name.split(' ')[0]}>" * 100_000
        yield f"100000 nested {name} in a text", text(nested)
        yield f"100000 {name} in a text, open", text(f"<{name}>" * 100_000)
        yield f"9.9 MB of {name} in a text", text(of_size(f"<{name}>x"))
        yield f"9.9 MB of {name} in HTML", of_size(f"<{name}>x")
        yield f"100000 {name} with inline rules", text(nested, "<mj-style inline='inline'>b, p > b, td td { color: red }</mj-style>")
        yield f"20000 {name} with inline rules", text(f"<{name}>" * 20_000, "<mj-style inline='inline'>b, p > b, td td { color: red }</mj-style>")

    for piece in ["<", "&", "{{", "{%", "{#", "\"", "'", "=", ">", "/", "<mj-text>", "</mj-text>", "<!--", "-->", "<![CDATA[", "]]>", "</",
                  "</ ", "<a", "<a ", "<mj-text ", "<mj-text a='", "<mj-raw><", "\0", "\r", "é", "{% if a %}", "{% endif %}", "{{ a }}",
                  "{% comment %}", "{# c #}", "{{ a }} ", "{{ a|upper }}<b>", "&amp;", "&#", "&nbsp;", "Lp", "Lpx", "%%", "%%=", "*|", "<%", "{{!", "Lpxw0z", "{{'", "<?", "<!",
                  "<mjml>", "<mj-include path='a'/>", "<mj-foo/>", "\n", "</mj-body>", "{% include 'a' %}", "\u2028", "\U0001f600", "<b>", "<br>", "<p>x", "<td>",
                  "<mj-text/>", "<mj-text>{{ a }}</mj-text>", "<mj-image/>", "http://x ", "http://x.example/ ", "<a href=x>x</a>", "- ", "* ", "|", "x\n\n"]:
        shown = repr(piece)[1:-1]
        yield f"9.9 MB of {shown}", of_size(piece)
        yield f"9.9 MB of {shown} in a text", text(of_size(piece))
        if len(piece) > 2 and piece not in ("<!--", "{{ a }}", "Lpx", "<b>"):
            continue
        yield f"9.9 MB of {shown} in a section", mjml("<mj-section>" + of_size(piece) + "</mj-section>")
        yield f"9.9 MB of {shown} in an attribute", column("<mj-text css-class=\"" + of_size(piece) + "\">a</mj-text>")
        yield f"9.9 MB of {shown} in a style", mjml("", "<mj-style>" + of_size(piece) + "</mj-style>")
        yield f"9.9 MB of {shown} in an inline style", text("<b>a</b>", "<mj-style inline='inline'>" + of_size(piece) + "</mj-style>")

    yield "100000 attributes", column("<mj-text " + lines("a#='x' ", 100_000) + ">a</mj-text>")
    yield "900000 equal attributes", column("<mj-text " + "color='red' " * 800_000 + ">a</mj-text>")
    yield "500 attributes on 10000 elements", column(("<mj-text " + lines("a#='' ", 100) + "/>") * 10_000)
    yield "100000 HTML attributes", text("<b " + lines("a#='x' ", 100_000) + ">a</b>", "<mj-style inline='inline'>b {color: red}</mj-style>")
    yield "100000 columns", mjml("<mj-section>" + "<mj-column></mj-column>" * 100_000 + "</mj-section>")
    yield "18000 columns", mjml("<mj-section>" + "<mj-column></mj-column>" * 18_000 + "</mj-section>")
    yield "18000 columns of own widths", mjml("<mj-section>" + lines("<mj-column width='#px'></mj-column>", 18_000) + "</mj-section>")
    yield "18000 columns in a group", mjml("<mj-section><mj-group>" + lines("<mj-column width='#.5%'></mj-column>", 18_000) + "</mj-group></mj-section>")
    yield "18000 sections", mjml("<mj-section></mj-section>" * 18_000)
    yield "9000 sections with columns", mjml("<mj-section><mj-column /></mj-section>" * 9_000)
    yield "18000 wrappers", mjml("<mj-wrapper></mj-wrapper>" * 18_000)
    yield "18000 sections in a wrapper with a gap", mjml("<mj-wrapper gap='5px'>" + "<mj-section css-class='a b' background-color='red'></mj-section>" * 18_000 + "</mj-wrapper>")
    yield "18000 full-width sections with pictures", mjml("<mj-section full-width='full-width' background-url='u' background-size='auto' background-position='top left'></mj-section>" * 18_000)
    for name in ["text", "image", "button", "divider", "spacer", "table", "social", "navbar", "accordion", "carousel"]:
        yield f"18000 {name}s", column(f"<mj-{name}>x</mj-{name}>" * 18_000)
        yield f"18000 {name}s of odd values", column(f"<mj-{name} css-class='a b c' padding='1px 2px 3px 4px' title='é' href='é' font-family='é'>{{{{ x }}}}</mj-{name}>" * 18_000)
    yield "18000 heroes", mjml("<mj-hero mode='fluid-height' background-width='600px' background-height='300px' background-url='u'></mj-hero>" * 18_000)
    for n in [100, 500, 1_000, 3_000, 10_000]:
        yield f"a carousel of {n} images", column("<mj-carousel thumbnails='visible'>" + "<mj-carousel-image src='x' />" * n + "</mj-carousel>")
    yield "200 carousels of 90 images", column(("<mj-carousel>" + "<mj-carousel-image src='x' />" * 90 + "</mj-carousel>") * 200)
    yield "9000 carousels of 1 image", column("<mj-carousel><mj-carousel-image src='x' /></mj-carousel>" * 9_000)
    yield "a navbar of 50000 links", column("<mj-navbar hamburger='hamburger'>" + "<mj-navbar-link href='x'>a</mj-navbar-link>" * 50_000 + "</mj-navbar>")
    yield "a navbar of 19000 links", column("<mj-navbar hamburger='hamburger'>" + "<mj-navbar-link href='x'>a</mj-navbar-link>" * 19_000 + "</mj-navbar>")
    yield "a navbar of 9000 links and raws", column("<mj-navbar>" + "<mj-raw>{% if a %}</mj-raw><mj-navbar-link>a</mj-navbar-link><mj-raw>{% endif %}</mj-raw>" * 6_000 + "</mj-navbar>")
    part = "<mj-accordion-element><mj-accordion-title>a</mj-accordion-title><mj-accordion-text>b</mj-accordion-text></mj-accordion-element>"
    yield "an accordion of 50000 elements", column("<mj-accordion>" + part * 50_000 + "</mj-accordion>")
    yield "an accordion of 6600 elements", column("<mj-accordion>" + part * 6_600 + "</mj-accordion>")
    yield "an accordion of 19000 empty elements", column("<mj-accordion>" + "<mj-accordion-element/>" * 19_000 + "</mj-accordion>")
    yield "an accordion of raws", column("<mj-accordion>" + ("<mj-raw>a</mj-raw>" + part) * 5_000 + "</mj-accordion>")
    yield "a social of 19000 elements", column("<mj-social>" + "<mj-social-element name='facebook' icon-position='right' srcset='x'>a</mj-social-element>" * 19_000 + "</mj-social>")
    yield "a social of raws", column("<mj-social>" + "<mj-raw>x</mj-raw><mj-social-element name='facebook'>a</mj-social-element>" * 9_000 + "</mj-social>")
    yield "19000 raws", mjml("<mj-raw>x</mj-raw>" * 19_000)
    yield "19000 raws in a wrapper", mjml("<mj-wrapper>" + "<mj-raw>x</mj-raw>" * 19_000 + "</mj-wrapper>")
    yield "100000 comments", mjml("<!-- a -->" * 100_000)
    yield "19000 comments", mjml("<!-- a -->" * 19_000)
    yield "100000 mj-font", text("<b style='font-family: a1'>x</b>", lines("<mj-font name='a#' href='http://x/#' />", 100_000))
    yield "18000 mj-font, all used", text(lines("<b style=\"font-family: a#\">x</b>", 18_000), lines("<mj-font name='a#' href='http://x/#' />", 18_000))
    yield "18000 mj-font of long names", text(of_size("<b style=\"font-family: aaaaaaaaaaaaa\">x</b>", 5 * MB), lines("<mj-font name='" + "a" * 100 + "#' href='http://x/#' />", 18_000))
    yield "18000 mj-font, long families", text(lines("<b style=\"font-family: " + "a" * 500 + "#\">x</b>", 10_000), lines("<mj-font name='" + "a" * 90 + "#b' href='http://x/#' />", 18_000))
    yield "18000 mj-style", text("a", "<mj-style>a{b:c}</mj-style>" * 18_000)
    yield "18000 mj-title, mj-preview", text("a", "<mj-title>a</mj-title><mj-preview>b</mj-preview>" * 9_000)
    yield "18000 mj-breakpoint", text("a", "<mj-breakpoint width='1px' />" * 18_000)
    yield "9000 heads", "<mjml>" + "<mj-head><mj-title>a</mj-title></mj-head>" * 9_000 + "<mj-body></mj-body></mjml>"
    yield "18000 bodies", "<mjml>" + "<mj-body></mj-body>" * 18_000 + "</mjml>"

    big = "x" * (1 * MB)
    for name in ["mj-all", "mj-text", "mj-class name='c'"]:
        for attribute in ["font-family", "css-class", "color", "padding", "href"]:
            head = f"<mj-attributes><{name} {attribute}='{big}' /></mj-attributes>"
            yield f"1 MB {attribute} of {name} on 10000 elements", column("<mj-text mj-class='c'>a</mj-text>" * 10_000, head)
    for size in [1_000, 2_000, 10_000]:
        for element in ["mj-text", "mj-social", "mj-image", "mj-button", "mj-section"]:
            inner = f"<{element} />" * 18_000
            head = f"<mj-attributes><mj-all font-family='{'y' * size}' href='é{'y' * size}' title='z{'y' * size}' background-url='{'y' * size}' css-class='{'y' * size}' /></mj-attributes>"
            yield f"{size} byte of mj-all on 18000 {element}", mjml(inner, head) if element == "mj-section" else column(inner, head)
    yield "1 MB of mj-class children", column("<mj-social mj-class='c'>" + "<mj-social-element>a</mj-social-element>" * 10_000 + "</mj-social>",
        f"<mj-attributes><mj-class name='c'><mj-social-element color='{big}' /></mj-class></mj-attributes>")
    yield "400 attributes of mj-all on 18000", column("<mj-text/>" * 18_000, "<mj-attributes><mj-all " + lines("a#='x' ", 400) + "/></mj-attributes>")
    yield "18000 mj-class, 1000 of them on each element", column(("<mj-text mj-class='" + lines("c# ", 1_000) + "'>a</mj-text>") * 1_000, "<mj-attributes>" + lines("<mj-class name='c#' css-class='k#' color='red' />", 18_000) + "</mj-attributes>")
    yield "200000 mj-class", column("<mj-text mj-class='c1'/>", "<mj-attributes>" + lines("<mj-class name='c#' color='red'/>", 200_000) + "</mj-attributes>")
    yield "an mj-class a million times", column("<mj-text mj-class='" + "c " * 4_000_000 + "'>a</mj-text>", "<mj-attributes><mj-class name='c' " + lines("a#='x' ", 400) + "/></mj-attributes>")
    yield "css classes of an mj-class a million times", column("<mj-text mj-class='" + "c " * 1_000_000 + "'>a</mj-text>", "<mj-attributes><mj-class name='c' css-class='kkkkkkkk'/></mj-attributes>")
    yield "an outer mj-class on 18000 elements", mjml("<mj-section mj-class='" + lines("c# ", 100_000) + "'><mj-column>" + "<mj-text>a</mj-text>" * 18_000 + "</mj-column></mj-section>", "<mj-attributes><mj-class name='c1' color='red'/></mj-attributes>")
    yield "a css-class of a million words", column("<mj-text css-class='" + "k " * 1_000_000 + "'>a</mj-text>")
    yield "a css-class of 5 MB of words on a section", mjml("<mj-section css-class='" + "k " * 2_500_000 + "'></mj-section>")
    for element in ["section", "wrapper", "column", "group", "hero"]:
        inner = f"<mj-{element} background-url='{'u' * 2_000_000}' css-class='{'c' * 2_000_000}' background-color='{'b' * 2_000_000}' border-radius='{'d' * 2_000_000}' padding='{'p' * 1_900_000}'></mj-{element}>"
        yield f"huge values on {element}", mjml(inner if element != "column" and element != "group" else f"<mj-section>{inner}</mj-section>")

    yield "100000 inline rules", text("<b class='a1'>x</b>", "<mj-style inline='inline'>" + lines(".a# { color: red }\n", 100_000) + "</mj-style>")
    yield "10000 inline rules on 500 elements", text("<b>x</b>" * 450, "<mj-style inline='inline'>" + lines("b, .a# { color#: red }\n", 4_500) + "</mj-style>")
    yield "1000 inline rules that apply to 1000 elements", text("<b>x</b>" * 1_000, "<mj-style inline='inline'>" + lines("b { c#: red }\n", 1_000) + "</mj-style>")
    yield "3000 rules of one property on 1000 elements", text("<b>x</b>" * 1_000, "<mj-style inline='inline'>" + lines("b { color: red#; width: #px }\n", 3_000) + "</mj-style>")
    yield "5 inline rules of a long value on 20000", text("<b>x</b>" * 20_000, "<mj-style inline='inline'>b { font-family: " + "a" * 100_000 + " }</mj-style>")
    yield "a rule of 100000 declarations", text("<b>x</b>" * 3, "<mj-style inline='inline'>b {" + lines("c#:red;", 100_000) + "}</mj-style>")
    yield "a rule of 1000 declarations on 10000", text("<b>x</b>" * 10_000, "<mj-style inline='inline'>b {" + lines("c#:red;", 1_000) + "}</mj-style>")
    yield "a style attribute of 100000 declarations", text("<b style='" + lines("c#:red;", 100_000) + "'>x</b>", "<mj-style inline='inline'>b { color: red }</mj-style>")
    yield "descendants of descendants", text("<b>" * 200 + "x", "<mj-style inline='inline'>" + lines("b " * 60 + "i { c#: d }\n", 1_000) + "</mj-style>")
    yield "descendants of descendants on many", text(("<b>" * 100 + "x" + "</b>" * 100) * 100, "<mj-style inline='inline'>" + lines("b " * 30 + "i b, i " + "b " * 30 + "{ c#: d }\n", 200) + "</mj-style>")
    yield "siblings of siblings", text("<b>x</b>" * 10_000, "<mj-style inline='inline'>" + lines("i ~ b ~ b ~ b { c#: d }\n", 400) + "</mj-style>")
    yield "has and not", text("<b>x</b>" * 10_000, "<mj-style inline='inline'>" + lines("b:not(b:not(b:not(i))) ~ b:nth-child(2n+1) { c#: d }\n", 400) + "</mj-style>")
    yield "has", text("<p><b>x</b>" * 5_000, "<mj-style inline='inline'>" + lines("p:has(i) { c#: d }\n", 400) + "</mj-style>")
    yield "nth-last-child", text("<b>x</b>" * 20_000, "<mj-style inline='inline'>" + lines("b:nth-last-child(#n) { c#: d }\n", 200) + "</mj-style>")
    yield "a selector of 1 MB", text("<b>x</b>" * 10, "<mj-style inline='inline'>" + "b > " * 250_000 + "b { c: d }</mj-style>")
    yield "a selector of 100000 not", text("<b>x</b>" * 10, "<mj-style inline='inline'>b" + ":not(" * 100_000 + ")" * 100_000 + " { c: d }</mj-style>")
    yield "a selector of 100000 classes", text("<b class='" + lines("a# ", 50_000) + "'>x</b>" * 10, "<mj-style inline='inline'>b" + lines(".a#", 50_000) + " { c: d }</mj-style>")
    yield "many classes and rules", text(("<b class='" + lines("a# ", 10_000) + "'>x</b>") * 50, "<mj-style inline='inline'>" + lines(".b# { c: d }\n", 20_000) + "</mj-style>")
    yield "attribute selectors of long values", text(("<b title='" + "a" * 20_000 + "'>x</b>") * 300, "<mj-style inline='inline'>" + lines("[title*='" + "a" * 50 + "b#'] { c: d }\n", 10_000) + "</mj-style>")
    yield "100000 nested at-rules", text("<b>x</b>", "<mj-style inline='inline'>" + "@media a {" * 100_000 + "}" * 100_000 + "</mj-style>")
    yield "100000 nested at-rules, open", text("<b>x</b>", "<mj-style inline='inline'>" + "@media a {" * 100_000 + "</mj-style>")
    yield "100000 nested blocks", text("<b>x</b>", "<mj-style inline='inline'>" + "b {" * 100_000 + "}" * 100_000 + "</mj-style>")
    yield "100000 parentheses", text("<b>x</b>", "<mj-style inline='inline'>b { c: " + "(" * 100_000 + ")" * 100_000 + " }</mj-style>")
    yield "a million semicolons", text("<b>x</b>", "<mj-style inline='inline'>b {" + ";" * 5_000_000 + "}</mj-style>")
    yield "a million ampersands and semicolons", text("<b>x</b>", "<mj-style inline='inline'>b {" + "&a;" * 3_000_000 + "}</mj-style>")
    yield "10000 html attributes on 400 elements", text("<b>x</b>" * 400, "<mj-html-attributes>" + lines("<mj-selector path='b'><mj-html-attribute name='a#'>x</mj-html-attribute></mj-selector>", 9_000) + "</mj-html-attributes>")
    yield "9000 html attributes, one element", text("<b>x</b>", "<mj-html-attributes>" + lines("<mj-selector path='b'><mj-html-attribute name='a#'>x</mj-html-attribute></mj-selector>", 9_000) + "</mj-html-attributes>")
    yield "a long html attribute on 20000 elements", text("<b>x</b>" * 20_000, "<mj-html-attributes><mj-selector path='b'><mj-html-attribute name='a'>" + big + "</mj-html-attribute></mj-selector></mj-html-attributes>")
    yield "html attributes, long path, many", text("<b>x</b>" * 20, "<mj-html-attributes><mj-selector path='" + "b, " * 300_000 + "b'>" + lines("<mj-html-attribute name='a#'>x</mj-html-attribute>", 15_000) + "</mj-selector></mj-html-attributes>")
    yield "html attributes of 1 MB path on 15000", text("<b>x</b>" * 20, "<mj-html-attributes><mj-selector path='" + "b" * MB + "'>" + lines("<mj-html-attribute name='a#'>x</mj-html-attribute>", 15_000) + "</mj-selector></mj-html-attributes>")

    numbers = ["0", "-1", "1e308", "NaN", "inf", "-inf", "1e-320", "9" * 400, "0.1", "-0.0", "1e9px", "99999999999%", "-50%", "NaN%", "١٢px", "+5px", ".", "-", "px", "%",
               "1 2 3 4 5", "0 0 0 0", "calc(1px)", "é", "{{ x }}", "{{ x }}px", "{{ x", "\0", "1px" * 1000]
    for number in numbers:
        shown = number if len(number) < 20 else number[:10] + "…"
        every = " ".join(f"{name}='{number}'" for name in
                         ["width", "height", "padding", "padding-left", "inner-padding", "border", "border-left", "border-radius", "background-position",
                          "background-position-x", "background-size", "background-repeat", "background-width", "background-height", "tb-width", "icon-size", "icon-width", "icon-height", "mobile-width",
                          "inner-border", "full-width", "direction", "gap", "font-size", "line-height", "cellspacing", "ico-padding", "thumbnails", "mode", "icon-padding", "vertical-align", "align", "base-url", "name", "hamburger"])
        elements = [f"<mj-{name} {every}>x</mj-{name}>" for name in ["text", "image", "button", "divider", "spacer", "table"]]
        for outer, inner in [("social", "social-element"), ("navbar", "navbar-link"), ("carousel", "carousel-image")]:
            elements.append(f"<mj-{outer} {every}><mj-{inner} {every}>x</mj-{inner}></mj-{outer}>")
        elements.append(f"<mj-accordion {every}><mj-accordion-element {every}><mj-accordion-title {every}>x</mj-accordion-title></mj-accordion-element></mj-accordion>")
        inside = "".join(elements)
        yield f"every size is {shown}", mjml(
            f"<mj-wrapper {every}><mj-section {every}><mj-column {every}>{inside}</mj-column><mj-group {every}><mj-column {every}>{inside}</mj-column></mj-group></mj-section></mj-wrapper><mj-hero {every}>{inside}</mj-hero>",
            f"<mj-breakpoint width='{number}' />")
        yield f"every size of mj-all is {shown}", mjml(f"<mj-section><mj-column>{inside}</mj-column></mj-section>", f"<mj-attributes><mj-all {every} /></mj-attributes>")

    yield "100000 columns of a loop", mjml("<mj-section>{% for x in many %}<mj-column></mj-column>{% endfor %}</mj-section>")
    yield "many columns with text of a loop", mjml("<mj-section>{% for x in many %}<mj-column><mj-text>{{ x }}</mj-text></mj-column>{% endfor %}</mj-section>")
    yield "9.9 MB of a text of a loop", mjml("<mj-section>{% for x in ten %}<mj-column><mj-text>{{ big }}</mj-text></mj-column>{% endfor %}</mj-section>")
    yield "deep sections of a loop", mjml("{% for x in many %}<mj-section>{% endfor %}")
    yield "attributes of a loop", column("<mj-text {% for x in many %}a{{ x }}='1' {% endfor %}>a</mj-text>")
    yield "100000 texts of a loop", column("{% for x in many %}<mj-text>a</mj-text>{% endfor %}")
    yield "loops in loops", column("{% for x in many %}{% for y in many %}<mj-text>a</mj-text>{% endfor %}{% endfor %}")
    yield "190 loops in each other", column("{% for x in ten %}" * 190 + "<mj-text>a</mj-text>" + "{% endfor %}" * 190)
    yield "100000 conditions round texts", column("{% if a %}<mj-text>a</mj-text>{% endif %}" * 6_000)
    yield "60000 tags in one text", text("{% if a %}a{% endif %}" * 60_000)
    yield "tags in all attributes", column("<mj-text color='{{ a }}' css-class='{{ b }}' font-family='{{ c }}' align='{{ d }}'>{{ e }}</mj-text>" * 15_000)
    yield "a tag in a value that is written often", mjml("<mj-section background-url='{{ a }}' background-color='{{ b }}' css-class='{{ c }}' full-width='full-width'></mj-section>" * 18_000)
    yield "Jinja marks", column("{%- if a -%}<mj-text>a</mj-text>{%- endif -%}" * 1_000)
    yield "Lpx", text("Lp" + "x" * 9_000_000)
    yield "Lpx and 18000 elements", column("<mj-text>a</mj-text>" * 18_000 + "<mj-text>Lp" + "x" * 5_000_000 + "</mj-text>")
    yield "Lpx of 1000 and 18000 elements", column("<mj-text css-class='é' color='é' href='é'>a</mj-text>" * 18_000 + "<mj-text>Lp" + "x" * 1_000 + "</mj-text>")
    yield "entities in class names", column("<mj-text css-class='" + "&quot; " * 1_000_000 + "'>a</mj-text>")
    yield "100000 strays", mjml("</mj-text>" * 100_000 + "x <" * 100_000)
    yield "openers and enders in turn", column("<mj-text><mj-text></mj-text>" * 100_000)
    yield "buttons in texts in buttons", column("<mj-text><mj-button>" * 100_000)
    yield "open comments in texts", column("<mj-text><!--</mj-text>" * 100_000)
    yield "open quotes in texts", column("<mj-text><b a=\"</mj-text>" * 100_000)
    yield "mj-text with open quotes in texts", column("<mj-text><mj-text a=\"</mj-text>" * 100_000)
    yield "a mail of links", text(lines("<a href='https://x.example/#'>link #</a> ", 100_000))
    yield "a mail of pictures", text(lines("<img src='https://x.example/#' alt='#'>", 100_000))
    yield "a table of 100000 cells", column("<mj-table>" + "<tr>" + "<td>a</td>" * 100_000 + "</tr></mj-table>")
    yield "100000 tables in a table", column("<mj-table>" + "<tr><td><table>" * 100_000 + "</mj-table>")
    yield "lists in lists", text("<ul><li>" * 100_000)
    yield "quotes in quotes", text("<blockquote>x" * 100_000)


def byte_files():
    """Documents that are no text."""
    yield "NUL bytes", text("a\0b\0").encode()
    yield "9.9 MB of NUL", b"\0" * int(9.9e6)
    yield "invalid UTF-8", text("a").encode() + b"\xff\xfe\x80"
    yield "9.9 MB of invalid UTF-8", b"\xff" * int(9.9e6)
    yield "UTF-16", text("a").encode("utf-16")
    yield "lone CR", text("a\rb").replace("><", ">\r<").encode()
    yield "BOM", b"\xef\xbb\xbf" + text("a").encode()
    yield "20000 BOMs", b"\xef\xbb\xbf" * 20_000 + text("a").encode()
    yield "random bytes", bytes((n * 2654435761 >> 13) & 255 for n in range(MB))


def projects():
    """Folders of several files: a name, the files, what is compiled, and what is done to the folder before."""
    start = "<mjml><mj-body>", "</mj-body></mjml>"

    def email(body):
        return {"letterpress.toml": "", "templates/e/email.toml": "subject = 'a'", "templates/e/body.mjml": body}

    def of_partials(name, body, partials, before=None):
        files = email(body)
        files.update({f"templates/{path}": text for path, text in partials.items()})
        return name, files, "e", before

    yield of_partials("circular mj-include", mjml("<mj-include path='a.mjml'/>"), {"a.mjml": "<mj-include path='b.mjml'/>", "b.mjml": "<mj-include path='a.mjml'/>"})
    yield of_partials("circular include", mjml("{% include 'a.mjml' %}"), {"a.mjml": "{% include 'b.mjml' %}", "b.mjml": "{% include 'a.mjml' %}"})
    yield of_partials("circular include in a text", text("{% include 'a.html' %}"), {"a.html": "{% include 'a.html' %}{% include 'a.html' %}"})
    yield of_partials("circular html include", mjml("<mj-include path='a.html' type='html'/>"), {"a.html": "<mj-include path='a.html' type='html'/>"})
    yield of_partials("includes the email itself", mjml("<mj-include path='e/body.mjml'/><mj-include path='body.mjml'/>"), {})
    for name, tag in [("mj-include", "<mj-include path='p#.mjml'/>"), ("include", "{% include 'p#.mjml' %}")]:
        chain = {f"p{n}.mjml": tag.replace("#", str(n + 1)) * 2 for n in range(30)}
        chain["p30.mjml"] = "<mj-section></mj-section>"
        yield of_partials(f"{name} of 2^30", mjml(tag.replace("#", "0")), chain)
        chain = {f"p{n}.mjml": tag.replace("#", str(n + 1)) for n in range(1_000)}
        yield of_partials(f"1000 {name} in each other", mjml(tag.replace("#", "0")), chain)
        yield of_partials(f"900 {name} of 1 MB", mjml(tag.replace("#", "0") * 900), {"p0.mjml": "<!--" + "x" * MB + "-->"})
        yield of_partials(f"90000 {name} of a file", mjml(tag.replace("#", "0") * 90_000), {"p0.mjml": "<mj-section></mj-section>"})
        yield of_partials(f"90000 {name} of no file", mjml(tag.replace("#", "0") * 90_000), {f"q{n}.mjml": "" for n in range(500)})
    chain = {f"p{n}.html": f"{{% include 'p{n + 1}.html' %}}" * 2 for n in range(30)}
    chain["p30.html"] = "x"
    yield of_partials("include of 2^30 in a text", text("{% include 'p0.html' %}"), chain)
    yield of_partials("900 includes of 1 MB in a text", text("{% include 'p.html' %}" * 900), {"p.html": "x" * MB})
    yield of_partials("heads of 900 includes", mjml("<mj-include path='p.mjml'/>" * 900), {"p.mjml": mjml("<mj-section/>", "<mj-style>a{b:c}</mj-style>" * 15)})
    yield of_partials("css includes", mjml("<mj-include path='p.css' type='css'/>" * 900), {"p.css": "a{b:c}" * 1_000})
    yield of_partials("an include of 9.9 MB", mjml("<mj-include path='p.mjml'/>"), {"p.mjml": "<mj-section></mj-section>" * 300_000})
    yield of_partials("an include of 11 MB", mjml("<mj-include path='p.mjml'/>"), {"p.mjml": "x" * (11 * MB)})
    yield of_partials("a body of 50 MB", text("x" * (50 * MB)), {})
    yield of_partials("60 partials of 9.9 MB", mjml(""), {f"p{n}.html": "x" * int(9.9e6) for n in range(60)})
    yield of_partials("20000 partials", mjml("<mj-include path='q.mjml'/>"), {f"p{n}.mjml": "" for n in range(20_000)})

    for path in ["/etc/passwd", "../../../../../../../../etc/passwd", "..", ".", "", "/", "//etc/passwd", "file:///etc/passwd", "http://127.0.0.1:9/x.mjml", "https://x.example/x.mjml",
                 "\\\\host\\share", "c:\\x", "....//x", "%2e%2e/x", "outside.mjml", "folder/outside.mjml", "a\0b", "x" * 100_000, "/dev/zero", "/proc/self/environ", "/dev/stdin"]:
        shown = repr(path)[1:40]

        def links(folder):
            os.symlink("/etc/passwd", f"{folder}/templates/outside.mjml")
            os.symlink("/etc", f"{folder}/templates/folder")
        body = mjml(f"<mj-include path=\"{path}\"/><mj-include path=\"{path}\" type=\"html\"/>" + f"{{% include \"{path}\" %}}<mj-section><mj-column><mj-text>{{% include \"{path}\" %}}</mj-text></mj-column></mj-section>",
                    f"<mj-include path=\"{path}\" type=\"css\"/><mj-include path=\"{path}\" type=\"css\" css-inline=\"inline\"/>")
        yield of_partials(f"includes of {shown}", body, {}, links if "outside" in path else None)

    def loop(folder):
        os.symlink("..", f"{folder}/templates/loop")
        os.symlink(".", f"{folder}/templates/here")
        os.symlink("a.mjml", f"{folder}/templates/b.mjml")
    yield of_partials("folders that hold themselves", mjml("<mj-include path='a.mjml'/>"), {"a.mjml": ""}, loop)

    def self_link(folder):
        os.symlink("a.mjml", f"{folder}/templates/a.mjml")
    yield of_partials("a link to itself", mjml("<mj-include path='a.mjml'/>"), {}, self_link)
    yield of_partials("a dangling link", mjml("<mj-include path='a.mjml'/>"), {}, lambda folder: os.symlink("nowhere", f"{folder}/templates/a.mjml"))
    yield of_partials("a FIFO among the templates", mjml("<mj-include path='a.mjml'/>"), {}, lambda folder: os.mkfifo(f"{folder}/templates/a.mjml"))
    yield of_partials("/dev/zero among the templates", mjml("<mj-include path='a.mjml'/>"), {}, lambda folder: os.symlink("/dev/zero", f"{folder}/templates/a.mjml"))
    yield of_partials("a folder of the name of a file", mjml("<mj-include path='a.mjml'/>"), {"a.mjml/x": ""})

    def single(name, make):
        return name, {"letterpress.toml": ""}, "d.mjml", make
    yield single("the document is a FIFO", lambda folder: os.mkfifo(f"{folder}/d.mjml"))
    yield single("the document is a folder", lambda folder: os.mkdir(f"{folder}/d.mjml"))
    yield single("the document is /dev/zero", lambda folder: os.symlink("/dev/zero", f"{folder}/d.mjml"))
    yield single("the document is /dev/full", lambda folder: os.symlink("/dev/full", f"{folder}/d.mjml"))
    yield single("the document is a link to itself", lambda folder: os.symlink("d.mjml", f"{folder}/d.mjml"))
    yield single("the document is missing", lambda folder: None)
    yield single("the document may not be read", lambda folder: (open(f"{folder}/d.mjml", "w").close(), os.chmod(f"{folder}/d.mjml", 0)))


def context():
    """Data for what is rendered for one person."""
    return {"first_name": "Ada", "a": 1, "many": list(range(100_000)), "ten": list(range(10)), "big": "x" * 990_000, "x": "<b>&\"'{{ x }}"}


def run(arguments, folder):
    """Runs a program to its end: what it cost and said. Memory is counted from this process on, so it has to be small."""
    limit = 8 << 30
    with open(os.path.join(folder, ".stderr"), "w+b") as said:
        started = time.monotonic()
        process = subprocess.Popen(arguments, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said,
                                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)), env={**os.environ, "NO_COLOR": "1"})
        watch = threading.Timer(PATIENCE, lambda: os.kill(process.pid, signal.SIGKILL))
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        watch.cancel()
        process.returncode = 0
        wall = time.monotonic() - started
        said.seek(0)
        rows = said.read(4 * MB).decode("utf-8", "replace").strip().split("\n")
    errors = [row for row in rows if row.startswith("error")]
    return {"exit": os.waitstatus_to_exitcode(status), "wall": wall, "seconds": usage.ru_utime + usage.ru_stime,
            "megabytes": usage.ru_maxrss / 1024, "errors": len(errors), "said": (errors or rows)[0 if errors else -1][:110]}


class Measured:
    """What a program cost, run by a process that holds no documents."""

    runner = None

    def __init__(self, arguments, folder):
        if not Measured.runner:
            Measured.runner = subprocess.Popen([sys.executable, __file__, "--runner"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.runner.stdin.write(json.dumps([arguments, folder]) + "\n")
        self.runner.stdin.flush()
        self.__dict__.update(json.loads(self.runner.stdout.readline()))
        told = self.exit == 0 or (self.exit in (1, 2) and self.errors > 0)
        self.well = told and self.seconds < MOST_SECONDS and self.wall < PATIENCE and self.megabytes < MOST_MB


def main():
    if sys.argv[1:] == ["--runner"]:
        for line in sys.stdin:
            print(json.dumps(run(*json.loads(line))), flush=True)
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default="target/ci/letterpress")
    parser.add_argument("--keep")
    parser.add_argument("--without", default=[], action="append", help="leave out documents whose names hold this")
    parser.add_argument("--bad", action="store_true", help="print only what is not well")
    parser.add_argument("parts", nargs="*")
    args = parser.parse_args()
    program = os.path.abspath(args.bin)
    root = args.keep or tempfile.mkdtemp(prefix="hostile-")
    os.makedirs(root, exist_ok=True)
    data = os.path.join(root, "context.json")
    with open(data, "w") as file:
        json.dump(context(), file)
    rows = []

    def measure(name, folder, target):
        for command in [["compile", target], ["render", target, "--context", data]]:
            measured = Measured([program, *command], folder)
            rows.append((name, command[0], measured))
            if not (args.bad and measured.well):
                print(f"{'ok ' if measured.well else 'BAD'} {measured.exit:4} {measured.seconds:6.2f} s {measured.wall:6.2f} s wall {measured.megabytes:6.0f} MB  "
                      f"{command[0]:7} {name[:60]:60} {measured.said}", flush=True)

    def wanted(name):
        return (not args.parts or any(part in name for part in args.parts)) and not any(part in name for part in args.without)

    number = 0

    def fresh():
        nonlocal number
        number += 1
        folder = os.path.join(root, str(number))
        os.makedirs(folder)
        return folder

    def done(folder):
        if not args.keep:
            subprocess.run(["rm", "-rf", folder])

    for name, content in texts():
        if wanted(name):
            folder = fresh()
            with open(os.path.join(folder, "d.mjml"), "w", encoding="utf-8", newline="") as file:
                file.write(content)
            measure(name, folder, "d.mjml")
            done(folder)
    for name, content in byte_files():
        if wanted(name):
            folder = fresh()
            with open(os.path.join(folder, "d.mjml"), "wb") as file:
                file.write(content)
            measure(name, folder, "d.mjml")
            done(folder)
    for name, files, target, before in projects():
        if wanted(name):
            folder = fresh()
            for path, content in files.items():
                whole = os.path.join(folder, path)
                os.makedirs(os.path.dirname(whole), exist_ok=True)
                with open(whole, "w", encoding="utf-8", newline="") as file:
                    file.write(content)
            if before:
                before(folder)
            measure(name, folder, target)
            done(folder)
    if not args.keep:
        subprocess.run(["rm", "-rf", root])
    bad = [row for row in rows if not row[2].well]
    print(f"\nslowest: {', '.join(f'{m.seconds:.2f} s {c} {n}' for n, c, m in sorted(rows, key=lambda row: -row[2].seconds)[:8])}")
    print(f"largest: {', '.join(f'{m.megabytes:.0f} MB {c} {n}' for n, c, m in sorted(rows, key=lambda row: -row[2].megabytes)[:8])}")
    print(f"{len(rows)} runs of {len({row[0] for row in rows})} documents, {len(bad)} not well")
    if Measured.runner:
        Measured.runner.stdin.close()
    sys.exit(1 if bad else 0)


main()
