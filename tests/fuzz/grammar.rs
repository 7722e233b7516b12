//! Templates, data and documents: half of them made by the grammar, half of them made from real ones and spoilt.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use letterpress::language::{Argument, Registry, Shape};

use super::pieces::*;

/// splitmix64: the same cases each time.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0xd6e8_feb8_6659_fd93))
    }

    pub fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides.max(1) as u64) as usize
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn place(&mut self, text: &str) -> usize {
        let mut at = self.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

pub struct Words {
    filters: Vec<(&'static str, Argument)>,
    /// All tags, with the block that they open.
    tags: Vec<(&'static str, Shape)>,
    /// Real templates: the examples of the registry, and the templates of `tests/language`.
    corpus: Vec<String>,
}

pub fn words() -> &'static Words {
    static WORDS: OnceLock<Words> = OnceLock::new();
    WORDS.get_or_init(|| {
        let registry = Registry::standard();
        let mut corpus: Vec<String> = registry
            .filters()
            .map(|f| f.example.0)
            .chain(registry.tags().map(|t| t.example.0))
            .map(str::to_owned)
            .collect();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for folder in ["tests/language", "templates"] {
            read(&root.join(folder), &mut |text| {
                if folder == "templates" {
                    corpus.push(text.to_owned());
                    return;
                }
                let sections = text.split("\n--- template\n").skip(1);
                corpus.extend(sections.filter_map(|s| Some(s.split("\n--- ").next()?.to_owned())));
            });
        }
        corpus.retain(|text| text.len() < 20_000);
        Words {
            filters: registry.filters().map(|f| (f.name, f.argument)).collect(),
            tags: registry.tags().map(|t| (t.name, t.shape)).collect(),
            corpus,
        }
    })
}

/// Gives every file below a folder, in the order of the names.
fn read(folder: &Path, give: &mut dyn FnMut(&str)) {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read(&path, give);
        } else if let Ok(text) = fs::read_to_string(&path) {
            give(&text);
        }
    }
}

/// A template: grown from the grammar, or a real one, or both; spoilt or not.
pub fn template(dice: &mut Dice) -> String {
    let words = words();
    let mut source = match dice.below(4) {
        0 => {
            let real = &words.corpus[dice.below(words.corpus.len())];
            let other = &words.corpus[dice.below(words.corpus.len())];
            let (a, b) = (dice.place(real), dice.place(other));
            format!("{}{}", &real[..a], &other[b..])
        }
        1 => words.corpus[dice.below(words.corpus.len())].clone(),
        _ => {
            let mut out = String::new();
            if dice.one_in(8) {
                out += &format!("{{% extends {} %}}", dice.pick(LITERALS));
            }
            let depth = dice.below(6);
            grow(dice, depth, &mut out);
            out
        }
    };
    if dice.one_in(2) {
        spoil(dice, &mut source, BITS);
    }
    source
}

fn grow(dice: &mut Dice, depth: usize, out: &mut String) {
    for _ in 0..1 + dice.below(4) {
        match dice.below(if depth == 0 { 3 } else { 6 }) {
            0 => *out += dice.pick(BITS),
            1 | 2 => *out += &format!("{{{{ {} }}}}", expression(dice)),
            _ => tag(dice, depth - 1, out),
        }
    }
}

fn tag(dice: &mut Dice, depth: usize, out: &mut String) {
    let tags = &words().tags;
    let (name, shape) = tags[dice.below(tags.len())];
    // The tags that make most of a template come up more often than the others.
    let (name, shape) = match dice.below(6) {
        0 => *tags.iter().find(|t| t.0 == "for").unwrap_or(&(name, shape)),
        1 => *tags.iter().find(|t| t.0 == "if").unwrap_or(&(name, shape)),
        _ => (name, shape),
    };
    *out += &format!("{{% {name} {} %}}", arguments(dice, name));
    if let Shape::Block { clauses, end } = shape {
        grow(dice, depth, out);
        for clause in clauses {
            if dice.one_in(2) {
                *out += &format!(
                    "{{% {} {} %}}",
                    clause.name,
                    match clause.last {
                        true => String::new(),
                        false => condition(dice),
                    }
                );
                grow(dice, depth, out);
            }
        }
        if !dice.one_in(40) {
            *out += &format!("{{% {end} %}}");
        }
    } else if let Shape::Skipped { end } = shape {
        grow(dice, 0, out);
        *out += &format!("{{% {end} %}}");
    }
}

