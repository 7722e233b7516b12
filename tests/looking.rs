//! What is shown of profiles, events and items: what goes out as Klaviyo writes it can be read again, windows end where
//! they should, pages tile a timeline, tags print what stands beside them.

use std::sync::Arc;

use letterpress::data::{
    Activity, CatalogCategory, CatalogItem, CatalogVariant, DataError, Event, Events, Metric,
    MetricCount, Node, Profile, Rows, Shop, Snapshot, TimelinePage, Tree, event_value,
};
use letterpress::email::{Engine, FixedWorld, Recipient};
use letterpress::value::{self, Value};

/// Whether `has` has all that `had` has but its links.
fn within(had: &serde_json::Value, has: &serde_json::Value, at: &str) {
    match (had, has) {
        (serde_json::Value::Object(had), serde_json::Value::Object(has)) => {
            for (key, one) in had.iter().filter(|(key, _)| *key != "links") {
                let found = has.get(key).unwrap_or_else(|| panic!("no {at}/{key}"));
                within(one, found, &format!("{at}/{key}"));
            }
        }
        _ => assert_eq!(had, has, "{at}"),
    }
}

/// Reads and writes twice: nothing that was written is lost, and the second writing is the first.
fn goes_round(written: &str, write: impl Fn(&str) -> Result<String, DataError>) -> String {
    let once = write(written).unwrap();
    within(
        &serde_json::from_str(written).unwrap(),
        &serde_json::from_str(&once).unwrap(),
        "",
    );
    assert_eq!(write(&once).unwrap(), once);
    once
}

fn json(resource: impl serde::Serialize) -> String {
    serde_json::to_string(&resource).unwrap()
}

fn of_profile(text: &str) -> Result<String, DataError> {
    Profile::from_json(text).map(|one| json(one.resource()))
}

fn of_event(text: &str) -> Result<String, DataError> {
    Event::from_json(text).map(|one| json(one.resource()))
}

