//! MJML into HTML, once for everybody, with every template tag left where it stands.
//!
//! The way through: `include` puts included files in place and writes product blocks out (`products`), `scan` and `tree` read what mjml reads and hide template
//! tags and HTML behind `words`, `validate` says what mjml's validator says (`types` knows the attributes),
//! `attributes` applies `mj-attributes` and classes, `placement` finds tags that decide how the email is laid out,
//! `layout` computes widths, `supplement` adds what mrml would not write, `components` hands the tree to mrml, `mends`
//! and `finish` mend what mrml does otherwise than mjml and put everything hidden back, `inline` writes styles and
//! attributes to the elements that `select` finds for a selector. `bounds` refuses what would take too long or too
//! much. What is uploaded elsewhere goes through `alternatives` (with `blocks` and `tags`) where its layout depends on
//! tags, and through `white_space`.
//!
//! Compiling and then running the tags gives what running them and then compiling gives, but for these points, which
//! nobody sees: styles and font links in the head are those of all rows, also of rows that a tag leaves out; blanks
//! at the edges of a text; a colour of three digits that comes from a tag is not written out with six; a font that
//! only a tag names is not linked; the cell for the text of a social element stays when that text comes out empty;
//! where rules are inlined into a style that a tag chooses, the chosen declarations stand behind the rules; an address
//! or a background that comes out empty is written all the same.

mod alternatives;
mod attributes;
mod blocks;
mod bounds;
mod components;
mod elements;
mod finish;
mod include;
mod inline;
mod layout;
mod mends;
mod placement;
mod products;
mod report;
mod scan;
mod select;
mod supplement;
mod tags;
mod tree;
mod types;
mod validate;
mod white_space;
mod words;

use std::collections::HashMap;

use crate::diagnostic::Diagnostic;
use crate::language::{Dialect, Sources, Span, Token};

use inline::{Inline, Refused};
use mends::Mends;
use report::Report;
use supplement::Supplement;
use tree::{Child, Element};
use words::Words;

pub use alternatives::alternatives;
pub use products::{
    BlockPlace, Picked, ProductBlock, ProductBlockError, ProductLayout, Products, Shown,
};
pub use validate::Validation;
pub use white_space::{beautify, minify};

/// What an MJML document became.
#[derive(Debug)]
pub struct Compiled<'s> {
    /// Without [`per_recipient`](Self::per_recipient): the HTML, in which the template tags of the document stand
    /// at their places, unchanged. With it: the document with its includes put in place, still MJML, whose tags
    /// have to run, for each recipient, before the text they give is compiled: as one text token, in a second call
    /// of [`compile`], whose result may hold tags again where a tag chose what to include.
    pub tokens: Vec<Token<'s>>,
    /// What a person should look at.
    pub findings: Vec<Diagnostic>,
    /// Why this document cannot be compiled once for everybody: one warning for each such tag. Empty if it can.
    pub per_recipient: Vec<Diagnostic>,
    /// Where those tags stand.
    deciding: Vec<Span>,
}

/// Where a document is, and where its partials come from.
///
/// Names are paths in the folder of templates, such as `_partials/footer.mjml`.
pub struct Loader<'a, 's> {
    /// The files that the spans of all tokens point into.
    pub sources: &'a Sources,
    /// The name of the document itself: paths in `<mj-include>` count from its folder first, and relative names in tags
    /// (`{% include "./row.mjml" %}`) always.
    pub name: &'a str,
    /// What the document and its partials are written in.
    pub dialect: Dialect,
    /// The tokens of a file; `None` if there is no such file.
    pub load: &'a dyn Fn(&str) -> Option<Vec<Token<'s>>>,
    /// The names of all files that there are, asked for only to suggest one of them.
    pub names: &'a dyn Fn() -> Vec<String>,
    /// The items that [product blocks](ProductBlock) pick: their values are written out. None: they are looked up when
    /// the email is rendered.
    pub picked: Option<&'a dyn Fn(&str) -> Picked>,
}

impl<'a, 's> Loader<'a, 's> {
    /// A document that includes nothing.
    pub fn none(sources: &'a Sources) -> Loader<'a, 's> {
        Loader {
            sources,
            name: "body.mjml",
            dialect: Dialect::Klaviyo,
            load: &|_| None,
            names: &Vec::new,
            picked: None,
        }
    }
}

