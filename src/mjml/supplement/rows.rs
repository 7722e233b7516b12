//! Sections, wrappers, groups and columns: what mrml computes otherwise than mjml, and what it leaves out.

use super::{Place, Supplement, remove, set};
use crate::mjml::layout::{number, whole};
use crate::mjml::mends::Mend;
use crate::mjml::tree::{Child, Element};

impl Supplement<'_, '_> {
    /// mrml takes every `full-width` for one, and rounds the corners of the whole width as well.
    pub(super) fn section(&mut self, section: &mut Element) {
        // mjml knows positions of one word and of two.
        let position = self.value(section, "background-position");
        if position.is_some_and(|position| position.split_whitespace().count() > 2) {
            set(section, "background-position", "center top".to_owned());
        }
        self.section_padding(section);
        let full_width = section.attribute("full-width") == Some("full-width");
        if !full_width {
            remove(section, "full-width");
        } else if self.value(section, "border-radius").is_some() {
            self.ride(section, "border-radius", "", "", Some(Mend::NoRadius));
        }
    }

    /// mjml takes every padding for whole pixels; mrml gets these, and what was meant is written in their place.
    fn section_padding(&mut self, section: &mut Element) {
        const PADDINGS: &[(&str, &str)] = &[
            ("padding", "20px 0"),
            ("padding-bottom", ""),
            ("padding-left", ""),
            ("padding-right", ""),
            ("padding-top", ""),
        ];
        if section.attribute("padding") == Some("") {
            return;
        }
        let mut computed = ";font-size:0px".to_owned();
        let mut written = computed.clone();
        let mut paddings = Vec::new();
        for (name, default) in PADDINGS {
            let value = self
                .value(section, name)
                .unwrap_or_else(|| (*default).to_owned());
            if value.is_empty() {
                continue;
            }
            let sides: Vec<String> = value
                .split_whitespace()
                .map(|side| match whole(side) {
                    Some(pixels) if side != "0" => format!("{pixels}px"),
                    _ => side.to_owned(),
                })
                .collect();
            let pixels = sides.join(" ");
            computed.push_str(&format!(";{name}:{pixels}"));
            written.push_str(&format!(";{name}:{value}"));
            paddings.push((name, pixels));
        }
        if computed == written {
            return;
        }
        for (name, pixels) in paddings {
            set(section, name, pixels);
        }
        let meant = Mend::Instead(computed, written);
        self.ride(section, "direction", "ltr", "", Some(meant));
    }

    /// `gap`: a margin above every section but the first, in Outlook a padding.
    pub(super) fn wrapper(&mut self, wrapper: &mut Element) {
        let Some(gap) = self.value(wrapper, "gap") else {
            return;
        };
        for (number, child) in wrapper.children.iter_mut().enumerate() {
            let Child::Element(section) = child else {
                continue;
            };
            if section.name() != "mj-section" {
                continue;
            }
            if self.value(section, "background-color").is_some() {
                let leave_out = Mend::Attribute("bgcolor", None);
                self.ride(section, "background-color", "", "", Some(leave_out));
            }
            let full_width = self.value(section, "full-width").as_deref() == Some("full-width");
            if number > 0 {
                let class = self.value(section, "css-class").is_some();
                let mend = Mend::Gap {
                    gap: gap.clone(),
                    class,
                    full_width,
                };
                self.ride(section, "css-class", "", "", Some(mend));
            }
        }
    }

    /// A column of a group: its cell for Outlook has whole pixels, its share on a phone whole per cents.
    pub(super) fn column_of_group(&mut self, column: &mut Element, place: Place<'_>) {
        let pixels = self.pixels(column, place);
        let (separate, joined) = self.corners(column);
        let mend = Mend::Column {
            cell: Some(format!("{}px", pixels.trunc())),
            separate,
            joined,
            aligned: true,
            whole_class: false,
            share: match self.sizes(column).get("width") {
                None => Some(format!("{}%", (100.0 / place.columns).trunc())),
                Some(own) if own.trim().ends_with('%') => None,
                Some(_) => Some(format!("{}%", pixels / place.width.trunc() * 100.0)),
            },
        };
        self.ride(column, "vertical-align", "top", "", Some(mend));
    }

    /// A group where mrml's arithmetic is not mjml's: its cell for Outlook, which has the padding in it.
    pub(super) fn group(&mut self, group: &mut Element, place: Place<'_>) {
        // A group has no border, whatever mj-all says.
        for border in ["border", "border-left", "border-right"] {
            if self.value(group, border).is_some() {
                set(group, border, "none".to_owned());
            }
        }
        let odd = place.odd || self.sizes(group).paddings_of("padding", "") != 0.0;
        let width = match self.sizes(group).get("width") {
            Some(own) => number(own).unwrap_or(0.0),
            None => 100.0 / place.columns,
        };
        let whole_class = width.fract() != 0.0;
        if !odd && !whole_class {
            return;
        }
        let pixels = self.pixels(group, place);
        let mend = Mend::Column {
            cell: odd.then(|| format!("{pixels}px")),
            separate: false,
            joined: false,
            aligned: self.value(group, "vertical-align").is_some(),
            share: None,
            whole_class,
        };
        self.ride(group, "vertical-align", "", "", Some(mend));
    }

    /// A column where mrml's arithmetic is not mjml's: its cell for Outlook. And rounded corners inside of it.
    pub(super) fn column_of_section(&mut self, column: &mut Element, place: Place<'_>) {
        let (separate, joined) = self.corners(column);
        if !place.odd && !separate {
            return;
        }
        let pixels = self.pixels(column, place);
        let mend = Mend::Column {
            cell: place.odd.then(|| format!("{pixels}px")),
            separate,
            joined,
            aligned: true,
            whole_class: false,
            share: None,
        };
        self.ride(column, "vertical-align", "top", "", Some(mend));
    }

    /// Whether the table of a column has separate borders for its round corners, and whether the one round it has not,
    /// in spite of mrml.
    fn corners(&self, column: &Element) -> (bool, bool) {
        const PADDINGS: [&str; 5] = [
            "padding",
            "padding-bottom",
            "padding-left",
            "padding-right",
            "padding-top",
        ];
        let inner = self.value(column, "inner-border-radius").is_some();
        let outer = self.value(column, "border-radius").is_some();
        let padded = PADDINGS
            .iter()
            .any(|name| self.value(column, name).is_some());
        (inner, inner && padded && !outer)
    }

    /// The width of a column, padding included.
    fn pixels(&self, column: &Element, place: Place<'_>) -> f64 {
        match self.sizes(column).get("width") {
            Some(own) if own.trim().ends_with('%') => {
                number(own).unwrap_or(0.0) * place.width / 100.0
            }
            Some(own) => whole(own).unwrap_or(0.0),
            None => place.width / place.columns,
        }
    }
}
