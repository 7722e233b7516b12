//! What holds for every feed, on random shops.

use std::collections::HashSet;
use std::sync::Arc;

use letterpress::data::{CatalogItem, Event, Profile, Shop};
use letterpress::diagnostic::Source;
use letterpress::feeds::{
    ExcludePurchased, FeedDefinition, Feeds, Interactions, NeighbourRules, PriceChange,
};

use crate::{DAY, Random, ago, event, now};

const FEEDS: &str = r#"
[TRENDING]
order = "trending"
[BEST]
order = "best_selling"
by = "revenue"
decay = "none"
fill = "newest"
[VIEWED]
order = "most_viewed"
exclude_purchased = "20d"
filters.category_exclude = { ids = ["c1"] }
[NEW]
order = "newest"
filters.price = { min = 5, max = 12 }
[SEEN]
order = "recently_viewed"
fallback = { order = "trending" }
[CART]
order = "added_to_cart"
exclude_purchased = "off"
fallback = { order = "most_viewed" }
fill = "newest"
[LIKE]
order = "also_like"
metrics = ["Viewed Product", "Ordered Product"]
fallback = { order = "best_selling" }
fill = "newest"
filters.category_include = { ids = ["c0", "c2"] }
[LIKE_AGAIN]
order = "also_like"
exclude_purchased = "off"
exclude_trigger_items = false
fallback = { order = "price_drop" }
[TOGETHER]
order = "bought_together"
fallback = { order = "best_selling", window_days = 20 }
[CHEAPER]
order = "price_drop"
[ANY]
order = "random"
filters.stock = { max = 6 }
[PICKED]
order = "static"
items = ["P3", "P1", "P4", "P1", "P15"]
fallback = { order = "newest" }
"#;

const RULES: NeighbourRules = NeighbourRules {
    shrinkage: 1.0,
    least_groups: 2,
    least_shared: 1,
    largest_group: 8,
    kept: 6,
};

struct Data {
    items: Vec<CatalogItem>,
    events: Vec<Event>,
    prices: Vec<PriceChange>,
}

fn random_data(random: &mut Random) -> Data {
    let items = (0..3 + random.below(25)).map(|n| {
        let picture = if random.below(8) == 0 { "null" } else { "\"i\"" };
        let json = format!(
            r#"{{"external_id": "P{n}", "price": {}, "image_full_url": {picture}, "categories": ["c{}"],
                "published": {}, "inventory_policy": 1, "inventory_quantity": {}, "created": "2026-05-{:02}"}}"#,
            3 + random.below(12),
            random.below(3),
            random.below(9) > 0,
            random.below(9),
            1 + random.below(4),
        );
        CatalogItem::from_json(&json).unwrap()
    });
    let items: Vec<CatalogItem> = items.collect();
    let count = items.len() as u64;
    let events = (0..random.below(300)).map(|number| {
        let metric =
            ["Ordered Product", "Viewed Product", "Added to Cart"][random.below(3) as usize];
        let who = format!("p{}", random.below(8));
        let end = 1 + random.below(count + 2);
        let item = random.below(end);
        let properties = format!(
            r#"{{"ProductID": "P{item}", "Quantity": {}, "OrderId": "{who}{}"}}"#,
            random.below(5),
            random.below(6)
        );
        let before = (random.below(100) as i64 - 3) * DAY + random.below(2) as i64;
        event(metric, &who, before, &properties).with_unique_id(number.to_string())
    });
    let events = events.collect();
    let prices = (0..random.below(20)).map(|_| PriceChange {
        item: format!("P{}", random.below(count)),
        time: ago(random.below(40) as i64 * DAY),
        old: 1.0 + random.below(9) as f64,
        new: 1.0 + random.below(9) as f64,
    });
    let prices = prices.collect();
    Data {
        items,
        events,
        prices,
    }
}

fn feeds(data: &Data) -> Feeds {
    let mut shop = Shop::builder();
    for item in &data.items {
        shop = shop.item(item.clone());
    }
    for event in &data.events {
        shop = shop.event(event.clone());
    }
    let (shop, _) = shop.build();
    let (definitions, wrong) = FeedDefinition::from_toml(&Source::new("feeds.toml", FEEDS));
    assert!(wrong.is_empty(), "{wrong:?}");
    let interactions = Interactions::for_feeds(&definitions, &shop, &shop).unwrap();
    let interactions = interactions.with_price_changes(data.prices.iter().cloned());
    Feeds::with_rules(definitions, Arc::new(interactions), now(), RULES)
}

