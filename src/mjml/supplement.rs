//! What mjml writes for an element and mrml does not, or writes otherwise.
//!
//! A value that mrml only passes on can carry more than itself, because it is a word: `t" title="u` as a link, `top;
//! border-radius:3px` as a style. Where that is not enough, the word has a mend, carried out in `mends` where the
//! word stands in the HTML.

mod lists;
mod rows;

use super::layout::{Sizes, is_pixels, number, whole};
use super::mends::{Mend, Mends};
use super::tree::{Attribute, Child, Element};
use super::words::{Part, Words};
use crate::language::Token;

const SIDES: &[&str] = &["top", "right", "bottom", "left"];

pub(super) struct Supplement<'x, 's> {
    /// What `mj-all` sets.
    pub all: &'x [Attribute],
    pub words: &'x mut Words<'s>,
    pub mends: Mends,
}

/// Where an element stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    pub parent: &'p str,
    /// The width that the parent leaves to its children.
    pub width: f64,
    /// How many children share it.
    pub columns: f64,
    /// mrml comes to another width.
    pub odd: bool,
}

impl Supplement<'_, '_> {
    /// Supplements an element; its own width has been computed.
    pub fn element(&mut self, element: &mut Element, place: Place<'_>) {
        match element.name() {
            "mj-button" => self.button(element),
            "mj-image" => self.image(element),
            "mj-table" => self.table(element),
            "mj-hero" => self.hero(element),
            "mj-divider" => self.divider(element, place),
            "mj-accordion" => self.accordion(element),
            "mj-navbar" => {
                self.sides(element, "ico-padding", "10px", "");
                self.raws(
                    element,
                    "15px 10px",
                    &["<!--[if mso | IE]><td"],
                    &["</td><![endif]-->"],
                );
            }
            "mj-social" => {
                self.social(element);
                let padding = self.value(element, "inner-padding");
                let padding = padding.unwrap_or_else(|| "4px".to_owned());
                if self.value(element, "mode").as_deref() == Some("vertical") {
                    // In the row of an element stands a table with one row, for the icon.
                    self.raws(element, &padding, &["<tr"], &["</tr>", "</tr>"]);
                } else {
                    let opens = &["<!--[if mso | IE]><td"];
                    self.raws(element, &padding, opens, &["</td><![endif]-->"]);
                }
            }
            "mj-carousel" => self.carousel(element, place),
            "mj-group" => self.group(element, place),
            "mj-section" => self.section(element),
            "mj-wrapper" => {
                self.section(element);
                self.wrapper(element);
            }
            "mj-column" => {
                // mrml's own invention.
                remove(element, "mobile-width");
                if place.parent == "mj-group" {
                    self.column_of_group(element, place);
                } else {
                    self.column_of_section(element, place);
                }
            }
            _ => {}
        }
    }

    fn button(&mut self, button: &mut Element) {
        if let Some(title) = self.value(button, "title") {
            let rider = format!("\" title=\"{title}");
            let carrier = ["href", "name", "rel"]
                .into_iter()
                .find(|name| self.value(button, name).is_some());
            match carrier {
                Some(name) => self.ride(button, name, "", &rider, None),
                None => {
                    let rename = Mend::Rename("name", "title");
                    self.ride(button, "name", "", &title, Some(rename));
                }
            }
        }
        if self.value(button, "background-color").as_deref() == Some("none") {
            let leave_out = Mend::Attribute("bgcolor", None);
            self.ride(button, "background-color", "", "", Some(leave_out));
        }
        let sizes = self.sizes(button);
        let width = sizes.get("width").map(str::to_owned);
        if let Some(width) = width.filter(|width| is_pixels(width)) {
            let taken = sizes.paddings_of("inner-padding", "10px 25px") + sizes.borders("border");
            let content = whole(&width).unwrap_or(0.0) - taken;
            if width.ends_with("px") {
                let mend = Mend::Width(format!("{content}px"));
                self.ride(button, "line-height", "120%", "", Some(mend));
            } else {
                // mrml takes a number without a unit for no width.
                let rider = format!(";width:{content}px");
                self.ride(button, "line-height", "120%", &rider, None);
            }
        }
    }

    fn image(&mut self, image: &mut Element) {
        if let Some(title) = self.value(image, "title")
            && self.value(image, "href").is_some()
        {
            self.ride(image, "href", "", &format!("\" title=\"{title}"), None);
        }
        if let Some(sizes) = self.value(image, "sizes")
            && self.value(image, "src").is_some()
        {
            self.ride(image, "src", "", &format!("\" sizes=\"{sizes}"), None);
        }
        // mrml looks for these under names of its own.
        for side in SIDES {
            if let Some(border) = self.value(image, &["border-", side].concat()) {
                set(image, side, border);
            }
        }
    }