/// Compiles the tokens of an MJML document into tokens of HTML.
///
/// ```
/// use letterpress::diagnostic::Source;
/// use letterpress::language::{lex, Sources};
/// use letterpress::mjml::{compile, Loader};
///
/// let source = Source::new("body.mjml", r#"<mjml><mj-body><mj-section><mj-column>
///   <mj-text>Hello {{ first_name|default:"there" }}</mj-text>
/// </mj-column></mj-section></mj-body></mjml>"#);
/// let mut sources = Sources::new();
/// let file = sources.add(source.clone());
///
/// let compiled = compile(lex(source.text(), file), &Loader::none(&sources)).unwrap();
/// assert!(compiled.per_recipient.is_empty());
/// let tag = compiled.tokens.iter().find(|token| token.is_markup()).unwrap();
/// assert_eq!(tag.text, r#"{{ first_name|default:"there" }}"#);
/// assert_eq!(sources.locate(tag.span).line(), 2);
/// assert!(compiled.tokens[0].text.starts_with("<!doctype html>"));
/// ```
///
/// A tag that decides how the email is laid out has to run first:
///
/// ```
/// # use letterpress::diagnostic::Source;
/// # use letterpress::language::{lex, Sources};
/// # use letterpress::mjml::{compile, Loader};
/// # let mut sources = Sources::new();
/// # let source = Source::new("body.mjml", "<mjml><mj-body><mj-section>{% if a %}<mj-column></mj-column>{% endif %}</mj-section></mj-body></mjml>");
/// # let file = sources.add(source.clone());
/// let compiled = compile(lex(source.text(), file), &Loader::none(&sources)).unwrap();
/// assert_eq!(
///     compiled.per_recipient[0].title,
///     "This email is compiled for each recipient: a template tag stands round a column",
/// );
/// ```
///
/// # Errors
/// Everything that is wrong with the document, each with its place: no body, tags that do not end, includes that
/// leave the folder or include themselves, what is too large or nested too deeply to be an email. Warnings that
/// came up follow.
pub fn compile<'s>(
    tokens: Vec<Token<'s>>,
    loader: &Loader<'_, 's>,
) -> Result<Compiled<'s>, Vec<Diagnostic>> {
    compile_with(tokens, loader, Validation::Soft)
}

/// The same, with a choice of what becomes of mistakes that MJML's own validator complains about.
///
/// # Errors
/// Those of [`compile`], and with [`Validation::Strict`] every complaint.
pub fn compile_with<'s>(
    tokens: Vec<Token<'s>>,
    loader: &Loader<'_, 's>,
    validation: Validation,
) -> Result<Compiled<'s>, Vec<Diagnostic>> {
    let mut report = Report::new(loader.sources, validation);
    let tokens = include::expand(tokens, loader, &mut report);
    let mut words = Words::new(&tokens);
    let Some(mut document) = tree::read(&tokens, &mut words, &mut report) else {
        return given_up(tokens, &[], report);
    };
    if !bounds::check(&document.root, &mut report) {
        return given_up(tokens, &[], report);
    }
    let defaults = {
        let head = document.root.first("mj-head");
        attributes::Defaults::of(head, &mut words)
    };
    for child in &mut document.root.children {
        if let Child::Element(element) = child
            && element.name() == "mj-body"
            && let Err(full) = defaults.apply(element, &mut words)
        {
            attributes_are_too_large(full, &mut report);
            return given_up(tokens, &[], report);
        }
    }
    placement::check(&document, &tokens, &words, &mut report);
    needs_one_body(&document.root, &mut report);
    if !report.errors.is_empty() || !report.per_recipient.is_empty() {
        return given_up(tokens, &document.printing, report);
    }
    let mut supplement = Supplement {
        all: &defaults.all,
        words: &mut words,
        mends: Mends::new(),
    };
    for child in &mut document.root.children {
        if let Child::Element(element) = child
            && element.name() == "mj-body"
        {
            layout::compute(element, &mut supplement);
        }
    }
    let mends = supplement.mends;
    let mjml = components::build(&document.root, &defaults.all, &mut words, &mut report);
    let options = mrml::prelude::render::RenderOptions {
        fonts: HashMap::new(),
        ..Default::default()
    };
    let html = match mjml.render(&options) {
        Ok(html) => html,
        Err(error) => {
            let title = format!("MJML could not be compiled: {error}");
            report.error("mjml", title, document.root.span, "this document");
            return given_up(tokens, &[], report);
        }
    };
    if let Some(title) = bounds::of_html(&html) {
        html_is_too_large(title, document.root.span, &mut report);
        return given_up(tokens, &[], report);
    }
    let mut compiled = file_start(&document.root, &words);
    for token in &document.before {
        words::append(&mut compiled, token);
    }
    let inline = Inline::of(&document.root, &mut words);
    let html = mends::apply(&html, &words, &mends);
    match finish::finish(&html, &document.root, &inline, &mut words) {
        Ok(tokens) => tokens
            .iter()
            .for_each(|token| words::append(&mut compiled, token)),
        Err(refused) => {
            refused_inline(refused, document.root.span, &mut report);
            return given_up(tokens, &document.printing, report);
        }
    }
    for token in &document.after {
        words::append(&mut compiled, token);
    }
    Ok(Compiled {
        tokens: compiled,
        findings: report.findings,
        per_recipient: Vec::new(),
        deciding: Vec::new(),
    })
}

