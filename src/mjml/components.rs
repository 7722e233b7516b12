//! The tree as mrml's components: its parser never runs, its renderer does the rest.

use mrml::mj_accordion::{MjAccordion, MjAccordionChild};
use mrml::mj_accordion_element::{MjAccordionElement, MjAccordionElementChildren};
use mrml::mj_accordion_text::MjAccordionText;
use mrml::mj_accordion_title::MjAccordionTitle;
use mrml::mj_attributes::{MjAttributes, MjAttributesChild};
use mrml::mj_attributes_all::MjAttributesAll;
use mrml::mj_body::{MjBody, MjBodyChild};
use mrml::mj_breakpoint::{MjBreakpoint, MjBreakpointAttributes};
use mrml::mj_button::MjButton;
use mrml::mj_carousel::{MjCarousel, MjCarouselChild};
use mrml::mj_carousel_image::MjCarouselImage;
use mrml::mj_column::MjColumn;
use mrml::mj_divider::MjDivider;
use mrml::mj_group::MjGroup;
use mrml::mj_head::{MjHead, MjHeadChild};
use mrml::mj_hero::MjHero;
use mrml::mj_image::MjImage;
use mrml::mj_navbar::{MjNavbar, MjNavbarChild};
use mrml::mj_navbar_link::MjNavbarLink;
use mrml::mj_preview::MjPreview;
use mrml::mj_raw::{MjRaw, MjRawChild};
use mrml::mj_section::MjSection;
use mrml::mj_social::{MjSocial, MjSocialChild};
use mrml::mj_social_element::MjSocialElement;
use mrml::mj_spacer::MjSpacer;
use mrml::mj_style::MjStyle;
use mrml::mj_table::MjTable;
use mrml::mj_text::MjText;
use mrml::mj_title::MjTitle;
use mrml::mj_wrapper::MjWrapper;
use mrml::mjml::{Mjml, MjmlAttributes, MjmlChildren};
use mrml::prelude::AttributeMap;
use mrml::text::Text;

use super::include::is_control;
use super::inline::is_inline;
use super::report::Report;
use super::tree::{Attribute, Child, Element, Raw};
use super::words::Words;
use crate::language::{Token, TokenKind};

/// Builds mrml's document. `all` is what `mj-all` sets.
pub(super) fn build(
    root: &Element,
    all: &[Attribute],
    words: &mut Words<'_>,
    report: &mut Report<'_>,
) -> Mjml {
    let mut builder = Builder { words, report };
    let head = builder.head(root, all);
    let body = root.first("mj-body");
    let body = body.map(|body| MjBody::new(attributes(body), builder.children(body)));
    let text = |name: &str| {
        let value = root.attribute(name).filter(|value| !value.is_empty());
        value.map(str::to_owned)
    };
    Mjml::new(
        MjmlAttributes {
            owa: text("owa"),
            lang: text("lang"),
            dir: text("dir"),
        },
        MjmlChildren {
            head: Some(head),
            body,
        },
    )
}

struct Builder<'b, 'a, 's> {
    words: &'b mut Words<'s>,
    report: &'b mut Report<'a>,
}

