//! What the reference of the data prints, imported into a store and asked for again: resources of each kind, an event that
//! is told twice, two profiles that become one, a price that falls.

use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
use letterpress::data::{Catalog, Events, Profiles};
use letterpress::store::{
    CatalogChange, CatalogField, ImportOptions, Rejected, Report, Store, Watch,
};
use serde_json::{Value, json};

fn now() -> Timestamp {
    "2026-11-23T00:00:00Z".parse().unwrap()
}

struct Strict;

impl Watch for Strict {
    fn rejected(&mut self, file: &str, rejected: &Rejected) {
        panic!("{file}:{}: {}", rejected.line, rejected.reason);
    }
    fn read(&mut self, _: u64, _: Option<u64>) {}
}

fn import(store: &mut Store, paths: &[PathBuf]) -> Report {
    let options = ImportOptions::default();
    store.import(paths, &options, now(), &mut Strict).unwrap()
}

/// The files of one import, one after the other.
fn imported(store: &mut Store, files: &[(&str, &str)]) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let write = |(name, text): &(&str, &str)| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let paths: Vec<PathBuf> = files.iter().map(write).collect();
    import(store, &paths)
}

/// Whether all that went in comes out, links aside.
fn assert_within(went_in: &Value, comes_out: &Value, at: &str) {
    match (went_in, comes_out) {
        (Value::Object(had), Value::Object(has)) => {
            for (key, one) in had.iter().filter(|(key, _)| *key != "links") {
                let found = has.get(key).unwrap_or_else(|| panic!("no {at}/{key}"));
                assert_within(one, found, &format!("{at}/{key}"));
            }
        }
        _ => assert_eq!(went_in, comes_out, "{at}"),
    }
}

fn assert_shown(written: &str, resource: impl serde::Serialize) {
    let went_in: Value = serde_json::from_str(written).unwrap();
    assert_within(&went_in, &serde_json::to_value(resource).unwrap(), "");
}

const PROFILE: &str = r#"{"type":"profile","id":"01JD3T6M9Q4W8ZK2XN5RVB7HCE",
 "attributes":{"email":"ada@example.com","phone_number":"+16175550123","external_id":"C-1007",
  "first_name":"Ada","last_name":"Byron","organization":null,"locale":"en-US","title":null,"image":null,
  "created":"2025-02-01T09:30:00+00:00","updated":"2026-11-20T18:04:11+00:00","last_event_date":"2026-11-20T18:04:10+00:00",
  "location":{"address1":"1 Long Wharf","city":"Boston","region":"Massachusetts","country":"United States","zip":"02110",
   "latitude":42.3565,"longitude":-71.0537,"timezone":"America/New_York","ip":null},
  "properties":{"Birthday":"1990-02-28","VIP":true,"Points":340,"Tags":["tea","gift"]}},
 "links":{"self":"https://example.com/api/profiles/01JD3T6M9Q4W8ZK2XN5RVB7HCE"}}"#;

const EVENT: &str = r#"{"type":"event","id":"4vRpBT5yBv1",
 "attributes":{"timestamp":1763661850,"datetime":"2025-11-20T18:04:10+00:00","uuid":"adfa8780-c63e-11f0-8001-2fc8d21f8c6b",
  "event_properties":{"$event_id":"checkout-8841","$value":59.9,"ItemNames":["Oolong","Kettle"],"Categories":["Tea","Kitchen"],"ItemCount":2,
   "$extra":{"checkout_url":"https://shop.example/c/8841",
    "line_items":[{"product_id":"P-11","title":"Oolong","quantity":1,"price":"19.90","image":"https://shop.example/i/oolong.jpg"},
                  {"product_id":"P-42","title":"Kettle","quantity":1,"price":"40.00","image":"https://shop.example/i/kettle.jpg"}]}}},
 "relationships":{"profile":{"data":{"type":"profile","id":"01JD3T6M9Q4W8ZK2XN5RVB7HCE"}},"metric":{"data":{"type":"metric","id":"UxxK3p"}}},
 "links":{"self":"https://example.com/api/events/4vRpBT5yBv1"}}"#;

const METRIC: &str = r#"{"type":"metric","id":"UxxK3p","attributes":{"name":"Checkout Started","created":"2024-05-01T00:00:00+00:00","updated":"2024-05-01T00:00:00+00:00","integration":{"id":"0eMvjm","name":"API"}},
 "links":{"self":"https://example.com/api/metrics/UxxK3p"}}"#;

