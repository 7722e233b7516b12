//! The elements of MJML 4: their names, what may stand in them, and which attributes a template tag may stand in.

/// One element.
#[derive(Debug)]
pub(super) struct Kind {
    pub name: &'static str,
    /// What stands in it is HTML, or text, taken as it is up to the closing tag.
    pub ending: bool,
    /// The elements that may stand in it.
    pub children: &'static [&'static str],
    /// How much depends on the number and kind of its children.
    pub rows: Rows,
}

/// What a template tag between the children of an element does to the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// Each child is a row of its own: a tag between them is printed between them.
    Free,
    /// The children share the width: a tag round one of them changes the others.
    Shared,
    /// The children are collected, not printed one after the other, but raw parts keep their order.
    Collected,
    /// There is no place for anything but the children.
    Closed,
}

const COLUMN: &[&str] = &[
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

const fn container(name: &'static str, rows: Rows, children: &'static [&'static str]) -> Kind {
    Kind {
        name,
        ending: false,
        children,
        rows,
    }
}

const fn ending(name: &'static str) -> Kind {
    Kind {
        name,
        ending: true,
        children: &[],
        rows: Rows::Closed,
    }
}

const fn leaf(name: &'static str) -> Kind {
    container(name, Rows::Closed, &[])
}

/// Every element there is. One that is added here is known to the reader; `components.rs` says what it becomes.
pub(super) static ELEMENTS: &[Kind] = &[
    container("mjml", Rows::Closed, &["mj-body", "mj-head", "mj-raw"]),
    container(
        "mj-head",
        Rows::Collected,
        &[
            "mj-attributes",
            "mj-breakpoint",
            "mj-font",
            "mj-html-attributes",
            "mj-preview",
            "mj-raw",
            "mj-style",
            "mj-title",
        ],
    ),
    container("mj-attributes", Rows::Closed, &["mj-all", "mj-class"]),
    leaf("mj-all"),
    leaf("mj-class"),
    leaf("mj-breakpoint"),
    leaf("mj-font"),
    container("mj-html-attributes", Rows::Closed, &["mj-selector"]),
    container("mj-selector", Rows::Closed, &["mj-html-attribute"]),
    ending("mj-html-attribute"),
    ending("mj-preview"),
    ending("mj-style"),
    ending("mj-title"),
    ending("mj-raw"),
    container(
        "mj-body",
        Rows::Free,
        &["mj-hero", "mj-raw", "mj-section", "mj-wrapper"],
    ),
    container(
        "mj-wrapper",
        Rows::Free,
        &["mj-hero", "mj-raw", "mj-section"],
    ),
    container(
        "mj-section",
        Rows::Shared,
        &["mj-column", "mj-group", "mj-raw"],
    ),
    container("mj-group", Rows::Shared, &["mj-column", "mj-raw"]),
    container("mj-column", Rows::Free, COLUMN),
    container("mj-hero", Rows::Free, COLUMN),
    container(
        "mj-accordion",
        Rows::Free,
        &["mj-accordion-element", "mj-raw"],
    ),
    container(
        "mj-accordion-element",
        Rows::Closed,
        &["mj-accordion-title", "mj-accordion-text", "mj-raw"],
    ),
    ending("mj-accordion-title"),
    ending("mj-accordion-text"),
    ending("mj-button"),
    container("mj-carousel", Rows::Closed, &["mj-carousel-image"]),
    leaf("mj-carousel-image"),
    leaf("mj-divider"),
    leaf("mj-image"),
    container("mj-navbar", Rows::Free, &["mj-navbar-link", "mj-raw"]),
    ending("mj-navbar-link"),
    container("mj-social", Rows::Free, &["mj-social-element", "mj-raw"]),
    ending("mj-social-element"),
    leaf("mj-spacer"),
    ending("mj-table"),
    ending("mj-text"),
    leaf("mj-include"),
];

/// The element of this name.
pub(super) fn kind(name: &str) -> Option<&'static Kind> {
    ELEMENTS.iter().find(|kind| kind.name == name)
}

/// The elements that may hold an element of this name, as mjml lists them.
pub(super) fn parents(name: &str) -> Vec<&'static str> {
    let mut parents: Vec<_> = ELEMENTS
        .iter()
        .filter(|kind| kind.children.contains(&name))
        .map(|kind| kind.name)
        .collect();
    parents.push("mj-attributes");
    // `mjml` comes first.
    parents.sort_unstable_by_key(|name| (*name != "mjml", *name));
    parents.dedup();
    parents
}

/// Attributes that reach the HTML as they are written, wherever they stand: nothing is computed from them.
const PLAIN: &[&str] = &[
    "alt",
    "background-color",
    "background-url",
    "border-color",
    "border-style",
    "color",
    "container-background-color",
    "css-class",
    "dir",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "href",
    "ico-color",
    "icon-unwrapped-alt",
    "icon-unwrapped-url",
    "icon-wrapped-alt",
    "icon-wrapped-url",
    "inner-background-color",
    "lang",
    "left-icon",
    "letter-spacing",
    "line-height",
    "rel",
    "right-icon",
    "role",
    "sizes",
    "src",
    "srcset",
    "target",
    "text-align",
    "text-decoration",
    "text-transform",
    "thumbnails-src",
    "title",
    "usemap",
    "vertical-align",
];

/// Attributes that are plain only in some elements.
const PLAIN_IN: &[(&str, &[&str])] = &[
    (
        "align",
        &["mj-button", "mj-image", "mj-social", "mj-table", "mj-text"],
    ),
    (
        "border-radius",
        &["mj-button", "mj-image", "mj-social", "mj-social-element"],
    ),
    ("height", &["mj-button", "mj-spacer", "mj-text"]),
    ("href", &["mj-font"]),
    ("name", &["mj-button", "mj-image"]),
];

/// Whether a template tag may stand in this attribute of an email that is compiled once for everybody.
///
/// What is in no list counts as layout: a wrong answer then costs time, not a wrong email.
pub(super) fn takes_tags(element: &str, attribute: &str) -> bool {
    PLAIN.contains(&attribute)
        || PLAIN_IN
            .iter()
            .any(|(name, elements)| *name == attribute && elements.contains(&element))
}

/// Whether an HTML element has no closing tag.
pub(super) fn is_void(name: &str) -> bool {
    const VOID: &[&str] = &[
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
        "source", "track", "wbr",
    ];
    VOID.contains(&name)
}
