//! The corners of the orders.

use std::sync::Arc;

use letterpress::data::{CatalogItem, CatalogVariant, Profile, Shop};
use letterpress::diagnostic::Source;
use letterpress::feeds::{Feeds, Interactions, PriceChange, Ranked};
use letterpress::value;

use crate::{DAY, ago, definition, event, ids, now, ranked, sale, scores, shop, shown};

#[test]
fn ties_go_by_people_then_by_the_last_sale() {
    let events = vec![
        sale("A", 2, "a", 10),
        sale("B", 1, "a", 30),
        sale("B", 1, "b", 40),
        sale("C", 2, "a", 5),
        // The same hour, so the same weight, but later.
        sale("D", 1, "d", 20),
    ];
    let (shop, _) = shop(&["A", "B", "C", "D"], events).build();
    let list = ranked(&shop, "order = 'trending'");
    assert_eq!(
        list.iter()
            .map(|r| (r.external_id(), r.people))
            .collect::<Vec<_>>(),
        [("B", 2), ("C", 1), ("A", 1), ("D", 1)]
    );
}

#[test]
fn ages_are_whole_hours_and_the_window_includes_its_end() {
    let events = vec![
        sale("A", 1, "a", 3599),
        sale("B", 1, "a", 3600),
        sale("C", 1, "a", 30 * DAY + 3599),
        sale("D", 1, "a", 30 * DAY + 3600),
        sale("E", 1, "a", -1),
    ];
    let (shop, _) = shop(&["A", "B", "C", "D", "E"], events).build();
    let list = ranked(&shop, "order = 'trending'");
    assert_eq!(scores(&list), ["A 1.000", "B 0.990", "C 0.001"]);
}

