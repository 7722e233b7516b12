//! What a word means: tags, filters and codes, for `letterpress explain` and for the page `docs/reference.md`.
//!
//! ```
//! use letterpress::language::Registry;
//! use letterpress::reference::{explain, Entry};
//! let registry = Registry::standard();
//! let entries = explain(&registry, "floatformat").unwrap();
//! assert!(matches!(entries[..], [Entry::Filter(_)]));
//! assert!(entries[0].to_text().contains("{{"));
//!
//! // A word that means nothing: the nearest that does.
//! let unknown = explain(&registry, "florformat").unwrap_err();
//! assert_eq!(unknown.nearest.as_deref(), Some("floatformat"));
//! ```

use serde_json::{Value as Json, json};

use crate::diagnostic::codes::{self, Code};
use crate::diagnostic::nearest;
use crate::language::{Argument, EXAMPLE_CONTEXT, Filter, Input, Registry, Shape, Tag};

/// Something that has an explanation.
#[derive(Debug, Clone, Copy)]
pub enum Entry {
    /// A tag.
    Tag(&'static Tag),
    /// A filter.
    Filter(&'static Filter),
    /// A code of messages.
    Code(&'static Code),
}

/// A word that means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no tag, filter or code is called '{word}'")]
pub struct UnknownWord {
    /// The word.
    pub word: String,
    /// The nearest that means something.
    pub nearest: Option<String>,
}

/// All that a word means, which may be several things: `for` is a tag and a code. The name of a clause or an end
/// (`elif`, `endfor`) means the tags that it belongs to.
///
/// # Errors
/// It means nothing.
pub fn explain(registry: &Registry, word: &str) -> Result<Vec<Entry>, UnknownWord> {
    let tags = || registry.tags().filter(|tag| tag.name == word);
    let filters = registry.filters().filter(|filter| filter.name == word);
    let mut entries: Vec<Entry> = tags()
        .map(Entry::Tag)
        .chain(filters.map(Entry::Filter))
        .chain(codes::find(word).map(Entry::Code))
        .collect();
    if entries.is_empty() {
        let owners = registry.tags().filter(|tag| belongs(tag, word));
        entries.extend(owners.map(Entry::Tag));
    }
    if !entries.is_empty() {
        return Ok(entries);
    }
    let known = registry
        .tags()
        .map(|tag| tag.name)
        .chain(registry.filters().map(|filter| filter.name))
        .chain(codes::all().iter().map(|code| code.name));
    Err(UnknownWord {
        word: word.to_owned(),
        nearest: nearest(word, known).map(str::to_owned),
    })
}

/// Whether a word divides or closes the block of a tag.
fn belongs(tag: &Tag, word: &str) -> bool {
    match tag.shape {
        Shape::Block { clauses, end } => {
            end == word || clauses.iter().any(|clause| clause.name == word)
        }
        Shape::Skipped { end } => end == word,
        Shape::Single | Shape::Rest => false,
    }
}

impl Entry {
    /// The word.
    pub fn name(&self) -> &'static str {
        match self {
            Entry::Tag(tag) => tag.name,
            Entry::Filter(filter) => filter.name,
            Entry::Code(code) => code.name,
        }
    }

    /// `tag`, `filter` or `code`.
    pub fn kind(&self) -> &'static str {
        match self {
            Entry::Tag(_) => "tag",
            Entry::Filter(_) => "filter",
            Entry::Code(_) => "code",
        }
    }

    /// What it does or means.
    pub fn doc(&self) -> &'static str {
        match self {
            Entry::Tag(tag) => tag.doc,
            Entry::Filter(filter) => filter.doc,
            Entry::Code(code) => code.doc,
        }
    }

    /// How it is written: `{% if … %} … {% elif … %} … {% else %} … {% endif %}`, `value|default:argument`; of a
    /// code nothing.
    pub fn form(&self) -> Option<String> {
        match self {
            Entry::Tag(tag) => Some(tag_form(tag)),
            Entry::Filter(filter) => Some(filter_form(filter)),
            Entry::Code(_) => None,
        }
    }