#[test]
fn a_profile_goes_out_as_it_came() {
    goes_round(
        r#"{"type":"profile","id":"01JD3T6M9Q4W8ZK2XN5RVB7HCE",
 "attributes":{"email":"ada@example.com","phone_number":"+16175550123","external_id":"C-1007",
  "first_name":"Ada","last_name":"Byron","organization":null,"locale":"en-US","title":null,"image":null,
  "created":"2025-02-01T09:30:00+00:00","updated":"2026-11-20T18:04:11+00:00","last_event_date":"2026-11-20T18:04:10+00:00",
  "location":{"address1":"1 Long Wharf","city":"Boston","region":"Massachusetts","country":"United States","zip":"02110",
   "latitude":42.3565,"longitude":-71.0537,"timezone":"America/New_York","ip":null},
  "properties":{"Birthday":"1990-02-28","VIP":true,"Points":340,"Tags":["tea","gift"]}},
 "links":{"self":"https://example.com/api/profiles/01JD3T6M9Q4W8ZK2XN5RVB7HCE"}}"#,
        of_profile,
    );
    let all = goes_round(
        r#"{"type":"profile","id":"X","attributes":{"email":"a@example.com","properties":{"z":1,"a":{"k":[null,1.5]}},
          "subscriptions":{
            "email":{"marketing":{"can_receive_email_marketing":false,"consent":"SUBSCRIBED",
              "consent_timestamp":"2026-01-01T00:00:00+00:00","last_updated":"2026-01-02T00:00:00+00:00","method":"FORM",
              "method_detail":"XyZ","custom_method_detail":"stand","double_optin":true,
              "suppression":[{"reason":"HARD_BOUNCE","timestamp":"2026-01-03T00:00:00+00:00"}],
              "list_suppressions":[{"list_id":"L","reason":"UNSUBSCRIBE","timestamp":"2026-01-04T00:00:00+00:00"}]}},
            "sms":{"marketing":{"can_receive_sms_marketing":true,"consent":"SUBSCRIBED"}},
            "mobile_push":{"marketing":{"can_receive_push_marketing":false,"consent":"UNSUBSCRIBED"}}}}}"#,
        of_profile,
    );
    // In the order they were written in.
    assert!(all.contains(r#""properties":{"z":1,"a":{"k":[null,1.5]}}"#));
    // Somebody without an id.
    let stranger = of_profile(r#"{"email": "b@example.com"}"#).unwrap();
    assert!(stranger.starts_with(r#"{"type":"profile","attributes":{"email":"b@example.com""#));
    assert_eq!(of_profile(&stranger).unwrap(), stranger);
}

#[test]
fn an_event_goes_out_as_it_came() {
    goes_round(
        r#"{"type":"event","id":"4vRpBT5yBv1",
 "attributes":{"timestamp":1763661850,"datetime":"2025-11-20T18:04:10+00:00","uuid":"adfa8780-c63e-11f0-8001-2fc8d21f8c6b",
  "event_properties":{"$event_id":"checkout-8841","$value":59.9,"ItemNames":["Oolong","Kettle"],"Categories":["Tea","Kitchen"],"ItemCount":2,
   "$extra":{"checkout_url":"https://shop.example/c/8841",
    "line_items":[{"product_id":"P-11","title":"Oolong","quantity":1,"price":"19.90","image":"https://shop.example/i/oolong.jpg"},
                  {"product_id":"P-42","title":"Kettle","quantity":1,"price":"40.00","image":"https://shop.example/i/kettle.jpg"}]}}},
 "relationships":{"profile":{"data":{"type":"profile","id":"01JD3T6M9Q4W8ZK2XN5RVB7HCE"}},"metric":{"data":{"type":"metric","id":"UxxK3p"}}},
 "links":{"self":"https://example.com/api/events/4vRpBT5yBv1"}}"#,
        of_event,
    );
    // What only stands beside the properties, and who has no id.
    let written = r#"{"metric": {"name": "Placed Order", "integration": "Shopify"}, "profile": {"email": "a@example.com"},
        "time": "2026-11-20T18:04:10Z", "value": 5, "value_currency": "EUR", "unique_id": "u-1"}"#;
    let first = Event::from_json(written).unwrap();
    let second = Event::from_json(&json(first.resource())).unwrap();
    assert_eq!(second.metric, first.metric);
    assert_eq!(second.profile, first.profile);
    assert_eq!((second.id(), second.time), (first.id(), first.time));
    assert_eq!(
        (second.value, second.value_currency.as_deref()),
        (Some(5.0), Some("EUR"))
    );
}

#[test]
fn the_catalog_goes_out_as_it_came() {
    goes_round(
        r#"{"type":"catalog-item","id":"$custom:::$default:::P-11",
 "attributes":{"external_id":"P-11","title":"Oolong","description":"Half-fermented leaf tea","price":19.9,"url":"https://shop.example/p/oolong",
  "image_full_url":"https://shop.example/i/oolong.jpg","image_thumbnail_url":"https://shop.example/i/oolong-t.jpg","images":[],
  "custom_metadata":{"Origin":"Fujian"},"published":true,"created":"2026-09-01T00:00:00+00:00","updated":"2026-11-01T00:00:00+00:00"},
 "links":{"self":"https://example.com/api/catalog-items/P-11"}}"#,
        |text| CatalogItem::from_json(text).map(|one| json(one.resource())),
    );
    goes_round(
        r#"{"external_id":"P-12","price":"on request","regular_price":30.5,"currency_code":"EUR","inventory_quantity":4,"inventory_policy":1,
            "custom_metadata":{},"published":false}"#,
        |text| {
            let item = CatalogItem::from_json(text)?;
            let item = value::from_serialize(&item.resource()).unwrap();
            // Attributes alone were written.
            Ok(json(value::key(&item, "attributes").unwrap()))
        },
    );
    goes_round(
        r#"{"type":"catalog-variant","id":"$custom:::$default:::P-11-250",
 "attributes":{"external_id":"P-11-250","title":"Oolong 250 g","description":"250 g bag","sku":"OOL250","inventory_policy":1,"inventory_quantity":14,"price":19.9,
  "url":"https://shop.example/p/oolong?v=250","image_full_url":"https://shop.example/i/oolong-250.jpg","custom_metadata":{"size":"250 g","color":"Green"},"published":true},
 "relationships":{"item":{"data":{"type":"catalog-item","id":"$custom:::$default:::P-11"}}},
 "links":{"self":"https://example.com/api/catalog-variants/P-11-250"}}"#,
        |text| CatalogVariant::from_json(text).map(|one| json(one.resource())),
    );
    goes_round(
        r#"{"type":"catalog-category","id":"$custom:::$default:::tea","attributes":{"external_id":"tea","name":"Tea","updated":"2026-11-01T00:00:00+00:00"},
 "links":{"self":"https://example.com/api/catalog-categories/tea"}}"#,
        |text| CatalogCategory::from_json(text).map(|one| json(one.resource())),
    );
}

