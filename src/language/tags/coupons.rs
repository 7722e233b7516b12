//! Coupons and barcodes: `{% coupon_code %}`, `{% barcode %}`, `{% barcode_code %}`.

use crate::language::compile::{CompileError, Compiler, split_keyword};
use crate::language::escape::escape;
use crate::language::expression::{Expr, Missing};
use crate::language::frame::{Action, Frame};
use crate::language::host::Barcode;
use crate::language::parser::TagNode;
use crate::language::registry::{Shape, Tag};
use crate::language::stop::{SkipReason, Stop};
use crate::language::words::Word;
use crate::value::{self, Value};

pub(super) const TAGS: &[Tag] = &[
    Tag {
        name: "coupon_code",
        shape: Shape::Single,
        doc: "Prints this recipient's code of a coupon, the same one each time. `cut=` takes characters out of it: \
              `{% coupon_code 'Welcome' cut=#- %}`. Without a code the message is skipped.",
        example: (
            "{% coupon_code 'Welcome' %} {% coupon_code 'Welcome' cut=-W %}",
            "Welcome-PREVIEW elcomePREVIE",
        ),
        compile: coupon_code_tag,
    },
    Tag {
        name: "barcode",
        shape: Shape::Single,
        doc: "Prints the address of a picture of a value as a barcode (Code 128), or with `mode=html` the picture. Options: `width` and \
              `height` (100 and 50 if not given), `padded_width`, `padded_height`, `mode=url`, `html` or `rcs`, and `coupon=True`, with \
              which the value is the name of a coupon. Pictures are drawn three times as large, up to 4096 pixels.",
        example: (
            "{% barcode person.id mode=html width=80 %}",
            "<img src=\"https://example.com/barcode?value=C-7&amp;width=240&amp;height=150\" width=\"80\" height=\"50\" alt=\"C-7\">",
        ),
        compile: barcode_tag,
    },
    Tag {
        name: "barcode_code",
        shape: Shape::Single,
        doc: "Prints the address of a picture of this recipient's coupon code as a barcode; the older form of \
              `{% barcode 'Name' coupon=True %}`.",
        example: (
            "{% barcode_code 'Welcome' height=100 width=200 %}",
            "https://example.com/barcode?value=Welcome-PREVIEW&amp;width=600&amp;height=300",
        ),
        compile: barcode_code_tag,
    },
];

/// The name of a coupon, which must be written out: codes are set aside before a message is rendered.
fn coupon_name(
    word: Word<'_>,
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<str>, CompileError> {
    let expr = compiler.expr(word)?;
    match expr.as_literal_text() {
        Some(name) => {
            compiler.needs.coupons.insert(name.to_owned());
            Ok(name.into())
        }
        None => {
            let title = format!("'{}' takes the name of a coupon in quotes", node.tag.name);
            Err(compiler
                .error("coupon", title, word.span, "this is no quoted text")
                .help("codes are set aside before a message is rendered, so the name cannot come from data"))
        }
    }
}

/// This recipient's code.
pub(in crate::language) fn code<'p>(
    name: &str,
    frame: &Frame<'p>,
) -> Result<std::borrow::Cow<'p, str>, Stop> {
    frame.host().coupon(name).ok_or_else(|| {
        let reason = SkipReason::CouponUnavailable;
        Stop::skip(
            reason,
            reason.klaviyo(),
            format!("There is no code of the coupon '{name}' for this recipient."),
        )
    })
}

#[derive(Debug)]
struct CouponCode {
    name: Box<str>,
    cut: Box<str>,
}

fn coupon_code_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    const HELP: &str = "write {% coupon_code 'Name' %} or {% coupon_code 'Name' cut=# %}";
    let (name, options) = first_argument(node, compiler, "coupon", HELP)?;
    let name = coupon_name(name, node, compiler)?;
    let mut cut = "";
    for option in options {
        match split_keyword(*option) {
            Some(("cut", characters)) => cut = unquoted(characters),
            _ => {
                let title = format!("'coupon_code' has no option '{}'", option.text);
                return Err(compiler.error("coupon", title, option.span, "").help(HELP));
            }
        }
    }
    Ok(Box::new(CouponCode {
        name,
        cut: cut.into(),
    }))
}

impl Action for CouponCode {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let code = code(&self.name, frame)?;
        frame.print(&Value::from(without(&code, &self.cut)))
    }
}

/// A code without some characters.
pub(in crate::language) fn without(code: &str, cut: &str) -> String {
    code.chars().filter(|c| !cut.contains(*c)).collect()
}

