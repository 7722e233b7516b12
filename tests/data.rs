//! Reading data: the case files of `tests/data` (see its README), and whole folders.

#[path = "harness/case_files.rs"]
mod case_files;

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use letterpress::data::{
    CatalogCategory, CatalogItem, CatalogVariant, Consent, DataError, Event, Metric, Profile, Shop,
    catalog_item_value, event_value, person_value,
};
use letterpress::diagnostic::Source;
use letterpress::value::{self, Value};
use serde_json::Value as Json;
use serde_json::value::RawValue;

#[test]
fn cases() {
    let mut failures = Vec::new();
    let mut count = 0;
    for file in case_files::files("tests/data", "json") {
        let cases: Vec<Case> = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        for case in cases {
            count += 1;
            if let Err(why) = run(&case) {
                failures.push(format!("{} · {}: {why}", file.display(), case.name));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {count} failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(count > 40);
}

/// A case; `tests/data/README.md` tells what its fields mean.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    r#type: String,
    line: Box<RawValue>,
    is: Option<Json>,
    error: Option<String>,
    at: Option<String>,
    #[serde(default)]
    sees: HashMap<String, Option<String>>,
    repeat: Option<usize>,
}

fn run(case: &Case) -> Result<(), String> {
    let mut line = match serde_json::from_str::<String>(case.line.get()) {
        Ok(text) => text,
        Err(_) => case.line.get().replace('\n', " "),
    };
    if let Some(times) = case.repeat {
        for (mark, text) in [("⟪[⟫", "["), ("⟪]⟫", "]")] {
            line = line.replace(mark, &text.repeat(times));
        }
    }
    let (is, sees) = match read(&case.r#type, &line) {
        Ok(read) => read,
        Err(error) => {
            if Some(error.to_string()) != case.error {
                return Err(format!("error: {error}"));
            }
            let DataError::Record { at, .. } = error else {
                return Err("not a record's error".into());
            };
            return match case.at.as_deref() {
                Some(place) if line.get(at.clone()) != Some(place) => {
                    Err(format!("points at {:?}", line.get(at)))
                }
                _ => Ok(()),
            };
        }
    };
    if Some(&is) != case.is.as_ref() {
        return Err(format!("is {is}"));
    }
    for (name, expected) in &case.sees {
        let printed = value::key(&sees, name).map(|v| value::text(&v));
        if printed != *expected {
            return Err(format!("sees {name} as {printed:?}"));
        }
        // What a dump lists and what can be read are the same, but for other names of the same thing.
        let listed = value::items(&sees)
            .unwrap()
            .iter()
            .any(|n| n.as_str() == Some(name));
        if listed != printed.is_some() && name != "$extra" {
            return Err(format!("lists {name}: {listed}"));
        }
    }
    Ok(())
}

fn read(kind: &str, line: &str) -> Result<(Json, Value), DataError> {
    fn json(record: &impl serde::Serialize) -> Json {
        serde_json::to_value(record).unwrap()
    }
    Ok(match kind {
        "profile" => {
            let profile = Profile::from_json(line)?;
            (json(&profile), person_value(Arc::new(profile)))
        }
        "event" => {
            let event = Event::from_json(line)?;
            (json(&event), event_value(Arc::new(event)))
        }
        "item" => {
            let item = CatalogItem::from_json(line)?;
            (json(&item), catalog_item_value(Arc::new(item)))
        }
        "variant" => (json(&CatalogVariant::from_json(line)?), Value::UNDEFINED),
        "category" => (json(&CatalogCategory::from_json(line)?), Value::UNDEFINED),
        "metric" => (json(&Metric::from_json(line)?), Value::UNDEFINED),
        other => panic!("no type {other}"),
    })
}

fn load(files: &[(&str, &[u8])]) -> (Shop, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let (shop, findings) = Shop::load(folder.path()).unwrap();
    let prefix = format!("{}{}", folder.path().display(), std::path::MAIN_SEPARATOR);
    let findings = findings
        .iter()
        .map(|f| f.to_string().replace(&prefix, ""))
        .collect();
    (shop, findings)
}

#[test]
fn a_broken_line_is_told_with_file_and_line_and_the_rest_goes_on() {
    let (shop, findings) = load(&[(
        "profiles.jsonl",
        b"\xef\xbb\xbf{\"email\": \"a@example.com\"}\r\n\r\n{\"email\": }\r\n{\"first_name\": \"caf\xe9\"}\n  \n{\"email\": \"b@example.com\"}",
    )]);
    assert_eq!(
        shop.profiles().iter().map(|p| p.key()).collect::<Vec<_>>(),
        ["a@example.com", "b@example.com"]
    );
    assert_eq!(
        findings,
        [
            "profiles.jsonl:3:11: warning[broken-record]: this is no JSON object: expected value",
            "profiles.jsonl:4:20: warning[broken-record]: this line is not UTF-8",
        ]
    );
}

#[test]
fn after_twenty_findings_of_a_file_only_their_number_is_told() {
    let mut lines = "{\n".repeat(57);
    lines.push_str("{\"external_id\": \"P-1\"}\n");
    let (shop, findings) = load(&[("catalog.jsonl", lines.as_bytes()), ("events.jsonl", b"{")]);
    assert_eq!(shop.items().len(), 1);
    assert_eq!(findings.len(), 22);
    assert_eq!(
        findings[20],
        "warning[broken-records]: 37 more lines of catalog.jsonl have something wrong"
    );
    assert!(findings[21].starts_with("events.jsonl:1:1: "));
}

#[test]
fn an_empty_folder_is_an_empty_shop_and_a_missing_one_an_error() {
    let (shop, findings) = load(&[]);
    assert!(
        shop.profiles().is_empty() && shop.organization().name().is_empty() && findings.is_empty()
    );
    let error = Shop::load(Path::new("no such folder")).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot read no such folder: "),
        "{error}"
    );
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("organization.toml"), "name = \n").unwrap();
    assert!(
        matches!(Shop::load(folder.path()), Err(DataError::Toml(finding)) if finding.to_string().contains("organization.toml:1:8"))
    );
}

