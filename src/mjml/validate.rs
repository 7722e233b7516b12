//! Validation as mjml's own: its sentences, at our positions.

use super::elements::{self, Kind};
use super::report::Report;
use super::tree::Element;
use super::types;
use super::words::Words;
use crate::language::Span;

/// What becomes of what mjml's validator complains about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Validation {
    /// It is an error: nothing is compiled.
    Strict,
    /// It is a finding.
    #[default]
    Soft,
    /// It is passed over.
    Skip,
}

impl Validation {
    /// What settings and the command line call them, as mjml's own `validationLevel` does.
    pub const WORDS: [&str; 3] = ["strict", "soft", "skip"];

    /// The one with this name, of [`Validation::WORDS`].
    ///
    /// ```
    /// use letterpress::mjml::Validation;
    /// assert_eq!(Validation::named("strict"), Some(Validation::Strict));
    /// assert_eq!(Validation::named("strong"), None);
    /// ```
    pub fn named(word: &str) -> Option<Validation> {
        match word {
            "strict" => Some(Validation::Strict),
            "soft" => Some(Validation::Soft),
            "skip" => Some(Validation::Skip),
            _ => None,
        }
    }

    /// Its name, of [`Validation::WORDS`].
    pub fn word(self) -> &'static str {
        match self {
            Validation::Strict => "strict",
            Validation::Soft => "soft",
            Validation::Skip => "skip",
        }
    }
}

/// Attributes that every element may have.
const EVERYWHERE: &[&str] = &["mj-class", "css-class"];

/// Looks at the attributes of an element, as they are written.
///
/// Values with a template tag in them are exempt: what they will be is not known.
pub(super) fn attributes(element: &Element, words: &Words<'_>, report: &mut Report<'_>) {
    let Some(known) = types::attributes(element.name()) else {
        return;
    };
    let mut illegal = Vec::new();
    for attribute in &element.attributes {
        let Some((_, kind)) = known.iter().find(|(name, _)| *name == attribute.name) else {
            let exempt = EVERYWHERE.contains(&&*attribute.name)
                || words.tags(&attribute.name).next().is_some();
            if !exempt {
                illegal.push(attribute);
            }
            continue;
        };
        if words.tags(&attribute.value).next().is_some() {
            continue;
        }
        let tokens = words.restore(&attribute.value, attribute.span);
        let value: String = tokens.iter().map(|token| &*token.text).collect();
        if let Some(complaint) = types::complaint(kind, &value.replace("&quot;", "\"")) {
            let title = format!("Attribute {} {complaint}", attribute.name);
            report.invalid("ill-typed-value", title, attribute.span, "this value");
        }
    }
    let Some(first) = illegal.first() else { return };
    let names: Vec<&str> = illegal.iter().map(|attribute| &*attribute.name).collect();
    let (one, is) = match names.len() {
        1 => ("Attribute", "is"),
        _ => ("Attributes", "are"),
    };
    let title = format!("{one} {} {is} illegal", names.join(", "));
    let label = format!("{} has no such attribute", element.name());
    let near = super::report::did_you_mean(&first.name, known.iter().map(|(name, _)| *name));
    report
        .invalid("unknown-attribute", title, first.span, &label)
        .help
        .extend(near);
}

/// Looks at whether an element may stand in another.
pub(super) fn parent(parent: &Kind, kind: &Kind, at: Span, report: &mut Report<'_>) {
    let collects = matches!(parent.name, "mj-attributes" | "mj-class");
    if collects || parent.children.contains(&kind.name) {
        return;
    }
    let title = format!(
        "{} cannot be used inside {}, only inside: {}",
        kind.name,
        parent.name,
        elements::parents(kind.name).join(", ")
    );
    report.invalid("illegal-child", title, at, "stands in the wrong place");
}
