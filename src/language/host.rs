//! What a tag may ask of the outside: the only door of a render.

use std::borrow::Cow;

use jiff::ZonedDateTime;

use super::money::Money;
use crate::value::Value;

/// The outside of one render, as tags see it: the clock, the catalog, links. No other clock, file or network exists.
///
/// A host answers the same question with the same answer for as long as a render lasts.
pub trait Host: Sync {
    /// The time of the render, in the account's zone.
    fn now(&self) -> &ZonedDateTime;

    /// How money is written.
    fn money(&self) -> &Money;

    /// The address behind one of the link tags.
    fn link(&self, link: Link) -> Cow<'_, str>;

    /// The item that `{% catalog %}` asks for; None when there is none.
    fn catalog_item(&self, query: &CatalogQuery<'_>) -> Option<CatalogAnswer>;

    /// The address that notes a property of the profile, then leads to `url`: `{% update_property_link %}`.
    fn property_link(&self, property: &str, value: &str, url: &str) -> Cow<'_, str>;

    /// The address of a picture of a barcode.
    fn barcode(&self, barcode: &Barcode<'_>) -> Cow<'_, str>;

    /// This recipient's code of a coupon, or None: the message is skipped.
    fn coupon(&self, name: &str) -> Option<Cow<'_, str>>;

    /// The picture shown where a product has none.
    fn missing_image(&self) -> &str;

    /// What random choices derive from: the same for the same person and run.
    fn seed(&self) -> u64;
}

/// The links that a message has for its recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Link {
    /// Ends the subscription.
    Unsubscribe,
    /// Manages it.
    Preferences,
    /// Shows the message in a browser.
    WebView,
}

/// A barcode that a tag wants a picture of; sizes are in pixels, as drawn.
#[derive(Debug, Clone, Copy)]
pub struct Barcode<'q> {
    /// What it holds.
    pub value: &'q str,
    /// How wide it is.
    pub width: u32,
    /// How high it is.
    pub height: u32,
    /// How wide the picture around it is, if that is wider.
    pub padded_width: Option<u32>,
    /// How high the picture around it is.
    pub padded_height: Option<u32>,
}

/// What `{% catalog %}` asks for.
#[derive(Debug, Clone, Copy)]
pub struct CatalogQuery<'q> {
    /// The item's id.
    pub id: &'q str,
    /// `integration=`
    pub integration: Option<&'q str>,
    /// `catalog_id=`
    pub catalog_id: Option<&'q str>,
    /// `language=`
    pub language: Option<&'q str>,
    /// `region=`
    pub region: Option<&'q str>,
}

/// An item of the catalog.
#[derive(Debug, Clone)]
pub struct CatalogAnswer {
    /// The item, a mapping.
    pub item: Value,
    /// Whether it is published.
    pub published: bool,
}
