//! What mjml writes for an element and mrml does not, or writes otherwise.
//!
//! A value that mrml only passes on can carry more than itself, because it is a word: `t" title="u` as a link, `top;
//! border-radius:3px` as a style. Where that is not enough, the word has a mend, carried out in `mends` where the
//! word stands in the HTML.

use super::elements;
use super::layout::{Sizes, is_pixels, number, whole};
use super::mends::{Mend, Mends};
use super::tree::{Attribute, Child, Element};
use super::words::{Number, Part, Words};
use crate::language::Token;

/// What an accordion hands down to its elements, and these to their titles and texts; and what it is by default.
const HANDED_DOWN: &[(&str, &str)] = &[
    ("border", "2px solid black"),
    ("icon-align", "middle"),
    ("icon-width", "32px"),
    ("icon-height", "32px"),
    ("icon-position", "right"),
    ("icon-wrapped-url", "https://i.imgur.com/bIXv1bk.png"),
    ("icon-wrapped-alt", "+"),
    ("icon-unwrapped-url", "https://i.imgur.com/w4uTygT.png"),
    ("icon-unwrapped-alt", "-"),
];
const FONT: &str = "Ubuntu, Helvetica, Arial, sans-serif";
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
            "mj-carousel" => self.carousel(element),
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

    fn accordion(&mut self, accordion: &mut Element) {
        let handed_down: Vec<(&str, String)> = HANDED_DOWN
            .iter()
            .map(|(name, default)| {
                let value = self.value(accordion, name);
                (*name, value.unwrap_or_else(|| (*default).to_owned()))
            })
            .collect();
        let outer_font = self.value(accordion, "font-family");
        let outer_font = outer_font.unwrap_or_else(|| FONT.to_owned());
        for element in elements_of(accordion, "mj-accordion-element") {
            let own_font = self.value(element, "font-family");
            if let Some(font) = &own_font {
                set(element, "font-family", font.clone());
            }
            let font = own_font.unwrap_or_else(|| outer_font.clone());
            for (name, value) in &handed_down {
                if element.attribute(name).is_none() {
                    set(element, name, value.clone());
                }
            }
            for part in ["mj-accordion-title", "mj-accordion-text"] {
                self.accordion_part(element, part, &font);
            }
            self.accordion_element_raws(element);
        }
        self.accordion_raws(accordion);
    }

    /// Something raw between the title and the text of an element, before and behind them.
    fn accordion_element_raws(&mut self, element: &mut Element) {
        const PARTS: &[(&str, &[&str])] = &[
            ("mj-accordion-title", &["<div class=\"mj-accordion-title\""]),
            (
                "mj-accordion-text",
                &["<div class=\"mj-accordion-content\""],
            ),
        ];
        let mut waiting = String::new();
        let mut rounds = vec![String::new(); PARTS.len() + 1];
        for child in &element.children {
            match child {
                Child::Raw(raw) => waiting.push_str(&self.words.word(raw.content)),
                Child::Element(part) => {
                    if let Some(at) = PARTS.iter().position(|(name, _)| *name == part.name()) {
                        rounds[at].push_str(&std::mem::take(&mut waiting));
                    }
                }
            }
        }
        rounds[PARTS.len()] = waiting;
        if rounds.iter().all(String::is_empty) {
            return;
        }
        element
            .children
            .retain(|child| matches!(child, Child::Element(_)));
        let mut rounds = rounds.into_iter();
        let last = rounds.next_back().unwrap_or_default();
        for ((name, opens), before) in PARTS.iter().zip(rounds) {
            let after = match *name {
                "mj-accordion-text" => last.clone(),
                _ => String::new(),
            };
            for part in elements_of(element, name) {
                let round = Mend::Round {
                    before: before.clone(),
                    after: after.clone(),
                    opens,
                    closes: &["</div>"],
                };
                self.mark(part, "padding", "16px", round);
            }
        }
    }

    /// Something raw between the elements of an accordion; the title of an element tells where it stands.
    fn accordion_raws(&mut self, accordion: &mut Element) {
        let mut waiting = String::new();
        let mut titled: Option<Number> = None;
        let mut rounds: Vec<(Number, String, String)> = Vec::new();
        for child in &mut accordion.children {
            match child {
                Child::Raw(raw) => waiting.push_str(&self.words.word(raw.content)),
                Child::Element(element) => {
                    let title = elements_of(element, "mj-accordion-title").next();
                    let Some(title) = title else { continue };
                    self.ride(title, "font-size", "13px", "", None);
                    let word = title.attribute("font-size").unwrap_or_default();
                    if let Some(Part::Word(number)) = self.words.parts(word).next() {
                        titled = Some(number);
                        rounds.push((number, std::mem::take(&mut waiting), String::new()));
                    }
                }
            }
        }
        if let Some((_, _, after)) = rounds.last_mut() {
            *after = waiting;
        }
        if titled.is_none() {
            return;
        }
        accordion
            .children
            .retain(|child| matches!(child, Child::Element(_)));
        for (number, before, after) in rounds {
            if !before.is_empty() || !after.is_empty() {
                let round = Mend::Round {
                    before,
                    after,
                    opens: &["<label", "<tr"],
                    closes: &["</label></td></tr>"],
                };
                self.mends.insert(number, round);
            }
        }
    }

    /// The title or the text of an element of an accordion. Their font is what stands in their own tag, or else the
    /// one round them; defaults do not count.
    fn accordion_part(&mut self, element: &mut Element, name: &str, font: &str) {
        if element.elements().all(|part| part.name() != name)
            && let Some(kind) = elements::kind(name)
        {
            element.children.push(Child::Element(Element {
                kind,
                span: element.span,
                attributes: Vec::new(),
                children: Vec::new(),
                content: None,
            }));
            // What stands for a missing part heeds no defaults.
            for part in elements_of(element, name) {
                for (name, value) in [
                    ("font-size", "13px"),
                    ("line-height", "1"),
                    ("padding", "16px"),
                ] {
                    set(part, name, value.to_owned());
                }
                if self.value(part, "color").is_some() {
                    self.ride(part, "color", "", "", Some(Mend::Undeclared("color")));
                }
            }
        }
        let handed_down: Vec<(&str, Option<String>)> = HANDED_DOWN
            .iter()
            .map(|(name, _)| (*name, element.attribute(name).map(str::to_owned)))
            .collect();
        for part in elements_of(element, name) {
            for (name, value) in &handed_down {
                if let (None, Some(value)) = (part.attribute(name), value) {
                    set(part, name, value.clone());
                }
            }
            let tag = part.span;
            let written = part.attributes.iter().any(|attribute| {
                let span = attribute.span;
                let within = span.file == tag.file && span.start >= tag.start;
                attribute.name == "font-family" && within && span.end <= tag.end
            });
            if !written {
                set(part, "font-family", font.to_owned());
            }
            let weight = self.value(part, "font-weight");
            let weight = weight.filter(|_| name == "mj-accordion-title");
            let more = weight.map(|weight| format!(";font-weight:{weight}"));
            self.sides(part, "padding", "16px", &more.unwrap_or_default());
        }
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

    fn social(&mut self, social: &mut Element) {
        let inner_padding = self.value(social, "inner-padding");
        let default = inner_padding.unwrap_or_else(|| "4px".to_owned());
        for element in elements_of(social, "mj-social-element") {
            let mut rider = String::new();
            for name in ["srcset", "sizes"] {
                if let Some(value) = self.value(element, name) {
                    rider.push_str(&format!("\" {name}=\"{value}"));
                }
            }
            if !rider.is_empty() {
                self.ride(element, "alt", "", &rider, None);
            }
            let content = element
                .content
                .filter(|content| !self.words.get(*content).is_empty());
            let right = self.value(element, "icon-position").as_deref() == Some("right");
            if let (true, Some(content)) = (right, content) {
                let own = element.attribute("padding").map(str::to_owned);
                let icon = self.words.hide(
                    self.words
                        .restore(own.as_deref().unwrap_or(&default), element.span),
                );
                set(element, "padding", icon.clone());
                self.mends.insert(content, Mend::Behind(icon));
            }
        }
    }

    /// Something raw between the parts of a list, for which mrml has no place: it goes round the parts beside it.
    fn raws(
        &mut self,
        list: &mut Element,
        padding: &str,
        opens: &'static [&'static str],
        closes: &'static [&'static str],
    ) {
        if list.elements().next().is_none() {
            return;
        }
        let children = std::mem::take(&mut list.children);
        let last = children
            .iter()
            .rposition(|child| matches!(child, Child::Element(_)));
        let mut waiting = String::new();
        let mut behind = String::new();
        for (number, child) in children.iter().enumerate() {
            if let Child::Raw(raw) = child
                && Some(number) > last
            {
                behind.push_str(&self.words.word(raw.content));
            }
        }
        for (number, child) in children.into_iter().enumerate() {
            match child {
                Child::Raw(raw) => waiting.push_str(&self.words.word(raw.content)),
                Child::Element(mut element) => {
                    let before = std::mem::take(&mut waiting);
                    let after = match Some(number) == last {
                        true => std::mem::take(&mut behind),
                        false => String::new(),
                    };
                    if !before.is_empty() || !after.is_empty() {
                        let round = Mend::Round {
                            before,
                            after,
                            opens,
                            closes,
                        };
                        self.mark(&mut element, "padding", padding, round);
                    }
                    list.children.push(Child::Element(element));
                }
            }
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

    fn carousel(&mut self, carousel: &mut Element) {
        let hidden = self.value(carousel, "thumbnails").as_deref() == Some("supported");
        if hidden {
            set(carousel, "thumbnails", "visible".to_owned());
        }
        // mjml would make them narrower where there are many, but does not know the width that they share.
        let width = self.value(carousel, "tb-width");
        let width = width.unwrap_or_else(|| "110px".to_owned());
        let pixels = whole(&width).unwrap_or(0.0);
        set(carousel, "tb-width", format!("{pixels}px"));
        let in_pixels = width == format!("{pixels}px");
        if in_pixels && !hidden {
            return;
        }
        let display = if hidden { "none" } else { "inline-block" };
        let radius = self.value(carousel, "tb-border-radius");
        let radius = radius.unwrap_or_else(|| "6px".to_owned());
        for image in elements_of(carousel, "mj-carousel-image") {
            let other = Mend::Instead(
                format!(";display:inline-block;overflow:hidden;width:{pixels}px"),
                format!(";display:{display};overflow:hidden;width:{width}"),
            );
            self.ride(image, "tb-border-radius", &radius, "", Some(other));
        }
    }

    /// mrml takes every `full-width` for one, and rounds the corners of the whole width as well.
    fn section(&mut self, section: &mut Element) {
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
    fn wrapper(&mut self, wrapper: &mut Element) {
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
    fn column_of_group(&mut self, column: &mut Element, place: Place<'_>) {
        let (pixels, own) = self.pixels(column, place);
        let mend = Mend::Column {
            cell: Some(format!("{}px", pixels.trunc())),
            separate: false,
            aligned: true,
            share: (!own).then(|| format!("{}%", (100.0 / place.columns).trunc())),
        };
        self.ride(column, "vertical-align", "top", "", Some(mend));
    }

    /// A group where mrml's arithmetic is not mjml's: its cell for Outlook, which has the padding in it.
    fn group(&mut self, group: &mut Element, place: Place<'_>) {
        // A group has no border, whatever mj-all says.
        for border in ["border", "border-left", "border-right"] {
            if self.value(group, border).is_some() {
                set(group, border, "none".to_owned());
            }
        }
        if !place.odd && self.sizes(group).paddings_of("padding", "") == 0.0 {
            return;
        }
        let (pixels, _) = self.pixels(group, place);
        let mend = Mend::Column {
            cell: Some(format!("{pixels}px")),
            separate: false,
            aligned: self.value(group, "vertical-align").is_some(),
            share: None,
        };
        self.ride(group, "vertical-align", "", "", Some(mend));
    }

    /// A column where mrml's arithmetic is not mjml's: its cell for Outlook. And rounded corners inside of it.
    fn column_of_section(&mut self, column: &mut Element, place: Place<'_>) {
        let separate = self.value(column, "inner-border-radius").is_some();
        if !place.odd && !separate {
            return;
        }
        let (pixels, _) = self.pixels(column, place);
        let mend = Mend::Column {
            cell: place.odd.then(|| format!("{pixels}px")),
            separate,
            aligned: true,
            share: None,
        };
        self.ride(column, "vertical-align", "top", "", Some(mend));
    }

    /// The width of a column, padding included, and whether it has one of its own.
    fn pixels(&self, column: &Element, place: Place<'_>) -> (f64, bool) {
        match self.sizes(column).get("width") {
            Some(own) if own.trim().ends_with('%') => {
                (number(own).unwrap_or(0.0) * place.width / 100.0, true)
            }
            Some(own) => (whole(own).unwrap_or(0.0), true),
            None => (place.width / place.columns, false),
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
