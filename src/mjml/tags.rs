//! What the tags of a document read and bind, as far as words tell it: enough to see that a name means the same in two
//! places, never too little.

use std::collections::HashSet;

use super::placement::TURN;
use crate::language::Token;

/// `{% for a, b in list reversed %}`
pub(super) struct Loop<'t> {
    /// All but the braces.
    pub tag: &'t str,
    pub list: &'t str,
}

impl<'t> Loop<'t> {
    pub fn of(tag: &'t Token<'_>) -> Option<Loop<'t>> {
        let (tag, _) = tag.inner();
        let (_, list) = tag.split_once(" in ")?;
        let list = list.trim();
        let list = list.strip_suffix(" reversed").unwrap_or(list).trim_end();
        Some(Loop { tag, list })
    }

    /// How often it turns at most, if its list is cut: `|slice:":4"`.
    pub fn most(&self) -> Option<usize> {
        let (_, cut) = self.list.rsplit_once("|slice:")?;
        let cut = cut.trim_matches(['"', '\'']);
        let (from, to) = cut.split_once(':')?;
        let from = if from.is_empty() {
            0
        } else {
            from.parse().ok()?
        };
        Some(to.parse::<usize>().ok()?.saturating_sub(from))
    }
}

/// The names that a tag reads or sets, and the words of its texts.
pub(super) fn names<'t>(token: &'t Token<'_>) -> impl Iterator<Item = &'t str> {
    let ends = |c: char| !c.is_alphanumeric() && c != '_';
    let words = token.text.split_inclusive(ends);
    // What stands behind a dot is no name.
    let names = words.scan('.', move |before, word| {
        let behind = std::mem::replace(before, word.chars().next_back().unwrap_or_default());
        let word = word.trim_end_matches(ends);
        Some((behind != '.' && !word.is_empty()).then_some(word))
    });
    names.flatten()
}

/// What `{% … as name %}` sets.
pub(super) fn set_by_as<'t>(token: &'t Token<'_>) -> Option<&'t str> {
    if matches!(token.tag_name(), "with" | "for") {
        return None;
    }
    let (_, name) = token.inner().0.rsplit_once(" as ")?;
    name.split_whitespace().next()
}

/// The names that `with` or a turn of a loop binds, and those that it reads for that.
pub(super) fn binding<'t>(token: &'t Token<'_>) -> (HashSet<&'t str>, Vec<&'t str>) {
    let mut bound = HashSet::new();
    let mut read = Vec::new();
    let all: Vec<&str> = names(token).collect();
    match token.tag_name() {
        "for" | TURN => {
            let at = all.iter().position(|word| *word == "in").unwrap_or(0);
            let from = all.iter().position(|word| *word == "for").unwrap_or(0);
            bound.extend(&all[(from + 1).min(at)..at]);
            bound.insert("forloop");
            read.extend(&all[at..]);
        }
        "with" => {
            let content = token.inner().0;
            for word in content.split_whitespace().skip(1) {
                match word.split_once('=') {
                    Some((name, _)) => bound.insert(name),
                    None => false,
                };
            }
            if let Some((_, name)) = content.rsplit_once(" as ") {
                bound.insert(name.trim());
            }
            let mut left = bound.clone();
            // Each bound name once: on the left of its '='.
            read.extend(all.into_iter().skip(1).filter(|word| !left.remove(word)));
        }
        _ => {}
    }
    (bound, read)
}
