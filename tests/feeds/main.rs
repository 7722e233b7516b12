//! Product feeds: what they say they are, and what holds for all of them.
//!
//! | file | what is in it |
//! |---|---|
//! | `cases`, `cases/*.toml` | worked examples, as data |
//! | `orders` | the corners of the orders |
//! | `definitions` | `feeds.toml` and what is wrong with it |
//! | `project` | feeds on their way to an email |
//! | `properties` | random shops: excluded items, pages, threads, the order of events |
//! | `twin` | the same feeds, computed slowly and obviously |

mod cases;
mod definitions;
mod orders;
mod project;
mod properties;
mod twin;

use jiff::Timestamp;
use letterpress::data::{CatalogItem, Event, Identity, Metric, Shop, ShopBuilder};
use letterpress::diagnostic::Source;
use letterpress::feeds::{FeedDefinition, Feeds, Interactions, Pick, Ranked, rank};

const NOW: &str = "2026-06-17T15:00:00Z";
const DAY: i64 = 86_400;

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// So many seconds before now.
fn ago(seconds: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() - seconds).unwrap()
}

fn item(id: &str) -> CatalogItem {
    CatalogItem::from_json(&format!(
        r#"{{"external_id": "{id}", "image_full_url": "https://shop.example/{id}.jpg"}}"#
    ))
    .unwrap()
}

/// An event of `who`, `ago` seconds before now.
fn event(metric: &str, who: &str, ago: i64, properties: &str) -> Event {
    Event::new(Metric::named(metric), Identity::email(who), self::ago(ago))
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

/// What picks show: `P-1 3.000`.
fn shown(feeds: &Feeds, picks: &[Pick]) -> Vec<String> {
    let show = |pick: &Pick| format!("{} {:.3}", feeds.item(pick).external_id, pick.score);
    picks.iter().map(show).collect()
}

fn ids<'f>(feeds: &'f Feeds, picks: &[Pick]) -> Vec<&'f str> {
    let id = |pick: &Pick| feeds.item(pick).external_id.as_str();
    picks.iter().map(id).collect()
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

/// Chance with a fixed seed (Knuth's linear congruence): the same shops in every run.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 33) % end
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            list.swap(at, self.below(at as u64 + 1) as usize);
        }
    }
}
