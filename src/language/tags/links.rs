//! The links that every message has: unsubscribe, manage preferences, view in a browser.

use crate::language::compile::{CompileError, Compiler};
use crate::language::escape::escape_into;
use crate::language::expression::{Expr, Missing};
use crate::language::frame::{Action, Frame};
use crate::language::host::Link;
use crate::language::output::Channel;
use crate::language::parser::TagNode;
use crate::language::registry::{Shape, Tag};
use crate::language::stop::Stop;
use crate::value;

const DOC_ANCHOR: &str = "Prints a link with its own text, or with the text behind the name. In a text part it prints `TEXT (URL)`.";
const DOC_URL: &str = "Prints the address alone, for the href of a link.";

macro_rules! link_tags {
    ($($name:literal, $url:literal, $compile:ident, $compile_url:ident, $link:expr, $text:literal, $address:literal;)*) => {
        pub(super) const TAGS: &[Tag] = &[
            Tag {
                name: "update_property_link",
                shape: Shape::Single,
                doc: "Prints an address that sets a property of the profile and then leads on: \
                      `{% update_property_link 'Likes' 'Tea' 'https://shop.example/' %}`. All three are quoted texts of plain letters.",
                example: (
                    "{% update_property_link 'Likes' 'Tea' 'https://shop.example/' %}",
                    "https://example.com/update?Likes=Tea&amp;to=https://shop.example/",
                ),
                compile: update_property_link,
            },
            $(
            Tag {
                name: $name,
                shape: Shape::Single,
                doc: DOC_ANCHOR,
                example: (
                    concat!("{% ", $name, " %}"),
                    concat!("<a href=\"", $address, "\">", $text, "</a>"),
                ),
                compile: $compile,
            },
            Tag {
                name: $url,
                shape: Shape::Single,
                doc: DOC_URL,
                example: (concat!("<a href=\"{% ", $url, " %}\">"), concat!("<a href=\"", $address, "\">")),
                compile: $compile_url,
            },
        )*];
        $(
            fn $compile(node: &TagNode<'_>, compiler: &mut Compiler<'_>) -> Result<Box<dyn Action>, CompileError> {
                anchor(node, compiler, $link, $text)
            }
            fn $compile_url(_: &TagNode<'_>, _: &mut Compiler<'_>) -> Result<Box<dyn Action>, CompileError> {
                Ok(Box::new(Address($link)))
            }
        )*
    };
}

link_tags! {
    "unsubscribe", "unsubscribe_link", unsubscribe, unsubscribe_link, Link::Unsubscribe,
        "Unsubscribe", "https://example.com/unsubscribe";
    "manage_preferences", "manage_preferences_link", manage_preferences, manage_preferences_link, Link::Preferences,
        "Manage Preferences", "https://example.com/preferences";
    "web_view", "web_view_link", web_view, web_view_link, Link::WebView,
        "View in Your Browser", "https://example.com/view";
}

/// A link with text. What the author writes as text is markup, as every literal is.
#[derive(Debug)]
struct Anchor {
    link: Link,
    text: Option<Expr>,
    default: &'static str,
}

fn anchor(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
    link: Link,
    default: &'static str,
) -> Result<Box<dyn Action>, CompileError> {
    let text = match node.arguments() {
        [] => None,
        [word] => Some(compiler.expr(*word)?),
        [_, second, ..] => {
            return Err(compiler
                .error(
                    "link",
                    format!(
                        "'{}' takes one argument: the text of the link",
                        node.tag.name
                    ),
                    second.span,
                    "one argument too many",
                )
                .help(format!(
                    "put the whole text in quotes: {{% {} 'click here' %}}",
                    node.tag.name
                )));
        }
    };
    Ok(Box::new(Anchor {
        link,
        text,
        default,
    }))
}

impl Action for Anchor {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let text = match &self.text {
            Some(expr) => expr.evaluate(frame, Missing::Empty)?.into_owned(),
            None => value::Value::from_safe_string(self.default.to_owned()),
        };
        print_anchor(frame, self.link, &text)
    }
}

/// Prints a link with a text; in a text part `TEXT (URL)`.
pub(in crate::language) fn print_anchor(
    frame: &mut Frame<'_>,
    link: Link,
    text: &value::Value,
) -> Result<(), Stop> {
    let url = frame.host().link(link);
    if frame.channel() == Channel::Html {
        let mut href = String::with_capacity(url.len() + 16);
        escape_into(&url, &mut href);
        frame.print_raw("<a href=\"")?;
        frame.print_raw(&href)?;
        frame.print_raw("\">")?;
        frame.print(text)?;
        frame.print_raw("</a>")
    } else {
        frame.print(text)?;
        frame.print_raw(" (")?;
        frame.print_raw(&url)?;
        frame.print_raw(")")
    }
}

#[derive(Debug)]
struct Address(Link);

impl Action for Address {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let url = frame.host().link(self.0);
        frame.print(&value::Value::from(url.as_ref()))
    }
}

#[derive(Debug)]
struct PropertyLink {
    property: Box<str>,
    value: Box<str>,
    url: Box<str>,
}

fn update_property_link(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    const HELP: &str = "write {% update_property_link 'property' 'value' 'https://…' %}";
    let [property, value, url] = node.arguments() else {
        let title = "'update_property_link' takes a property, a value and an address".into();
        return Err(compiler
            .error("link", title, node.head().span, "")
            .help(HELP));
    };
    let mut texts = [property, value, url].into_iter().map(|word| {
        let expr = compiler.expr(*word)?;
        match expr.as_literal_text() {
            Some(text) if text.is_ascii() => Ok(Box::from(text)),
            literal => {
                let (title, label) = match literal {
                    Some(_) => (
                        "'update_property_link' takes ASCII only",
                        "other characters are in here",
                    ),
                    None => (
                        "'update_property_link' takes quoted texts only",
                        "this is no quoted text",
                    ),
                };
                Err(compiler
                    .error("link", title.into(), word.span, label)
                    .help(HELP))
            }
        }
    });
    let mut next = || texts.next().unwrap_or_else(|| Ok(Box::from("")));
    Ok(Box::new(PropertyLink {
        property: next()?,
        value: next()?,
        url: next()?,
    }))
}

impl Action for PropertyLink {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let url = frame
            .host()
            .property_link(&self.property, &self.value, &self.url);
        frame.print(&value::Value::from(url))
    }
}
