//! The findings of `check`.

use std::collections::HashMap;

use regex::Regex;

use super::census::{Seen, keys_at};
use super::trial::{Chain, Tried};
use super::{Checker, has_event};
use crate::data::{ROOT_NAMES, catalog_item_value, person_value};
use crate::diagnostic::{Diagnostic, Severity, nearest};
use crate::email::Email;
use crate::language::{Dialect, FileId, Library, Lookup, Purpose, Read, Reads, Span, Step};
use crate::value::{self, Value, ValueKind};

/// How bad each finding is. Only errors keep a campaign from being planned.
const SEVERITIES: [(&str, Severity); 12] = [
    ("no-event", Severity::Error),
    ("missing-unsubscribe", Severity::Error),
    ("missing-item", Severity::Error),
    ("javascript-link", Severity::Error),
    ("unknown-name", Severity::Warning),
    ("unknown-feed", Severity::Warning),
    ("blank-name", Severity::Warning),
    ("no-such-events", Severity::Warning),
    ("wrong-type", Severity::Warning),
    ("prints-none", Severity::Warning),
    ("may-skip", Severity::Warning),
    ("date-code-o", Severity::Warning),
];

/// Filters that give something for nothing, or are meant to be asked of nothing.
pub(super) const FOR_NOTHING: [&str; 9] = [
    "default",
    "default_if_none",
    "missing_product_image",
    "yesno",
    "length",
    "length_is",
    "pluralize",
    "count",
    "size",
];

/// The help where a value may be missing.
const STAND_IN: &str = "add |default:'…', or put {% if … %} round it";

/// All that the rules find in what an email reads and in its files.
pub(super) fn findings(
    checker: &Checker<'_>,
    email: &Email,
    reads: &Reads,
    library: &Library,
    files: &[FileId],
) -> Vec<Diagnostic> {
    let mut rules = Rules {
        checker,
        email,
        library,
        records: HashMap::new(),
        found: Vec::new(),
    };
    rules.events_are_there(reads);
    for read in &reads.reads {
        rules.read(read);
    }
    for lookup in &reads.lookups {
        rules.lookup(lookup);
    }
    for (format, at) in &reads.formats {
        rules.format(format, *at);
    }
    rules.unsubscribe(reads, files);
    rules.links(files);
    rules.found
}

/// Where a path starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Root {
    Person,
    Event,
    Item,
    Feeds,
    Organization,
}

struct Rules<'c> {
    checker: &'c Checker<'c>,
    email: &'c Email,
    library: &'c Library,
    /// The records of each root, made when they are first needed.
    records: HashMap<Root, Vec<Value>>,
    found: Vec<Diagnostic>,
}

/// The root of a path and the steps behind it; None where nothing is known of the root.
pub(super) fn rooted(path: &[Step]) -> Option<(Root, &[Step])> {
    let (Step::Key(first), rest) = path.split_first()? else {
        return None;
    };
    Some(match &**first {
        "person" => (Root::Person, rest),
        name if ROOT_NAMES.contains(&name) => (Root::Person, path),
        "event" => (Root::Event, rest),
        "catalog_item" => (Root::Item, rest),
        "feeds" | "web_feeds" => (Root::Feeds, rest),
        "organization" => (Root::Organization, rest),
        _ => return None,
    })
}

/// Names that exist and of which the data says nothing.
const OTHER_NAMES: [&str; 9] = [
    "preview_text",
    "forloop",
    "block",
    "catalog_id",
    "object",
    "object_filter",
    "customobject",
    "customobjects",
    "kl_vars",
];

