//! Attributes: `mj-attributes` and `mj-class` applied, values cleaned.
//!
//! Of the places that can set an attribute the first of these wins: the element, an `mj-class` of it (the last one
//! named), the children of an `mj-class` round it, the defaults of its name, its parent, `mj-all`. The last two are
//! left to the compiler, which knows what parents hand down.

use std::collections::HashMap;

use super::bounds::SET;
use super::layout::{is_pixels, whole};
use super::tree::{ATTRIBUTES, Attribute, Child, Element};
use super::words::Words;
use crate::language::{Span, Token};

/// What `mj-attributes` sets.
#[derive(Default)]
pub(super) struct Defaults {
    pub all: Vec<Attribute>,
    elements: HashMap<String, Vec<Attribute>>,
    classes: HashMap<String, Class>,
}

#[derive(Default)]
struct Class {
    attributes: Vec<Attribute>,
    children: HashMap<String, Vec<Attribute>>,
}

impl Defaults {
    /// The `mj-attributes` of a head.
    pub fn of(head: Option<&Element>, words: &mut Words<'_>) -> Defaults {
        let mut defaults = Defaults::default();
        let blocks = head.into_iter().flat_map(Element::elements);
        for setting in blocks
            .filter(|block| block.name() == "mj-attributes")
            .flat_map(Element::elements)
        {
            let mut attributes = setting.attributes.clone();
            attributes
                .iter_mut()
                .for_each(|attribute| clean(attribute, words));
            match setting.name() {
                "mj-all" => merge(&mut defaults.all, &attributes),
                "mj-class" => {
                    let name = setting.attribute("name").unwrap_or_default().to_owned();
                    attributes.retain(|attribute| attribute.name != "name");
                    let class = defaults.classes.entry(name).or_default();
                    merge(&mut class.attributes, &attributes);
                    for child in setting.elements() {
                        let mut attributes = child.attributes.clone();
                        attributes
                            .iter_mut()
                            .for_each(|attribute| clean(attribute, words));
                        merge(
                            class.children.entry(child.name().to_owned()).or_default(),
                            &attributes,
                        );
                    }
                }
                name => merge(
                    defaults.elements.entry(name.to_owned()).or_default(),
                    &attributes,
                ),
            }
        }
        defaults
    }

    /// Gives an element and all in it the attributes that are set elsewhere, and cleans the values.
    ///
    /// # Errors
    /// What is set is too much: the element at which it became that.
    pub fn apply(&self, element: &mut Element, words: &mut Words<'_>) -> Result<(), Span> {
        let mut room = Room(SET);
        self.apply_in(element, "", words, &mut room)
    }

    fn apply_in(
        &self,
        element: &mut Element,
        outer: &str,
        words: &mut Words<'_>,
        room: &mut Room,
    ) -> Result<(), Span> {
        let span = element.span;
        let mut take = |bytes: usize| room.take(bytes).ok_or(span);
        let named = element.attribute("mj-class").map(str::to_owned);
        let class = named.as_deref().unwrap_or_default();
        take(class.len() + outer.len() + size(&self.all))?;
        let mut attributes: Vec<Attribute> = Vec::new();
        if element.name() == "mj-divider" {
            merge(&mut attributes, &self.all);
        }
        let of_name = self.elements.get(element.name());
        let of_name = of_name.map_or(&[][..], Vec::as_slice);
        take(size(of_name))?;
        merge(&mut attributes, of_name);
        let mut of_classes: Vec<Attribute> = Vec::new();
        let classes = |names: &'_ str| -> Vec<&Class> {
            let names = names.split_whitespace();
            names.filter_map(|name| self.classes.get(name)).collect()
        };
        for class in classes(class) {
            // Each is looked for among those there are.
            let compared = class.attributes.len() * of_classes.len();
            take(size(&class.attributes) + joined_classes(&of_classes) + compared)?;
            merge_classes(&mut of_classes, &class.attributes);
        }
        merge(&mut attributes, &of_classes);
        for class in classes(outer) {
            let of_child = class.children.get(element.name());
            let of_child = of_child.map_or(&[][..], Vec::as_slice);
            take(size(of_child))?;
            merge(&mut attributes, of_child);
        }
        // A class that a template tag names stays, to be reported.
        let known = words.tags(class).next().is_none();
        element
            .attributes
            .retain(|attribute| !known || attribute.name != "mj-class");
        element
            .attributes
            .iter_mut()
            .for_each(|attribute| clean(attribute, words));
        merge(&mut attributes, &element.attributes);
        element.attributes = attributes;
        complete(element);
        hide_classes(element, words);
        let inner = named.unwrap_or_else(|| outer.to_owned());
        for child in &mut element.children {
            if let Child::Element(child) = child {
                self.apply_in(child, &inner, words, room)?;
            }
        }
        Ok(())
    }
}

/// The bytes that may still be set.
struct Room(usize);