const BODY: &str = r#"{"data":{"type":"event","attributes":{"properties":{"ProductID":"P-11","ProductName":"Oolong","Quantity":2,"$extra":{"image":"https://shop.example/i/oolong.jpg"}},
  "time":"2026-11-20T18:04:10+00:00","value":39.8,"value_currency":"USD","unique_id":"order-7001-P-11",
  "metric":{"data":{"type":"metric","attributes":{"name":"Ordered Product"}}},
  "profile":{"data":{"type":"profile","attributes":{"email":"ada@example.com","external_id":"C-1007"}}}}}}"#;

const ITEM: &str = r#"{"type":"catalog-item","id":"$custom:::$default:::P-11",
 "attributes":{"external_id":"P-11","title":"Oolong","description":"Half-fermented leaf tea","price":19.9,"url":"https://shop.example/p/oolong",
  "image_full_url":"https://shop.example/i/oolong.jpg","image_thumbnail_url":"https://shop.example/i/oolong-t.jpg","images":[],
  "custom_metadata":{"Origin":"Fujian"},"published":true,"created":"2026-09-01T00:00:00+00:00","updated":"2026-11-01T00:00:00+00:00"},
 "links":{"self":"https://example.com/api/catalog-items/P-11"}}"#;

const VARIANT: &str = r#"{"type":"catalog-variant","id":"$custom:::$default:::P-11-250",
 "attributes":{"external_id":"P-11-250","title":"Oolong 250 g","description":"250 g bag","sku":"OOL250","inventory_policy":1,"inventory_quantity":14,"price":19.9,
  "url":"https://shop.example/p/oolong?v=250","image_full_url":"https://shop.example/i/oolong-250.jpg","custom_metadata":{"size":"250 g","color":"Green"},"published":true},
 "relationships":{"item":{"data":{"type":"catalog-item","id":"$custom:::$default:::P-11"}}},
 "links":{"self":"https://example.com/api/catalog-variants/P-11-250"}}"#;

const CATEGORY: &str = r#"{"type":"catalog-category","id":"$custom:::$default:::tea","attributes":{"external_id":"tea","name":"Tea","updated":"2026-11-01T00:00:00+00:00"},
 "links":{"self":"https://example.com/api/catalog-categories/tea"}}"#;

#[test]
fn what_the_reference_prints_is_shown_as_it_came() {
    // What is about the item names it, as an account's own pages of categories do.
    let category = CATEGORY.replace(
        r#""links""#,
        r#""relationships":{"items":{"data":[{"type":"catalog-item","id":"$custom:::$default:::P-11"}]}},"links""#,
    );
    let files = [
        ("a.json", PROFILE),
        ("b.json", EVENT),
        ("c.json", METRIC),
        ("d.json", BODY),
        ("e.json", ITEM),
        ("f.json", VARIANT),
        ("g.json", &category),
    ];
    let mut store = Store::in_memory().unwrap();
    let total = imported(&mut store, &files).total();
    // The body tells of a person, too.
    assert_eq!((total.rows, total.rejected), (8, 0), "{total:?}");

    let ada = store.profile("01JD3T6M9Q4W8ZK2XN5RVB7HCE");
    let ada = ada.unwrap().unwrap();
    assert_shown(PROFILE, ada.resource());
    let event = store.event("4vRpBT5yBv1").unwrap().unwrap();
    assert_shown(EVENT, event.resource());
    assert_shown(METRIC, event.metric.resource());
    let item = store.item("P-11").unwrap().unwrap();
    assert_shown(ITEM, item.resource());
    assert_shown(VARIANT, item.variants[0].resource());
    assert_shown(CATEGORY, item.categories[0].resource());

    // A body becomes an event: of Ada, who is known by both of its names.
    let timeline: Vec<_> = store.timeline(&ada).map(|event| event.unwrap()).collect();
    assert_eq!(timeline.len(), 2);
    assert_eq!(timeline[1].id(), event.id());
    let resource = serde_json::to_value(timeline[0].resource()).unwrap();
    let written: Value = serde_json::from_str(BODY).unwrap();
    let attributes = &written["data"]["attributes"];
    let shown = &resource["attributes"];
    assert_within(
        &attributes["properties"],
        &shown["event_properties"],
        "properties",
    );
    assert_eq!(shown["datetime"], attributes["time"]);
    assert_eq!(timeline[0].value, Some(39.8));
    assert_eq!(timeline[0].value_currency.as_deref(), Some("USD"));
    assert_eq!(timeline[0].metric.name, "Ordered Product");

    // All of it again is nothing new.
    let again = imported(&mut store, &files).total();
    assert_eq!((again.rows, again.same), (8, 8), "{again:?}");
}

