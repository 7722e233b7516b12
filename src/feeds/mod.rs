//! Product feeds: rules that put the catalog's items in an order, from what people bought and looked at.
//!
//! | file | what is in it |
//! |---|---|
//! | `definition`, `toml` | [`FeedDefinition`]: the rules, and how `feeds.toml` writes them |
//! | `interactions`, `goods` | [`Interactions`]: who bought or viewed which item when, taken from events |
//! | `decay` | how much less an old interaction counts, the same bits everywhere |
//! | `rank` | [`rank()`]: the global orders |
//! | `groups`, `neighbours`, `likeness` | which items the same people touch, or lie in the same baskets |
//! | `personal`, `scratch`, `siphash` | the orders that are one person's |
//! | `filters` | [`Filters`]: categories, price, stock |
//! | `feed` | [`Feeds`]: one state of a run; picks of it for everybody or for one person |
//! | `explain` | where a score comes from, and why an item is left out |
//!
//! ```
//! use letterpress::data::{CatalogItem, Event, Shop};
//! use letterpress::diagnostic::Source;
//! use letterpress::feeds::Feeds;
//! let item = |id: &str| CatalogItem::from_json(&format!(r#"{{"external_id": "{id}", "image_full_url": "https://shop.example/{id}.jpg"}}"#));
//! let sale = |id: &str, day: u32| Event::from_json(&format!(
//!     r#"{{"metric": "Ordered Product", "profile": {{"email": "a@example.com"}}, "time": "2026-11-{day}", "properties": {{"ProductID": "{id}"}}}}"#));
//! let (shop, _) = Shop::builder()
//!     .item(item("P-1")?).item(item("P-2")?)
//!     .event(sale("P-1", 10)?).event(sale("P-2", 20)?)
//!     .feeds(Source::new("feeds.toml", "[TRENDING]\norder = 'trending'"))
//!     .build();
//! let (feeds, findings) = Feeds::global(&shop, "2026-11-23T00:00:00Z".parse()?)?;
//! assert!(findings.is_empty());
//! let picks = feeds.items(feeds.get("TRENDING").unwrap());
//! let order: Vec<&str> = picks.iter().map(|pick| feeds.item(pick).external_id.as_str()).collect();
//! assert_eq!(order, ["P-2", "P-1"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod decay;
mod definition;
mod explain;
mod feed;
mod filters;
mod goods;
mod groups;
mod interactions;
mod likeness;
mod neighbours;
mod personal;
mod rank;
mod scratch;
mod siphash;
mod toml;

pub use definition::{ExcludePurchased, FeedDefinition, MetricWeight, Order};
pub use explain::{Explanation, LeftOut, Reason, Share, Shown, Why};
pub(crate) use feed::once;
pub use feed::{Feed, Feeds, Pick, Shopper, Source};
pub use filters::{CategoryFilter, Filters, Match, Range};
pub use interactions::{Interaction, Interactions, PriceChange};
pub use neighbours::NeighbourRules;
pub use rank::{Ranked, rank};
