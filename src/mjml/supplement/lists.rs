//! What stands in a list of parts: accordions, social elements, carousels, links of a navbar; and what stands raw between
//! them.

use super::{Place, Supplement, elements_of, set};
use crate::mjml::elements;
use crate::mjml::layout::whole;
use crate::mjml::mends::Mend;
use crate::mjml::tree::{Child, Element};
use crate::mjml::words::{Number, Part};

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

impl Supplement<'_, '_> {
    pub(super) fn accordion(&mut self, accordion: &mut Element) {
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

    pub(super) fn social(&mut self, social: &mut Element) {
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
    pub(super) fn raws(
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

    pub(super) fn carousel(&mut self, carousel: &mut Element, place: Place<'_>) {
        let outer_radius = self.value(carousel, "border-radius");
        for image in elements_of(carousel, "mj-carousel-image") {
            let radius = outer_radius.clone().unwrap_or_else(|| "6px".to_owned());
            let width = Mend::ImageWidth(place.width);
            self.ride(image, "border-radius", &radius, "", Some(width));
        }
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
}
