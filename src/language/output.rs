//! What a render has printed, and how values are written into it.

use super::escape::escape_into;
use super::span::Span;
use super::stop::{Limit, Stop};
use crate::value::{self, Value, ValueKind};

/// Where the text goes, which decides how values are written into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// An HTML part: values are escaped.
    Html,
    /// A text part derived from HTML: values are not escaped, and what is HTML (safe texts) becomes text.
    TextOfHtml,
    /// A subject, an address, a text part of its own: values are not escaped.
    Plain,
}

/// What has been printed.
pub(super) struct Output {
    pub(super) buffer: String,
    /// Bytes that no longer stand in the buffer but count: captured blocks, texts made by filters.
    pub(super) elsewhere: usize,
    pub(super) limit: usize,
    pub(super) escape: bool,
    pub(super) channel: Channel,
    pub(super) html_to_text: fn(&str) -> std::borrow::Cow<'_, str>,
}

impl Output {
    pub(super) fn push(&mut self, text: &str) -> Result<(), Stop> {
        self.buffer.push_str(text);
        self.check()
    }

    pub(super) fn check(&self) -> Result<(), Stop> {
        self.check_with(0)
    }

    /// Whether `more` bytes can be printed.
    fn check_with(&self, more: usize) -> Result<(), Stop> {
        let printed = self.buffer.len().saturating_add(self.elsewhere);
        if printed.saturating_add(more) > self.limit {
            return Err(Stop::Limit(Limit::Output, Span::default()));
        }
        Ok(())
    }

    pub(super) fn print(&mut self, v: &Value) -> Result<(), Stop> {
        let Some(text) = v.as_str() else {
            match v.kind() {
                // Nothing in the text of these needs escaping.
                ValueKind::Number | ValueKind::Bool | ValueKind::None | ValueKind::Undefined => {
                    value::write_text(v, &mut self.buffer);
                }
                _ => self.write(&value::text(v))?,
            }
            return self.check();
        };
        if v.is_safe() {
            self.write_html(text);
        } else {
            self.write(text)?;
        }
        self.check()
    }

    fn write(&mut self, text: &str) -> Result<(), Stop> {
        // Before it is made some times as long.
        self.check_with(text.len())?;
        if self.escape {
            escape_into(text, &mut self.buffer);
        } else {
            self.buffer.push_str(text);
        }
        Ok(())
    }

    fn write_html(&mut self, html: &str) {
        if self.channel == Channel::TextOfHtml {
            self.buffer.push_str(&(self.html_to_text)(html));
        } else {
            self.buffer.push_str(html);
        }
    }
}