impl Rules<'_> {
    fn finding(
        &mut self,
        code: &'static str,
        title: String,
        at: Span,
        label: &str,
    ) -> &mut Diagnostic {
        let severity = SEVERITIES.iter().find(|(known, _)| *known == code);
        let make = match severity {
            Some((_, Severity::Error)) => Diagnostic::error,
            _ => Diagnostic::warning,
        };
        let finding = make(code, title).at(self.library.sources().locate(at), label);
        self.found.push(finding);
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    fn records(&mut self, root: Root) -> &[Value] {
        let (checker, manifest) = (self.checker, self.email.manifest());
        self.records.entry(root).or_insert_with(|| match root {
            Root::Person => {
                let (count, all) = (checker.shop.profile_count(), checker.shop.profiles());
                checker.spread(count, all, person_value)
            }
            Root::Event => checker.events(manifest),
            Root::Item => {
                let (count, all) = (checker.shop.item_count(), checker.shop.items());
                checker.spread(count, all, catalog_item_value)
            }
            Root::Feeds => vec![checker.feeds.clone()],
            Root::Organization => vec![checker.organization.clone()],
        })
    }

    /// What the records of a root are called: one of them, so many of them.
    fn noun(&self, root: Root) -> (String, String) {
        let metric = self.email.manifest().metric.as_deref();
        match root {
            Root::Person => ("profile".into(), "profiles".into()),
            Root::Event => match metric {
                Some(metric) => (format!("'{metric}' event"), format!("'{metric}' events")),
                None => ("event".into(), "events".into()),
            },
            Root::Item => ("catalog item".into(), "catalog items".into()),
            Root::Feeds => ("feed".into(), "feeds".into()),
            Root::Organization => ("organization".into(), "organizations".into()),
        }
    }

    fn events_are_there(&mut self, reads: &Reads) {
        let is_event = |read: &&Read| matches!(rooted(&read.path), Some((Root::Event, _)));
        let Some(first) = reads.reads.iter().find(is_event) else {
            return;
        };
        let manifest = self.email.manifest();
        let Some(metric) = manifest.metric.clone().filter(|_| has_event(manifest)) else {
            return;
        };
        if self.records(Root::Event).is_empty() {
            let counts = self.checker.event_counts();
            let names = counts.iter().map(|(name, _)| name.as_str());
            let near = nearest(&metric, names).map(str::to_owned);
            let title = format!("The data has no '{metric}' event");
            let finding = self.finding("no-such-events", title, first.span, "cannot be checked");
            if let Some(near) = near {
                finding
                    .help
                    .push(format!("did you mean the metric '{near}'?"));
            }
        }
    }

    fn read(&mut self, read: &Read) {
        let Some((root, rest)) = rooted(&read.path) else {
            return self.other_root(read);
        };
        if root == Root::Event && !has_event(self.email.manifest()) {
            let title = match self.email.manifest().date_property {
                Some(_) => "A flow that starts on a date has no event".to_owned(),
                None => "A campaign has no event".to_owned(),
            };
            self.finding(
                "no-event",
                title,
                read.span,
                "prints nothing, and is false in conditions",
            )
            .help
            .push("read the profile instead, or send the email by a flow: kind = \"flow\"".into());
            return;
        }
        if root == Root::Feeds && self.unknown_feed(read, rest) {
            return;
        }
        // A product block asks for all that an item may have.
        if matches!(root, Root::Feeds | Root::Item) && read.span.is_empty() {
            return;
        }
        if self.records(root).is_empty() || rest.is_empty() {
            return;
        }
        let guards: Vec<&[Step]> = read
            .guards
            .iter()
            .filter_map(|guard| rooted(guard))
            .filter(|(guarded, _)| *guarded == root)
            .map(|(_, steps)| steps)
            .collect();
        let seen = self.seen(root, rest, &guards);
        if seen.found == 0 {
            self.unknown_name(read, root, rest);
            return;
        }
        self.blank(read, root, &seen);
        self.nulls(read, root, &seen);
        self.types(read, &seen);
    }

    fn seen(&mut self, root: Root, path: &[Step], guards: &[&[Step]]) -> Seen {
        let mut seen = Seen::default();
        for record in self.records(root) {
            seen.look(record, path, guards);
        }
        seen
    }

    /// A name at top level that is none of ours.
    fn other_root(&mut self, read: &Read) {
        let Some(Step::Key(name)) = read.path.first() else {
            return;
        };
        if OTHER_NAMES.contains(&&**name) {
            return;
        }
        let own = keys_at(self.records(Root::Person), &[]);
        let help = if own.iter().any(|key| **key == **name) {
            format!("a property of the profile is read as person.{name}")
        } else {
            let known = ROOT_NAMES
                .into_iter()
                .chain(["person", "event", "organization", "feeds"]);
            match nearest(name, known.clone()) {
                Some(near) => format!("did you mean '{near}'?"),
                None => match nearest(name, own.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean person|lookup:'{near}'?"),
                    None => format!(
                        "at top level stand {}",
                        known.collect::<Vec<_>>().join(", ")
                    ),
                },
            }
        };
        let title = format!("Nothing is called '{name}' here");
        self.finding("unknown-name", title, read.span, "blank for everybody")
            .help
            .push(help);
    }

    fn unknown_feed(&mut self, read: &Read, rest: &[Step]) -> bool {
        let Some(Step::Key(name)) = rest.first() else {
            return true;
        };
        let known = keys_at(self.records(Root::Feeds), &[]);
        if known.iter().any(|feed| **feed == **name) {
            return false;
        }
        let folder = self.checker.project.data_folder().join("web-feeds");
        if !name.contains(['/', '\\']) && folder.join(format!("{name}.json")).is_file() {
            return true;
        }
        let near = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
        let title = format!("There is no feed '{name}'");
        let finding = self.finding("unknown-feed", title, read.span, "always empty");
        finding.help.push(match near {
            Some(near) => format!("did you mean '{near}'?"),
            None => "define it in feeds.toml of the data folder".into(),
        });
        true
    }

    /// Nothing has the path: the first step that nothing has.
    fn unknown_name(&mut self, read: &Read, root: Root, path: &[Step]) {
        let Some(length) = (1..=path.len()).find(|n| self.seen(root, &path[..*n], &[]).found == 0)
        else {
            return;
        };
        let (parent, step) = (&path[..length - 1], &path[length - 1]);
        let Step::Key(key) = step else {
            // A list that is always empty: nothing can be said of its members.
            return;
        };
        let all = self.seen(root, &path[..length], &[]).records;
        if all == 0 {
            return;
        }
        let keys = keys_at(self.records(root), parent);
        // An index behind the end of every list there is.
        if keys.is_empty() && key.parse::<usize>().is_ok() {
            return;
        }
        let (one, many) = self.noun(root);
        let within = shown(parent);
        let title = match (root, within.is_empty()) {
            (Root::Feeds, _) => format!("No item of the feed has '{key}'"),
            (_, true) => format!("No {one} has '{key}'"),
            (_, false) => format!("No {one} has '{key}' in {within}"),
        };
        let label = match root {
            Root::Person => "blank for everybody".to_owned(),
            _ => format!("blank for all {all} {}", if all == 1 { one } else { many }),
        };
        let near = nearest(key, keys.iter().map(String::as_str)).map(str::to_owned);
        let finding = self.finding("unknown-name", title, read.span, &label);
        if let Some(near) = near {
            finding.help.push(format!("did you mean '{near}'?"));
        } else if !keys.is_empty() {
            let mut some: Vec<&str> = keys.iter().map(String::as_str).take(12).collect();
            if keys.len() > some.len() {
                some.push("…");
            }
            finding.help.push(format!("there are: {}", some.join(", ")));
        }
    }

    fn blank(&mut self, read: &Read, root: Root, seen: &Seen) {
        let filled = read.filters.iter().any(|f| FOR_NOTHING.contains(&&*f.name));
        // Without a metric the events of other flows would count.
        let unsure = root == Root::Event && self.email.manifest().metric.is_none();
        if seen.blank == 0
            || filled
            || unsure
            || !matches!(read.purpose, Purpose::Printed | Purpose::Money)
        {
            return;
        }
        let (_, many) = self.noun(root);
        let title = format!(
            "This is blank for {} of {} {many} ({})",
            seen.blank,
            seen.records,
            share(seen.blank, seen.records)
        );
        self.finding("blank-name", title, read.span, "nothing stands in for it")
            .help
            .push(STAND_IN.into());
    }

    fn nulls(&mut self, read: &Read, root: Root, seen: &Seen) {
        if seen.nulls == 0 || root != Root::Event || read.purpose != Purpose::Printed {
            return;
        }
        if read.filters.iter().any(|f| FOR_NOTHING.contains(&&*f.name)) {
            return;
        }
        let chain = Chain::new(&read.filters, self.library.sources());
        let printed = match chain.print(&Value::from(())) {
            None => "None".to_owned(),
            Some(Tried::Printed(text)) => text,
            Some(_) => return,
        };
        if !printed.to_lowercase().contains("none") {
            return;
        }
        let (_, many) = self.noun(root);
        let title = format!(
            "This prints '{}' for {} of {} {many} ({})",
            printed.trim(),
            seen.nulls,
            seen.records,
            share(seen.nulls, seen.records)
        );
        self.finding("prints-none", title, read.span, "null there")
            .help
            .push(STAND_IN.into());
    }

    fn types(&mut self, read: &Read, seen: &Seen) {
        let values: Vec<&Value> = seen
            .values
            .iter()
            .filter(|v| v.as_str().is_none_or(|text| !text.trim().is_empty()))
            .collect();
        let chain = Chain::new(&read.filters, self.library.sources());
        let mut failures = values
            .iter()
            .filter_map(|v| Some((*v, chain.failure(v)?)))
            .peekable();
        if let Some((v, failure)) = failures.peek() {
            let (sample, filter) = (sample(v), failure.filter.clone());
            let (outcome, raised) = match &failure.tried {
                Tried::Raised(sentence) => ("fails", Some(sentence.clone())),
                _ => ("prints nothing", None),
            };
            let count = failures.count();
            let title = format!(
                "'{}' {outcome} for {sample}, which the data has here",
                filter.name
            );
            let finding = self.finding("wrong-type", title, filter.span, "cannot work on that");
            finding.notes.push(format!(
                "so it is with {count} of {} different values that were tried",
                values.len()
            ));
            finding
                .notes
                .extend(raised.map(|said| format!("it says: {said}")));
            if matches!(&*filter.name, "date" | "time") {
                finding.help.push(format!(
                    "a text becomes a date first: …|format_date_string|{}:'…'",
                    filter.name
                ));
            }
            return;
        }
        let money = self.checker.project.config().money();
        let wrong = match read.purpose {
            Purpose::Looped if read.filters.is_empty() => values
                .iter()
                .find(|v| matches!(v.kind(), ValueKind::Number | ValueKind::Bool))
                .map(|v| (v, "cannot be looped over: the message fails")),
            Purpose::Money if read.filters.is_empty() => values
                .iter()
                .find(|v| money.format_text(&value::text(v)).is_none())
                .map(|v| (v, "is no amount: it is printed as it is")),
            _ => None,
        };
        if let Some((v, label)) = wrong {
            let title = format!("The data has {} here", sample(v));
            self.finding("wrong-type", title, read.span, label);
        }
    }

    fn lookup(&mut self, lookup: &Lookup) {
        let checker = self.checker;
        let shop = checker.shop;
        if checker.ask(shop.item_count()) == 0 {
            return;
        }
        if let Some(id) = &lookup.literal {
            if checker.ask(shop.item(id)).is_none() {
                let items: Vec<_> = checker.ask(shop.items().collect());
                let ids = items.iter().map(|item| item.external_id.as_str());
                let near = nearest(id, ids).map(str::to_owned);
                let title = format!("The catalog has no item '{id}'");
                let label = "the message is skipped for everybody";
                let finding = self.finding("missing-item", title, lookup.span, label);
                finding
                    .help
                    .extend(near.map(|near| format!("did you mean '{near}'?")));
            }
            return;
        }
        let title = "A catalog item that is not there skips the whole message".to_owned();
        let note = lookup.path.as_deref().and_then(rooted).map(|(root, path)| {
            let seen = self.seen(root, path, &[]);
            let known = |v: &&Value| checker.ask(shop.item(&id_text(v))).is_some();
            let there = seen.values.iter().filter(known).count();
            let (_, many) = self.noun(root);
            format!(
                "blank for {} of {} {many}; {there} of {} different ids that were tried are in the catalog",
                seen.blank,
                seen.records,
                seen.values.len()
            )
        });
        let finding = self.finding(
            "may-skip",
            title,
            lookup.span,
            "this id comes from the data",
        );
        finding.notes.extend(note);
        finding.help.push(
            "print what the event itself has, or silence this: {# letterpress: allow may-skip #}"
                .into(),
        );
    }

    fn format(&mut self, format: &str, at: Span) {
        let mut escaped = false;
        let has_o = format.chars().any(|c| {
            let found = c == 'o' && !escaped;
            escaped = c == '\\' && !escaped;
            found
        });
        if has_o {
            let title = "'o' in a date format is the year of the ISO week".to_owned();
            self.finding(
                "date-code-o",
                title,
                at,
                "another year than the date's around New Year",
            )
            .help
            .push("the year is Y; the letter o is written \\o".into());
        }
    }

    fn unsubscribe(&mut self, reads: &Reads, files: &[FileId]) {
        let there = ["unsubscribe", "unsubscribe_link"]
            .iter()
            .any(|tag| reads.tags.contains(tag));
        if self.email.manifest().transactional || there {
            return;
        }
        let Some(body) = files.first() else { return };
        let (title, tag) = match self.email.manifest().dialect {
            Dialect::Klaviyo => (
                "An {% unsubscribe %} tag is required.",
                "{% unsubscribe 'Unsubscribe' %}",
            ),
            Dialect::Jinja => (
                "An {{ unsubscribe() }} is required.",
                "{{ unsubscribe('Unsubscribe') }}",
            ),
        };
        let at = Span::new(*body, 0, 0);
        self.finding(
            "missing-unsubscribe",
            title.into(),
            at,
            "no such tag in this email",
        )
        .help
        .push(format!(
            "add {tag}; or say transactional = true in email.toml"
        ));
    }

    fn links(&mut self, files: &[FileId]) {
        let Ok(link) = Regex::new(
            r#"(?i)\b(?:href|src|action|background|xlink:href)\s*=\s*["']?\s*(javascript:[^"'>\s]*)"#,
        ) else {
            return;
        };
        for file in files {
            let text = self.library.sources().text(*file);
            for found in link.captures_iter(text).filter_map(|c| c.get(1)) {
                let at = Span::new(*file, found.start(), found.end());
                let title = "No mail program runs a javascript: link".to_owned();
                self.finding(
                    "javascript-link",
                    title,
                    at,
                    "filters take the message for an attack",
                )
                .help
                .push("link to a page of the shop".into());
            }
        }
    }
}

/// An id as `{% catalog %}` reads it: 42.0 is "42".
fn id_text(v: &Value) -> String {
    let text = value::text(v);
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

/// `extra.line_items` of its steps.
pub(super) fn shown(path: &[Step]) -> String {
    let keys: Vec<&str> = path
        .iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(&**key),
            Step::Each => None,
        })
        .collect();
    keys.join(".")
}

fn share(part: usize, whole: usize) -> String {
    match part * 100 / whole.max(1) {
        0 => "less than 1 %".to_owned(),
        percent => format!("{percent} %"),
    }
}

/// A value, short.
fn sample(v: &Value) -> String {
    let text = value::repr(v);
    if text.chars().count() <= 40 {
        return text;
    }
    let short: String = text.chars().take(40).collect();
    short + "…"
}