impl Room {
    fn take(&mut self, bytes: usize) -> Option<()> {
        self.0 = self.0.checked_sub(bytes)?;
        Some(())
    }
}

/// How many bytes attributes have.
fn size(attributes: &[Attribute]) -> usize {
    attributes
        .iter()
        .map(|a| a.name.len() + a.value.len())
        .sum()
}

/// How many bytes of CSS classes are written again when another is joined.
fn joined_classes(attributes: &[Attribute]) -> usize {
    let classes = attributes
        .iter()
        .find(|attribute| attribute.name == "css-class");
    classes.map_or(0, |classes| classes.value.len())
}

/// Sets attributes; those that are set already are replaced. More than any element has are not kept.
fn merge(attributes: &mut Vec<Attribute>, later: &[Attribute]) {
    for attribute in later {
        let full = attributes.len() >= ATTRIBUTES;
        match attributes
            .iter_mut()
            .find(|known| known.name == attribute.name)
        {
            Some(known) => *known = attribute.clone(),
            None if full => {}
            None => attributes.push(attribute.clone()),
        }
    }
}

/// The same for the attributes of a further `mj-class`: CSS classes are joined.
fn merge_classes(attributes: &mut Vec<Attribute>, later: &[Attribute]) {
    let joined = attributes
        .iter()
        .find(|known| known.name == "css-class")
        .map(|known| known.value.clone());
    merge(attributes, later);
    let own = later.iter().find(|attribute| attribute.name == "css-class");
    if let (Some(joined), Some(own)) = (joined, own)
        && let Some(known) = attributes
            .iter_mut()
            .find(|known| known.name == "css-class")
    {
        known.value = format!("{joined} {}", own.value);
    }
}

/// What mjml adds or passes over, and mrml does not.
fn complete(element: &mut Element) {
    // An empty address is no link, an empty width none; an empty colour is none, but stands against the one that a
    // button has by itself.
    let name = element.name();
    element.attributes.retain(|attribute| {
        let none = match &*attribute.name {
            "href" => name != "mj-navbar-link",
            "background-width" => true,
            "background-color" => name != "mj-button",
            _ => false,
        };
        !none || !attribute.value.is_empty()
    });
    if matches!(name, "mj-body" | "mj-column" | "mj-group") {
        let widths = element.attributes.iter_mut();
        for width in
            widths.filter(|attribute| attribute.name == "width" && is_pixels(&attribute.value))
        {
            // No unit means pixels, and columns have whole ones.
            if let Some(pixels) = whole(&width.value) {
                width.value = format!("{pixels}px");
            }
        }
    }
    let images = matches!(
        element.name(),
        "mj-image" | "mj-carousel-image" | "mj-social-element"
    );
    if images && element.attribute("alt").is_none() {
        element.attributes.push(Attribute {
            name: "alt".to_owned(),
            value: String::new(),
            span: element.span,
        });
    }
}

/// Several CSS classes become one word, because each of them will get the suffix for Outlook.
fn hide_classes(element: &mut Element, words: &mut Words<'_>) {
    let span = element.span;
    for attribute in &mut element.attributes {
        if attribute.name == "css-class"
            && attribute.value.contains(' ')
            && words.tags(&attribute.value).next().is_none()
        {
            let value = std::mem::take(&mut attribute.value);
            let classes: String = words
                .restore(&value, span)
                .iter()
                .map(|token| &*token.text)
                .collect();
            attribute.value = words.hide(vec![Token::text(classes, attribute.span)]);
        }
    }
}

/// Brings a value into the form in which mrml computes with it as mjml does.
fn clean(attribute: &mut Attribute, words: &Words<'_>) {
    let name = attribute.name.as_str();
    if words.tags(&attribute.value).next().is_some() {
        return;
    }
    if name.ends_with("color") {
        if let Some(long) = long_hex(&attribute.value) {
            attribute.value = long;
        }
    } else if name.contains("padding") && name != "cellpadding" {
        let sides: Vec<String> = attribute.value.split_whitespace().map(pixels).collect();
        attribute.value = sides.join(" ");
    } else if matches!(
        name,
        "width" | "height" | "background-width" | "background-height"
    ) {
        attribute.value = match attribute.value.trim() {
            "0" => "0px".to_owned(),
            value => value.to_owned(),
        };
    }
}

/// `0` as `0px`: mrml takes a bare zero for no number at all.
fn pixels(side: &str) -> String {
    match side {
        "0" => "0px".to_owned(),
        side => side.to_owned(),
    }
}

/// `#abc` as `#aabbcc`.
fn long_hex(value: &str) -> Option<String> {
    let digits = value.strip_prefix('#')?;
    let short = digits.len() == 3
        && digits
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_');
    short.then(|| {
        let doubled: String = digits.chars().flat_map(|digit| [digit, digit]).collect();
        format!("#{doubled}")
    })
}
