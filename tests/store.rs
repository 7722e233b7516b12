//! The store against [`Shop`], its slow and obvious twin: whatever way the data came, both answer alike.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use letterpress::data::{Database, Event, Events, Profile, Profiles, Shop};
use letterpress::diagnostic::Diagnostic;
use letterpress::store::{ImportOptions, Rejected, Report, Store, Watch};
use serde_json::{Value, json};

fn now() -> Timestamp {
    "2026-11-23T00:00:00Z".parse().unwrap()
}

struct Quiet(Vec<String>);

impl Watch for Quiet {
    fn rejected(&mut self, _: &str, rejected: &Rejected) {
        self.0
            .push(format!("{}: {}", rejected.line, rejected.reason));
    }
    fn read(&mut self, _: u64, _: Option<u64>) {}
}

fn import(store: &mut Store, paths: &[PathBuf]) -> Report {
    let mut watch = Quiet(Vec::new());
    let report = store.import(paths, &ImportOptions::default(), now(), &mut watch);
    let report = report.unwrap();
    assert_eq!(watch.0, Vec::<String>::new());
    report
}

/// All that can be asked of a database, with events in any order and people in the order of their data.
fn everything(data: &dyn Database) -> Value {
    let person = |profile: &Profile| {
        let timeline: Vec<Value> = data
            .timeline(profile)
            .map(|event| told(&event.unwrap()))
            .collect();
        let page = data.timeline_page(profile, None, None, 3).unwrap();
        let lists: Vec<String> = data
            .lists_of(profile)
            .unwrap()
            .into_iter()
            .map(|one| format!("{} {:?}", one.list, one.joined))
            .collect();
        let mut counts: Vec<String> = data
            .counts(Some(profile), Timestamp::MIN, now())
            .unwrap()
            .into_iter()
            .map(|one| {
                format!(
                    "{:?} {} {:.4} {} {}",
                    one.metric, one.count, one.value, one.first, one.last
                )
            })
            .collect();
        counts.sort();
        json!({"profile": profile, "timeline": timeline, "lists": lists, "counts": counts,
            "page": page.iter().map(|event| told(event)).collect::<Vec<_>>()})
    };
    let people: Vec<Value> = data
        .profiles()
        .map(|profile| person(&profile.unwrap()))
        .collect();
    let mut events: Vec<String> = data
        .events()
        .map(|event| told(&event.unwrap()).to_string())
        .collect();
    events.sort();
    let mut metrics: Vec<String> = data
        .metrics()
        .unwrap()
        .iter()
        .map(|metric| format!("{metric:?}"))
        .collect();
    metrics.sort();
    let items: Vec<Value> = data
        .items()
        .map(|item| serde_json::to_value(&*item.unwrap()).unwrap())
        .collect();
    json!({"people": people, "count": data.profile_count().unwrap(), "events": events, "metrics": metrics,
        "items": items, "lists": data.lists().unwrap(), "categories": data.categories().unwrap().len()})
}

fn told(event: &Event) -> Value {
    json!({"event": event, "key": event.id()})
}