/// A person, or nobody, and an event, or none.
fn somebody(random: &mut Random, data: &Data) -> (Option<Profile>, Option<Event>) {
    // p8 and p9 never did anything.
    let profile = random.below(10);
    let profile = (random.below(6) > 0)
        .then(|| Profile::from_json(&format!(r#"{{"email": "p{profile}"}}"#)).unwrap());
    let trigger = (random.below(2) == 0).then(|| {
        let item = random.below(data.items.len() as u64);
        let properties =
            format!(r#"{{"Items": [{{"ProductID": "P{item}"}}, {{"ProductID": "P2"}}]}}"#);
        event("Checkout Started", "p0", 0, &properties)
    });
    (profile, trigger)
}

/// Everything that all feeds show some people, to the bit.
fn all_of(feeds: &Feeds, people: &[(Option<Profile>, Option<Event>)]) -> Vec<String> {
    let mut lines = Vec::new();
    for feed in feeds.iter() {
        for (profile, event) in people {
            let shopper = feeds.shopper(profile.as_ref(), event.as_ref());
            for pick in feeds.pick(feed, &shopper, 0, 1000) {
                lines.push(format!(
                    "{} {:?} {} {:016x} {} {:?} {:?}",
                    feed.definition().name,
                    profile.as_ref().map(Profile::key),
                    feeds.item(&pick).external_id,
                    pick.score.to_bits(),
                    pick.people,
                    pick.latest,
                    pick.source
                ));
            }
        }
    }
    lines
}

fn crowd(random: &mut Random, data: &Data) -> Vec<(Option<Profile>, Option<Event>)> {
    (0..12).map(|_| somebody(random, data)).collect()
}

#[test]
fn the_order_of_events_items_and_prices_does_not_matter() {
    let mut random = Random::new(1);
    for round in 0..60 {
        let mut data = random_data(&mut random);
        let people = crowd(&mut random, &data);
        let once = all_of(&feeds(&data), &people);
        random.shuffle(&mut data.events);
        random.shuffle(&mut data.items);
        random.shuffle(&mut data.prices);
        assert_eq!(all_of(&feeds(&data), &people), once, "round {round}");
    }
}

#[test]
fn one_thread_and_many_agree() {
    let mut random = Random::new(2);
    let pool = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap()
    };
    let (one, many) = (pool(1), pool(7));
    for round in 0..40 {
        let data = random_data(&mut random);
        let people = crowd(&mut random, &data);
        let alone = one.install(|| all_of(&feeds(&data), &people));
        assert_eq!(
            many.install(|| all_of(&feeds(&data), &people)),
            alone,
            "round {round}"
        );
        // Several at once, none of them prepared.
        let shared = feeds(&data);
        let mut both = (Vec::new(), Vec::new());
        many.scope(|scope| {
            scope.spawn(|_| both.0 = all_of(&shared, &people));
            scope.spawn(|_| both.1 = all_of(&shared, &people));
        });
        assert_eq!((&both.0, &both.1), (&alone, &alone), "round {round}");
    }
}

#[test]
fn nothing_excluded_is_shown_and_nothing_twice() {
    let mut random = Random::new(3);
    for round in 0..60 {
        let data = random_data(&mut random);
        let feeds = feeds(&data);
        for (profile, event) in crowd(&mut random, &data) {
            let shopper = feeds.shopper(profile.as_ref(), event.as_ref());
            let who = profile.as_ref().map(Profile::key).unwrap_or_default();
            for feed in feeds.iter() {
                let definition = feed.definition();
                let picks = feeds.pick(feed, &shopper, 0, 1000);
                let mut seen = HashSet::new();
                for pick in &picks {
                    let item = feeds.item(pick);
                    let id = item.external_id.as_str();
                    let place = format!("round {round}, {}, {who}, {id}", definition.name);
                    assert!(seen.insert(id), "{place}: twice");
                    assert!(
                        item.is_visible() && definition.filters.keeps(item),
                        "{place}"
                    );
                    let limit = match definition.exclude_purchased {
                        ExcludePurchased::Off => -1,
                        ExcludePurchased::AllTime => i64::MAX,
                        ExcludePurchased::Days(days) => i64::from(days) * DAY,
                    };
                    let bought = data.events.iter().any(|event| {
                        let age = now().as_second() - event.time.as_second();
                        event.metric.name == "Ordered Product"
                            && event.profile.key() == who
                            && (0..=limit).contains(&age)
                            && event.raw_properties().contains(&format!(r#""{id}""#))
                            && !event.raw_properties().contains(r#""Quantity": 0"#)
                    });
                    assert!(!bought, "{place}: bought");
                    let named =
                        |event: &Event| event.raw_properties().contains(&format!(r#""{id}""#));
                    assert!(
                        !definition.exclude_trigger_items || !event.as_ref().is_some_and(named),
                        "{place}: in the event"
                    );
                }
            }
        }
    }
}

#[test]
fn pages_tile_the_list_and_explanations_agree() {
    let mut random = Random::new(4);
    for round in 0..40 {
        let data = random_data(&mut random);
        let feeds = feeds(&data);
        for (profile, event) in crowd(&mut random, &data) {
            let shopper = feeds.shopper(profile.as_ref(), event.as_ref());
            for feed in feeds.iter() {
                let name = &feed.definition().name;
                let whole = feeds.pick(feed, &shopper, 0, 1000);
                let size = 1 + random.below(5) as usize;
                let mut pages = Vec::new();
                for page in 0..=whole.len() / size {
                    let picks = feeds.pick(feed, &shopper, page * size, size);
                    let told = feeds.explain(feed, &shopper, page * size, size);
                    let told: Vec<_> = told.shown.into_iter().map(|shown| shown.pick).collect();
                    assert_eq!(told, picks, "round {round}, {name}, page {page}");
                    pages.extend(picks);
                }
                assert_eq!(pages, whole, "round {round}, {name}, pages of {size}");
                assert!(feeds.pick(feed, &shopper, 0, 0).is_empty());
                assert!(
                    feeds
                        .pick(feed, &shopper, usize::MAX, usize::MAX)
                        .is_empty()
                );
            }
        }
    }
}