/// The first argument and the options behind it.
fn first_argument<'n>(
    node: &'n TagNode<'_>,
    compiler: &Compiler<'_>,
    what: &str,
    help: &str,
) -> Result<(Word<'n>, &'n [Word<'n>]), CompileError> {
    match node.arguments().split_first() {
        Some((first, options)) => Ok((*first, options)),
        None => {
            let title = format!("'{}' takes a {what}", node.tag.name);
            Err(compiler
                .error("missing-argument", title, node.head().span, "")
                .help(help))
        }
    }
}

/// A word without its quotes: options of these tags are words, not expressions.
fn unquoted<'w>(word: Word<'w>) -> &'w str {
    word.quoted().unwrap_or(word.text)
}

#[derive(Debug)]
enum Content {
    Value(Expr),
    Coupon(Box<str>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::language) enum Mode {
    Url,
    Html,
    Rcs,
}

impl Mode {
    /// The mode of this name.
    pub(in crate::language) fn named(name: &str) -> Option<Mode> {
        match name {
            "url" => Some(Mode::Url),
            "html" => Some(Mode::Html),
            "rcs" => Some(Mode::Rcs),
            _ => None,
        }
    }
}

#[derive(Debug)]
struct BarcodeTag {
    content: Content,
    picture: Picture,
}

/// How a barcode is drawn.
#[derive(Debug)]
pub(in crate::language) struct Picture {
    pub mode: Mode,
    pub width: u32,
    pub height: u32,
    pub padded_width: Option<u32>,
    pub padded_height: Option<u32>,
}

impl Default for Picture {
    fn default() -> Picture {
        Picture {
            mode: Mode::Url,
            width: 100,
            height: 50,
            padded_width: None,
            padded_height: None,
        }
    }
}

/// The largest picture, in pixels.
pub(in crate::language) const LARGEST: u32 = 4096;

fn barcode_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    barcode(node, compiler, false)
}

fn barcode_code_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    barcode(node, compiler, true)
}

fn barcode(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
    mut coupon: bool,
) -> Result<Box<dyn Action>, CompileError> {
    const HELP: &str = "write {% barcode person.member_id width=200 height=80 %}; options: mode, width, height, padded_width, \
                        padded_height, coupon";
    let (content, options) = first_argument(node, compiler, "value", HELP)?;
    let mut picture = Picture::default();
    for option in options {
        let wrong = |label: &str| {
            let title = format!(
                "'{}' cannot read the option '{}'",
                node.tag.name, option.text
            );
            compiler
                .error("barcode", title, option.span, label)
                .help(HELP)
        };
        let Some((name, word)) = split_keyword(*option) else {
            return Err(wrong("options are written name=value"));
        };
        let text = unquoted(word);
        let pixels = || {
            text.parse()
                .ok()
                .filter(|n| (1..=LARGEST).contains(n))
                .ok_or_else(|| wrong("a number of pixels, from 1 to 4096"))
        };
        match name {
            "width" => picture.width = pixels()?,
            "height" => picture.height = pixels()?,
            "padded_width" => picture.padded_width = Some(pixels()?),
            "padded_height" => picture.padded_height = Some(pixels()?),
            "coupon" => match text {
                "True" | "true" => coupon = true,
                "False" | "false" => coupon = false,
                _ => return Err(wrong("True or False")),
            },
            "mode" => {
                picture.mode = Mode::named(text).ok_or_else(|| wrong("url, html or rcs"))?;
            }
            _ => return Err(wrong("there is no such option")),
        }
    }
    let content = if coupon {
        Content::Coupon(coupon_name(content, node, compiler)?)
    } else {
        Content::Value(compiler.expr(content)?)
    };
    Ok(Box::new(BarcodeTag { content, picture }))
}

impl Action for BarcodeTag {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let content = match &self.content {
            Content::Value(expr) => value::text(&*expr.evaluate(frame, Missing::Empty)?).into(),
            Content::Coupon(name) => code(name, frame)?,
        };
        self.picture.print(&content, frame)
    }
}

impl Picture {
    /// Prints the address of the picture, or the picture.
    pub(in crate::language) fn print(
        &self,
        content: &str,
        frame: &mut Frame<'_>,
    ) -> Result<(), Stop> {
        let scale = if self.mode == Mode::Rcs { 1 } else { 3 };
        let drawn = |pixels: u32| (pixels * scale).min(LARGEST);
        let url = frame.host().barcode(&Barcode {
            value: content,
            width: drawn(self.width),
            height: drawn(self.height),
            padded_width: self.padded_width.map(drawn),
            padded_height: self.padded_height.map(drawn),
        });
        if self.mode != Mode::Html {
            return frame.print(&Value::from(url));
        }
        frame.print_raw(&format!(
            "<img src=\"{}\" width=\"{}\" height=\"{}\" alt=\"{}\">",
            escape(&url),
            self.width,
            self.height,
            escape(content)
        ))
    }
}