fn assert_same(left: &Value, right: &Value, what: &str) {
    if left == right {
        return;
    }
    // Not megabytes on the screen: the first place that differs.
    fn first(left: &Value, right: &Value, path: &str) -> String {
        match (left, right) {
            (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
                let differ = a.iter().zip(b).position(|(a, b)| a != b).unwrap_or(0);
                first(&a[differ], &b[differ], &format!("{path}[{differ}]"))
            }
            (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
                let (key, _) = a.iter().find(|(key, value)| b[*key] != **value).unwrap();
                first(&a[key], &b[key], &format!("{path}.{key}"))
            }
            _ => format!("{path}\n  left: {left:.600}\n right: {right:.600}"),
        }
    }
    panic!("{what}: {}", first(left, right, ""));
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("shop")
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn synced(folder: &Path) -> Store {
    let mut store = Store::in_memory().unwrap();
    assert!(store.sync(Some(folder), now()).unwrap());
    store
}

fn assert_twins(folder: &Path, store: &Store, what: &str) {
    let (shop, findings) = Shop::load(folder).unwrap();
    assert_same(&everything(store), &everything(&shop), what);
    let text = |findings: Vec<Diagnostic>| -> Vec<String> {
        let told = |finding: &Diagnostic| match (finding.code, &finding.primary) {
            // The two say in other words why.
            ("broken-record", Some(label)) => {
                format!("broken {}:{}", label.at.file(), label.at.line())
            }
            // Somebody unknown is called by the address in lower case.
            _ => finding.to_text(false).to_lowercase(),
        };
        findings.iter().map(told).collect()
    };
    assert_eq!(text(store.findings().unwrap()), text(findings), "{what}");
}

#[test]
fn the_sample_shop_is_the_same_in_the_store_and_in_memory() {
    let store = synced(&sample());
    assert_twins(&sample(), &store, "sample");
    let (shop, _) = Shop::load(&sample()).unwrap();
    for query in [
        "ada",
        "example.com",
        "jose",
        "oolong",
        "ada byron",
        "C-1007",
        "nobody at all",
        "",
    ] {
        let keys = |data: &dyn Database| -> Vec<String> {
            let found = data.search(query, 5).unwrap();
            found
                .people
                .iter()
                .map(|one| one.key().to_owned())
                .collect()
        };
        assert_eq!(keys(&store), keys(&shop), "{query}");
    }
    assert!(!store.search("ad", 5).unwrap().people.is_empty());
    let coupons = store.coupons().unwrap();
    assert_eq!(&coupons, shop.coupons());
}

const ODD: [(&str, &str); 5] = [
    (
        "profiles.jsonl",
        r#"{"id": "X", "email": "Ada@example.com", "first_name": "A", "properties": {"Points": 1}}
{"id": "Y", "email": "b@example.com"}
{"email": "ada@example.com", "external_id": "7", "first_name": null, "updated": "2026-01-01"}
{"broken"
{"id": "Z", "email": "b@example.com", "phone_number": "+1"}
{"phone_number": "+1", "first_name": "Tel"}
{"data":{"type":"profile-merge","id":"X","relationships":{"profiles":{"data":[{"type":"profile","id":"S"}]}}}}
{"id": "S", "last_name": "Source", "properties": {"Points": 2, "Size": "M"}}
{"id": "X", "title": "old", "updated": "2025-01-01"}
"#,
    ),
    (
        "metrics.jsonl",
        r#"{"id": "M1", "name": "Placed Order", "integration": {"name": "Shopify"}}
{"id": "M2", "name": "Viewed Product"}
"#,
    ),
    (
        "events.jsonl",
        r#"{"id": "e1", "metric": "Placed Order", "profile": {"id": "X"}, "time": "2026-11-01", "properties": {"$value": 5}}
{"id": "e1", "metric": "Placed Order", "profile": {"id": "X"}, "time": "2026-11-01", "properties": {"$value": 6}}
{"metric": {"id": "M1"}, "profile": {"email": "ADA@example.com"}, "time": "2026-11-02", "unique_id": "u"}
{"metric": {"name": "Placed Order", "integration": "Shopify"}, "profile": {"id": "S"}, "time": "2026-11-03", "unique_id": "u"}
{"metric": "Viewed Product", "profile": {"email": "stranger@example.com"}, "time": "2026-11-03"}
{"metric": {"id": "M9"}, "profile": {"phone_number": "+1"}, "time": "2026-11-03"}
{"metric": {"id": "M9"}, "profile": {"id": "Z"}, "time": "2026-11-03"}
{"metric": "Viewed Product", "time": 9}
{"metric": "Viewed Product", "time": 9}
{"data":{"type":"event","attributes":{"metric":{"data":{"type":"metric","attributes":{"name":"Viewed Product"}}},"time":"2026-11-04","properties":{},"profile":{"data":{"type":"profile","attributes":{"email":"walk-in@example.com"}}}}}}
{"data":{"type":"event","attributes":{"metric":{"data":{"type":"metric","attributes":{"name":"Viewed Product"}}},"time":"2026-11-05","properties":{},"profile":{"data":{"type":"profile","attributes":{"email":"b@example.com","external_id":"B"}}}}}}
{"metric": "Viewed Product", "profile": {"id": "Y"}, "time": 9.2}
{"metric": "Viewed Product", "profile": {"id": "Y"}, "time": 9.7}
"#,
    ),
    (
        "catalog.jsonl",
        r#"{"external_id": "P-1", "title": "Oolong", "price": 5, "updated": "2026-02-01", "created": "2026-01-01"}
{"external_id": "P-1", "title": "Older", "price": 6, "updated": "2026-01-01"}
{"external_id": "P-2", "title": "Kettle"}
{"external_id": "P-2", "title": "Kettle 2"}
{"type": "catalog-variant", "attributes": {"external_id": "V-1", "title": "M", "sku": "s", "item": "P-2"}}
{"type": "catalog-variant", "attributes": {"external_id": "V-9", "item": "P-9"}}
{"type": "catalog-category", "attributes": {"external_id": "tea", "name": "Tea"}}
"#,
    ),
    (
        "lists/newsletter.csv",
        "email,joined_at\nada@example.com,2025-02-04\nb@example.com,\nnew@example.com,2026-01-01\n",
    ),
];

#[test]
fn odd_data_is_the_same_in_the_store_and_in_memory() {
    let folder = folder(&ODD);
    assert_twins(folder.path(), &synced(folder.path()), "odd");
}

/// A small generator: the same numbers on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most as u64) as usize
    }
}

