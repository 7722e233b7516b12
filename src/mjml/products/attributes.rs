//! `<lp-products …>`: what its attributes say, and what it is written out as.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::options::{self, Options, STRUCTURAL};
use super::{BlockPlace, NAME, Picked, ProductBlock, ProductBlockError, Products};
use crate::diagnostic::Diagnostic;
use crate::language::{Dialect, Span, Token, lex_in};
use crate::mjml::Loader;
use crate::mjml::report::{Report, did_you_mean};
use crate::mjml::scan::{Open, RawAttribute};
use crate::value::Value;

/// What `mj-attributes` sets for product blocks.
#[derive(Default)]
pub(in crate::mjml) struct Settings<'s> {
    usual: Vec<RawAttribute<'s>>,
    classes: HashMap<String, Vec<RawAttribute<'s>>>,
}

impl<'s> Settings<'s> {
    /// `<mj-attributes><lp-products …/>`
    pub fn set_usual(&mut self, open: Open<'s>) {
        self.usual.extend(open.attributes);
    }

    /// `<mj-attributes><mj-class name="…" …/>`: what there is for product blocks in it.
    pub fn set_class(&mut self, open: &Open<'s>) {
        let Some(name) = open.literal("name") else {
            return;
        };
        let own = open.attributes.iter();
        let own = own.filter(|attribute| options::is_known(&attribute.name));
        self.classes.entry(name).or_default().extend(own.cloned());
    }
}

/// What a block is written out as; None, and an error, where that cannot be.
pub(in crate::mjml) fn block<'s>(
    open: &Open<'s>,
    span: Span,
    place: BlockPlace,
    settings: &Settings<'s>,
    loader: &Loader<'_, 's>,
    report: &mut Report<'_>,
) -> Option<Vec<Token<'s>>> {
    if !open.tags.is_empty() {
        let title = "A template tag stands between the attributes of a product block";
        let label = "the block is written out before tags run";
        error(report, title, span, label);
        return None;
    }
    let mut attributes = effective(open, settings);
    validate(&mut attributes, report);
    let mut structural = attributes
        .values()
        .filter(|attribute| STRUCTURAL.contains(&&*attribute.name) || attribute.name == "mj-class");
    let tag = structural.find_map(|a| Some((a, a.value.iter().find(|token| token.is_markup())?)));
    if let Some((attribute, tag)) = tag {
        let title = format!("A template tag stands in the attribute {}", attribute.name);
        let label = "the block is written out before tags run";
        error(report, title, tag.span, label)
            .help
            .push("write the value out, or put {% if %} round blocks that differ".to_owned());
        return None;
    }
    let text = |attribute: &RawAttribute<'_>| -> String {
        attribute.value.iter().map(|token| &*token.text).collect()
    };
    let options: Options = attributes
        .iter()
        .map(|(name, attribute)| ((*name).to_owned(), text(attribute)))
        .collect();
    let block = match options::block(&options) {
        Ok(block) => block,
        Err(wrong) => {
            refused(&wrong, &attributes, span, report);
            return None;
        }
    };
    let picked = match &block.products {
        Products::Items { .. } if loader.dialect == Dialect::Jinja => {
            let at = attributes.get("items").map_or(span, |a| a.span);
            let title = "Picked items need {% catalog %}, which Jinja has not";
            let label = "shows items of the catalog";
            error(report, title, at, label)
                .help
                .push("show a feed".to_owned());
            return None;
        }
        Products::Items { .. } => picked(&block, &attributes, loader, report)?,
        Products::Feed { .. } => Vec::new(),
    };
    let mjml = block.written(place, loader.dialect, &picked);
    let places = Places::of(&attributes, span);
    let tokens = lex_in(loader.dialect, &mjml, span).into_iter();
    let owned = tokens.map(|token| {
        let span = places.of_token(&token);
        Token {
            kind: token.kind,
            text: Cow::Owned(token.text.into_owned()),
            span,
        }
    });
    Some(owned.collect())
}

type Attributes<'e, 's> = BTreeMap<&'e str, &'e RawAttribute<'s>>;

/// The element's attributes, those of its classes, and those for all blocks: the first of these that says something.
fn effective<'e, 's>(open: &'e Open<'s>, settings: &'e Settings<'s>) -> Attributes<'e, 's> {
    let classes = open.literal("mj-class").unwrap_or_default();
    let classes: Vec<&Vec<RawAttribute<'s>>> = classes
        .split_whitespace()
        .filter_map(|class| settings.classes.get(class))
        .collect();
    let mut all = Attributes::new();
    for level in [&settings.usual]
        .into_iter()
        .chain(classes)
        .chain([&open.attributes])
    {
        // A block that says what it shows does not show the usual as well.
        if level.iter().any(|a| matches!(&*a.name, "feed" | "items")) {
            all.remove("feed");
            all.remove("items");
        }
        all.extend(level.iter().map(|attribute| (&*attribute.name, attribute)));
    }
    all
}

