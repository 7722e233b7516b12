//! Links in a composition: the address after the text, once.

use std::ops::Range;

use super::address::{Address, address};
use super::compose::{Composer, Count, Step};
use super::document::{Piece, Value};
use super::spacing::Level;

/// A link that is open.
pub(super) struct Link<'a> {
    href: Option<&'a Value>,
    /// Where its steps begin.
    from: usize,
    count: Count,
    /// How many blocks were open at its start.
    blocks: i64,
    /// Its address has been written where a branch ended.
    written: bool,
}

/// The last link that was written.
pub(super) struct Written<'a> {
    href: &'a Value,
    /// Its steps: all, and those of the address.
    steps: Range<usize>,
    address: Range<usize>,
    /// It holds no text but what an image says.
    only_images: bool,
    /// How much had been written at its end.
    count: Count,
}

impl<'a> Composer<'a> {
    pub(super) fn link(&mut self, href: Option<&'a Value>) {
        let adjacent = self
            .last_link
            .as_ref()
            .is_some_and(|last| last.count == self.count && !last.address.is_empty());
        if adjacent {
            // Two addresses in one line are hard to tell apart.
            self.apart(Level::Line);
        }
        self.links.push(Link {
            href: href.filter(|href| self.tags.balanced(&href.tags)),
            from: self.out.steps.len(),
            count: self.count,
            blocks: self.blocks,
            written: false,
        });
    }

    /// The links that were opened in the branch that ends here: their addresses are known only here.
    pub(super) fn end_branch(&mut self) {
        while let Some(link) = self.links.pop_if(|link| link.blocks >= self.blocks) {
            let Some(href) = link.href else { continue };
            if link.written {
                continue;
            }
            if let Address::After(said) | Address::Instead(said) = self.address(href, link.from) {
                let bare = link.count.contents == self.count.contents;
                self.apart(Level::Space);
                self.write_address(href, said, !bare);
                self.apart(Level::Space);
            }
        }
    }

    /// Ends the link that is open, wherever it was opened: links do not nest.
    pub(super) fn end_links(&mut self) {
        while !self.links.is_empty() {
            self.finish_link(true);
        }
    }

    pub(super) fn end_link(&mut self) {
        let here = self
            .links
            .last()
            .is_some_and(|link| link.blocks == self.blocks);
        self.finish_link(here);
    }

    /// Writes the address of the link that is open. It stays open if it is closed only in this branch.
    fn finish_link(&mut self, last: bool) {
        let Some(link) = self.links.last_mut() else {
            return;
        };
        let (href, from, count) = (link.href, link.from, link.count);
        let skip = last && link.written;
        link.written = true;
        if last {
            self.links.pop();
        }
        let Some(href) = href.filter(|_| !skip) else {
            return;
        };
        let has_text = self.count.contents > count.contents;
        let plain = self.count.controls == count.controls;
        let only_images = self.count.contents - count.contents == self.count.images - count.images;
        let said = self.address(href, from);
        if said == Address::Nothing {
            return;
        }
        if last && plain && self.repeats(href, count, only_images, from) {
            return;
        }
        // What the link's content ended with comes after the address.
        let pending = match self.out.steps.last() {
            Some(&Step::Apart(level)) if self.out.steps.len() > from && has_text => {
                self.out.steps.pop();
                Some(level)
            }
            _ => None,
        };
        let address_from = self.out.steps.len();
        match said {
            Address::Instead(said) if plain && has_text => {
                for step in self.out.steps.iter_mut().skip(from) {
                    if !matches!(step, Step::Apart(_) | Step::Marker(_)) {
                        *step = Step::Nothing;
                    }
                }
                self.write_address(href, said, false);
            }
            Address::Instead(said) | Address::After(said) => {
                self.write_address(href, said, has_text);
            }
            Address::Nothing => {}
        }
        let address = address_from..self.out.steps.len();
        if let Some(level) = pending {
            self.out.steps.push(Step::Apart(level));
        }
        self.last_link = (last && plain).then_some(Written {
            href,
            steps: from..self.out.steps.len(),
            address,
            only_images,
            count: self.count,
        });
    }

    /// Whether this link leads where the link right before it leads. If so, one address is enough: that of the text,
    /// if the other is an image, else that of the last.
    fn repeats(&mut self, href: &Value, count: Count, only_images: bool, from: usize) -> bool {
        let Some(last) = &self.last_link else {
            return false;
        };
        if last.count != count || !self.same_address(last.href, href) {
            return false;
        }
        if only_images && !last.only_images {
            self.take_back(from..self.out.steps.len());
            self.last_link = self.last_link.take().map(|last| Written {
                count: self.count,
                ..last
            });
            return true;
        }
        let back = if last.only_images && !only_images {
            last.steps.clone()
        } else {
            last.address.clone()
        };
        self.take_back(back);
        false
    }