#[test]
fn lines_find_each_other() {
    let (shop, findings) = load(&[
        ("metrics.jsonl", br#"{"type": "metric", "id": "M1", "attributes": {"name": "Placed Order", "integration": {"name": "Shopify"}}}
{"type": "metric", "id": "M2", "attributes": {"name": "Placed Order", "integration": {"name": "API"}}}"#),
        ("profiles.jsonl", br#"{"id": "X", "email": "Ada@example.com", "phone_number": "+1"}
{"external_id": "7"}"#),
        ("catalog.jsonl", br#"{"type": "catalog-variant", "external_id": "P-1-S", "item": "P-1", "inventory_quantity": 2}
{"type": "catalog-item", "id": "$custom:::$default:::P-1", "attributes": {"external_id": "P-1", "categories": ["tea"]}}
{"type": "catalog-category", "id": "$custom:::$default:::tea", "attributes": {"external_id": "tea", "name": "Tea"}}
{"type": "catalog-category", "external_id": "gift", "name": "Gifts", "relationships": {"items": {"data": [{"id": "P-1"}]}}}
{"type": "catalog-variant", "external_id": "lost", "item": "P-9"}"#),
        ("events.jsonl", br#"{"id": "e1", "metric_id": "M1", "profile_id": "X", "time": 10}
{"id": "e2", "metric": "Placed Order", "profile": {"email": "ada@EXAMPLE.com"}, "time": 30}
{"id": "e3", "metric": {"name": "Placed Order", "integration": "Shopify"}, "profile": {"phone_number": "+1"}, "time": 20}
{"id": "e0", "metric": "Viewed Product", "profile": {"id": "X"}, "time": 30}
{"id": "e4", "metric_id": "M9", "profile": {"email": "x@example.com"}, "time": 1}
{"data": [{"type": "event", "id": "e5", "attributes": {"timestamp": 5}, "relationships": {"metric": {"data": {"id": "M3"}}, "profile": {"data": {"id": "Y"}}}}, 7], "included": [{"type": "metric", "id": "M3", "attributes": {"name": "Opened Email"}}, {"type": "profile", "id": "Y", "attributes": {"email": "y@example.com"}}, {"type": "profile", "id": "X", "attributes": {"email": "other@example.com"}}]}"#),
    ]);
    let ada = shop.profile_by_email("ADA@example.com").unwrap();
    let timeline: Vec<&str> = shop.timeline(ada).map(|e| e.id()).collect();
    assert_eq!(timeline, ["e2", "e0", "e3", "e1"]);
    let metric = |id: &str| shop.event(id).unwrap().metric.clone();
    assert_eq!(metric("e1").integration.as_deref(), Some("Shopify"));
    assert_eq!(metric("e2").id.as_deref(), Some("M2"));
    assert!(Arc::ptr_eq(&metric("e1"), &metric("e3")));
    assert_eq!(metric("e5").name, "Opened Email");
    assert_eq!(shop.latest_event(ada, "Viewed Product").unwrap().id(), "e0");
    let names: Vec<&str> = shop.profiles().iter().map(|p| p.key()).collect();
    assert_eq!(names, ["X", "7", "Y"]);
    let item = shop.item("$custom:::$default:::P-1").unwrap();
    assert_eq!(
        item.categories
            .iter()
            .map(|c| c.name.as_str())
            .collect::<Vec<_>>(),
        ["Tea", "Gifts"]
    );
    assert_eq!((item.variants.len(), item.stock()), (1, Some(2.0)));
    assert_eq!(shop.item_of_variant("P-1-S").unwrap().external_id, "P-1");
    assert_eq!(
        findings,
        [
            "events.jsonl:6:161: warning[broken-record]: 'data' is a number where an object is expected",
            "warning[variant-without-item]: 1 catalog variant names no item of the catalog: lost",
            "warning[unknown-metric]: 1 event names a metric by an id that nothing describes: M9",
            "warning[unknown-profile]: 1 event belongs to somebody who is not among the profiles: x@example.com",
        ]
    );
}

#[test]
fn of_events_with_the_same_person_metric_and_unique_id_the_first_counts() {
    let (shop, findings) = load(&[
        ("profiles.jsonl", br#"{"id": "X", "email": "a@example.com"}"#),
        ("events.jsonl", br#"{"metric": "A", "profile": {"id": "X"}, "time": 1, "unique_id": "u", "value": 1}
{"metric": "A", "profile": {"email": "a@example.com"}, "time": 2, "properties": {"$event_id": "u"}, "value": 2}
{"metric": "B", "profile": {"id": "X"}, "time": 2, "unique_id": "u"}
{"metric": "A", "profile": {"id": "Y"}, "time": 2, "unique_id": "u"}
{"metric": "C", "profile": {"id": "X"}, "time": 9}
{"metric": "C", "profile": {"id": "X"}, "time": 9.7}
{"metric": "C", "profile": {"id": "X"}, "time": 10}
{"id": "1", "metric": "D", "profile": {"id": "X"}, "time": 9}
{"id": "2", "metric": "D", "profile": {"id": "X"}, "time": 9}
{"id": "2", "metric": "D", "profile": {"id": "X"}, "time": 9}
{"metric": "D", "time": 9}
{"metric": "D", "time": 9}"#),
    ]);
    let kept: Vec<(&str, Option<f64>)> = shop
        .events()
        .iter()
        .map(|e| (e.metric.name.as_str(), e.value))
        .collect();
    let expected = ["A", "B", "A", "C", "C", "D", "D", "D", "D"];
    assert_eq!(
        kept.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        expected
    );
    assert_eq!(kept[0].1, Some(1.0));
    assert!(
        findings.contains(&"warning[repeated-event]: 3 events repeat an earlier one".to_owned()),
        "{findings:?}"
    );
}

#[test]
fn of_two_lines_of_one_profile_the_later_counts() {
    let (shop, findings) = load(&[(
        "profiles.jsonl",
        br#"{"id": "X", "first_name": "A"}
{"id": "Y", "first_name": "B", "email": "b@example.com"}
{"id": "X", "first_name": "C", "email": "b@example.com"}"#,
    )]);
    let names: Vec<_> = shop
        .profiles()
        .iter()
        .map(|p| p.first_name.as_deref().unwrap())
        .collect();
    assert_eq!(names, ["C", "B"]);
    assert_eq!(
        findings,
        [
            "profiles.jsonl:3:1: warning[repeated-record]: the profile 'X' was there before; the later one counts",
            "warning[shared-address]: 1 profile has the address of another one: b@example.com",
        ]
    );
}

#[test]
fn a_person_written_as_json_reads_back_the_same() {
    let profile = Profile::from_json(r#"{"first_name": "Ada", "properties": {"a": 1}}"#).unwrap();
    let person = person_value(Arc::new(profile));
    let dumped = serde_json::to_string(&person).unwrap();
    assert_eq!(
        dumped,
        r#"{"first_name":"Ada","full_name":"Ada","$first_name":"Ada","a":1}"#
    );
    let again = value::from_json(&dumped).unwrap();
    assert!(value::equal(&person, &again));
}

#[test]
fn no_cut_or_garbled_line_does_harm() {
    let lines = [
        r#"{"type": "profile", "id": "01JD3T", "attributes": {"email": "é@example.com", "location": {"zip": "02110", "latitude": 4.5}, "created": "2025-02-01T09:30:00+00:00", "properties": {"a": [{"b": "\ud83c\udf75"}]}, "subscriptions": {"email": {"marketing": {"consent": "SUBSCRIBED", "suppression": [{"reason": "x"}]}}}}}"#,
        r#"{"data": {"type": "event", "attributes": {"properties": {"$value": 1.5, "$extra": {"é": 1}}, "time": "2026-11-20T18:04:10+00:00", "metric": {"data": {"attributes": {"name": "X"}}}, "profile": {"data": {"attributes": {"email": "a@example.com"}}}}}}"#,
        r#"{"data": [{"type": "catalog-item", "attributes": {"external_id": "P", "price": "$1", "categories": ["tea"]}, "relationships": {"categories": {"data": [{"id": "c"}]}}}], "included": []}"#,
    ];
    let mut all = Vec::new();
    let mut seed = 1u64;
    for line in lines {
        for end in 0..line.len() {
            all.extend_from_slice(&line.as_bytes()[..end]);
            all.push(b'\n');
            let mut garbled = line.as_bytes().to_vec();
            seed = seed
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            garbled[end] = (seed >> 40) as u8;
            all.extend_from_slice(&garbled);
            all.push(b'\n');
        }
    }
    for name in [
        "profiles.jsonl",
        "events.jsonl",
        "catalog.jsonl",
        "metrics.jsonl",
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), &all).unwrap();
        let (_, findings) = Shop::load(folder.path()).unwrap();
        for finding in findings {
            assert!(!finding.to_text(false).is_empty());
        }
    }
}

#[test]
fn an_example_says_that_extra_belongs_among_the_properties() {
    let now = "2026-11-20T18:00:00Z".parse().unwrap();
    let read = |json: &str| Event::from_example(json, "Placed Order", now);
    let beside = [
        r#"{"properties": {"a": 1}, "extra": {"b": 2}}"#,
        r#"{"$extra": {"b": 2}}"#,
        r#"{"data": {"type": "event", "attributes": {"properties": {}, "extra": {"b": 2}}}}"#,
    ];
    for json in beside {
        let finding = read(json)
            .unwrap_err()
            .diagnostic(&Source::new("event.json", json));
        let at = finding.primary.as_ref().unwrap().at.text();
        assert_eq!(at, r#"{"b": 2}"#, "{finding}");
        assert!(finding.title.contains("as '$extra'"), "{finding}");
    }
    let among = read(r#"{"properties": {"$extra": {"b": 2}, "extra": 1}}"#).unwrap();
    assert!(among.property("$extra").is_some());
    // In an export it is one more field that nobody asked for.
    assert!(Event::from_json(r#"{"metric": "X", "time": 0, "extra": {}}"#).is_ok());
}

#[test]
fn the_sample_shop_has_nothing_wrong() {
    let (shop, findings) = Shop::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("shop")).unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(
        (
            shop.profiles().len(),
            shop.items().len(),
            shop.events().len()
        ),
        (312, 60, 5080)
    );
    let subscribed =
        |p: &&Arc<Profile>| p.can_receive_email() && p.consent() == Consent::Subscribed;
    assert!(shop.profiles().iter().filter(subscribed).count() >= 200);
}
