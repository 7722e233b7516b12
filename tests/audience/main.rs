//! Who is in a segment, whom a flow keeps: `cases/*.json` say it, each case with its people, what they did, and what is asked.
//!
//! A case is an object. `now` is the 17th of June 2026, three in the afternoon, unless told; `profiles` are Klaviyo's
//! attributes by external id, `events` short lines, `lists` members with the day they joined, `segments` others that may be
//! asked about, `postal_codes` GeoNames' lines. `asks` are definitions (`condition` alone, `any` of some, `definition` whole)
//! with the `members` they have, or the `error` they give, its `help` and the JSON path it is `at`. `fires` are the instants
//! at which a date flow starts `after` another; `walks` somebody's way through a flow until `now`.
//!
//! Each is asked of everybody at once, of each person alone, and explained: the three must agree.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use letterpress::audience::{Audience, AudienceBuilder, History, Person, Start, Verdict};
use letterpress::data::{Profiles, Shop};
use letterpress::diagnostic::{Diagnostic, Source};
use serde_json::{Map, Value, json};

const NOW: &str = "2026-06-17T15:00:00Z";

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audience/cases");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("there are cases")
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    let mut wrong = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).expect("readable");
        let case: Value = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let case = Case::new(&case);
        case.check(&mut |what| wrong.push(format!("{name}: {what}")));
    }
    assert!(files.len() >= 26, "{} cases", files.len());
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

struct Case<'c> {
    case: &'c Value,
    shop: Shop,
    names: Vec<String>,
}

fn object(of: &Value, name: &str) -> Map<String, Value> {
    of.get(name)
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default()
}

fn list<'v>(of: &'v Value, name: &str) -> &'v [Value] {
    of.get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn text<'v>(of: &'v Value, name: &str) -> Option<&'v str> {
    of.get(name).and_then(Value::as_str)
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|_| panic!("no time: {text}"))
}

