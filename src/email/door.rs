//! A recipient and a world as the one door of a render.

use std::borrow::Cow;
use std::sync::OnceLock;

use jiff::ZonedDateTime;

use super::{Recipient, World};
use crate::language::{Barcode, CatalogAnswer, CatalogQuery, Host, Link, Money};
use crate::links::{Purpose, Setting};

/// The [`Host`] of one message.
pub(super) struct Door<'r> {
    recipient: &'r Recipient,
    world: &'r dyn World,
    email: &'r str,
    seed: u64,
    /// Each link is signed once, however often parts name it.
    links: [OnceLock<String>; 3],
}

impl<'r> Door<'r> {
    pub(super) fn new(
        recipient: &'r Recipient,
        world: &'r dyn World,
        email: &'r str,
        seed: u64,
    ) -> Door<'r> {
        Door {
            recipient,
            world,
            email,
            seed,
            links: Default::default(),
        }
    }

    /// The recipient's own address of a link, else the world's, if there is one.
    pub(super) fn known(&self, purpose: Purpose) -> Option<String> {
        match self.recipient.address(purpose) {
            Some(address) => Some(address.to_owned()),
            None => self.world.link(purpose, self.recipient, self.email),
        }
    }

    /// A link, or an address that leads nowhere where the account has none.
    pub(super) fn link(&self, purpose: Purpose) -> &str {
        let (slot, nowhere) = match purpose {
            Purpose::Unsubscribe => (&self.links[0], "#unsubscribe"),
            Purpose::Preferences => (&self.links[1], "#manage-preferences"),
            Purpose::WebView => (&self.links[2], "#web-view"),
        };
        slot.get_or_init(|| self.known(purpose).unwrap_or_else(|| nowhere.to_owned()))
    }
}

impl Host for Door<'_> {
    fn now(&self) -> &ZonedDateTime {
        self.world.now()
    }
    fn money(&self) -> &Money {
        self.world.money()
    }
    fn link(&self, link: Link) -> Cow<'_, str> {
        Cow::Borrowed(Door::link(
            self,
            match link {
                Link::Unsubscribe => Purpose::Unsubscribe,
                Link::Preferences => Purpose::Preferences,
                Link::WebView => Purpose::WebView,
            },
        ))
    }
    fn catalog_item(&self, query: &CatalogQuery<'_>) -> Option<CatalogAnswer> {
        self.world.catalog_item(query)
    }
    fn property_link(&self, property: &str, value: &str, url: &str) -> Cow<'_, str> {
        if let Some(address) = self.recipient.property_address(property, value, url) {
            return Cow::Owned(address.to_owned());
        }
        let setting = Setting {
            property: property.to_owned(),
            value: value.to_owned(),
            url: url.to_owned(),
        };
        let link = self
            .world
            .property_link(&setting, self.recipient, self.email);
        Cow::Owned(link.unwrap_or_else(|| url.to_owned()))
    }
    fn barcode(&self, barcode: &Barcode<'_>) -> Cow<'_, str> {
        match self.world.barcode(barcode) {
            Some(url) => Cow::Owned(url),
            None => Cow::Borrowed("#barcode"),
        }
    }
    fn coupon(&self, name: &str) -> Option<Cow<'_, str>> {
        match self.recipient.coupon_code(name) {
            Some(code) => Some(Cow::Borrowed(code)),
            None => self.world.coupon(name).map(Cow::Owned),
        }
    }
    fn missing_image(&self) -> &str {
        self.world.missing_image()
    }
    fn seed(&self) -> u64 {
        self.seed
    }
}