    fn take_back(&mut self, steps: Range<usize>) {
        for step in self.out.steps.get_mut(steps).into_iter().flatten() {
            if matches!(step, Step::Text(_) | Step::Print(_) | Step::AddressOf(_)) {
                *step = Step::Nothing;
            }
        }
    }

    fn write_address(&mut self, href: &Value, said: &str, in_brackets: bool) {
        if in_brackets {
            self.literal(" (");
        }
        let pieces: Vec<Piece<'_>> = self.document.pieces(said.trim()).collect();
        for &piece in &pieces {
            match piece {
                Piece::Text(text) => {
                    let text: String = text
                        .chars()
                        .filter(|c| !matches!(c, '\n' | '\r' | '\t'))
                        .collect();
                    self.literal(&text);
                }
                Piece::Tag(tag) => {
                    // `href="{% unsubscribe %}"`: a whole link where an address should be.
                    let link = pieces.len() == 1
                        && href.tags.len() == 1
                        && matches!(
                            self.tags.token(tag).tag_name(),
                            "unsubscribe" | "manage_preferences" | "web_view"
                        );
                    self.content(if link {
                        Step::AddressOf(tag)
                    } else {
                        Step::Print(tag)
                    });
                }
            }
        }
        if in_brackets {
            self.literal(")");
        }
    }

    /// The text written since a step, if it is short enough to be an address; tags as in [`Document::strings`].
    fn text_since(&self, from: usize) -> String {
        let mut text = String::new();
        for step in self.out.steps.iter().skip(from).take(LONG_LINK) {
            match step {
                Step::Text(range) => text.push_str(&self.out.text[range.clone()]),
                Step::Print(tag) => text.push_str(&self.document.word(self.tags.first_alike(*tag))),
                Step::Apart(_) if text.is_empty() => {}
                Step::Apart(_) => text.push(' '),
                _ => {}
            }
            if text.len() > LONG_ADDRESS {
                break;
            }
        }
        text
    }

    /// What is written of the address of a link whose content was written since a step.
    fn address(&self, href: &'a Value, from: usize) -> Address<'a> {
        let masked = self
            .document
            .strings
            .get(href.text.clone())
            .unwrap_or_default();
        let text = self.text_since(from);
        let verdict = if href.tags.is_empty() {
            return address(masked, &text);
        } else {
            // Tags that print the same are the same to the eye.
            let mut alike = String::new();
            for piece in self.document.pieces(masked) {
                match self.alike(piece) {
                    Piece::Text(text) => alike.push_str(text),
                    Piece::Tag(tag) => alike.push_str(&self.document.word(tag)),
                }
            }
            matches!(address(&alike, &text), Address::Nothing)
        };
        if verdict {
            Address::Nothing
        } else {
            address(masked, "")
        }
    }

    fn same_address(&self, a: &Value, b: &Value) -> bool {
        let pieces = |value: &Value| {
            let text = self
                .document
                .strings
                .get(value.text.clone())
                .unwrap_or_default();
            self.document.pieces(text.trim())
        };
        pieces(a)
            .map(|piece| self.alike(piece))
            .eq(pieces(b).map(|piece| self.alike(piece)))
    }

    fn alike<'p>(&self, piece: Piece<'p>) -> Piece<'p> {
        match piece {
            Piece::Tag(tag) => Piece::Tag(self.tags.first_alike(tag)),
            text => text,
        }
    }

    /// Whether two contents say the same: in capitals or not, whatever stands between the words.
    pub(super) fn same(&self, a: &Step, b: &Step) -> bool {
        match (a, b) {
            (Step::Text(a), Step::Text(b)) => {
                let (a, b) = (&self.out.text[a.clone()], &self.out.text[b.clone()]);
                a == b || (letters(a).next().is_some() && letters(a).eq(letters(b)))
            }
            (Step::Print(a), Step::Print(b)) => {
                self.tags.first_alike(*a) == self.tags.first_alike(*b)
            }
            _ => false,
        }
    }
}

fn letters(text: &str) -> impl Iterator<Item = char> {
    let said = text.chars().filter(|c| c.is_alphanumeric());
    said.flat_map(char::to_lowercase)
}

/// A text of more bytes or steps than this is not its own address.
const LONG_ADDRESS: usize = 4096;
const LONG_LINK: usize = 256;
