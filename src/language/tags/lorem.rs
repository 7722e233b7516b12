//! `{% lorem %}`.

use crate::language::compile::{CompileError, Compiler};
use crate::language::expression::{Expr, Missing, python_int};
use crate::language::frame::{Action, Frame};
use crate::language::parser::TagNode;
use crate::language::registry::{Shape, Tag};
use crate::language::stop::Stop;
use crate::language::words::{Word, is_space};
use crate::value::python::Number;
use crate::value::{self, Value};

pub(super) const TAGS: &[Tag] = &[Tag {
    name: "lorem",
    shape: Shape::Single,
    doc: "Prints Latin for a layout that has no text yet: `{% lorem %}` a paragraph, `{% lorem 3 w %}` three words, `{% lorem 2 p %}` \
          two paragraphs in `<p>`. `random` behind it leaves the well-known beginning out. The same render prints the same words.",
    example: ("{% lorem 3 w %}", "lorem ipsum dolor"),
    compile: lorem_tag,
}];

/// The paragraph that everybody knows.
const COMMON: &str = "Lorem ipsum dolor sit amet, consectetur adipisicing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua. \
                      Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo consequat. \
                      Duis aute irure dolor in reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla pariatur. \
                      Excepteur sint occaecat cupidatat non proident, sunt in culpa qui officia deserunt mollit anim id est laborum.";
/// How many words of [`COMMON`] a list of words starts with.
const COMMON_WORDS: usize = 19;

#[derive(Debug)]
struct Lorem {
    count: Count,
    unit: Unit,
    common: bool,
}

#[derive(Debug)]
enum Count {
    One,
    Given(Expr),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Words,
    HtmlParagraphs,
    Paragraphs,
}

fn lorem_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    let mut words: &[Word<'_>] = node.arguments();
    let mut common = true;
    if let [rest @ .., last] = words
        && last.text == "random"
    {
        common = false;
        words = rest;
    }
    let mut unit = Unit::Paragraphs;
    if let [rest @ .., last] = words {
        let named = match last.text {
            "w" => Some(Unit::Words),
            "p" => Some(Unit::HtmlParagraphs),
            "b" => Some(Unit::Paragraphs),
            _ => None,
        };
        if let Some(named) = named {
            unit = named;
            words = rest;
        }
    }
    let count = match words {
        [] => Count::One,
        [.., count] => Count::Given(compiler.expr(*count)?),
    };
    if let [_, second, ..] = words {
        let title = "Incorrect format for 'lorem' tag".into();
        return Err(compiler
            .error("lorem", title, second.span, "")
            .help("write {% lorem 3 w %}"));
    }
    Ok(Box::new(Lorem {
        count,
        unit,
        common,
    }))
}

impl Lorem {
    fn count<'p>(&'p self, frame: &mut Frame<'p>) -> Result<i128, Stop> {
        let Count::Given(expr) = &self.count else {
            return Ok(1);
        };
        let v: Value = expr.evaluate(frame, Missing::Empty)?.into_owned();
        Ok(match (value::number(&v), v.as_str()) {
            (Some(Number::Int(n)), _) => n,
            (Some(Number::Float(f)), _) => f as i128,
            (None, Some(text)) => python_int(text.trim_matches(is_space)).unwrap_or(1),
            _ => 1,
        })
    }
}

impl Action for Lorem {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let count = self.count(frame)?;
        let mut words = Words::of(frame.host().seed());
        if self.unit == Unit::Words {
            let known = words.known[..if self.common { COMMON_WORDS } else { 0 }].to_vec();
            // A negative count takes words from the end, as Python's slices do.
            let shown = match usize::try_from(count) {
                Ok(n) => n.min(known.len()),
                Err(_) => known
                    .len()
                    .saturating_sub(usize::try_from(-count).unwrap_or(usize::MAX)),
            };
            frame.print_raw(&known[..shown].join(" "))?;
            for turn in known.len() as i128..count {
                frame.spend(1)?;
                if turn > 0 {
                    frame.print_raw(" ")?;
                }
                frame.print_raw(words.next())?;
            }
            return Ok(());
        }
        for turn in 0..count {
            frame.spend(1)?;
            if turn > 0 {
                frame.print_raw("\n\n")?;
            }
            let paragraph = if turn == 0 && self.common {
                COMMON.to_owned()
            } else {
                words.paragraph()
            };
            if self.unit == Unit::HtmlParagraphs {
                frame.print_raw("<p>")?;
                frame.print_raw(&paragraph)?;
                frame.print_raw("</p>")?;
            } else {
                frame.print_raw(&paragraph)?;
            }
        }
        Ok(())
    }
}

/// Words that look like Latin, the same ones for the same seed.
struct Words {
    state: u64,
    known: Vec<String>,
}

impl Words {
    fn of(seed: u64) -> Words {
        let words = COMMON.split([' ', ',', '.']).filter(|w| !w.is_empty());
        Words {
            state: seed,
            known: words.map(str::to_lowercase).collect(),
        }
    }

    /// SplitMix64: the next number below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    fn next(&mut self) -> &str {
        let number = self.below(self.known.len() as u64) as usize;
        &self.known[number]
    }

    fn paragraph(&mut self) -> String {
        let mut out = String::new();
        for sentence in 0..1 + self.below(4) {
            if sentence > 0 {
                out.push(' ');
            }
            for word in 0..4 + self.below(12) {
                let next = self.next();
                if word == 0 {
                    out.extend(next.chars().take(1).map(|c| c.to_ascii_uppercase()));
                    out.push_str(&next[1..]);
                } else {
                    out.push(' ');
                    out.push_str(next);
                }
            }
            out.push('.');
        }
        out
    }
}
