//! Runs the files of `cases/`; the README there says how they are written.

use std::path::Path;
use std::sync::Arc;

use letterpress::data::{CatalogItem, CatalogVariant, Event, Profile, Shop};
use letterpress::diagnostic::Source;
use letterpress::feeds::{FeedDefinition, Feeds, Interactions, NeighbourRules, PriceChange};
use serde::Deserialize;
use toml::{Table, Value};

use crate::{ago, event, now, shown};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    items: Vec<Value>,
    #[serde(default)]
    variants: Vec<Value>,
    #[serde(default)]
    events: Vec<String>,
    #[serde(default)]
    prices: Vec<String>,
    #[serde(default)]
    rules: Rules,
    expect: Vec<Expected>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Rules {
    shrinkage: Option<f64>,
    least_groups: Option<u32>,
    least_shared: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    feed: Table,
    profile: Option<String>,
    trigger: Option<Vec<String>>,
    #[serde(default)]
    offset: usize,
    count: Option<usize>,
    picks: Vec<String>,
    #[serde(default)]
    left_out: Vec<String>,
}

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/feeds/cases");
    let mut run = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let text = std::fs::read_to_string(&path).unwrap();
            let case: Case = toml::from_str(&text).unwrap_or_else(|e| panic!("{path:?}: {e}"));
            case.run(&path.file_name().unwrap().to_string_lossy());
            run += 1;
        }
    }
    assert!(run >= 5, "{run} cases are too few: is the folder there?");
}

impl Case {
    fn run(&self, name: &str) {
        let mut shop = Shop::builder();
        for item in &self.items {
            shop = shop.item(catalog_item(item));
        }
        for variant in &self.variants {
            let json = serde_json::to_string(variant).unwrap();
            shop = shop.variant(CatalogVariant::from_json(&json).unwrap());
        }
        for (number, line) in self.events.iter().enumerate() {
            shop = shop.event(written(line, number));
        }
        let (shop, _) = shop.build();
        let changes: Vec<PriceChange> = self.prices.iter().map(|line| price(line)).collect();
        let standard = NeighbourRules::default();
        let rules = NeighbourRules {
            shrinkage: self.rules.shrinkage.unwrap_or(standard.shrinkage),
            least_groups: self.rules.least_groups.unwrap_or(standard.least_groups),
            least_shared: self.rules.least_shared.unwrap_or(standard.least_shared),
            ..standard
        };
        for (number, expected) in self.expect.iter().enumerate() {
            let place = format!("{name}, expectation {}", number + 1);
            let table = Table::from_iter([("F".to_owned(), expected.feed.clone().into())]);
            let text = toml::to_string(&table).unwrap();
            let (definitions, wrong) = FeedDefinition::from_toml(&Source::new("feeds.toml", text));
            assert!(wrong.is_empty(), "{place}: {wrong:?}");
            let interactions = Interactions::for_feeds(&definitions, &shop, &shop)
                .unwrap()
                .with_price_changes(changes.clone());
            let feeds = Feeds::with_rules(definitions, Arc::new(interactions), now(), rules);
            let feed = feeds.get("F").unwrap();
            let profile = expected.profile.as_deref().map(profile);
            let trigger = expected.trigger.as_deref().map(trigger);
            let shopper = feeds.shopper(profile.as_ref(), trigger.as_ref());
            let count = expected.count.unwrap_or(feed.definition().pool);
            let picks = feeds.pick(feed, &shopper, expected.offset, count);
            assert_eq!(shown(&feeds, &picks), expected.picks, "{place}");
            let explained = feeds.explain(feed, &shopper, expected.offset, count);
            let told: Vec<_> = explained.shown.iter().map(|shown| shown.pick).collect();
            assert_eq!(told, picks, "{place}: explained otherwise than picked");
            let left_out = explained.left_out.iter();
            let left_out: Vec<String> = left_out
                .map(|one| format!("{} {}", feeds.item(&one.pick).external_id, one.reason))
                .collect();
            assert_eq!(left_out, expected.left_out, "{place}, what is left out");
        }
    }
}

/// An id, or a table as in `catalog.jsonl`, to which a picture is added unless it says there is none.
fn catalog_item(written: &Value) -> CatalogItem {
    let mut item = match written {
        Value::String(id) => Table::from_iter([("external_id".to_owned(), Value::from(&**id))]),
        other => other.as_table().expect("an id or a table").clone(),
    };
    if item.remove("picture") != Some(Value::Boolean(false)) {
        item.insert(
            "image_full_url".to_owned(),
            Value::from("https://shop.example/i.jpg"),
        );
    }
    CatalogItem::from_json(&serde_json::to_string(&item).unwrap()).unwrap()
}

/// `WHO bought|viewed|added ITEM [xNUMBER] [#ORDER] AGE`
fn written(line: &str, number: usize) -> Event {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [who, did, item, more @ .., age] = &words[..] else {
        panic!("{line}: WHO bought|viewed|added ITEM [xNUMBER] [#ORDER] AGE");
    };
    let metric = match *did {
        "bought" => "Ordered Product",
        "viewed" => "Viewed Product",
        "added" => "Added to Cart",
        _ => panic!("{line}: bought, viewed or added?"),
    };
    let mut properties = serde_json::json!({"ProductID": item});
    for word in more {
        match (word.strip_prefix('x'), word.strip_prefix('#')) {
            (Some(quantity), _) => properties["Quantity"] = quantity.parse::<f64>().unwrap().into(),
            (_, Some(order)) => properties["OrderId"] = order.into(),
            _ => panic!("{line}: {word}?"),
        }
    }
    let event = event(metric, who, seconds(age), &properties.to_string());
    event.with_unique_id(number.to_string())
}

/// `ITEM OLD NEW AGE`
fn price(line: &str) -> PriceChange {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [item, old, new, age] = words[..] else {
        panic!("{line}: ITEM OLD NEW AGE");
    };
    PriceChange {
        item: item.to_owned(),
        time: ago(seconds(age)),
        old: old.parse().unwrap(),
        new: new.parse().unwrap(),
    }
}

/// `12d`, `3h`, `90s`, `0`.
fn seconds(age: &str) -> i64 {
    let (number, unit) = match age.as_bytes().last() {
        Some(b'd') => (&age[..age.len() - 1], 86_400),
        Some(b'h') => (&age[..age.len() - 1], 3_600),
        Some(b's') => (&age[..age.len() - 1], 1),
        _ => (age, 1),
    };
    number
        .parse::<i64>()
        .unwrap_or_else(|_| panic!("{age} is no age"))
        * unit
}

fn profile(who: &str) -> Profile {
    Profile::from_json(&format!(r#"{{"email": "{who}"}}"#)).unwrap()
}

fn trigger(items: &[String]) -> Event {
    let lines: Vec<_> = items
        .iter()
        .map(|id| serde_json::json!({"ProductID": id}))
        .collect();
    let properties = serde_json::json!({ "Items": lines }).to_string();
    event("Checkout Started", "", 0, &properties)
}