fn arguments(dice: &mut Dice, name: &str) -> String {
    let e = expression(dice);
    let e2 = expression(dice);
    if dice.one_in(6) {
        return (0..dice.below(5))
            .map(|_| format!("{} ", word(dice)))
            .collect();
    }
    match name {
        "if" | "elif" => condition(dice),
        "for" => format!(
            "{} in {e}{}",
            dice.pick(&["x", "i", "x, y", "a,b"]),
            dice.pick(&["", " reversed"])
        ),
        "with" => format!("{}={e} y={e2}", dice.pick(&["x", "xs", "s"])),
        "include" | "extends" => format!(
            "{}{}",
            dice.pick(LITERALS),
            dice.pick(&["", " with x=xs", " only", " with y=x only"])
        ),
        "block" => dice.pick(&["b", "c", "d"]).to_owned(),
        "filter" => {
            let chain = filters(dice);
            chain.trim_start_matches('|').to_owned()
        }
        "autoescape" => dice.pick(&["on", "off"]).to_owned(),
        "regroup" => format!("{e} by {} as g", dice.pick(&["a", "b", "0"])),
        "widthratio" => format!("{e} {e2} {}", dice.pick(LITERALS)),
        "cycle" => format!("{e} {e2}{}", dice.pick(&["", " as c", " as c silent"])),
        "catalog" => format!(
            "{e}{}",
            dice.pick(&["", " unpublished='cancel'", " language='fr'"])
        ),
        "now" | "today" => dice.pick(&["'Y-m-d'", "\"jS F Y\"", "x", ""]).to_owned(),
        "lorem" => dice
            .pick(&["", "3 w", "2 p random", "99999999 w", "x b"])
            .to_owned(),
        "templatetag" => "openblock".to_owned(),
        "verbatim" | "comment" | "spaceless" => String::new(),
        _ => match dice.below(4) {
            0 => String::new(),
            1 => e,
            2 => format!("{e} {e2}"),
            _ => format!("{e} as {}", dice.pick(&["x", "y", "xs"])),
        },
    }
}

fn condition(dice: &mut Dice) -> String {
    let mut out = String::new();
    for n in 0..1 + dice.below(3) {
        if n > 0 {
            out += dice.pick(&[" and ", " or "]);
        }
        out += dice.pick(&["", "", "not "]);
        out += &expression(dice);
        if dice.one_in(2) {
            out += dice.pick(&[
                " == ", " != ", " < ", " >= ", " in ", " not in ", " is ", " is not ",
            ]);
            out += &expression(dice);
        }
    }
    out
}

fn word(dice: &mut Dice) -> &'static str {
    match dice.below(3) {
        0 => dice.pick(NAMES),
        1 => dice.pick(LITERALS),
        _ => dice.pick(BITS),
    }
}

fn expression(dice: &mut Dice) -> String {
    let start = match dice.below(3) {
        0 => dice.pick(LITERALS),
        _ => dice.pick(NAMES),
    };
    start.to_owned() + &filters(dice)
}

fn filters(dice: &mut Dice) -> String {
    let filters = &words().filters;
    let mut out = String::new();
    for _ in 0..[0, 0, 1, 1, 2, 3, 8][dice.below(7)] {
        let (name, argument) = filters[dice.below(filters.len())];
        out += &format!("|{name}");
        let with = match argument {
            Argument::Required => true,
            Argument::Optional => dice.one_in(2),
            Argument::None => dice.one_in(60),
        };
        if with {
            out += ":";
            out += match dice.below(3) {
                0 => dice.pick(NAMES),
                _ => dice.pick(LITERALS),
            };
        }
    }
    out
}

/// Cuts pieces out, doubles them, puts others in.
pub fn spoil(dice: &mut Dice, text: &mut String, bits: &[&str]) {
    for _ in 0..1 + dice.below(6) {
        let (a, b) = (dice.place(text), dice.place(text));
        let (a, b) = (a.min(b), a.max(b));
        match dice.below(6) {
            0 => {
                let end = (a + dice.below(12)).min(text.len());
                if text.is_char_boundary(end) {
                    text.replace_range(a..end, "");
                }
            }
            1 if text.len() < 30_000 => {
                let piece = text[a..b].to_owned();
                text.insert_str(a, &piece);
            }
            2 if text.len() < 2_000 => {
                let piece: String = text[a..].chars().take(24).collect();
                let times = [2, 10, 300][dice.below(3)];
                text.insert_str(b, &piece.repeat(times));
            }
            _ => text.insert_str(a, dice.pick(bits)),
        }
    }
}