    /// What stands behind it, in words.
    fn arguments(&self) -> Option<&'static str> {
        let Entry::Filter(filter) = self else {
            return None;
        };
        Some(match (filter.argument, filter.input) {
            (Argument::None, Input::Any) => "no argument",
            (Argument::None, Input::Text) => "no argument; the value is read as text",
            (Argument::Optional, Input::Any) => "an argument, or none",
            (Argument::Optional, Input::Text) => "an argument, or none; the value is read as text",
            (Argument::Required, Input::Any) => "one argument",
            (Argument::Required, Input::Text) => "one argument; the value is read as text",
        })
    }

    fn example(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Entry::Tag(tag) => Some(tag.example),
            Entry::Filter(filter) => Some(filter.example),
            Entry::Code(_) => None,
        }
    }

    /// The explanation for a terminal.
    pub fn to_text(&self) -> String {
        let mut out = format!("{} {}\n", self.kind(), self.name());
        if let Some(form) = self.form() {
            out.push_str(&format!("    {form}\n"));
        }
        if let Some(arguments) = self.arguments() {
            out.push_str(&format!("    {arguments}\n"));
        }
        out.push_str(&format!("\n{}\n", wrapped(self.doc(), 100)));
        if let Some((template, result)) = self.example() {
            out.push_str(&format!(
                "\nExample:\n{}prints:\n{}",
                indented(template),
                indented(result)
            ));
        }
        if let Entry::Code(code) = self {
            if let Some(mistake) = code.mistake {
                out.push_str(&format!("\nA mistake:\n{}", indented(mistake.text)));
            }
            if let Some(mended) = code.mended {
                out.push_str(&format!("mended:\n{}", indented(mended.text)));
            }
        }
        out
    }

    /// The explanation for programs.
    ///
    /// ```
    /// # use letterpress::{language::Registry, reference::explain};
    /// let entry = explain(&Registry::standard(), "upper").unwrap()[0].to_json();
    /// assert_eq!((entry["kind"].as_str(), entry["example"]["result"].as_str()), (Some("filter"), Some("ADA")));
    /// ```
    pub fn to_json(&self) -> Json {
        let mut json = json!({"kind": self.kind(), "name": self.name(), "doc": self.doc()});
        if let Some(form) = self.form() {
            json["form"] = form.into();
        }
        if let Entry::Filter(filter) = self {
            json["argument"] = match filter.argument {
                Argument::None => "none",
                Argument::Optional => "optional",
                Argument::Required => "required",
            }
            .into();
        }
        if let Some((template, result)) = self.example() {
            json["example"] = json!({"template": template, "result": result});
        }
        if let Entry::Code(code) = self {
            json["mistake"] = code.mistake.map(|sample| sample.text).into();
            json["mended"] = code.mended.map(|sample| sample.text).into();
        }
        json
    }

    fn to_markdown(self) -> String {
        let mut out = format!("### {}\n\n", self.name());
        if let Some(form) = self.form() {
            out.push_str(&format!("    {form}\n\n"));
        }
        out.push_str(&format!("{}\n\n", self.doc().trim()));
        if let Some((template, result)) = self.example() {
            out.push_str(&format!("{}prints\n\n{}", fenced(template), fenced(result)));
        }
        if let Entry::Code(code) = self {
            if let Some(mistake) = code.mistake {
                out.push_str(&format!("A mistake:\n\n{}", fenced(mistake.text)));
            }
            if let Some(mended) = code.mended {
                out.push_str(&format!("Mended:\n\n{}", fenced(mended.text)));
            }
        }
        out
    }
}

/// The page `docs/reference.md`: all tags, filters and codes.
///
/// ```
/// let page = letterpress::reference::page(&letterpress::language::Registry::standard());
/// assert!(page.contains("### floatformat") && page.contains("### unclosed-tag"));
/// ```
pub fn page(registry: &Registry) -> String {
    let mut out = String::from(
        "<!-- Made by `cargo run --example reference > docs/reference.md`; a test compares. -->\n\n\
         # Reference\n\n\
         All tags, all filters, all codes of messages: what `letterpress explain WORD` prints. Every example is run by a test,\n\
         with this data:\n\n",
    );
    let context: Vec<&str> = EXAMPLE_CONTEXT.lines().map(str::trim).collect();
    out.push_str(&format!("```json\n{}\n```\n\n", context.join("\n")));
    let chapters: [(&str, Vec<Entry>); 3] = [
        ("Tags", registry.tags().map(Entry::Tag).collect()),
        ("Filters", registry.filters().map(Entry::Filter).collect()),
        ("Codes", codes::all().iter().map(Entry::Code).collect()),
    ];
    for (title, entries) in chapters {
        out.push_str(&format!("## {title}\n\n"));
        entries
            .iter()
            .for_each(|entry| out.push_str(&entry.to_markdown()));
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn tag_form(tag: &Tag) -> String {
    let name = tag.name;
    match tag.shape {
        Shape::Single => format!("{{% {name} … %}}"),
        Shape::Rest => format!("{{% {name} … %}} …"),
        Shape::Skipped { end } => format!("{{% {name} %}} … {{% {end} %}}"),
        Shape::Block { clauses, end } => {
            let mut form = format!("{{% {name} … %}} … ");
            for clause in clauses {
                let arguments = if clause.last { "" } else { " …" };
                form.push_str(&format!("{{% {}{arguments} %}} … ", clause.name));
            }
            form + &format!("{{% {end} %}}")
        }
    }
}

fn filter_form(filter: &Filter) -> String {
    match filter.argument {
        Argument::None => format!("{{{{ value|{} }}}}", filter.name),
        Argument::Optional => {
            format!(
                "{{{{ value|{0} }}}} or {{{{ value|{0}:argument }}}}",
                filter.name
            )
        }
        Argument::Required => format!("{{{{ value|{}:argument }}}}", filter.name),
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

fn fenced(text: &str) -> String {
    format!("```text\n{text}\n```\n\n")
}

/// The words of a text in lines of at most `width` characters, where they fit.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}