#[test]
fn whatever_changes_in_the_folder_the_store_is_as_if_it_were_new() {
    let mut dice = Dice(0x1e77_e795);
    for round in 0..120 {
        let folder = folder(&ODD);
        let mut store = Store::in_memory().unwrap();
        if round % 2 == 0 {
            store = store.with_bulk_from(0);
        }
        store.sync(Some(folder.path()), now()).unwrap();
        for step in 0..4 {
            for _ in 0..=dice.below(3) {
                let (name, _) = ODD[dice.below(ODD.len())];
                let path = folder.path().join(name);
                let Ok(text) = fs::read_to_string(&path) else {
                    continue;
                };
                let head = usize::from(name.ends_with("csv"));
                let mut lines: Vec<&str> = text.lines().collect();
                let before = lines.len();
                let at = head + dice.below((before - head).max(1));
                match dice.below(5) {
                    0 if before > head => drop(lines.remove(at.min(before - 1))),
                    1 if before > head => lines.insert(at, lines[at.min(before - 1)]),
                    2 if before > head + 1 => lines.swap(head, before - 1),
                    3 => lines.truncate(head),
                    _ => {
                        // What another round has taken out comes back.
                        let original = ODD.iter().find(|(known, _)| *known == name).unwrap().1;
                        lines = original.lines().collect();
                    }
                }
                let mut text = lines.join("\n") + "\n";
                if dice.below(6) == 0 {
                    text = text.replace("Oolong", "Sencha").replace("\"A\"", "\"B\"");
                }
                match dice.below(12) {
                    0 => fs::remove_file(&path).unwrap(),
                    _ => fs::write(&path, text).unwrap(),
                }
            }
            store.sync(Some(folder.path()), now()).unwrap();
            assert_twins(
                folder.path(),
                &store,
                &format!("round {round}, step {step}"),
            );
        }
    }
}

#[test]
fn imports_in_any_order_and_twice_are_the_same() {
    let whole = folder(&ODD);
    fs::write(
        whole.path().join("profiles.jsonl"),
        ODD[0].1.replace("{\"broken\"\n", ""),
    )
    .unwrap();
    // Nobody's event that is imported twice is one; in a file it stands twice.
    let nobodys = "{\"metric\": \"Viewed Product\", \"time\": 9}\n";
    fs::write(
        whole.path().join("events.jsonl"),
        // Whom a body makes known stands where its line does, which here comes in any order.
        ODD[2]
            .1
            .replacen(nobodys, "", 1)
            .lines()
            .filter(|line| !line.starts_with("{\"data\""))
            .map(|line| format!("{line}\n"))
            .collect::<String>(),
    )
    .unwrap();
    let (shop, _) = Shop::load(whole.path()).unwrap();
    let mut expected = everything(&shop);
    expected["items"] = json!(null);
    let files: Vec<PathBuf> = ODD
        .iter()
        .map(|(name, _)| whole.path().join(name))
        .collect();
    let mut dice = Dice(0x0bad_cafe);
    for _ in 0..30 {
        let mut order = files.clone();
        for at in 0..order.len() {
            let other = dice.below(order.len());
            order.swap(at, other);
        }
        let bulk_from = [0, u64::MAX][dice.below(2)];
        let mut store = Store::in_memory().unwrap().with_bulk_from(bulk_from);
        let mut left = order.clone();
        while !left.is_empty() {
            let rest = left.split_off(1 + dice.below(left.len()));
            import(&mut store, &left);
            left = rest;
        }
        let mut found = everything(&store);
        found["items"] = json!(null);
        assert_same(&found, &expected, &format!("{order:?}"));
        let again = import(&mut store, &order).total();
        assert_eq!((again.new, again.changed), (0, 0), "{again:?}");
        assert_eq!(again.rows, again.same + again.contradicting, "{again:?}");
        assert_same(&everything(&store)["people"], &expected["people"], "twice");
    }
}

