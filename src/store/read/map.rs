//! The map file: what the columns of a CSV file are.
//!
//! ```toml
//! kind = "profiles"                    # optional, as --kind
//! delimiter = ";"                      # optional
//!
//! [columns]
//! "E-Mail"  = "email"                  # a field
//! "Points"  = { type = "number" }      # a property of that name; or { property = "points", type = "number" }
//! "Tags"    = { type = "list", separator = "|" }
//! "Mail ok" = { consent = "email", subscribed = ["yes"], unsubscribed = ["no"], never_subscribed = [""] }
//! "Bounced" = { suppression = "HARD_BOUNCE", suppressed = ["1"], not_suppressed = ["0", ""] }
//! "Note"    = "ignore"
//! ```

use std::fs;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::cell::{TYPES, Type};
use super::columns::{Channel, Target, all_fields, bare, has_field};
use super::consent::{reason_of, reasons};
use super::{Input, Kind, ReadError};
use crate::data::Consent;
use crate::diagnostic::{Diagnostic, Source, nearest};
use crate::settings::{Entry, Settings};

/// Says what the columns of a CSV file are.
///
/// ```
/// use letterpress::diagnostic::Source;
/// use letterpress::store::Map;
/// let text = "[columns]\n\"Points\" = { type = \"number\" }\n\"Mail ok\" = { consent = \"email\", subscribed = [\"yes\"], unsubscribd = [\"no\"] }\n";
/// let wrong = Map::read(&Source::new("people.map.toml", text)).unwrap_err();
/// assert!(wrong[0].to_string().starts_with("people.map.toml:3:56: error[unknown-key]"), "{}", wrong[0]);
/// assert_eq!(wrong[0].help, ["did you mean 'unsubscribed'?"]);
/// ```
#[derive(Debug, Clone)]
pub struct Map {
    source: Arc<Source>,
    pub(super) kind: Option<Kind>,
    pub(super) delimiter: Option<u8>,
    pub(super) every_row: Option<EveryRow>,
    columns: Vec<Column>,
}

/// What holds for all people of a file, whatever its columns are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct EveryRow {
    pub(super) consent: Option<Consent>,
    pub(super) suppression: Option<&'static str>,
}

#[derive(Debug, Clone)]
struct Column {
    head: String,
    target: Target,
    at: Range<usize>,
}

const KEYS: [&str; 4] = ["kind", "delimiter", "every_row", "columns"];

const COLUMN_KEYS: [&str; 11] = [
    "property",
    "type",
    "separator",
    "field",
    "consent",
    "subscribed",
    "unsubscribed",
    "never_subscribed",
    "suppression",
    "suppressed",
    "not_suppressed",
];

impl Map {
    /// Reads a map.
    ///
    /// # Errors
    /// The file is no TOML, a key or a word is none of those there are, or a column is two things at once.
    pub fn read(source: &Arc<Source>) -> Result<Map, Vec<Diagnostic>> {
        let mut map = Map {
            source: source.clone(),
            kind: None,
            delimiter: None,
            every_row: None,
            columns: Vec::new(),
        };
        Settings::read(source, "a map", |settings, key, value, at| match key {
            "kind" => {
                let words = Kind::ALL.map(Kind::name);
                map.kind = settings.choice(value, &words).and_then(Kind::named);
            }
            "delimiter" => {
                let word = settings.choice(value, &[",", ";", "\t", "|"]);
                map.delimiter = word.and_then(|word| word.bytes().next());
            }
            "every_row" => map.every_row = Some(every_row(settings, value)),
            "columns" => settings.table(value, |settings, head, value, at| {
                if let Some(target) = target(settings, value) {
                    map.columns.push(Column {
                        head: head.to_owned(),
                        target,
                        at,
                    });
                }
            }),
            _ => settings.unknown(key, &KEYS, at),
        })?;
        Ok(map)
    }