#[test]
fn example_20_the_same_event_twice_is_one() {
    let line = BODY.replace('\n', "");
    let other = line.replace("39.8", "40");
    let mut store = Store::in_memory().unwrap();
    let report = imported(
        &mut store,
        &[("events.jsonl", &format!("{line}\n{line}\n{other}\n"))],
    );
    let total = report.total();
    assert_eq!(store.event_count().unwrap(), 1);
    // The first wins.
    imported(&mut store, &[("a.json", PROFILE)]);
    let ada = store.profile_by_email("ada@example.com").unwrap().unwrap();
    let events: Vec<_> = store.timeline(&ada).map(|event| event.unwrap()).collect();
    assert_eq!(events[0].value, Some(39.8));
    let event_rows = report.kinds.values().map(|counts| counts.contradicting);
    assert_eq!(event_rows.sum::<u64>(), 1, "{total:?}");
    // Another person, another metric, another id: three more.
    let others = [
        line.replace("ada@example.com", "bo@example.com")
            .replace("C-1007", "C-1008"),
        line.replace("Ordered Product", "Viewed Product"),
        line.replace("order-7001", "order-7002"),
    ];
    imported(&mut store, &[("events.jsonl", &others.join("\n"))]);
    assert_eq!(store.event_count().unwrap(), 4);
}

#[test]
fn example_20_a_profile_merged_into_another() {
    let source = r#"{"id":"01JD3T6M9Q4W8ZK2XN5RVB7SRC","email":"s@example.com","location":{"timezone":"UTC"},"properties":{"color":"red","size":"M"},
      "subscriptions":{"email":{"marketing":{"consent":"SUBSCRIBED","suppression":[{"reason":"USER_SUPPRESSED","timestamp":"2026-01-01T00:00:00+00:00"}]}}}}"#
        .replace('\n', "");
    let destination = r#"{"id":"01JD3T6M9Q4W8ZK2XN5RVB7HCE","email":"d@example.com","location":{"timezone":"Europe/Paris"},"properties":{"color":"green"}}"#;
    let event = |id: &str, who: &str, time: &str| {
        json!({"id": id, "metric": "Viewed Product", "profile": {"id": who}, "time": time})
            .to_string()
    };
    let events = [
        event("e1", "01JD3T6M9Q4W8ZK2XN5RVB7SRC", "2026-06-01"),
        event("e2", "01JD3T6M9Q4W8ZK2XN5RVB7HCE", "2026-06-02"),
    ]
    .join("\n");
    let merge = r#"{"data":{"type":"profile-merge","id":"01JD3T6M9Q4W8ZK2XN5RVB7HCE","relationships":{"profiles":{"data":[{"type":"profile","id":"01JD3T6M9Q4W8ZK2XN5RVB7SRC"}]}}}}"#;
    let profiles = format!("{source}\n{destination}\n");
    let files = [
        ("profiles.jsonl", profiles.as_str()),
        ("events.jsonl", &events),
        ("merge.json", merge),
    ];
    // Whatever comes first.
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let mut store = Store::in_memory().unwrap();
        for place in order {
            imported(&mut store, &[files[place]]);
        }
        assert_eq!(store.profile_count().unwrap(), 1, "{order:?}");
        let merged = store.profile("01JD3T6M9Q4W8ZK2XN5RVB7SRC");
        let merged = merged.unwrap().unwrap();
        assert_eq!(merged.id.as_deref(), Some("01JD3T6M9Q4W8ZK2XN5RVB7HCE"));
        let shown = serde_json::to_value(merged.resource()).unwrap();
        let attributes = &shown["attributes"];
        assert_eq!(attributes["location"]["timezone"], "UTC", "{order:?}");
        let properties = json!({"color": "green", "size": "M"});
        assert_eq!(attributes["properties"], properties, "{order:?}");
        assert!(merged.suppression().is_some(), "{order:?}");
        let history: Vec<String> = store
            .timeline(&merged)
            .map(|event| event.unwrap().id().to_owned())
            .collect();
        assert_eq!(history, ["e2", "e1"], "{order:?}");
    }
}

#[test]
fn a_price_that_falls_is_remembered() {
    let cheaper = ITEM
        .replace("\"price\":19.9", "\"price\":14.9")
        .replace("2026-11-01T", "2026-11-10T");
    let change = CatalogChange {
        item: "P-11".into(),
        variant: None,
        field: CatalogField::Price,
        time: "2026-11-10T00:00:00Z".parse().unwrap(),
        old: 19.9,
        new: 14.9,
    };
    let mut store = Store::in_memory().unwrap();
    imported(&mut store, &[("items.json", ITEM)]);
    assert_eq!(store.catalog_changes().unwrap(), []);
    let report = imported(&mut store, &[("items.json", &cheaper)]);
    assert_eq!(report.total().changed, 1);
    assert_eq!(
        store.catalog_changes().unwrap(),
        std::slice::from_ref(&change)
    );
    // Again, it is no change.
    imported(&mut store, &[("items.json", &cheaper)]);
    assert_eq!(store.catalog_changes().unwrap(), [change]);
}