/// Ada, and what she did: metric, time, value.
fn ada(events: &[(&str, &str, f64)]) -> (Shop, Arc<Profile>) {
    let mut shop = Shop::builder().profile(Profile::from_json(r#"{"id": "ada"}"#).unwrap());
    for (at, (metric, time, value)) in events.iter().enumerate() {
        let event = format!(
            r#"{{"id": "e{at}", "metric": {metric:?}, "profile": {{"id": "ada"}}, "time": {time:?}, "value": {value}}}"#
        );
        shop = shop.event(Event::from_json(&event).unwrap());
    }
    let (shop, findings) = shop.build();
    assert!(findings.is_empty(), "{findings:?}");
    let ada = shop.profile("ada").unwrap().clone();
    (shop, ada)
}

#[test]
fn the_window_of_a_snapshot_has_both_its_ends() {
    // 30 × 86,400 seconds before the 31st of March, 12:00 UTC, whatever any clock was changed in between.
    let (shop, ada) = ada(&[
        ("A", "2026-03-01T11:59:59Z", 1.0),
        ("A", "2026-03-01T12:00:00Z", 10.0),
        ("A", "2026-03-31T12:00:00Z", 100.0),
        ("A", "2026-03-31T12:00:01Z", 1000.0),
        ("Later", "2026-03-31T12:00:01Z", 1.0),
    ]);
    for as_of in ["2026-03-31T12:00:00Z", "2026-03-31T12:00:00.9Z"] {
        let snapshot = Snapshot::of(&shop, &ada, as_of.parse().unwrap()).unwrap();
        assert_eq!(
            json(&snapshot),
            r#"{"profile_id":"ada","as_of":"2026-03-31T12:00:00Z","metrics":[{"metric":"A","count_30d":2,"count_all":3,"#
                .to_owned()
                + r#""value_30d":110,"value_all":111,"first":"2026-03-01T11:59:59Z","last":"2026-03-31T12:00:00Z"}]}"#
        );
    }
}

#[test]
fn a_snapshot_is_ordered_and_its_sums_do_not_show_their_order() {
    let times = ["2026-01-01", "2026-01-02", "2026-01-03"];
    let values = [0.1, 0.2, 0.3];
    let mut events = vec![("B", times[0], 0.0), ("A", times[0], -0.0)];
    events.extend((0..3).map(|at| ("Sum", times[at], values[at])));
    let (shop, ada) = ada(&events);
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    let snapshot = Snapshot::of(&shop, &ada, now).unwrap();
    let names: Vec<&str> = snapshot
        .metrics
        .iter()
        .map(|row| row.metric.as_str())
        .collect();
    assert_eq!(names, ["Sum", "A", "B"]);
    assert_eq!(snapshot.metrics[0].value_all, 0.6);
    // Another database adds in another order.
    let other = Snapshot::of(&Backwards(&shop), &ada, now).unwrap();
    assert_eq!(json(&snapshot), json(&other));
    assert!(
        json(&snapshot)
            .contains(r#""metric":"A","count_30d":0,"count_all":1,"value_30d":0,"value_all":0,"#)
    );
}

/// The same events, added up from the oldest.
struct Backwards<'s>(&'s Shop);

impl Events for Backwards<'_> {
    fn event(&self, id: &str) -> Result<Option<Arc<Event>>, DataError> {
        Events::event(self.0, id)
    }
    fn timeline(&self, profile: &Profile) -> Rows<'_, Event> {
        let mut events: Vec<_> = Events::timeline(self.0, profile).collect();
        events.reverse();
        Box::new(events.into_iter())
    }
    fn events(&self) -> Rows<'_, Event> {
        Events::events(self.0)
    }
    fn event_count(&self) -> Result<usize, DataError> {
        Events::event_count(self.0)
    }
    fn counts(
        &self,
        of: Option<&Profile>,
        from: jiff::Timestamp,
        to: jiff::Timestamp,
    ) -> Result<Vec<MetricCount>, DataError> {
        let mut sums: Vec<MetricCount> = Vec::new();
        for event in self.timeline(of.unwrap()) {
            let event = event?;
            if event.time < from || event.time > to {
                continue;
            }
            let (value, time) = (event.value.unwrap_or_default(), event.time);
            match sums.iter_mut().find(|one| one.metric == event.metric) {
                Some(one) => {
                    one.count += 1;
                    one.value += value;
                    one.first = one.first.min(time);
                    one.last = one.last.max(time);
                }
                None => sums.push(MetricCount {
                    metric: event.metric.clone(),
                    count: 1,
                    value,
                    first: time,
                    last: time,
                }),
            }
        }
        Ok(sums)
    }
}

