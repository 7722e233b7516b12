//! Names of templates in tags: `./x` and `../x` count from the template that says so, all others from the folder of
//! templates.

use super::lexer::{Dialect, Token};

/// The tags that name a template in their first word.
const NAMING: [&str; 4] = ["include", "extends", "import", "from"];

/// `./x` and `../x` from the template that says so; None when it leads out.
pub(crate) fn absolute_name(from: &str, name: &str) -> Option<String> {
    if !name.starts_with("./") && !name.starts_with("../") {
        return Some(name.to_owned());
    }
    let mut folders: Vec<&str> = from.split('/').collect();
    folders.pop();
    for part in name.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                folders.pop()?;
            }
            part => folders.push(part),
        }
    }
    Some(folders.join("/"))
}

/// What is said of a relative name that leads out.
pub(crate) fn leads_out(name: &str, from: &str) -> String {
    format!(
        "The relative path '{name}' points outside the file hierarchy that template '{from}' is in."
    )
}

/// The name in quotes that stands behind the first word of a tag, as in `{% include "…" %}`, and what follows it.
pub(crate) fn named_template<'t>(
    dialect: Dialect,
    tag: &'t Token<'_>,
) -> Option<(&'t str, &'t str)> {
    // Jinja's marks that trim white space.
    let marks: &[char] = match dialect {
        Dialect::Klaviyo => &[],
        Dialect::Jinja => &['-', '+'],
    };
    let content = tag.inner().0.trim_start_matches(marks).trim_start();
    let content = content.trim_end_matches(marks).trim_end();
    let arguments = NAMING
        .iter()
        .find_map(|word| content.strip_prefix(word))?
        .trim_start();
    let quote = arguments
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\''))?;
    arguments[1..].split_once(quote)
}

/// A tag that stands in `from`, as it means the same in any other template: the relative name of a template is written
/// out. None where it means that already.
///
/// # Errors
/// What is said of a name that leads out.
pub(crate) fn from_anywhere<'s>(
    dialect: Dialect,
    tag: &Token<'s>,
    from: &str,
) -> Result<Option<Token<'s>>, String> {
    if !NAMING.contains(&tag.tag_name()) {
        return Ok(None);
    }
    let Some((written, _)) = named_template(dialect, tag) else {
        return Ok(None);
    };
    match absolute_name(from, written) {
        None => Err(leads_out(written, from)),
        Some(name) if name == written => Ok(None),
        Some(name) => {
            let text = tag.text.replacen(written, &name, 1);
            Ok(Some(Token::tag(text, tag.span)))
        }
    }
}