    /// A first draft of a map for a file with this head and these first rows, with comments: types where all cells are
    /// of one; columns that look as if they said who may be mailed are left to a person.
    ///
    /// ```
    /// use letterpress::store::Map;
    /// let head = ["Email", "Points", "Mail ok"].map(String::from);
    /// let row = ["ada@example.com", "340", "yes"].map(String::from).to_vec();
    /// let draft = Map::propose(&head, &[row]);
    /// assert!(draft.contains("\n\"Points\" = { type = \"number\" }"));
    /// assert!(draft.contains("\n# \"Mail ok\" = { consent = \"email\","));
    /// ```
    pub fn propose(head: &[String], rows: &[Vec<String>]) -> String {
        super::propose::propose(head, rows)
    }

    /// What the map says of each column of a head; nothing if it names none of them.
    pub(super) fn targets(
        &self,
        head: &[String],
        kind: Kind,
    ) -> Result<Option<Vec<Option<Target>>>, ReadError> {
        let mut targets = vec![None; head.len()];
        let mut wrong = Vec::new();
        for column in &self.columns {
            let bare_head = bare(&column.head);
            // As it is written, else without regard to case and signs.
            let place = head
                .iter()
                .position(|head| head.trim() == column.head.trim())
                .or_else(|| {
                    head.iter()
                        .position(|head| !bare_head.is_empty() && bare(head) == bare_head)
                });
            let at = || self.source.location(column.at.clone());
            match place {
                Some(place) => {
                    if let Target::Field(name) = column.target
                        && !has_field(kind, name)
                    {
                        let title = format!("{} have no field '{name}'", kind.name());
                        wrong.push(Diagnostic::error("setting", title).at(at(), ""));
                    }
                    targets[place] = Some(column.target.clone());
                }
                None => {
                    let title = format!("the file has no column '{}'", column.head);
                    let error = Diagnostic::error("setting", title).at(at(), "");
                    let near = nearest(&column.head, head.iter().map(String::as_str));
                    wrong.push(match near {
                        Some(near) => error.help(format!("did you mean '{near}'?")),
                        None => error.help(format!("its columns: {}", head.join(", "))),
                    });
                }
            }
        }
        // Of a map for several files, this one may be none of them.
        if targets.iter().all(Option::is_none) && self.every_row.is_none() {
            return Ok(None);
        }
        if wrong.is_empty() {
            Ok(Some(targets))
        } else {
            Err(ReadError::Map(wrong))
        }
    }
}

fn every_row(settings: &mut Settings<'_>, value: &Entry<'_>) -> EveryRow {
    let mut every = EveryRow::default();
    settings.table(value, |settings, key, value, at| match key {
        "consent" => every.consent = settings.choice(value, &SAID).and_then(said),
        "suppression" => {
            every.suppression = settings.choice(value, &reasons());
        }
        _ => settings.unknown(key, &["consent", "suppression"], at),
    });
    every
}

const SAID: [&str; 3] = ["subscribed", "unsubscribed", "never_subscribed"];

fn said(word: &str) -> Option<Consent> {
    Some(match word {
        "subscribed" => Consent::Subscribed,
        "unsubscribed" => Consent::Unsubscribed,
        "never_subscribed" => Consent::NeverSubscribed,
        _ => return None,
    })
}