#[test]
fn delivery_is_no_activity_and_the_clock_ends_it() {
    let (shop, ada) = ada(&[
        ("Received Email", "2026-01-01T00:00:00Z", 0.0),
        ("Opened Email", "2026-01-02T00:00:00Z", 0.0),
        ("Own Metric", "2026-02-01T00:00:00Z", 0.0),
        ("Placed Order", "2026-03-01T00:00:00Z", 0.0),
        ("Bounced Email", "2026-04-01T00:00:00Z", 0.0),
    ]);
    let seen = |now: &str| {
        let seen = Activity::of(&shop, &ada, now.parse().unwrap()).unwrap()?;
        Some((seen.first.to_string(), seen.last.to_string()))
    };
    let days =
        |first: &str, last: &str| Some((format!("{first}T00:00:00Z"), format!("{last}T00:00:00Z")));
    assert_eq!(seen("2026-01-01T12:00:00Z"), None);
    assert_eq!(
        seen("2026-02-28T00:00:00Z"),
        days("2026-01-02", "2026-02-01")
    );
    assert_eq!(
        seen("2026-11-01T00:00:00Z"),
        days("2026-01-02", "2026-03-01")
    );
    // A shop may call its own metric so.
    let own = Metric {
        integration: Some("API".into()),
        ..Metric::named("Received Email")
    };
    let event = Event::new(own, (&*ada).into(), "2026-05-01T00:00:00Z".parse().unwrap());
    let (shop, _) = Shop::builder().profile((*ada).clone()).event(event).build();
    let seen = Activity::of(&shop, &ada, "2026-11-01T00:00:00Z".parse().unwrap());
    assert!(seen.unwrap().is_some());
}

