//! A segment of six conditions: for one person, and for a shop of many.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jiff::Timestamp;
use letterpress::audience::{Audience, Person};
use letterpress::data::{Event, Profile, Shop};
use letterpress::diagnostic::Source;

const PEOPLE: usize = 20_000;

/// Two properties, a region, consent, and two metrics.
const SEGMENT: &str = r#"{"condition_groups": [
 {"conditions": [{"type": "profile-metric", "metric_id": "Placed Order", "measurement": "count", "measurement_filter": {"type": "numeric", "operator": "greater-than-or-equal", "value": 1},
   "timeframe_filter": {"type": "date", "operator": "in-the-last", "quantity": 90, "unit": "day"}, "metric_filters": [{"property": "Brand", "filter": {"type": "string", "operator": "equals", "value": "A"}}]}]},
 {"conditions": [{"type": "profile-metric", "metric_id": "Viewed Product", "measurement": "count", "measurement_filter": {"type": "numeric", "operator": "less-than", "value": 20},
   "timeframe_filter": {"type": "date", "operator": "alltime"}, "metric_filters": null}]},
 {"conditions": [{"type": "profile-marketing-consent", "consent": {"channel": "email", "can_receive_marketing": true, "consent_status": {"subscription": "any", "filters": null}}}]},
 {"conditions": [{"type": "profile-region", "in_region": true, "region": "united_states"},
   {"type": "profile-property", "property": "properties['Tags']", "filter": {"type": "list", "operator": "contains", "value": "tea"}}]},
 {"conditions": [{"type": "profile-property", "property": "properties['Birthday']", "filter": {"type": "date", "operator": "anniversary-next", "quantity": 300, "unit": "day"}}]}]}"#;

fn shop() -> Shop {
    let mut shop = Shop::builder();
    for number in 0..PEOPLE {
        let country = if number % 3 == 0 {
            "NL"
        } else {
            "United States"
        };
        let profile = format!(
            r#"{{"id": "p{number}", "email": "p{number}@example.com", "location": {{"country": "{country}"}},
                "properties": {{"Points": {number}, "VIP": true, "Tags": ["tea", "gift"], "Birthday": "19{:02}-{:02}-11"}}}}"#,
            number % 90,
            number % 12 + 1
        );
        shop = shop.profile(Profile::from_json(&profile).unwrap());
        for event in 0..5 {
            let metric = ["Placed Order", "Viewed Product", "Opened Email"][(number + event) % 3];
            let event = format!(
                r#"{{"metric": "{metric}", "id": "e{number}-{event}", "profile": {{"id": "p{number}"}}, "time": "2026-{:02}-11T10:00:00Z",
                    "properties": {{"Brand": "{}", "$value": 19.9, "Items": [{{"ProductID": "P-11"}}]}}}}"#,
                number % 11 + 1,
                ["A", "B"][event % 2]
            );
            shop = shop.event(Event::from_json(&event).unwrap());
        }
    }
    shop.build().0
}

fn segments(c: &mut Criterion) {
    let shop = shop();
    let now: Timestamp = "2026-11-20T18:00:00Z".parse().unwrap();
    let (audience, findings) = Audience::builder()
        .segment("six", Source::new("six.json", SEGMENT))
        .build(&shop)
        .unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    let segment = audience.segment("six").unwrap();
    let people: Vec<Person> = shop
        .profiles()
        .iter()
        .take(1_000)
        .map(|profile| Person::of(&shop, profile.clone()).unwrap())
        .collect();
    let mut group = c.benchmark_group("segment of six conditions");
    let mut next = people.iter().cycle();
    group.bench_function("one person", |b| {
        b.iter(|| segment.holds(next.next().unwrap(), now))
    });
    group.throughput(Throughput::Elements(PEOPLE as u64));
    group.sample_size(20);
    group.bench_function("20,000 people, 100,000 events in memory", |b| {
        b.iter(|| segment.members(&shop, now).unwrap().people.len())
    });
    group.finish();
}

criterion_group!(benches, segments);
criterion_main!(benches);
