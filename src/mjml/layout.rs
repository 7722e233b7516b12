//! How wide images are, in mjml's arithmetic.
//!
//! mjml cuts to whole pixels at each step and mrml does not, so that images come out a fraction of a pixel wider,
//! and its hero does not take its padding off. Each image gets the width that mjml computes.

use super::supplement::{Place, Supplement};
use super::tree::{Attribute, Child, Element};

/// Gives every image below `body` its width, and every element what mrml would not write.
pub(super) fn compute(body: &mut Element, supplement: &mut Supplement<'_, '_>) {
    let sizes = Sizes {
        element: body,
        all: supplement.all,
    };
    let width = sizes.width().unwrap_or(600.0);
    within(body, width, false, supplement);
}

/// Goes through the children of an element that leaves them `width` pixels.
///
/// It is `odd` if mrml computes another number.
fn within(parent: &mut Element, width: f64, odd: bool, supplement: &mut Supplement<'_, '_>) {
    let columns = parent.elements().count().max(1) as f64;
    let place = Place {
        parent: parent.kind.name,
        width,
        columns,
        odd,
    };
    for child in &mut parent.children {
        let Child::Element(child) = child else {
            continue;
        };
        let sizes = Sizes {
            element: child,
            all: supplement.all,
        };
        // A column without a width takes its share; a width in pixels counts as it is, one in per cent of the row.
        let own = || match sizes.get("width") {
            Some(own) if own.trim().ends_with('%') => number(own).unwrap_or(0.0) * width / 100.0,
            Some(own) => whole(own).unwrap_or(0.0),
            None => (width / columns).trunc(),
        };
        let inner = match child.name() {
            "mj-section" | "mj-wrapper" => sizes.inside(width),
            "mj-column" => {
                own() - sizes.paddings() - sizes.borders("border") - sizes.borders("inner-border")
            }
            "mj-group" => own() - sizes.paddings(),
            "mj-hero" => width - sizes.paddings(),
            "mj-image" => {
                let inside = sizes.inside(width);
                let image = sizes.width().map_or(inside, |own| own.min(inside));
                set_width(child, image);
                width
            }
            _ => width,
        };
        let odd = odd || sizes_are_odd(child, supplement.all);
        within(child, inner, odd, supplement);
        supplement.element(child, place);
    }
}

/// Whether a padding or a border is not in whole pixels, or does not say so: mjml takes its number for whole pixels.
fn sizes_are_odd(element: &Element, all: &[Attribute]) -> bool {
    let odd = |size: &str| !size.ends_with("px") || size.contains('.');
    element.attributes.iter().chain(all).any(|attribute| {
        let mut parts = attribute.value.split_whitespace();
        match &*attribute.name {
            name if name.starts_with("padding") => parts.any(odd),
            name if name.ends_with("radius") => false,
            name if name.starts_with("border") => parts.next().is_some_and(odd),
            _ => false,
        }
    })
}

fn set_width(image: &mut Element, width: f64) {
    // What no email has (nothing left, or a number that is none) is left to the compiler.
    if !(1.0..1e6).contains(&width) {
        return;
    }
    let span = image.span;
    image
        .attributes
        .retain(|attribute| attribute.name != "width");
    image.attributes.push(Attribute {
        name: "width".to_owned(),
        value: format!("{width}px"),
        span,
    });
}

/// The attributes of an element that widths depend on.
pub(super) struct Sizes<'e> {
    pub element: &'e Element,
    /// What `mj-all` sets.
    pub all: &'e [Attribute],
}

impl Sizes<'_> {
    pub fn get(&self, name: &str) -> Option<&str> {
        let all = || {
            self.all
                .iter()
                .find(|a| a.name == name)
                .map(|a| a.value.as_str())
        };
        let own = self.element.attribute(name).or_else(all);
        own.filter(|value| !value.is_empty())
            .or_else(|| match (name, self.element.name()) {
                ("padding", "mj-section" | "mj-wrapper") => Some("20px 0"),
                ("padding", "mj-image") => Some("10px 25px"),
                _ => None,
            })
    }

    fn width(&self) -> Option<f64> {
        self.get("width").and_then(whole)
    }

    /// What a whole number of pixels leaves inside padding and border.
    fn inside(&self, width: f64) -> f64 {
        width.trunc() - self.paddings() - self.borders("border")
    }

    /// Left and right padding.
    fn paddings(&self) -> f64 {
        self.paddings_of("padding", "")
    }

    /// Left and right of an attribute that is written like a padding.
    pub fn paddings_of(&self, name: &str, default: &str) -> f64 {
        let default = Some(default).filter(|default| !default.is_empty());
        let both = self.get(name).or(default);
        let side = |side: &str, at: [usize; 4]| match (self.get(&[name, side].concat()), both) {
            (Some(own), _) => whole(own).unwrap_or(0.0),
            (None, None) => 0.0,
            (None, Some(all)) => {
                let sides: Vec<&str> = all.split_whitespace().collect();
                let at = at[sides.len().clamp(1, 4) - 1];
                sides.get(at).and_then(|side| whole(side)).unwrap_or(0.0)
            }
        };
        side("-left", [0, 1, 1, 3]) + side("-right", [0, 1, 1, 1])
    }

    /// Left and right border.
    pub fn borders(&self, name: &str) -> f64 {
        let side = |side: &str| {
            let border = self
                .get(&[name, side].concat())
                .or_else(|| self.get(name))
                .unwrap_or_default();
            let width = border
                .split(' ')
                .find(|part| part.starts_with(|c: char| c.is_ascii_digit()));
            width.and_then(whole).unwrap_or(0.0)
        };
        side("-left") + side("-right")
    }
}

/// The whole number that a text starts with.
pub(super) fn whole(text: &str) -> Option<f64> {
    number(text).map(f64::trunc)
}

/// The number that a text starts with.
pub(super) fn number(text: &str) -> Option<f64> {
    let text = text.trim_start();
    let length = text
        .bytes()
        .enumerate()
        .take_while(|(at, b)| {
            b.is_ascii_digit() || *b == b'.' || (*at == 0 && matches!(b, b'-' | b'+'))
        })
        .count();
    text[..length].parse().ok()
}

/// Whether a length is in pixels: it has that unit, or none.
pub(super) fn is_pixels(length: &str) -> bool {
    let length = length.trim();
    length.starts_with(|c: char| c.is_ascii_digit())
        && length
            .trim_end_matches("px")
            .bytes()
            .all(|b| b.is_ascii_digit() || b == b'.')
}
