//! The outside of examples and benches.

use std::borrow::Cow;

use super::host::{Barcode, CatalogAnswer, CatalogQuery, Host, Link};
use super::money::Money;
use crate::value::{Pairs, Value};

/// A [`Host`] for examples and benches: 2026-11-20 18:04 in UTC, dollars, a catalog of one tea, previews of coupons.
#[derive(Debug)]
pub struct Nowhere {
    now: jiff::ZonedDateTime,
    money: Money,
}

impl Default for Nowhere {
    fn default() -> Nowhere {
        Nowhere {
            now: jiff::Timestamp::from_second(1_795_197_850)
                .unwrap_or_default()
                .to_zoned_datetime(jiff::tz::TimeZone::UTC),
            money: Money::default(),
        }
    }
}

impl Host for Nowhere {
    fn now(&self) -> &jiff::ZonedDateTime {
        &self.now
    }
    fn money(&self) -> &Money {
        &self.money
    }
    fn link(&self, link: Link) -> Cow<'_, str> {
        Cow::Borrowed(match link {
            Link::Unsubscribe => "https://example.com/unsubscribe",
            Link::Preferences => "https://example.com/preferences",
            Link::WebView => "https://example.com/view",
        })
    }
    fn property_link(&self, property: &str, value: &str, url: &str) -> Cow<'_, str> {
        Cow::Owned(format!(
            "https://example.com/update?{property}={value}&to={url}"
        ))
    }
    fn barcode(&self, barcode: &Barcode<'_>) -> Cow<'_, str> {
        Cow::Owned(format!(
            "https://example.com/barcode?value={}&width={}&height={}",
            barcode.value, barcode.width, barcode.height
        ))
    }
    fn catalog_item(&self, query: &CatalogQuery<'_>) -> Option<CatalogAnswer> {
        (query.id == "T-1").then(|| CatalogAnswer {
            item: [
                ("id", Value::from("T-1")),
                ("title", Value::from("Oolong")),
                (
                    "categories",
                    Value::from_object(vec![Value::from("teas-on-sale")]),
                ),
            ]
            .into_iter()
            .collect::<Pairs>()
            .into(),
            published: true,
        })
    }
    fn coupon(&self, name: &str) -> Option<Cow<'_, str>> {
        Some(Cow::Owned(format!("{name}-PREVIEW")))
    }
    fn missing_image(&self) -> &str {
        "https://example.com/no-image.png"
    }
    fn seed(&self) -> u64 {
        0
    }
}
