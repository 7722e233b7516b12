//! The worked examples of product feeds, and their corners.

use jiff::Timestamp;
use letterpress::data::{CatalogItem, CatalogVariant, Event, Identity, Metric, Shop, ShopBuilder};
use letterpress::diagnostic::Source;
use letterpress::feeds::{Feed, FeedDefinition, Feeds, Interactions, Order, Ranked, rank};
use letterpress::value;

const NOW: &str = "2026-06-17T15:00:00Z";
const DAY: i64 = 86_400;

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn item(id: &str) -> CatalogItem {
    CatalogItem::from_json(&format!(
        r#"{{"external_id": "{id}", "image_full_url": "https://shop.example/{id}.jpg"}}"#
    ))
    .unwrap()
}

/// An event of `who`, `ago` seconds before now.
fn event(metric: &str, who: &str, ago: i64, properties: &str) -> Event {
    let time = Timestamp::from_second(now().as_second() - ago).unwrap();
    Event::new(Metric::named(metric), Identity::email(who), time)
        .with_unique_id(format!("{metric}{who}{ago}{properties}"))
        .with_properties(properties)
        .unwrap()
}

fn sale(id: &str, quantity: i64, who: &str, ago: i64) -> Event {
    event(
        "Ordered Product",
        who,
        ago,
        &format!(r#"{{"ProductID": "{id}", "Quantity": {quantity}}}"#),
    )
}

fn shop(ids: &[&str], events: Vec<Event>) -> ShopBuilder {
    let builder = ids
        .iter()
        .fold(Shop::builder(), |shop, id| shop.item(item(id)));
    events.into_iter().fold(builder, ShopBuilder::event)
}

fn definition(toml: &str) -> FeedDefinition {
    let source = Source::new("feeds.toml", format!("[F]\n{toml}"));
    let (mut feeds, findings) = FeedDefinition::from_toml(&source);
    assert!(findings.is_empty(), "{findings:?}");
    feeds.remove(0)
}

fn ranked(shop: &Shop, toml: &str) -> Vec<Ranked> {
    let interactions = Interactions::of(shop, shop, &[]).unwrap();
    rank(&definition(toml), &interactions, now())
}

fn scores(list: &[Ranked]) -> Vec<String> {
    list.iter()
        .map(|r| format!("{} {:.3}", r.external_id(), r.score))
        .collect()
}

#[test]
fn example_21_trending_best_selling_and_three_days() {
    let (shop, _) = shop(
        &["A", "B", "C"],
        vec![
            sale("A", 10, "a", 12 * DAY),
            sale("B", 3, "b", 0),
            sale("C", 5, "c", DAY),
        ],
    )
    .build();
    assert_eq!(
        scores(&ranked(&shop, "order = 'trending'")),
        ["C 3.969", "B 3.000", "A 0.625"]
    );
    assert_eq!(
        scores(&ranked(&shop, "order = 'best_selling'")),
        ["A 7.579", "C 4.886", "B 3.000"]
    );
    assert_eq!(
        scores(&ranked(&shop, "order = 'trending'\npreset = 'klaviyo_3d'")),
        ["B 3.000", "C 2.500"]
    );
    assert_eq!(
        scores(&ranked(&shop, "order = 'best_selling'\ndecay = 'none'")),
        ["A 10.000", "C 5.000", "B 3.000"]
    );
    assert_eq!(
        scores(&ranked(
            &shop,
            "order = 'trending'\nwindow_days = 3\nhalf_life_days = 1"
        )),
        ["B 3.000", "C 2.500"]
    );
}

#[test]
fn example_22_the_scores_of_views() {
    // The personal order itself is not computed here; its sum is: five views a day ago at a half-life of seven
    // days, as sales so that they are not counted once a day.
    let mut events: Vec<Event> = (0..5).map(|n| sale("A", 1, "a", DAY + n)).collect();
    events.push(sale("B", 1, "a", 0));
    let (shop, _) = shop(&["A", "B"], events).build();
    let list = ranked(
        &shop,
        "order = 'trending'\nwindow_days = 90\nhalf_life_days = 7",
    );
    assert_eq!(scores(&list), ["A 4.529", "B 1.000"]);
}

#[test]
fn example_24_exclusions_fallback_and_offset() {
    let picture = r#"{"external_id": "P2"}"#;
    let sold = (3..=6)
        .map(|n| sale(&format!("P{n}"), 10 - n, "x", 0))
        .collect();
    let (shop, _) = shop(&["P1", "P3", "P4", "P5", "P6"], sold)
        .item(CatalogItem::from_json(picture).unwrap())
        .build();
    let interactions = Interactions::of(&shop, &shop, &[]).unwrap();
    // A fixed list stands for what the personal order gives.
    let definition = definition(
        "order = 'static'\nitems = ['P1', 'P2', 'P3']\nfallback = { order = 'best_selling' }",
    );
    let feed = Feed::new(definition, &interactions, now());
    let keep = |item: &CatalogItem| !["P1", "P4"].contains(&item.external_id.as_str());
    let ids = |offset| -> Vec<&str> {
        feed.select(keep, offset, 3)
            .into_iter()
            .map(Ranked::external_id)
            .collect()
    };
    assert_eq!(ids(0), ["P3", "P5", "P6"]);
    assert_eq!(ids(1), ["P5", "P6"]);
    assert_eq!(feed.items().len(), 5);
}

#[test]
fn example_25_ties() {
    let (shop, _) = shop(
        &["P9", "P10"],
        vec![sale("P9", 1, "a", 60), sale("P10", 1, "a", 60)],
    )
    .build();
    for order in ["trending", "best_selling"] {
        let list = ranked(&shop, &format!("order = '{order}'"));
        assert_eq!(
            list.iter().map(Ranked::external_id).collect::<Vec<_>>(),
            ["P10", "P9"],
            "{order}"
        );
    }
}

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
    assert_eq!(
        scores(
            &feeds
                .get("T")
                .unwrap()
                .items()
                .into_iter()
                .cloned()
                .collect::<Vec<_>>()
        ),
        ["A 2.000"]
    );
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
    let ids = |name: &str| {
        feeds
            .get(name)
            .unwrap()
            .items()
            .into_iter()
            .map(Ranked::external_id)
            .collect::<Vec<_>>()
    };
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
fn a_personal_feed_shows_its_fallback_and_says_so() {
    let (shop, _) = shop(&["A"], vec![sale("A", 1, "a", 0)])
        .feeds(Source::new(
            "feeds.toml",
            "[YOURS]\norder = 'also_like'\nfallback = { order = 'best_selling' }",
        ))
        .build();
    let (feeds, findings) = Feeds::global(&shop, now()).unwrap();
    assert_eq!(feeds.get("YOURS").unwrap().items().len(), 1);
    assert_eq!(findings[0].code, "personal-feed");
    assert_eq!(
        feeds.get("YOURS").unwrap().definition().order,
        Order::AlsoLike
    );
}

#[test]
fn the_order_of_events_does_not_matter() {
    let mut seed = 7u64;
    let mut random = |n: u64| {
        seed = seed
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (seed >> 33) % n
    };
    let mut events: Vec<Event> = (0..2000)
        .map(|n| {
            sale(
                &format!("P{}", random(40)),
                1 + random(5) as i64,
                &format!("p{}", random(30)),
                (random(40 * 86_400) as i64) * 1000 / 1000 + n % 2,
            )
        })
        .collect();
    let ids: Vec<String> = (0..40).map(|n| format!("P{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let one = ranked(&shop(&ids, events.clone()).build().0, "order = 'trending'");
    events.reverse();
    let other = ranked(&shop(&ids, events).build().0, "order = 'trending'");
    let bits = |list: &[Ranked]| {
        list.iter()
            .map(|r| (r.external_id().to_owned(), r.score.to_bits(), r.people))
            .collect::<Vec<_>>()
    };
    assert_eq!(bits(&one), bits(&other));
}

#[test]
fn what_is_wrong_in_feeds_toml_is_told_with_its_place() {
    let (feeds, findings) = FeedDefinition::from_toml(&Source::new(
        "feeds.toml",
        r#"[_A]
order = "newest"
[B]
order = "trendng"
[C]
order = "trending"
window_days = 0
[D]
order = "trending"
fallback = { order = "also_like" }
[E]
order = "trending"
filters = { categories_include = {} }
[F]
pool = 3
[G]
order = "trending"
exclude_purchased = "90"
[H]
order = "trending"
exclude_purchased = "90d"
[I]
order = "trending"
fallback = { order = "newest", pool = 3 }
"#,
    ));
    assert_eq!(
        feeds.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(),
        ["H"]
    );
    let told: Vec<String> = findings
        .iter()
        .map(|f| format!("{f} | {}", f.help.join(" ")))
        .collect();
    let expected = [
        "feeds.toml:1:2: error[feed-definition]: '_A' is no name of a feed | letters, digits and underscores, none of them at the start or end",
        "feeds.toml:4:9: error[feed-definition]: 'order' cannot be 'trendng' | did you mean 'trending'?",
        "feeds.toml:7:15: error[feed-definition]: 'window_days' must be a whole number from 1 to 3650 | ",
        "feeds.toml:10:12: error[feed-definition]: a fallback cannot be personal, as also_like is | ",
        "feeds.toml:13:13: error[feed-definition]: 'categories_include' is no key of filters | did you mean 'category_include'?",
        "feeds.toml:14:2: error[feed-definition]: a feed needs an 'order' | one of trending, best_selling, most_viewed, newest, recently_viewed, added_to_cart, also_like, bought_together, price_drop, random, static",
        "feeds.toml:18:21: error[feed-definition]: 'exclude_purchased' cannot be '90' | \"all_time\", \"off\", or a number of days such as \"90d\"",
        "feeds.toml:24:32: error[feed-definition]: 'pool' is no key of a fallback | the keys of a fallback: order, metrics, window_days, half_life_days, preset, by, decay, items",
    ];
    assert_eq!(told, expected);
    let (none, findings) = FeedDefinition::from_toml(&Source::new("feeds.toml", "[A\n"));
    assert!(
        none.is_empty()
            && findings[0]
                .to_string()
                .starts_with("feeds.toml:1:3: error[feed-definition]: this is no TOML"),
        "{findings:?}"
    );
}