/// A mapping as JSON, most of the time.
pub fn context(dice: &mut Dice) -> String {
    let mut out = String::from("{");
    for n in 0..dice.below(12) {
        if n > 0 {
            out.push(',');
        }
        out += &format!("\"{}\":", dice.pick(KEYS));
        json(dice, 0, &mut out);
    }
    out.push('}');
    if dice.one_in(12) {
        spoil(dice, &mut out, JSON_BITS);
    }
    out
}

fn json(dice: &mut Dice, depth: usize, out: &mut String) {
    match dice.below(if depth > 4 { 6 } else { 10 }) {
        0 => *out += dice.pick(&["null", "true", "false"]),
        1 | 2 => *out += dice.pick(NUMBERS),
        3..=5 => {
            let text = dice.pick(TEXTS);
            let times = [1, 1, 1, 1, 2, 200][dice.below(6)];
            *out += &format!("\"{}\"", text.repeat(times));
        }
        6..=7 => {
            let members = [0, 1, 2, 3, 5, 60][dice.below(6)];
            if depth > 2 && members > 10 {
                *out += "[[1,2],[3]]";
                return;
            }
            out.push('[');
            for n in 0..members {
                if n > 0 {
                    out.push(',');
                }
                json(dice, depth + 1, out);
            }
            out.push(']');
        }
        8 if dice.one_in(6) => {
            let deep = [20, 100, 126][dice.below(3)];
            *out += &("[".repeat(deep) + "1" + &"]".repeat(deep));
        }
        _ => {
            out.push('{');
            for n in 0..dice.below(5) {
                if n > 0 {
                    out.push(',');
                }
                *out += &format!("\"{}\":", dice.pick(KEYS));
                json(dice, depth + 1, out);
            }
            out.push('}');
        }
    }
}

/// A line of a data file: a real one with values of the grammar in it, spoilt or not.
pub fn line(dice: &mut Dice) -> String {
    static LINES: OnceLock<Vec<String>> = OnceLock::new();
    let lines = LINES.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut lines = Vec::new();
        for folder in ["tests/data", "shop"] {
            read(&root.join(folder), &mut |text| {
                if folder == "shop" {
                    lines.extend(text.lines().take(30).map(str::to_owned));
                    return;
                }
                let cases: Vec<serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
                lines.extend(
                    cases
                        .iter()
                        .filter_map(|case| Some(case.get("line")?.to_string())),
                );
            });
        }
        lines
    });
    let mut line = lines[dice.below(lines.len())].clone();
    for _ in 0..dice.below(3) {
        // Another value behind one of the colons.
        let colons: Vec<usize> = line.match_indices("\":").map(|(at, _)| at + 2).collect();
        if colons.is_empty() {
            break;
        }
        let at = colons[dice.below(colons.len())];
        let rest = line[at..]
            .find([',', '}'])
            .map_or(line.len(), |end| at + end);
        let mut value = String::new();
        json(dice, 2, &mut value);
        line.replace_range(at..rest, &value);
    }
    if dice.one_in(3) {
        spoil(dice, &mut line, JSON_BITS);
    }
    line
}

/// A document of MJML, or of HTML, with tags.
pub fn document(dice: &mut Dice) -> String {
    let mut out = String::new();
    let mut inner = String::new();
    for _ in 0..1 + dice.below(3) {
        match dice.below(4) {
            0 => {
                grow(dice, 2, &mut inner);
            }
            1 => inner += dice.pick(MJML),
            _ => {
                inner += "<mj-section><mj-column><mj-text>";
                grow(dice, 2, &mut inner);
                inner += "</mj-text></mj-column></mj-section>";
            }
        }
    }
    out += &format!("<mjml><mj-body>{inner}</mj-body></mjml>");
    if dice.one_in(2) {
        spoil(dice, &mut out, MJML);
    }
    if dice.one_in(4) {
        spoil(dice, &mut out, BITS);
    }
    out
}

/// An `email.toml`.
pub fn manifest(dice: &mut Dice) -> String {
    let text = |dice: &mut Dice| {
        let mut text = String::new();
        grow(dice, 1, &mut text);
        text.replace(['\n', '\r', '\0', '\\', '"'], " ")
    };
    let mut out = format!(
        "kind = \"{}\"\nsubject = \"{}\"\npreheader = \"{}\"\nfrom = \"{}\"\n",
        dice.pick(&["flow", "campaign"]),
        text(dice),
        text(dice),
        text(dice)
    );
    if dice.one_in(6) {
        spoil(dice, &mut out, BITS);
    }
    out
}