impl Builder<'_, '_, '_> {
    fn head(&mut self, root: &Element, all: &[Attribute]) -> MjHead {
        let mut parts = Vec::new();
        if !all.is_empty() {
            let all = MjAttributesAll::new(map(all), ());
            let child = MjAttributesChild::MjAttributesAll(all);
            parts.push(MjHeadChild::MjAttributes(MjAttributes::new(
                (),
                vec![child],
            )));
        }
        let head = root.first("mj-head");
        for child in head.into_iter().flat_map(|head| &head.children) {
            match child {
                Child::Raw(raw) => parts.push(MjHeadChild::MjRaw(raw_component(
                    self.words.word(raw.content),
                ))),
                Child::Element(element) => parts.extend(self.head_part(element)),
            }
        }
        MjHead::new((), parts)
    }

    fn head_part(&mut self, element: &Element) -> Option<MjHeadChild> {
        Some(match element.name() {
            "mj-title" => MjHeadChild::MjTitle(MjTitle::from(self.title(element))),
            "mj-preview" if self.content(element).is_empty() => return None,
            "mj-preview" => MjHeadChild::MjPreview(MjPreview::from(self.content(element))),
            "mj-style" if is_inline(element) => return None,
            "mj-style" => MjHeadChild::MjStyle(MjStyle::from(self.content(element))),
            "mj-breakpoint" => MjHeadChild::MjBreakpoint(MjBreakpoint::new(
                MjBreakpointAttributes {
                    width: element.attribute("width").unwrap_or("480px").to_owned(),
                },
                (),
            )),
            // `mj-attributes` has been applied, fonts are linked and attributes set afterwards, anything else does not
            // belong here.
            _ => return None,
        })
    }

    /// A title: it will also stand in an attribute.
    fn title(&mut self, element: &Element) -> String {
        let tokens: Vec<Token<'_>> = self
            .words
            .get(element.content.unwrap_or(usize::MAX))
            .to_vec();
        if tokens.is_empty() {
            return String::new();
        }
        let quoted = tokens.into_iter().map(|mut token| {
            if token.kind == TokenKind::Text && token.text.contains('"') {
                token.text = token.text.replace('"', "&quot;").into();
            }
            token
        });
        let quoted = quoted.collect();
        self.words.hide(quoted)
    }

    /// The word for the content of an ending tag; nothing for no content.
    fn content(&self, element: &Element) -> String {
        let filled = element
            .content
            .filter(|content| !self.words.get(*content).is_empty());
        filled
            .map(|content| self.words.word(content))
            .unwrap_or_default()
    }

    fn html(&self, element: &Element) -> Vec<MjRawChild> {
        let content = self.content(element);
        match content.is_empty() {
            true => Vec::new(),
            false => vec![MjRawChild::Text(Text::from(content))],
        }
    }

    fn body(&self, element: &Element) -> Vec<MjBodyChild> {
        let content = self.content(element);
        match content.is_empty() {
            true => Vec::new(),
            false => vec![MjBodyChild::Text(Text::from(content))],
        }
    }

    fn children(&mut self, parent: &Element) -> Vec<MjBodyChild> {
        let mut children = Vec::with_capacity(parent.children.len());
        for child in &parent.children {
            match child {
                Child::Raw(raw) => {
                    let word = self.raw(parent, raw);
                    children.push(MjBodyChild::MjRaw(raw_component(word)));
                }
                Child::Element(element) => children.extend(self.body_child(parent, element)),
            }
        }
        children
    }

    /// The word for something raw. Between the rows of a wrapper mrml is inside a comment for Outlook, which has to
    /// end before anything that others should see.
    fn raw(&mut self, parent: &Element, raw: &Raw) -> String {
        let tokens = self.words.get(raw.content);
        let hidden = parent.name() == "mj-wrapper" && !tokens.iter().all(is_control);
        if !hidden {
            return self.words.word(raw.content);
        }
        let mut shown = vec![Token::text("<![endif]-->", raw.span)];
        shown.extend_from_slice(tokens);
        shown.push(Token::text("<!--[if mso | IE]>", raw.span));
        self.words.hide(shown)
    }

    fn body_child(&mut self, parent: &Element, element: &Element) -> Option<MjBodyChild> {
        let attributes = attributes(element);
        Some(match element.name() {
            "mj-accordion" => {
                MjBodyChild::MjAccordion(MjAccordion::new(attributes, self.accordion(element)))
            }
            "mj-button" => MjBodyChild::MjButton(MjButton::new(attributes, self.body(element))),
            "mj-carousel" => {
                let images = self.parts(element, "mj-carousel-image", |_, image| {
                    MjCarouselChild::MjCarouselImage(MjCarouselImage::new(
                        self::attributes(image),
                        (),
                    ))
                });
                MjBodyChild::MjCarousel(MjCarousel::new(attributes, images))
            }
            "mj-column" => MjBodyChild::MjColumn(MjColumn::new(attributes, self.children(element))),
            "mj-divider" => MjBodyChild::MjDivider(MjDivider::new(attributes, ())),
            "mj-group" => MjBodyChild::MjGroup(MjGroup::new(attributes, self.children(element))),
            "mj-hero" => MjBodyChild::MjHero(MjHero::new(attributes, self.children(element))),
            "mj-image" => MjBodyChild::MjImage(MjImage::new(attributes, ())),
            "mj-navbar" => {
                let links = self.parts(element, "mj-navbar-link", |builder, link| {
                    MjNavbarChild::MjNavbarLink(MjNavbarLink::new(
                        self::attributes(link),
                        builder.html(link),
                    ))
                });
                MjBodyChild::MjNavbar(MjNavbar::new(attributes, links))
            }
            "mj-section" => {
                MjBodyChild::MjSection(MjSection::new(attributes, self.children(element)))
            }
            "mj-social" => {
                let elements = self.parts(element, "mj-social-element", |builder, part| {
                    MjSocialChild::MjSocialElement(MjSocialElement::new(
                        self::attributes(part),
                        builder.html(part),
                    ))
                });
                MjBodyChild::MjSocial(MjSocial::new(attributes, elements))
            }
            "mj-spacer" => MjBodyChild::MjSpacer(MjSpacer::new(attributes, ())),
            "mj-table" => MjBodyChild::MjTable(MjTable::new(attributes, self.body(element))),
            "mj-text" => MjBodyChild::MjText(MjText::new(attributes, self.html(element))),
            "mj-wrapper" => {
                MjBodyChild::MjWrapper(MjWrapper::new(attributes, self.children(element)))
            }
            _ => {
                self.misplaced(parent, element);
                return None;
            }
        })
    }

    /// The children of an element that holds one kind only.
    fn parts<T>(
        &mut self,
        parent: &Element,
        name: &str,
        build: impl Fn(&Self, &Element) -> T,
    ) -> Vec<T> {
        let mut parts = Vec::new();
        for child in &parent.children {
            match child {
                Child::Element(element) if element.name() == name => {
                    parts.push(build(self, element))
                }
                Child::Element(element) => self.misplaced(parent, element),
                Child::Raw(raw) => self.unplaced(parent, raw),
            }
        }
        parts
    }

    fn accordion(&mut self, accordion: &Element) -> Vec<MjAccordionChild> {
        let mut parts = Vec::new();
        for child in &accordion.children {
            match child {
                Child::Element(element) if element.name() == "mj-accordion-element" => {
                    parts.push(MjAccordionChild::MjAccordionElement(
                        self.accordion_element(element),
                    ));
                }
                Child::Element(element) => self.misplaced(accordion, element),
                Child::Raw(raw) => self.unplaced(accordion, raw),
            }
        }
        parts
    }

    fn accordion_element(&mut self, element: &Element) -> MjAccordionElement {
        let mut children = MjAccordionElementChildren {
            title: None,
            text: None,
        };
        for child in &element.children {
            match child {
                Child::Element(part) if part.name() == "mj-accordion-title" => {
                    let content = vec![Text::from(self.content(part))];
                    children.title = Some(MjAccordionTitle::new(attributes(part), content));
                }
                Child::Element(part) if part.name() == "mj-accordion-text" => {
                    children.text = Some(MjAccordionText::new(attributes(part), self.html(part)));
                }
                Child::Element(part) => self.misplaced(element, part),
                Child::Raw(raw) => self.unplaced(element, raw),
            }
        }
        MjAccordionElement::new(attributes(element), children)
    }

    fn misplaced(&mut self, parent: &Element, element: &Element) {
        let title = format!("{} in {} is left out", element.name(), parent.name());
        self.report
            .finding("left-out", title, element.span, "cannot stand here");
    }

    /// Something raw where mrml has no place for it; comments go without a word.
    fn unplaced(&mut self, parent: &Element, raw: &Raw) {
        let tokens = self.words.get(raw.content);
        let comment = tokens
            .first()
            .is_some_and(|token| token.text.starts_with("<!--"));
        if !comment && !tokens.is_empty() {
            let title = format!("mj-raw in {} is left out", parent.name());
            self.report
                .finding("left-out", title, raw.span, "has no place in the HTML");
        }
    }
}

fn raw_component(word: String) -> MjRaw {
    MjRaw::new((), vec![MjRawChild::Text(Text::from(word))])
}

fn attributes(element: &Element) -> AttributeMap {
    map(&element.attributes)
}

fn map(attributes: &[Attribute]) -> AttributeMap {
    attributes
        .iter()
        .map(|attribute| (attribute.name.clone(), Some(attribute.value.clone())))
        .collect()
}