/// What mjml's validator would say, if it knew the element. What it complains about is left out, so that it is told once.
fn validate(attributes: &mut Attributes<'_, '_>, report: &mut Report<'_>) {
    attributes.retain(|name, attribute| {
        if *name != "mj-class" && !options::is_known(name) {
            let title = format!("Attribute {name} is illegal");
            let label = format!("{NAME} has no such attribute");
            let known = options::names();
            let near = did_you_mean(name, known.iter().map(String::as_str));
            report
                .invalid("unknown-attribute", title, attribute.span, &label)
                .help
                .extend(near);
        }
        if attribute.value.iter().any(Token::is_markup) {
            return true;
        }
        let value: String = attribute.value.iter().map(|token| &*token.text).collect();
        if let Some(complaint) = options::ill_typed(name, &value.replace("&quot;", "\"")) {
            let title = format!("Attribute {name} {complaint}");
            report.invalid("ill-typed-value", title, attribute.span, "this value");
            return false;
        }
        true
    });
}

/// Says why there is no block.
fn refused(
    wrong: &ProductBlockError,
    attributes: &Attributes<'_, '_>,
    span: Span,
    report: &mut Report<'_>,
) {
    let at = |name: &str| attributes.get(name).map_or(span, |a| a.span);
    match wrong {
        ProductBlockError::Option { option, problem } => {
            let title = format!("Attribute {option} of {NAME}: {problem}");
            error(report, title, at(option), "this value");
        }
        ProductBlockError::TwoSources => {
            let title = "A product block shows a feed or picked items, not both";
            error(report, title, at("items"), "leave one of them off");
        }
        ProductBlockError::NoProducts | ProductBlockError::NotABlock(_) => {
            let title = "A product block shows a feed or picked items";
            error(report, title, span, "says neither")
                .help
                .push("write feed=\"TRENDING_TEA\" or items=\"P-11,P-42\"".to_owned());
        }
    }
}

fn error<'r>(
    report: &'r mut Report<'_>,
    title: impl Into<String>,
    at: Span,
    label: &str,
) -> &'r mut Diagnostic {
    report.error("product-block", title, at, label)
}

/// The values of the items that are frozen; None, and errors, where one is missing.
fn picked(
    block: &ProductBlock,
    attributes: &Attributes<'_, '_>,
    loader: &Loader<'_, '_>,
    report: &mut Report<'_>,
) -> Option<Vec<Option<Value>>> {
    let Products::Items {
        ids,
        localize_for_recipient: false,
        ..
    } = &block.products
    else {
        return Some(Vec::new());
    };
    let Some(ask) = loader.picked else {
        return Some(Vec::new());
    };
    let places = id_places(attributes);
    let mut picked = Vec::new();
    for id in ids {
        picked.push(match ask(id) {
            Picked::Item(item) => Some(item),
            Picked::NoCatalog => None,
            Picked::Missing => {
                let title = format!("The catalog has no item '{id}'");
                let at = places.get(&**id).copied().unwrap_or_default();
                let label = "its values cannot be written out";
                report.error("missing-item", title, at, label);
                continue;
            }
        });
    }
    (picked.len() == ids.len()).then_some(picked)
}

/// Where each picked item is named.
fn id_places<'e>(attributes: &Attributes<'e, '_>) -> HashMap<&'e str, Span> {
    let items = attributes.get("items").map(|items| &*items.value);
    let tokens = items.unwrap_or_default().iter();
    let places = tokens.flat_map(|token| {
        options::ids(&token.text).map(|(at, id)| (id, token.span.part(at, at + id.len())))
    });
    places.collect()
}

/// Where the tags that a block is written out as stand in the document: a message about one names the attribute that it
/// comes from. Those that the document does not hold have no parts.
struct Places<'e> {
    /// Tags of the attributes' values.
    tags: HashMap<&'e str, Span>,
    ids: HashMap<&'e str, Span>,
    /// What says which products there are.
    products: Span,
    element: Span,
}

impl<'e> Places<'e> {
    fn of(attributes: &Attributes<'e, '_>, element: Span) -> Places<'e> {
        let tokens = attributes.values().flat_map(|a| &a.value);
        let tags = tokens.filter(|token| token.is_markup());
        let products = ["feed", "items"]
            .iter()
            .find_map(|name| attributes.get(name)?.value.first())
            .map_or(element, |value| value.span);
        Places {
            tags: tags.map(|token| (&*token.text, token.span)).collect(),
            ids: id_places(attributes),
            products,
            element,
        }
    }

    fn of_token(&self, token: &Token<'_>) -> Span {
        if !token.is_markup() {
            return self.element;
        }
        if let Some(span) = self.tags.get(&*token.text) {
            return *span;
        }
        let id = match token.tag_name() {
            "catalog" => token.text.split('"').nth(1),
            _ => None,
        };
        let at = id.and_then(|id| self.ids.get(id)).unwrap_or(&self.products);
        at.part(0, 0)
    }
}
