//! mrml's HTML made equal to mjml's where they differ, and the words put back.

use super::bounds;
use super::inline::{Inline, Refused};
use memchr::memmem;

use super::tree::Element;
use super::words::{Words, append};
use crate::language::{Span, Token};

/// The fonts that mjml links when they are used.
const FONTS: &[(&str, &str)] = &[
    (
        "Open Sans",
        "https://fonts.googleapis.com/css?family=Open+Sans:300,400,500,700",
    ),
    (
        "Droid Sans",
        "https://fonts.googleapis.com/css?family=Droid+Sans:300,400,500,700",
    ),
    (
        "Lato",
        "https://fonts.googleapis.com/css?family=Lato:300,400,500,700",
    ),
    (
        "Roboto",
        "https://fonts.googleapis.com/css?family=Roboto:300,400,500,700",
    ),
    (
        "Ubuntu",
        "https://fonts.googleapis.com/css?family=Ubuntu:300,400,500,700",
    ),
];

/// What mrml writes at the end of the styles of every email; font links come behind it.
const BASE_END: &str = ".mj-outlook-group-fix { width:100% !important; }\n</style>\n<![endif]-->\n";

/// The tokens of the HTML that mrml made of a document.
pub(super) fn finish<'s>(
    html: &str,
    root: &Element,
    inline: &Inline,
    words: &mut Words<'s>,
) -> Result<Vec<Token<'s>>, Refused> {
    let start = Span {
        end: root.span.start,
        ..root.span
    };
    let mut html = mend(html);
    if root.attribute("owa") == Some("desktop") {
        html = outlook_on_the_web(&html);
    }
    let body_at = html.find("</head><body").unwrap_or(0);
    let (head, body) = html.split_at(body_at);
    let body = words.restore(body, start);
    let (base, rest) = match head.find(BASE_END) {
        Some(at) => head.split_at(at + BASE_END.len()),
        None => (head, ""),
    };
    let mut tokens = words.restore(base, start);
    let mut add = |more: Vec<Token<'s>>| more.iter().for_each(|token| append(&mut tokens, token));
    add(words.restore(&font_links(root, &body, &inline.css, words), start));
    add(words.restore(rest, start));
    add(body);
    // Enough is known now to stop before elements are looked at one by one.
    let html = words.shade(&tokens);
    if let Some(title) = bounds::of_html(&html) {
        return Err(Refused::TooLarge(title));
    }
    if inline.is_empty() {
        return Ok(tokens);
    }
    let html = inline.apply(&html, words)?;
    Ok(words.restore(&html, start))
}

/// Points in which mrml differs from mjml and that can be told from its HTML alone.
fn mend(html: &str) -> String {
    // mjml's carousel styles are meant for no browser but Yahoo's; with the comma they hide the arrows everywhere.
    let html = html.replace("@media screen, yahoo {", "@media screen yahoo {");
    // An empty title labels nothing.
    let html = html.replacen(" aria-label=\"\"", "", 1);
    let html = fluid_heroes(&html);
    let html = carousels_first(&html);
    without_attribute(&html, " vertical-align=\"")
}

/// The side cells of a hero of fluid height: mjml has a whole number of per cent there, mrml a number.
fn fluid_heroes(html: &str) -> String {
    const START: &str = "mso-padding-bottom-alt:0;padding-bottom:";
    let mut parts = html.split(START);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(START);
        let number = part.split_once(';').and_then(|(ratio, rest)| {
            let ratio: f64 = ratio.parse().ok()?;
            Some((ratio.round(), rest))
        });
        match number {
            Some((ratio, rest)) => out.push_str(&format!("{ratio}%;{rest}")),
            None => out.push_str(part),
        }
    }
    out
}

/// mjml writes the styles of carousels before those of other components.
fn carousels_first(html: &str) -> String {
    const STYLE: &str = "<style type=\"text/css\">";
    const FIRST: &str = ".mj-carousel { -webkit-user-select";
    const LAST: &str = "border-color: transparent;";
    let styles = || {
        let first = html.find(FIRST)?;
        let start = html[..first].rfind(STYLE)? + STYLE.len();
        let end = first + html[first..].find("</style>")?;
        Some((start, end))
    };
    // Where the styles of the next carousel are: they end with a rule in a media query.
    let next = |styles: &str| {
        let start = styles.find(FIRST)?;
        let last = start + styles[start..].find(LAST)?;
        let end = last + styles[last..].match_indices('}').nth(1)?.0 + 1;
        Some((start, end))
    };
    let Some((start, end)) = styles() else {
        return html.to_owned();
    };
    let (mut carousels, mut others) = (String::new(), String::new());
    let mut rest = &html[start..end];
    while let Some((from, to)) = next(rest) {
        others.push_str(&rest[..from]);
        carousels.push_str(&rest[from..to]);
        rest = &rest[to..];
    }
    [&html[..start], &carousels, &others, rest, &html[end..]].concat()
}

