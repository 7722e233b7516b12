//! How wide images are, in mjml's arithmetic.
//!
//! mjml cuts to whole pixels at each step and mrml does not, so that images come out a fraction of a pixel wider,
//! and its hero does not take its padding off. Each image gets the width that mjml computes.

use super::attributes::Defaults;
use super::tree::{Attribute, Child, Element};

/// Gives every image below `body` its width.
pub(super) fn image_widths(body: &mut Element, defaults: &Defaults) {
    let width = Sizes {
        element: body,
        defaults,
    }
    .width()
    .unwrap_or(600.0);
    within(body, width, defaults);
}

/// Goes through the children of an element that leaves them `width` pixels.
fn within(parent: &mut Element, width: f64, defaults: &Defaults) {
    let columns = parent.elements().count().max(1) as f64;
    for child in &mut parent.children {
        let Child::Element(child) = child else {
            continue;
        };
        let sizes = Sizes {
            element: child,
            defaults,
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
                continue;
            }
            _ => width,
        };
        within(child, inner, defaults);
    }
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
struct Sizes<'e> {
    element: &'e Element,
    defaults: &'e Defaults,
}

impl Sizes<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        let all = || {
            self.defaults
                .all
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
        let side = |side: &str, at: [usize; 4]| match (self.get(side), self.get("padding")) {
            (Some(own), _) => whole(own).unwrap_or(0.0),
            (None, None) => 0.0,
            (None, Some(all)) => {
                let sides: Vec<&str> = all.split_whitespace().collect();
                let at = at[sides.len().clamp(1, 4) - 1];
                sides.get(at).and_then(|side| whole(side)).unwrap_or(0.0)
            }
        };
        side("padding-left", [0, 1, 1, 3]) + side("padding-right", [0, 1, 1, 1])
    }

    /// Left and right border.
    fn borders(&self, name: &str) -> f64 {
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
fn whole(text: &str) -> Option<f64> {
    number(text).map(f64::trunc)
}

/// The number that a text starts with.
fn number(text: &str) -> Option<f64> {
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
