//! Segments and dates judged by `tests/audience/oracle.py`, which was written from the rules and not from the program.
//!
//! `LETTERPRESS_SEGMENTS`, `LETTERPRESS_PEOPLE`, `LETTERPRESS_DATES` and `LETTERPRESS_SEED` change how many are compared, and
//! which.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use jiff::Timestamp;
use letterpress::audience::{Audience, Person};
use letterpress::data::{Profile, Shop};
use letterpress::diagnostic::Source;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{foreign, given, installed};

/// A Python with dateutil.
fn python() -> Option<PathBuf> {
    let python = installed("venv/bin/python");
    let mut command = Command::new(&python);
    let told = command.args(["-c", "import dateutil, zoneinfo"]).output();
    told.is_ok_and(|told| told.status.success())
        .then_some(python)
}

fn oracle(python: PathBuf) -> Command {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/audience/oracle.py");
    let mut command = Command::new(python);
    // The zones of the package tzdata, as the program's own: systems have older rules, and more history.
    command
        .arg(script)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONTZPATH", "");
    command
}

#[derive(Deserialize)]
struct Expected {
    now: Timestamp,
    definition: Value,
    members: Vec<usize>,
}

#[test]
fn segments() {
    const TEST: &str = "segments";
    let Some(python) = python() else {
        return foreign::skip(TEST, "no Python with dateutil");
    };
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = oracle(python);
    command.arg(folder.path()).args([
        given("LETTERPRESS_SEED", "20261124"),
        given("LETTERPRESS_SEGMENTS", "2000"),
        given("LETTERPRESS_PEOPLE", "500"),
    ]);
    let told = command.output().expect("Python starts");
    assert!(
        told.status.success(),
        "{}",
        String::from_utf8_lossy(&told.stderr)
    );
    let (shop, findings) = Shop::load(folder.path()).expect("the shop is read");
    assert!(findings.is_empty(), "{:?}", findings[0]);
    let expected = fs::read_to_string(folder.path().join("expected.jsonl")).expect("it is there");
    let mut lines = expected.lines();
    let others: serde_json::Map<String, Value> =
        serde_json::from_str(lines.next().unwrap_or_default()).expect("as written");
    let expected: Vec<Expected> = lines
        .map(|line| serde_json::from_str(line).expect("as written"))
        .collect();
    let codes = fs::read_to_string(folder.path().join("codes.txt")).expect("it is there");
    let mut builder = Audience::builder().postal_codes(&Source::new("codes.txt", codes));
    for (name, definition) in others {
        builder = builder.segment(&name, Source::new(&name, definition.to_string()));
    }
    for (number, one) in expected.iter().enumerate() {
        let name = format!("asked-{number}");
        builder = builder.segment(&name, Source::new(&name, one.definition.to_string()));
    }
    let (audience, findings) = builder.build(&shop).expect("nothing fails");
    let refused: Vec<String> = findings
        .iter()
        .filter(|one| one.is_error())
        .map(ToString::to_string)
        .collect();
    assert!(
        refused.is_empty(),
        "{} refused, e.g. {}",
        refused.len(),
        refused[0]
    );
    let people: Vec<Person> = shop
        .profiles()
        .iter()
        .map(|profile| Person::of(&shop, profile.clone()).expect("nothing fails"))
        .collect();
    let numbers: Vec<usize> = people
        .iter()
        .map(|person| person.profile().key()[1..].parse().expect("a number"))
        .collect();
    let asked: Vec<(usize, &Expected)> = expected.iter().enumerate().collect();
    let different: Vec<String> = asked
        .par_iter()
        .filter_map(|(number, one)| {
            let segment = audience
                .segment(&format!("asked-{number}"))
                .expect("it is there");
            let mut alone: Vec<usize> = (0..people.len())
                .filter(|&at| segment.holds(&people[at], one.now))
                .map(|at| numbers[at])
                .collect();
            alone.sort_unstable();
            // The walk through everybody is another way to the same.
            let together = (number % 10 == 0).then(|| {
                let members = segment
                    .members(&shop, one.now)
                    .expect("nothing fails")
                    .people;
                let mut numbers: Vec<usize> = members
                    .iter()
                    .map(|one| one.key()[1..].parse().expect("a number"))
                    .collect();
                numbers.sort_unstable();
                numbers
            });
            let same = alone == one.members && together.is_none_or(|together| together == alone);
            let odd = alone
                .iter()
                .chain(&one.members)
                .find(|at| alone.contains(at) != one.members.contains(at));
            (!same).then(|| {
                format!(
                    "at {} about p{odd:?}: {}\n  {}",
                    one.now,
                    segment.words(),
                    one.definition
                )
            })
        })
        .collect();
    let members: usize = expected.iter().map(|one| one.members.len()).sum();
    println!(
        "{} definitions of {} people compared, {members} members",
        expected.len(),
        people.len()
    );
    let (some, all) = (different.len().min(5), different.len());
    assert!(
        different.is_empty(),
        "{all} differ:\n{}",
        different[..some].join("\n")
    );
}

#[derive(Deserialize)]
struct Start {
    date: String,
    trigger: Value,
    zone: String,
    after: i64,
    at: Option<i64>,
    then: Option<i64>,
}

#[test]
fn dates() {
    const TEST: &str = "dates";
    let Some(python) = python() else {
        return foreign::skip(TEST, "no Python with dateutil");
    };
    let mut command = oracle(python);
    command.args([
        "dates",
        &given("LETTERPRESS_SEED", "20261124"),
        &given("LETTERPRESS_DATES", "100000"),
    ]);
    let told = command.output().expect("Python starts");
    assert!(
        told.status.success(),
        "{}",
        String::from_utf8_lossy(&told.stderr)
    );
    let text = String::from_utf8(told.stdout).expect("text");
    let lines: Vec<&str> = text.lines().collect();
    let shop = Shop::default();
    let different: Vec<String> = lines
        .par_iter()
        .filter_map(|line| {
            let start: Start = serde_json::from_str(line).expect("as written");
            let mut trigger = start.trigger.clone();
            trigger["type"] = json!("date");
            trigger["date_profile_property"] = json!("Day");
            trigger["timezone"] = json!("profile");
            let mail = json!({"temporary_id": "m", "type": "send-email", "data": {"message": {}}});
            let flow = json!({"triggers": [trigger], "actions": [mail], "entry_action_id": "m"});
            let builder = Audience::builder().flow("flow", Source::new("flow", flow.to_string()));
            let (audience, findings) = builder.build(&shop).expect("nothing fails");
            let Some(flow) = audience.flow("flow") else {
                return Some(format!("refused: {findings:?}"));
            };
            let profile =
                json!({"properties": {"Day": start.date}, "location": {"timezone": start.zone}});
            let profile = Profile::from_json(&profile.to_string()).expect("a profile");
            let next = |after: i64| {
                let after = Timestamp::from_second(after).expect("a time");
                flow.next_fire(&profile, after)
                    .map(|fire| fire.at.as_second())
            };
            let at = next(start.after);
            let then = at.and_then(next);
            (at != start.at || then != start.then).then(|| format!("{at:?}, {then:?}: {line}"))
        })
        .collect();
    println!("{} dates compared", lines.len());
    let (some, all) = (different.len().min(5), different.len());
    assert!(
        different.is_empty(),
        "{all} differ:\n{}",
        different[..some].join("\n")
    );
}