    fn table(&mut self, table: &mut Element) {
        if let Some(role) = self.value(table, "role") {
            self.ride(
                table,
                "cellpadding",
                "0",
                &format!("\" role=\"{role}"),
                None,
            );
        }
        let spacing = self.value(table, "cellspacing").unwrap_or_default();
        let spacing: String = spacing
            .chars()
            .filter(|c| c.is_ascii_digit() || *c == '.')
            .collect();
        let spaced = number(&spacing).is_some_and(|spacing| spacing > 0.0);
        // mrml separates the borders of every table that has one, mjml those of tables with spacing.
        if spaced {
            self.ride(table, "border", "none", "", None);
        } else if self
            .value(table, "border")
            .is_some_and(|border| border != "none")
        {
            let joined = Mend::Without(";border-collapse:separate");
            self.ride(table, "border", "none", "", Some(joined));
        }
        if let Some(width) = self.value(table, "width").filter(|width| is_pixels(width)) {
            let pixels = whole(&width).unwrap_or(0.0).to_string();
            let mend = Mend::Attribute("width", Some(pixels));
            self.ride(table, "width", "", "", Some(mend));
        }
    }

    fn hero(&mut self, hero: &mut Element) {
        if let Some(radius) = self.value(hero, "border-radius") {
            let rider = format!(";border-radius:{radius}");
            self.ride(hero, "vertical-align", "top", &rider, None);
        }
        if let Some(height) = self.value(hero, "height").as_deref().and_then(whole) {
            set(hero, "height", format!("{height}px"));
        }
        // mrml has another name for it.
        if self.value(hero, "align").is_some() {
            let rename = Mend::Rename("width", "align");
            self.ride(hero, "align", "", "", Some(rename));
        }
        if self.value(hero, "mode").as_deref() == Some("fluid-height") {
            set(hero, "mode", "fluid".to_owned());
        }
    }

    /// mjml computes with whole pixels and whole per cents, for Outlook only.
    fn divider(&mut self, divider: &mut Element, place: Place<'_>) {
        let sizes = self.sizes(divider);
        let width = sizes.get("width").unwrap_or("100%");
        let inside = place.width.trunc() - sizes.paddings_of("padding", "10px 25px");
        let outlook = match width.trim() {
            width if width.ends_with('%') => {
                let share = whole(width).unwrap_or(0.0) / 100.0;
                format!("{}px", inside * share)
            }
            width if width.ends_with("px") => return,
            // Without a unit it is written as it is.
            width => width.to_owned(),
        };
        let mend = Mend::OutlookWidth(outlook);
        self.ride(divider, "border-color", "#000000", "", Some(mend));
    }

    /// mrml writes the sides of a padding before the whole, which then overrides them.
    fn sides(&mut self, element: &mut Element, name: &str, default: &str, more: &str) {
        let mut rider = more.to_owned();
        for side in SIDES {
            let of_side = [name, "-", side].concat();
            if let Some(value) = self.value(element, &of_side) {
                rider.push_str(&format!(";padding-{side}:{value}"));
                remove(element, &of_side);
            }
        }
        if !rider.is_empty() {
            self.ride(element, name, default, &rider, None);
        }
    }

    /// Gives the word that an attribute consists of a mend; makes it one if it is none.
    fn mark(&mut self, element: &mut Element, name: &str, default: &str, mend: Mend) {
        let value = element.attribute(name).unwrap_or_default();
        let mut parts = self.words.parts(value);
        let word = match (parts.next(), parts.next()) {
            (Some(Part::Word(number)), None) => Some(number),
            _ => None,
        };
        drop(parts);
        match word {
            Some(number) => {
                self.mends.insert(number, mend);
            }
            None => self.ride(element, name, default, "", Some(mend)),
        }
    }

    /// The value of an attribute: the element's own, or that of `mj-all`.
    fn value(&self, element: &Element, name: &str) -> Option<String> {
        let all = || {
            let found = self.all.iter().find(|attribute| attribute.name == name);
            found.map(|attribute| attribute.value.as_str())
        };
        let value = element.attribute(name).or_else(all);
        value.filter(|value| !value.is_empty()).map(str::to_owned)
    }

    fn sizes<'e>(&'e self, element: &'e Element) -> Sizes<'e> {
        Sizes {
            element,
            all: self.all,
        }
    }

    /// Lets the value of an attribute carry more, or marks where it stands.
    fn ride(
        &mut self,
        element: &mut Element,
        name: &str,
        default: &str,
        more: &str,
        mend: Option<Mend>,
    ) {
        let value = self.value(element, name);
        let value = [value.as_deref().unwrap_or(default), more].concat();
        let tokens: Vec<Token<'_>> = self.words.restore(&value, element.span);
        let number = self.words.keep(tokens);
        if let Some(mend) = mend {
            self.mends.insert(number, mend);
        }
        let word = self.words.word(number);
        set(element, name, word);
    }
}

/// The children of this name.
fn elements_of<'e>(
    parent: &'e mut Element,
    name: &'e str,
) -> impl Iterator<Item = &'e mut Element> {
    parent
        .children
        .iter_mut()
        .filter_map(move |child| match child {
            Child::Element(element) if element.name() == name => Some(element),
            _ => None,
        })
}

fn set(element: &mut Element, name: &str, value: String) {
    let span = element.span;
    remove(element, name);
    element.attributes.push(Attribute {
        name: name.to_owned(),
        value,
        span,
    });
}

fn remove(element: &mut Element, name: &str) {
    element
        .attributes
        .retain(|attribute| attribute.name != name);
}