#[test]
fn quantities_are_clamped_and_returns_ignored() {
    let events = vec![
        sale("A", 1_000_000, "a", 0),
        sale("B", -5, "a", 0),
        sale("B", 0, "a", 1),
        event(
            "Ordered Product",
            "a",
            2,
            r#"{"ProductID": "C", "Quantity": "2"}"#,
        ),
        event("Ordered Product", "a", 3, r#"{"ProductID": "C"}"#),
        event(
            "Ordered Product",
            "a",
            4,
            r#"{"ProductID": "C", "Quantity": 0.5}"#,
        ),
    ];
    let (shop, _) = shop(&["A", "B", "C"], events).build();
    assert_eq!(
        scores(&ranked(&shop, "order = 'trending'")),
        ["A 100.000", "C 3.500"]
    );
}

#[test]
fn orders_count_only_where_no_products_are_told_one_by_one() {
    let order = || {
        event(
            "Placed Order",
            "a",
            0,
            r#"{"Items": [{"ProductID": "A", "Quantity": 2}, "a name", {"ProductID": "B"}]}"#,
        )
    };
    let (only_orders, _) = shop(&["A", "B"], vec![order()]).build();
    assert_eq!(
        scores(&ranked(&only_orders, "order = 'trending'")),
        ["A 2.000", "B 1.000"]
    );
    let (both, _) = shop(&["A", "B"], vec![order(), sale("B", 1, "a", 0)]).build();
    assert_eq!(scores(&ranked(&both, "order = 'trending'")), ["B 1.000"]);
}

#[test]
fn views_count_once_a_person_item_and_day_and_metrics_can_be_chosen() {
    let view = |who: &str, ago: i64| event("Viewed Product", who, ago, r#"{"ProductID": "A"}"#);
    // 15:00, 14:00, and 23:59:59 the day before.
    let (shop, _) = shop(
        &["A", "B"],
        vec![
            view("a", 0),
            view("a", 3600),
            view("a", 15 * 3600 + 1),
            view("b", 0),
            sale("B", 1, "a", 0),
        ],
    )
    .build();
    let list = ranked(&shop, "order = 'most_viewed'\nhalf_life_days = 30");
    assert_eq!((list.len(), list[0].people), (1, 2));
    let expected = 2.0 + (-15.0f64 / 720.0).exp2();
    assert!((list[0].score - expected).abs() < 1e-9);
    let mixed = ranked(
        &shop,
        "order = 'trending'\nmetrics = [{metric = 'Viewed Product', weight = 0.1}, 'Ordered Product']",
    );
    assert_eq!(
        mixed.iter().map(Ranked::external_id).collect::<Vec<_>>(),
        ["B", "A"]
    );
}

#[test]
fn by_revenue_uses_the_event_s_price_else_the_catalog_s() {
    let events = vec![
        event(
            "Ordered Product",
            "a",
            0,
            r#"{"ProductID": "A", "Quantity": 2, "ItemPrice": 3.5}"#,
        ),
        event(
            "Ordered Product",
            "a",
            0,
            r#"{"ProductID": "B", "Quantity": 2}"#,
        ),
    ];
    let (shop, _) = shop(&["A"], events)
        .item(CatalogItem::from_json(r#"{"external_id": "B", "price": "$4.00"}"#).unwrap())
        .build();
    assert_eq!(
        scores(&ranked(&shop, "order = 'best_selling'\nby = 'revenue'")),
        ["B 8.000", "A 7.000"]
    );
}

#[test]
fn variants_count_for_their_item_and_unknown_items_are_counted() {
    let (shop, _) = shop(
        &["A"],
        vec![sale("A-S", 2, "a", 0), sale("gone", 1, "a", 0)],
    )
    .variant(CatalogVariant::from_json(r#"{"external_id": "A-S", "item": "A"}"#).unwrap())
    .feeds(Source::new("feeds.toml", "[T]\norder = 'trending'"))
    .build();
    let (feeds, findings) = Feeds::global(&shop, now()).unwrap();
    let picks = feeds.items(feeds.get("T").unwrap());
    assert_eq!(shown(&feeds, &picks), ["A 2.000"]);
    assert_eq!(
        findings[0].to_string(),
        "warning[unknown-item]: 1 line names an item that is not in the catalog"
    );
}

#[test]
fn filters_visibility_and_the_value_of_feeds() {
    let items = [
        r#"{"external_id": "tea", "title": "Tea", "price": 8, "image_full_url": "i", "categories": ["tea"]}"#,
        r#"{"external_id": "card", "price": 8, "image_full_url": "i", "categories": ["tea", "gift-card"]}"#,
        r#"{"external_id": "dear", "price": 80, "image_full_url": "i", "categories": ["tea"]}"#,
        r#"{"external_id": "hidden", "price": 8, "image_full_url": "i", "categories": ["tea"], "published": false}"#,
        r#"{"external_id": "blind", "price": 8, "categories": ["tea"]}"#,
        r#"{"external_id": "gone", "price": 8, "image_full_url": "i", "categories": ["tea"]}"#,
        r#"{"external_id": "backorder", "image_full_url": "i", "categories": ["$custom:::$default:::tea"]}"#,
    ];
    let variants = [
        r#"{"external_id": "g1", "item": "gone", "price": 8, "inventory_policy": 1, "inventory_quantity": 0}"#,
        r#"{"external_id": "b1", "item": "backorder", "price": 9, "inventory_policy": 2, "inventory_quantity": 0}"#,
        r#"{"external_id": "b2", "item": "backorder", "price": 900, "inventory_policy": 1, "inventory_quantity": 3}"#,
        r#"{"external_id": "b3", "item": "backorder", "price": 1, "inventory_quantity": 50, "published": false}"#,
    ];
    let mut builder = Shop::builder();
    for (n, json) in items.iter().enumerate() {
        let item = CatalogItem::from_json(json).unwrap();
        let id = item.external_id.clone();
        builder = builder.item(item).event(sale(&id, 10 - n as i64, "a", 0));
    }
    for json in variants {
        builder = builder.variant(CatalogVariant::from_json(json).unwrap());
    }
    let (shop, _) = builder
        .feeds(Source::new(
            "feeds.toml",
            r#"
        [ALL]
        order = "trending"
        [SOME]
        order = "trending"
        filters.category_include = { match = "any", ids = ["tea"] }
        filters.category_exclude = { ids = ["gift-card"] }
        filters.price = { min = 5, max = 20 }
        [FEW]
        order = "trending"
        filters.stock = { max = 10 }
        [TWO]
        order = "trending"
        pool = 2
    "#,
        ))
        .build();
    let (feeds, findings) = Feeds::global(&shop, now()).unwrap();
    assert!(findings.is_empty());
    let ids = |name: &str| ids(&feeds, &feeds.items(feeds.get(name).unwrap()));
    assert_eq!(ids("ALL"), ["tea", "card", "dear", "backorder"]);
    assert_eq!(ids("SOME"), ["tea", "backorder"]);
    assert_eq!(ids("FEW"), ["backorder"]);
    assert_eq!(ids("TWO"), ["tea", "card"]);
    let value = feeds.value(&|n| format!("${n:.2}"));
    let first = value::index(&value::key(&value, "SOME").unwrap(), 0).unwrap();
    assert_eq!(value::text(&value::key(&first, "price").unwrap()), "$8.00");
    assert_eq!(value::items(&value).unwrap().len(), 4);
}

#[test]
fn newest_by_creation() {
    let dated = |id: &str, day: &str| {
        CatalogItem::from_json(&format!(
            r#"{{"external_id": "{id}", "created": "{day}", "image_full_url": "i"}}"#
        ))
        .unwrap()
    };
    let (shop, _) = shop(&["Z", "Y"], vec![])
        .item(dated("old", "2026-01-01"))
        .item(dated("new", "2026-06-01"))
        .item(dated("later", "2026-06-18"))
        .build();
    assert_eq!(
        ranked(&shop, "order = 'newest'")
            .iter()
            .map(Ranked::external_id)
            .collect::<Vec<_>>(),
        ["new", "old", "Y", "Z"]
    );
}

#[test]
fn a_price_drop_is_the_last_change_if_it_fell_in_the_window() {
    let change = |item: &str, days_ago: i64, old: f64, new: f64| PriceChange {
        item: item.to_owned(),
        time: ago(days_ago * DAY),
        old,
        new,
    };
    let (shop, _) = shop(&["A", "B", "C", "D", "E", "F"], vec![]).build();
    let interactions = || Interactions::of(&shop, &shop, &[]).unwrap();
    let feed = definition("order = 'price_drop'\nfallback = { order = 'static', items = ['F'] }");
    let feeds = |interactions| Feeds::new(vec![feed.clone()], Arc::new(interactions), now());
    let list = feeds(interactions().with_price_changes([
        change("A", 3, 20.0, 15.0),
        change("B", 2, 10.0, 5.0),
        // It rose again.
        change("C", 9, 10.0, 1.0),
        change("C", 1, 1.0, 9.0),
        change("D", 31, 10.0, 1.0),
        // Not yet, and not known.
        change("E", -1, 10.0, 1.0),
        change("gone", 1, 10.0, 1.0),
        // As much as B, but later.
        change("F", 1, 2.0, 1.0),
        change("E", 2, 0.0, 1.0),
    ]));
    assert_eq!(
        shown(&list, &list.items(list.get("F").unwrap())),
        ["F 0.500", "B 0.500", "A 0.250"]
    );
    assert!(list.findings().is_empty());
    let without = feeds(interactions());
    assert_eq!(
        ids(&without, &without.items(without.get("F").unwrap())),
        ["F"]
    );
    assert_eq!(without.findings()[0].code, "no-price-changes");
}

#[test]
fn random_is_one_order_a_person_and_day() {
    let names: Vec<String> = (0..30).map(|n| format!("P{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (shop, _) = shop(&names, vec![]).build();
    let interactions = Arc::new(Interactions::of(&shop, &shop, &[]).unwrap());
    let feed = definition("order = 'random'");
    let order = |who: &str, time: &str| {
        let feeds = Feeds::new(
            vec![feed.clone()],
            interactions.clone(),
            time.parse().unwrap(),
        );
        let profile = Profile::from_json(&format!(r#"{{"id": "{who}"}}"#)).unwrap();
        let shopper = feeds.shopper(Some(&profile), None);
        let picks = feeds.pick(feeds.get("F").unwrap(), &shopper, 0, 100);
        assert_eq!(picks.len(), 30);
        ids(&feeds, &picks).join(" ")
    };
    let morning = order("a", "2026-06-17T00:00:00Z");
    assert_eq!(morning, order("a", "2026-06-17T23:59:59Z"));
    assert_ne!(morning, order("b", "2026-06-17T00:00:00Z"));
    assert_ne!(morning, order("a", "2026-06-18T00:00:00Z"));
    // Written down once: the hash and what is hashed are a promise.
    assert!(morning.starts_with(MORNING), "{morning}");
}

const MORNING: &str = "P17 P22 P7 P5 ";

#[test]
fn an_event_that_is_told_twice_counts_once() {
    let twice = sale("A", 1, "a", 60).with_unique_id("order-1");
    let (shop, _) = shop(&["A"], vec![twice.clone(), twice]).build();
    assert_eq!(scores(&ranked(&shop, "order = 'trending'")), ["A 1.000"]);
}