#[test]
fn pages_tile_a_timeline() {
    // Seven of the same second among others.
    let mut events = vec![("B", "2026-01-01T00:00:00Z", 0.0); 3];
    events.extend(vec![("A", "2026-01-02T00:00:00Z", 0.0); 7]);
    events.extend(vec![("A", "2026-01-03T00:00:00Z", 0.0); 2]);
    let mut shop = Shop::builder().profile(Profile::from_json(r#"{"id": "ada"}"#).unwrap());
    for (at, (metric, time, _)) in events.iter().enumerate() {
        // Their ids are not in the order of the file.
        let id = (at * 7) % 12;
        let event = format!(
            r#"{{"id": "e{id:02}", "metric": {metric:?}, "profile": {{"id": "ada"}}, "time": {time:?}}}"#
        );
        shop = shop.event(Event::from_json(&event).unwrap());
    }
    let (shop, _) = shop.build();
    let ada = shop.profile("ada").unwrap().clone();
    for metric in [None, Some("A"), Some("nothing")] {
        let all: Vec<String> = Events::timeline(&shop, &ada)
            .map(|event| event.unwrap())
            .filter(|event| metric.is_none_or(|name| event.metric.name == name))
            .map(|event| event.id().to_owned())
            .collect();
        for size in 1..=13 {
            let mut tiles: Vec<String> = Vec::new();
            let mut after: Option<Arc<Event>> = None;
            loop {
                let page = TimelinePage::of(&shop, &ada, metric, after.as_deref(), size).unwrap();
                tiles.extend(page.events.iter().map(|event| event.id().to_owned()));
                assert_eq!(page.more, tiles.len() < all.len(), "{metric:?} by {size}");
                let Some(next) = page.next() else { break };
                assert_eq!(Some(next), tiles.last().map(String::as_str));
                after = shop.event(next).cloned();
            }
            assert_eq!(tiles, all, "{metric:?} by {size}");
        }
    }
}

/// Each tag of a tree, put into a template, prints what the tree shows.
fn check(nodes: &[Node], context: &Value, count: &mut usize) {
    for node in nodes {
        check(&node.children, context, count);
        let (Some(tag), Some(text)) = (&node.tag, &node.text) else {
            continue;
        };
        let engine = Engine::builder().template("t.txt", tag).build().unwrap();
        let email = engine
            .document("t.txt")
            .unwrap_or_else(|error| panic!("{tag}: {error:?}"));
        let world = FixedWorld::at("2026-11-20T18:00:00[UTC]".parse().unwrap());
        let outcome = email.render(&Recipient::from_context(context.clone()), &world);
        let mail = outcome
            .rendered()
            .unwrap_or_else(|| panic!("{tag}: {outcome:?}"));
        assert_eq!(mail.html.trim(), text.trim(), "{tag}");
        *count += 1;
    }
}

#[test]
fn every_tag_prints_what_the_tree_shows() {
    let event = r#"{"$value": 59.9, "Plain": "a", "with space": 1, "dot.ted": 2, "it's": 3, "say \"hi\"": 4,
        "both ' and \"": 5, "back\\slash": 6, "schön": 7, "日本": 8, "0": 9, "_under": 10, "a|b:c": 11, "items": 12,
        "list": [{"k": true, "x y": [1, [null]]}], "n": {"1": {"a b": {"c": "d"}}}, "end}": 1, "{{ x }}": 2, "": 13,
        "extra": {"line_items": [{"title": "Oolong", "$sku": "O-1"}, {"title": "Kettle"}]}}"#;
    let context = value::from_json(&format!("{{\"event\": {event}}}")).unwrap();
    let event = value::key(&context, "event").unwrap();
    let tree = Tree::of(Some(&event), None);
    let mut count = 0;
    check(&tree.event, &context, &mut count);
    check(&tree.extra, &context, &mut count);
    assert_eq!(count, 22);
    let tag = |node: &Node| node.tag.clone();
    assert_eq!(
        tag(&tree.extra[0].children[0].children[0]).unwrap(),
        "{{ event.extra.line_items.0.title }}"
    );
    assert_eq!(tag(&tree.event[0]).unwrap(), "{{ event|lookup:'$value' }}");
    let unnamed: Vec<&str> = tree
        .event
        .iter()
        .filter(|node| node.tag.is_none())
        .map(|node| node.key.as_str())
        .collect();
    assert_eq!(unnamed, ["end}", "{{ x }}"]);
}

#[test]
fn tags_of_a_real_event_read_it_through_a_recipient() {
    let event = Arc::new(
        Event::from_json(
            r#"{"metric": "Checkout Started", "time": 0, "value": 5, "properties": {"Item Name": "Kettle",
                "$extra": {"line_items": [{"title": "Oolong", "Net Price": 19.9}]}}}"#,
        )
        .unwrap(),
    );
    let value = event_value(event);
    let tree = Tree::of(Some(&value), None);
    let context = Value::from_object(value::Pairs::new(vec![("event".into(), value)]));
    let mut count = 0;
    check(&tree.event, &context, &mut count);
    check(&tree.extra, &context, &mut count);
    assert_eq!(count, 4);
}
