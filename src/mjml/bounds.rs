//! Bounds on what costs more than it is long: what is applied again and again, what grows with its square.
//!
//! No email that somebody wrote in good faith meets one. `include` bounds what is read, `tree` how many elements,
//! attributes and levels there are, `select` how many elements selectors are tried on.

use super::report::Report;
use super::tree::Element;
use crate::language::Span;

/// How many bytes of HTML a document may become: more is no output either.
pub(super) const HTML: usize = 10 << 20;
/// How many tags this HTML may have: the text part is made of them.
const TAGS: usize = 500_000;
/// How many bytes of attributes may be set on elements from elsewhere, all elements counted.
pub(super) const SET: usize = 20 << 20;
/// How many pairs of images may stand in the carousels of a document: each image has a style for each other.
const PAIRS: usize = 250_000;
/// How many fonts a document may name: the HTML is searched for each.
const FONTS: usize = 500;

/// Looks for what grows with its square; false if there is too much of it, which has been reported.
pub(super) fn check(root: &Element, report: &mut Report<'_>) -> bool {
    let mut counted = Counted::default();
    count(root, &mut counted);
    if let Some(carousel) = counted.carousel {
        let title = format!(
            "The carousels have too many images: at most {} in one",
            PAIRS.isqrt()
        );
        let error = report.error(
            "too-large",
            title,
            carousel,
            "the HTML grows with their square",
        );
        error
            .help
            .push("show fewer images, or a grid of mj-image".to_owned());
    }
    if let Some(font) = counted.font {
        let title = format!("The document has more than {FONTS} mj-font");
        let error = report.error("too-large", title, font, "one too many");
        error
            .help
            .push("name the fonts that the email uses".to_owned());
    }
    counted.carousel.or(counted.font).is_none()
}

#[derive(Default)]
struct Counted {
    pairs: usize,
    fonts: usize,
    /// The first carousel, and the first font, that is too much.
    carousel: Option<Span>,
    font: Option<Span>,
}

fn count(element: &Element, counted: &mut Counted) {
    match element.name() {
        "mj-carousel" => {
            let images = element.elements().count();
            counted.pairs += images * images;
            if counted.pairs > PAIRS {
                counted.carousel.get_or_insert(element.span);
            }
        }
        "mj-font" => {
            counted.fonts += 1;
            if counted.fonts > FONTS {
                counted.font.get_or_insert(element.span);
            }
        }
        _ => {}
    }
    element.elements().for_each(|child| count(child, counted));
}

/// Why this HTML is too much, if it is.
pub(super) fn of_html(html: &str) -> Option<String> {
    if html.len() > HTML {
        return Some(format!(
            "The HTML of this document is {} bytes, more than {} MB",
            html.len(),
            HTML >> 20
        ));
    }
    let tags = memchr::memchr_iter(b'<', html.as_bytes()).count();
    (tags > TAGS).then(|| format!("The HTML of this document has {tags} tags, more than {TAGS}"))
}