impl<'c> Case<'c> {
    fn new(case: &'c Value) -> Case<'c> {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: String| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("in the folder")).expect("made");
            fs::write(path, text).expect("written");
        };
        let mut names = Vec::new();
        let mut profiles = String::new();
        for (name, mut attributes) in object(case, "profiles") {
            attributes["external_id"] = json!(name);
            profiles += &format!("{attributes}\n");
            names.push(name);
        }
        write("profiles.jsonl", profiles);
        let events = list(case, "events")
            .iter()
            .map(|event| format!("{event}\n"));
        write("events.jsonl", events.collect());
        for (name, members) in object(case, "lists") {
            let rows = members.as_array().expect("members").iter();
            let rows = rows.map(|row| {
                format!(
                    "{},{}\n",
                    row[0].as_str().unwrap_or_default(),
                    row[1].as_str().unwrap_or_default()
                )
            });
            write(
                &format!("lists/{name}.csv"),
                "external_id,joined_at\n".to_owned() + &rows.collect::<String>(),
            );
        }
        let (shop, findings) = Shop::load(folder.path()).expect("loaded");
        assert!(findings.is_empty(), "{findings:?}");
        Case { case, shop, names }
    }

    fn builder(&self) -> AudienceBuilder {
        let mut builder = Audience::builder();
        for (name, segment) in object(self.case, "segments") {
            builder = builder.segment(
                &name,
                Source::new(format!("{name}.json"), segment.to_string()),
            );
        }
        let lines: Vec<&str> = list(self.case, "postal_codes")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        builder.postal_codes(&Source::new("postal-codes.txt", lines.join("\n")))
    }

    fn now(&self, of: &Value) -> Timestamp {
        time(text(of, "now").or(text(self.case, "now")).unwrap_or(NOW))
    }

    fn person(&self, name: &str) -> Person {
        let profile = Profiles::profile_by_external_id(&self.shop, name).expect("asked");
        Person::of(&self.shop, profile.expect("there")).expect("asked")
    }

    fn check(&self, wrong: &mut dyn FnMut(String)) {
        for (number, ask) in list(self.case, "asks").iter().enumerate() {
            self.ask(ask, &mut |what| wrong(format!("asks[{number}]: {what}")));
        }
        for (number, fires) in list(self.case, "fires").iter().enumerate() {
            self.fires(fires, &mut |what| wrong(format!("fires[{number}]: {what}")));
        }
        for (number, walk) in list(self.case, "walks").iter().enumerate() {
            self.walk(walk, &mut |what| wrong(format!("walks[{number}]: {what}")));
        }
    }

    fn ask(&self, ask: &Value, wrong: &mut dyn FnMut(String)) {
        let any = match (ask.get("condition"), ask.get("any")) {
            (Some(one), _) => json!([one]),
            (None, Some(any)) => any.clone(),
            _ => Value::Null,
        };
        let definition = match ask.get("definition") {
            Some(definition) => definition.clone(),
            None => json!({"condition_groups": [{"conditions": any}]}),
        };
        let source = Source::new(
            "asked.json",
            serde_json::to_string_pretty(&definition).expect("JSON"),
        );
        let built = self.builder().segment("asked", source).build(&self.shop);
        let (audience, findings) = built.expect("nothing fails");
        if let Some(error) = text(ask, "error") {
            self.refused(ask, error, &findings, wrong);
            return;
        }
        let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
        if !told.is_empty() {
            wrong(format!("{told:?}"));
        }
        let Some(segment) = audience.segment("asked") else {
            return;
        };
        let now = self.now(ask);
        let mut expected: Vec<&str> = list(ask, "members")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        expected.sort_unstable();
        let members = segment
            .members(&self.shop, now)
            .expect("nothing fails")
            .people;
        let mut members: Vec<&str> = members.iter().map(|one| one.key()).collect();
        members.sort_unstable();
        if members != expected {
            wrong(format!(
                "'{}' has {members:?}, not {expected:?}",
                segment.words()
            ));
        }
        for name in &self.names {
            let person = self.person(name);
            let told = [
                segment.holds(&person, now),
                segment.explain(&person, now).holds,
            ];
            if told != [expected.contains(&name.as_str()); 2] {
                wrong(format!("{name} alone: {told:?}"));
            }
        }
        // What is written in the current spelling means the same.
        let again = Source::new("again.json", segment.definition().to_string());
        let (again, findings) = self
            .builder()
            .segment("again", again)
            .build(&self.shop)
            .expect("nothing fails");
        match again.segment("again") {
            Some(again) if again.words() == segment.words() => {}
            _ => wrong(format!("written again it is something else: {findings:?}")),
        }
    }

    fn refused(
        &self,
        ask: &Value,
        error: &str,
        findings: &[Diagnostic],
        wrong: &mut dyn FnMut(String),
    ) {
        let found = findings
            .iter()
            .find(|one| one.is_error() && one.title.contains(error));
        let Some(found) = found else {
            let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
            return wrong(format!("no error says '{error}': {told:?}"));
        };
        if found.primary.is_none() {
            wrong("the error has no place".to_owned());
        }
        if let Some(help) = text(ask, "help")
            && !found.help.iter().any(|one| one == help)
        {
            wrong(format!("help: {:?}", found.help));
        }
        if let Some(at) = text(ask, "at")
            && !found.notes.contains(&format!("at {at}"))
        {
            wrong(format!("at: {:?}", found.notes));
        }
    }

    fn audience(&self, of: &Value) -> Audience {
        let source = Source::new("flow.json", of["flow"].to_string());
        let (audience, findings) = self
            .builder()
            .flow("flow", source)
            .build(&self.shop)
            .expect("nothing fails");
        assert!(findings.is_empty(), "{findings:?}");
        audience
    }

    fn fires(&self, fires: &Value, wrong: &mut dyn FnMut(String)) {
        let audience = self.audience(fires);
        let flow = audience.flow("flow").expect("it is there");
        let person = self.person(text(fires, "profile").unwrap_or_default());
        let mut after = time(text(fires, "after").unwrap_or(NOW));
        for expected in list(fires, "at") {
            let fire = flow.next_fire(person.profile(), after);
            let at = fire.map(|fire| fire.at.to_string());
            if at.as_deref() != expected.as_str() {
                wrong(format!("{at:?}, not {expected}"));
            }
            after = fire.map_or(after, |fire| fire.at);
        }
    }

    fn walk(&self, walk: &Value, wrong: &mut dyn FnMut(String)) {
        let audience = self.audience(walk);
        let flow = audience.flow("flow").expect("it is there");
        let person = self.person(text(walk, "profile").unwrap_or_default());
        let start = match text(walk, "event") {
            Some(id) => {
                let event = person.events().iter().find(|event| event.id() == id);
                Start::Event(Arc::clone(event.expect("the event")))
            }
            None => {
                let after = time(text(walk, "after").unwrap_or(NOW));
                Start::Date(flow.next_fire(person.profile(), after).expect("it starts"))
            }
        };
        let at = match &start {
            Start::Event(event) => event.time,
            Start::Date(fire) => fire.at,
            _ => unreachable!("no other start is made above"),
        };
        let history = History::default();
        let admission = flow.enters(&start, &person, &history, at);
        let Some(entry) = admission.entry else {
            return wrong(format!("does not enter: {:?}", admission.reason));
        };
        let steps = flow.walk(&entry, &person, &history, self.now(walk));
        let shown: Vec<Value> = steps
            .iter()
            .map(|step| {
                let verdict = step.kept.as_ref().map(|kept| match kept.verdict {
                    Verdict::Do => "do",
                    Verdict::Skip => "skip",
                    Verdict::Leave => "leave",
                });
                json!([step.action, step.at.to_string(), verdict])
            })
            .collect();
        let expected = list(walk, "steps");
        let same = |shown: &Value, expected: &Value| {
            let part = expected[1].as_str().unwrap_or_default();
            shown[0] == expected[0]
                && shown[2] == expected[2]
                && shown[1].as_str().is_some_and(|at| at.contains(part))
        };
        if shown.len() != expected.len() || !shown.iter().zip(expected).all(|(a, b)| same(a, b)) {
            wrong(format!(
                "{}\n   not {}",
                Value::from(shown),
                Value::from(expected.to_vec())
            ));
        }
    }
}