/// `owa="desktop"`: the widths of columns once more, for Outlook on the web.
fn outlook_on_the_web(html: &str) -> String {
    let Some(at) = html.find(".moz-text-html .mj-column") else {
        return html.to_owned();
    };
    let Some(end) = html[at..].find("</style>").map(|end| at + end) else {
        return html.to_owned();
    };
    let rules = html[at..end].replace(".moz-text-html ", "[owa] ");
    let (before, after) = html.split_at(end + "</style>".len());
    [
        before,
        "<style type=\"text/css\">",
        &rules,
        "</style>",
        after,
    ]
    .concat()
}

/// Takes an attribute off every tag. All content is behind words: what is seen here is mrml's own.
fn without_attribute(html: &str, start: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(start) {
        let value = &rest[at + start.len()..];
        let Some(end) = value.find('"') else { break };
        out.push_str(&rest[..at]);
        rest = &value[end + 1..];
    }
    out.push_str(rest);
    out
}

/// Links for the fonts that the body uses, by mjml's rule: the name stands behind `font-family:` between two quotes.
fn font_links(root: &Element, body: &[Token<'_>], inlined: &str, words: &Words<'_>) -> String {
    let mut fonts: Vec<(String, String)> = FONTS
        .iter()
        .map(|(name, href)| (name.to_string(), href.to_string()))
        .collect();
    let head = root.first("mj-head");
    for font in head
        .into_iter()
        .flat_map(Element::elements)
        .filter(|element| element.name() == "mj-font")
    {
        let name = font.attribute("name").unwrap_or_default();
        let name: String = words
            .restore(name, font.span)
            .iter()
            .map(|token| &*token.text)
            .collect();
        let href = font.attribute("href").unwrap_or_default().to_owned();
        match fonts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = href,
            None if !name.is_empty() => fonts.push((name, href)),
            None => {}
        }
    }
    let mut used = families(body);
    used.extend(families_of_rules(inlined));
    let links: Vec<&str> = fonts
        .iter()
        .filter(|(name, _)| {
            let name = name.to_lowercase();
            let name = memmem::Finder::new(&name);
            (used.iter()).any(|family| name.find(family.as_bytes()).is_some())
        })
        .map(|(_, href)| href.as_str())
        .collect();
    if links.is_empty() {
        return String::new();
    }
    let mut out = String::from("<!--[if !mso]><!-->");
    for href in &links {
        out.push_str(&format!(
            "<link href=\"{href}\" rel=\"stylesheet\" type=\"text/css\">"
        ));
    }
    out.push_str("<style type=\"text/css\">");
    for href in &links {
        out.push_str(&format!("@import url({href});"));
    }
    out.push_str("</style><!--<![endif]-->");
    out
}

/// What rules that are inlined say behind `font-family:`, in small letters.
fn families_of_rules(css: &str) -> Vec<String> {
    let css = css.to_lowercase();
    css.split("font-family:")
        .skip(1)
        .filter_map(|family| family.split([';', '}']).next())
        .map(str::to_owned)
        .collect()
}

/// What stands between two quotes, from the first `font-family:` on, in small letters, each once.
fn families(body: &[Token<'_>]) -> Vec<String> {
    let text: String = body.iter().map(|token| &*token.text).collect();
    let mut seen = std::collections::HashSet::new();
    let mut families = Vec::new();
    for quoted in text.split('"').skip(1) {
        // Most pieces have none: do not copy them.
        let bytes = quoted.as_bytes();
        let Some(at) = bytes
            .windows(12)
            .position(|w| w.eq_ignore_ascii_case(b"font-family:"))
        else {
            continue;
        };
        let family = quoted[at + 12..].to_lowercase();
        if seen.insert(family.clone()) {
            families.push(family);
        }
    }
    families
}