/// Says why styles are not written to elements.
fn refused_inline(refused: Refused, root: Span, report: &mut Report<'_>) {
    match refused {
        Refused::Depends(why, tag) => report.per_recipient(
            why,
            tag,
            "which rules apply is only known when this tag has run",
            "leave inline=\"inline\" off the mj-style, or put the tag into a value",
        ),
        Refused::TooMany => {
            let title = "The document has too many elements and rules to inline them";
            let error = report.error("too-large", title, root, "this document");
            error.help.push(
                "leave inline=\"inline\" off the mj-style, or name fewer elements".to_owned(),
            );
        }
        Refused::TooLarge(title) => html_is_too_large(title, root, report),
    }
}

fn html_is_too_large(title: String, root: Span, report: &mut Report<'_>) {
    let error = report.error("too-large", title, root, "this document");
    error
        .help
        .push("no mailbox takes such an email: divide it".to_owned());
}

fn attributes_are_too_large(element: Span, report: &mut Report<'_>) {
    let title = format!(
        "What mj-attributes sets on all elements comes to more than {} MB",
        bounds::SET >> 20
    );
    let error = report.error("too-large", title, element, "up to here");
    error
        .help
        .push("set long values on the elements that need them".to_owned());
}

/// The end of a document that is not compiled: errors, or the MJML whose tags have to run first.
fn given_up<'s>(
    tokens: Vec<Token<'s>>,
    printing: &[usize],
    report: Report<'_>,
) -> Result<Compiled<'s>, Vec<Diagnostic>> {
    if !report.errors.is_empty() {
        let mut all = report.errors;
        all.extend(report.findings);
        all.extend(report.per_recipient);
        return Err(all);
    }
    Ok(Compiled {
        tokens: include::between(tokens, printing),
        findings: report.findings,
        per_recipient: report.per_recipient,
        deciding: report.deciding,
    })
}

/// What `<mj-raw position="file-start">` holds.
fn file_start<'s>(root: &Element, words: &Words<'s>) -> Vec<Token<'s>> {
    let mut tokens = Vec::new();
    for child in &root.children {
        if let Child::Raw(raw) = child
            && raw.file_start
        {
            words
                .get(raw.content)
                .iter()
                .for_each(|token| words::append(&mut tokens, token));
            words::append(&mut tokens, &Token::text("\n", raw.span));
        }
    }
    tokens
}

/// A document has one body, and at most one head.
fn needs_one_body(root: &Element, report: &mut Report<'_>) {
    if root.first("mj-body").is_none() {
        report.error(
            "malformed-mjml",
            "Malformed MJML. Check that your structure is correct and enclosed in <mjml> tags.",
            root.span,
            "has no <mj-body>",
        );
    }
    for name in ["mj-body", "mj-head"] {
        let second = root
            .elements()
            .filter(|element| element.name() == name)
            .nth(1);
        if let Some(second) = second {
            let title = format!("There is a second <{name}>");
            report.finding(
                "two-bodies",
                title,
                second.span,
                "left out: the first counts",
            );
        }
    }
}