/// What a map says a column is.
fn target(settings: &mut Settings<'_>, value: &Entry<'_>) -> Option<Target> {
    if value.get_ref().is_str() {
        return field(settings, value);
    }
    let mut one: Option<Target> = None;
    let (mut property, mut kind, mut separator) = (None, None, None);
    let (mut channel, mut reason) = (None, None);
    let mut words = Vec::new();
    let (mut yes, mut no) = (Vec::new(), Vec::new());
    let mut broken = false;
    settings.table(value, |settings, key, value, at| {
        let read = match key {
            "property" => settings.text(value).map(|text| property = Some(text)),
            "type" => settings
                .choice(value, &TYPES)
                .map(|word| kind = Type::named(word)),
            "separator" => match settings.text(value) {
                Some(text) if !text.is_empty() => {
                    separator = Some(text);
                    Some(())
                }
                Some(_) => {
                    settings.error("a separator is at least one character", value.span());
                    None
                }
                None => None,
            },
            "field" => field(settings, value).map(|target| one = Some(target)),
            "consent" => settings.choice(value, &["email", "sms"]).map(|word| {
                channel = Some(match word {
                    "sms" => Channel::Sms,
                    _ => Channel::Email,
                });
            }),
            "subscribed" | "unsubscribed" | "never_subscribed" => {
                settings.texts(value).zip(said(key)).map(|(texts, said)| {
                    words.push((said, texts));
                })
            }
            "suppression" => settings
                .choice(value, &reasons())
                .map(|word| reason = reason_of(word)),
            "suppressed" => settings.texts(value).map(|texts| yes = texts),
            "not_suppressed" => settings.texts(value).map(|texts| no = texts),
            _ => {
                settings.unknown(key, &COLUMN_KEYS, at);
                None
            }
        };
        broken |= read.is_none();
    });
    if broken {
        return None;
    }
    let twice = |settings: &mut Settings<'_>, texts: Vec<&String>| {
        let mut seen: Vec<String> = Vec::new();
        for text in texts {
            let folded = fold(text);
            if seen.contains(&folded) {
                settings.error(&format!("'{text}' cannot mean two things"), value.span());
            }
            seen.push(folded);
        }
    };
    match (property.is_some() || kind.is_some(), channel, reason) {
        (true, None, None) => Some(Target::Property {
            name: property,
            kind: kind.unwrap_or(Type::Text),
            separator: separator.unwrap_or_else(|| ",".to_owned()),
        }),
        (false, Some(channel), None) if !words.is_empty() => {
            twice(
                settings,
                words.iter().flat_map(|(_, texts)| texts).collect(),
            );
            Some(Target::Consent { channel, words })
        }
        (false, Some(_), None) => {
            let told = "which words mean what? subscribed = [\"yes\"], unsubscribed = [\"no\"]";
            settings.error(told, value.span());
            None
        }
        (false, None, Some(reason)) if !yes.is_empty() => {
            twice(settings, yes.iter().chain(&no).collect());
            Some(Target::Suppression {
                reason: reason.to_owned(),
                yes,
                no,
            })
        }
        (false, None, Some(_)) => {
            let told = "which words mean it? suppressed = [\"1\"], not_suppressed = [\"0\", \"\"]";
            settings.error(told, value.span());
            None
        }
        (false, None, None) if one.is_some() => one,
        _ => {
            let told = "a column is one thing: a field, a property, consent or suppression";
            settings.error(told, value.span());
            None
        }
    }
}

/// A word of a map: a field or `ignore`.
fn field(settings: &mut Settings<'_>, value: &Entry<'_>) -> Option<Target> {
    let mut names = all_fields();
    names.push("ignore");
    match settings.choice(value, &names)? {
        "ignore" => Some(Target::Ignore),
        name => Some(Target::Field(name)),
    }
}

/// Words of cells are the same whatever their case and the blanks around them.
pub(super) fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}

/// The maps there are: one that was named, and those that stand beside the files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Maps {
    /// Named with `--map`.
    pub(crate) named: Option<Map>,
}

impl Maps {
    /// The map for a file: the one that was named, else `customers.map.toml` beside `customers.csv`.
    pub(super) fn of(&self, input: &Input) -> Result<Option<Map>, ReadError> {
        if self.named.is_some() {
            return Ok(self.named.clone());
        }
        let Some(path) = beside(input) else {
            return Ok(None);
        };
        match fs::read_to_string(&path) {
            Ok(text) => {
                let source = Source::new(path.display().to_string(), text);
                Map::read(&source).map(Some).map_err(ReadError::Map)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ReadError::of_path(&path, error)),
        }
    }
}

/// Where the map of a file would stand.
pub(crate) fn beside(input: &Input) -> Option<PathBuf> {
    match input {
        Input::Stdin | Input::Lines(..) => None,
        Input::File(path) => Some(path.with_file_name(format!("{}.map.toml", input.stem()))),
    }
}
