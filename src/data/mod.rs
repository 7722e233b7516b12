//! Profiles, events, metrics and catalog items, and the traits through which the rest looks them up.
//!
//! | file | what is in it |
//! |---|---|
//! | `profile`, `subscriptions`, `identity` | people, whether they may be mailed, the names they go by |
//! | `event`, `metric` | what they did |
//! | `catalog` | items, variants, categories |
//! | `organization`, `coupons`, `lists` | who sends, codes to hand out, who is on which list |
//! | `person_value`, `event_value`, `catalog_value` | what a template sees of them |
//! | `lookup` | the traits [`Profiles`], [`Events`], [`Catalog`], [`Lists`]; [`Database`], all of them |
//! | `search` | what people and items are found by |
//! | `activity`, `snapshot`, `timeline`, `summary` | when somebody was active, how often they did what, their events page by page, each in a line |
//! | `tree` | an event or a person as a tree, with the tags that read it |
//! | `resource`, `profile_resource`, `event_resource`, `catalog_resource` | all of it as Klaviyo's API writes it |
//! | `identify`, `versions` | which lines are about one person, and what comes of them |
//! | `shop`, `people`, `history`, `goods` | all of it in memory |
//! | `load`, `record`, `fields`, `instant` | reading it |
//!
//! Everything is read from JSON as Klaviyo writes it or as people write it by hand, and tolerantly: a zip code may
//! be a number, a price a text, a field null.
//!
//! ```
//! use letterpress::data::{Profile, person_value};
//! use letterpress::value;
//! let profile = Profile::from_json(r#"{"first_name": "Ada", "properties": {"Birthday": "1990-02-28"}}"#)?;
//! let person = person_value(profile.into());
//! assert_eq!(value::text(&person), "{'first_name': 'Ada', 'full_name': 'Ada', '$first_name': 'Ada', 'Birthday': '1990-02-28'}");
//! # Ok::<(), letterpress::data::DataError>(())
//! ```

mod activity;
mod address;
mod catalog;
mod catalog_resource;
mod catalog_value;
mod coupons;
mod error;
mod event;
mod event_resource;
mod event_value;
mod fields;
mod goods;
mod history;
mod identify;
mod identity;
mod instant;
pub(crate) mod lazy;
mod lists;
mod load;
mod lookup;
mod metric;
mod metrics;
mod noticed;
mod organization;
mod people;
mod person_value;
mod profile;
mod profile_resource;
mod record;
mod resource;
pub(crate) mod search;
mod shop;
mod snapshot;
mod subscriptions;
mod summary;
mod timeline;
mod tree;
mod versions;

pub(crate) use activity::is_passive;
pub use activity::{Activity, PASSIVE_METRICS};
pub use address::is_address;
pub use catalog::{CatalogCategory, CatalogItem, CatalogVariant, Price, own_id};
pub use catalog_value::{catalog_item_value, feed_item_value};
pub use coupons::Coupons;
pub use error::DataError;
pub use event::Event;
pub use event_value::event_value;
pub(crate) use fields::{Entries, PropertyFields};
#[cfg(feature = "store")]
pub(crate) use fields::{Fields, without_lone_surrogates};
pub use identity::Identity;
pub use instant::instant;
pub use lookup::{
    Catalog, Database, Events, Found, ListMember, Lists, Membership, MetricCount, Profiles, Rows,
};
pub use metric::Metric;
pub use organization::Organization;
pub use person_value::{ROOT_NAMES, person_value};
pub use profile::{Location, Profile};
pub use search::{FoundItems, find_items};
pub use shop::{Shop, ShopBuilder};
pub use snapshot::{MetricSummary, Snapshot, SnapshotRow};
pub use subscriptions::{
    Channel, Consent, ListSuppression, Subscriptions, Suppression, SuppressionReason,
};
pub use timeline::TimelinePage;
pub use tree::{Node, Tree};
#[cfg(feature = "store")]
pub(crate) use {
    address::is_odd,
    goods::{Goods, GoodsBuilder},
    identify::{Names, names, persons, strongest},
    load::settings_of,
    metrics::Metrics,
    noticed::{Noticed, Tally},
    record::{Record, person_of_event},
    versions::{Line, settle},
};