#[test]
fn what_is_imported_is_kept_apart_from_the_folder() {
    let whole = folder(&[
        (
            "shop/profiles.jsonl",
            "{\"id\": \"X\", \"email\": \"a@example.com\", \"first_name\": \"A\"}\n",
        ),
        (
            "shop/events.jsonl",
            "{\"id\": \"e1\", \"metric\": \"M\", \"profile\": {\"id\": \"X\"}, \"time\": 9}\n",
        ),
        (
            "more.jsonl",
            "{\"type\":\"profile\",\"id\": \"X\", \"attributes\": {\"last_name\": \"B\", \"first_name\": null}}\n{\"type\":\"event\",\"id\":\"e1\",\"attributes\":{\"metric\":\"M\",\"profile\":{\"id\":\"X\"},\"time\":9,\"properties\":{\"a\":1}}}\n",
        ),
    ]);
    let shop = whole.path().join("shop");
    let mut store = synced(&shop);
    let report = import(&mut store, &[whole.path().join("more.jsonl")]);
    assert_eq!(
        (report.total().rows, report.total().changed),
        (2, 1),
        "{report:?}"
    );
    let name = |store: &Store| {
        let profile = store.profile("X").unwrap().unwrap();
        (profile.first_name.clone(), profile.last_name.clone())
    };
    assert_eq!(name(&store), (None, Some("B".into())));
    let event = |store: &Store| {
        store
            .event("e1")
            .unwrap()
            .unwrap()
            .raw_properties()
            .to_owned()
    };
    assert_eq!(
        (store.event_count().unwrap(), event(&store).as_str()),
        (1, "{}")
    );
    // The folder's lines go, the import stays.
    fs::write(shop.join("profiles.jsonl"), "").unwrap();
    fs::write(shop.join("events.jsonl"), "").unwrap();
    store.sync(Some(&shop), now()).unwrap();
    assert_eq!(name(&store), (None, Some("B".into())));
    assert!(store.profile_by_email("a@example.com").unwrap().is_none());
    assert_eq!(
        (store.event_count().unwrap(), event(&store).as_str()),
        (1, "{\"a\":1}")
    );
}

#[test]
fn what_is_odd_in_an_import_is_told() {
    let files = folder(&[
        (
            "profiles.jsonl",
            "{\"first_name\": \"Nobody\"}\n{\"email\": \"not an address\"}\n{\"email\": \"a@example.com\"}\n",
        ),
        ("people.csv", "Email,Points\nb@example.com,7\n"),
        (
            "events.jsonl",
            "{\"data\":{\"type\":\"event\",\"attributes\":{\"metric\":{\"data\":{\"type\":\"metric\",\"attributes\":{\"name\":\"M\"}}},\"properties\":{},\"time\":\"2026-11-01\",\"profile\":{\"data\":{\"type\":\"profile\",\"attributes\":{\"email\":\"new@example.com\"}}}}}}\n",
        ),
    ]);
    let paths: Vec<PathBuf> = ["profiles.jsonl", "people.csv", "events.jsonl"]
        .iter()
        .map(|name| files.path().join(name))
        .collect();
    let mut store = Store::in_memory().unwrap();
    let mut watch = Quiet(Vec::new());
    let options = ImportOptions::default();
    let report = store.import(&paths, &options, now(), &mut watch).unwrap();
    // Whom nobody could find again is not taken; who has no mailbox is.
    let why = "1: a profile needs an id, an external_id, an email or a phone_number";
    assert_eq!(watch.0, [why]);
    let total = report.total();
    assert_eq!((total.rejected, total.new), (1, 5), "{report:?}");
    let notes = report.notes.join("\n");
    for told in [
        "profiles.jsonl: 1 address is none ('not an address' in line 2)",
        "people.csv: the column 'Points' becomes a property, as text",
    ] {
        assert!(notes.contains(told), "{notes}");
    }
    assert_eq!(report.notes.len(), 2, "{notes}");
    // Whom the body of an event names is somebody, with that event.
    let new = store.profile_by_email("new@example.com").unwrap().unwrap();
    assert_eq!(store.timeline(&new).count(), 1);
    let again = store.import(&paths, &options, now(), &mut watch).unwrap();
    let again = again.total();
    assert_eq!(
        (again.new, again.changed, again.rejected),
        (0, 0, 1),
        "{again:?}"
    );
}
