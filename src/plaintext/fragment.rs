//! The text of a piece of HTML that a value holds.

use std::borrow::Cow;
use std::convert::Infallible;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

use super::address::{Address, address};
use super::characters::collapse;
use super::document::Element;

/// The text of a piece of HTML that a value holds at run time: a `|safe` value, a literal with entities.
///
/// Entities are decoded and tags are dropped; `<br>` and the ends of paragraphs, items and other blocks become line
/// ends, items begin with a dash, and a link keeps its address as in [`from_html`](super::from_html). White space
/// collapses as in HTML if there is any tag; blanks at both ends stay. What holds neither `<` nor `&` is given
/// back as it is.
///
/// ```
/// use letterpress::plaintext::of_fragment;
/// assert_eq!(of_fragment("pr&eacute;f&eacute;rences"), "préférences");
/// assert_eq!(of_fragment("<p>Smoked\n  pine.</p><p>50&nbsp;g<br>Loose</p>"), "Smoked pine.\n50 g\nLoose");
/// assert_eq!(of_fragment("See <a href='https://kettle.example'>the shop</a>"), "See the shop (https://kettle.example)");
/// assert!(matches!(of_fragment("Ada\n Lovelace"), std::borrow::Cow::Borrowed(_)));
/// ```
pub fn of_fragment(html: &str) -> Cow<'_, str> {
    if memchr::memchr2(b'<', b'&', html.as_bytes()).is_none() {
        return Cow::Borrowed(html);
    }
    let mut writer = Writer {
        out: String::with_capacity(html.len()),
        collapses: html.contains('<'),
        ..Writer::default()
    };
    let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| {
        writer.hear(event);
        None::<Infallible>
    });
    emitter.naively_switch_states(true);
    let Ok(()) = Tokenizer::new_with_emitter(html, emitter).finish();
    if writer.gap == Gap::Space {
        writer.out.push(' ');
    }
    Cow::Owned(writer.out)
}

/// What parts the next text from the last.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Space,
    Line,
    Blank,
}

#[derive(Default)]
struct Writer {
    out: String,
    collapses: bool,
    gap: Gap,
    /// The last thing was a `<br>`.
    breaks: bool,
    /// The next text begins an item.
    item: bool,
    /// The element whose text is dropped.
    dropped: Option<Vec<u8>>,
    element: Option<Element>,
    attribute: Vec<u8>,
    href: String,
    alt: String,
    /// The link that is open: its address, and where its text begins.
    link: Option<(String, usize)>,
}

impl Writer {
    fn hear(&mut self, event: CallbackEvent<'_>) {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                let element = Element::named(name);
                if matches!(element, Element::Dropped | Element::Raw) && self.dropped.is_none() {
                    self.dropped = Some(name.to_vec());
                }
                self.element = Some(element);
                self.href.clear();
                self.alt.clear();
            }
            CallbackEvent::AttributeName { name } => {
                self.attribute.clear();
                self.attribute.extend_from_slice(name);
            }
            CallbackEvent::AttributeValue { value } => {
                let kept = match &*self.attribute {
                    b"href" => &mut self.href,
                    b"alt" => &mut self.alt,
                    _ => return,
                };
                if kept.is_empty() {
                    kept.push_str(&String::from_utf8_lossy(value));
                }
            }
            CallbackEvent::CloseStartTag { .. } => {
                if let Some(element) = self.element.take()
                    && self.dropped.is_none()
                {
                    self.start(element);
                }
            }
            CallbackEvent::EndTag { name } => {
                if self.dropped.is_none() {
                    self.end(Element::named(name));
                } else if self.dropped.as_deref() == Some(name) {
                    self.dropped = None;
                }
            }
            CallbackEvent::String { value } => {
                if self.dropped.is_none() {
                    self.text(&String::from_utf8_lossy(value));
                }
            }
            CallbackEvent::Comment { .. }
            | CallbackEvent::Doctype { .. }
            | CallbackEvent::Error(_) => {}
        }
    }

    fn start(&mut self, element: Element) {
        match element {
            Element::Break => {
                let again = self.breaks;
                self.apart(if again { Gap::Blank } else { Gap::Line });
                self.breaks = true;
            }
            Element::Link => {
                self.end_link();
                if !self.href.is_empty() {
                    let from = self.out.len();
                    self.link = Some((std::mem::take(&mut self.href), from));
                }
            }
            Element::Image => {
                let alt = std::mem::take(&mut self.alt);
                if alt.contains(char::is_alphanumeric) {
                    self.apart(Gap::Space);
                    self.text(&alt);
                    self.apart(Gap::Space);
                }
            }
            Element::Item => {
                self.apart(Gap::Line);
                self.item = true;
            }
            element => self.boundary(element),
        }
    }

    fn end(&mut self, element: Element) {
        match element {
            Element::Link => self.end_link(),
            Element::Item => {
                self.item = false;
                self.apart(Gap::Line);
            }
            Element::Break => {}
            element => self.boundary(element),
        }
    }

    fn boundary(&mut self, element: Element) {
        match element {
            Element::Inline | Element::Void | Element::Dropped | Element::Image | Element::Area => {
            }
            Element::Cell => self.apart(Gap::Space),
            _ => self.apart(Gap::Line),
        }
    }

    fn apart(&mut self, gap: Gap) {
        self.gap = self.gap.max(gap);
        if gap > Gap::Space {
            self.breaks = false;
        }
    }

    fn text(&mut self, text: &str) {
        if !self.collapses {
            self.out.push_str(text);
            return;
        }
        let mut collapsed = String::new();
        let around = collapse(text, &mut collapsed);
        if around.before {
            self.apart(Gap::Space);
        }
        if !collapsed.is_empty() {
            match std::mem::take(&mut self.gap) {
                Gap::None => {}
                Gap::Space => self.out.push(' '),
                Gap::Line | Gap::Blank if self.out.is_empty() => {}
                Gap::Line => self.out.push('\n'),
                Gap::Blank => self.out.push_str("\n\n"),
            }
            if std::mem::take(&mut self.item) {
                self.out.push_str("- ");
            }
            self.out.push_str(&collapsed);
            self.breaks = false;
        }
        if around.after {
            self.apart(Gap::Space);
        }
    }

    fn end_link(&mut self) {
        let Some((href, from)) = self.link.take() else {
            return;
        };
        let text = self.out.get(from..).unwrap_or_default().trim();
        let has_text = !text.is_empty();
        match address(&href, text) {
            Address::Nothing => {}
            Address::After(said) if has_text => {
                let said = format!(" ({said})");
                self.out.push_str(&said);
            }
            Address::After(said) => {
                let said = said.to_owned();
                self.text(&said);
            }
            Address::Instead(said) => {
                let blanks = self.out.len() - self.out[from..].trim_start().len();
                self.out.truncate(blanks);
                self.out.push_str(said);
            }
        }
    }
}
