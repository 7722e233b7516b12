//! A world that notes what it is asked, so that a plan freezes all that its messages need and nothing else.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::ZonedDateTime;

use super::frozen::Addresses;
use crate::email::{PropertyLink, Recipient, World};
use crate::language::{Barcode, CatalogAnswer, CatalogQuery, Money};
use crate::links::{Purpose, Setting};
use crate::value::Value;

/// Notes the items of the catalog that anybody's message asks for.
pub(super) struct Witness<'w> {
    world: &'w dyn World,
    catalog: Mutex<BTreeMap<String, Value>>,
}

impl<'w> Witness<'w> {
    pub(super) fn new(world: &'w dyn World) -> Witness<'w> {
        Witness {
            world,
            catalog: Mutex::new(BTreeMap::new()),
        }
    }

    /// The world for one message.
    pub(super) fn for_one(&self) -> Asked<'_, 'w> {
        Asked {
            witness: self,
            links: Mutex::new(Addresses::default()),
        }
    }

    /// What was asked for, by the id it was asked for with.
    pub(super) fn catalog(self) -> BTreeMap<String, Value> {
        self.catalog
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes the links that one message asks for.
pub(super) struct Asked<'a, 'w> {
    witness: &'a Witness<'w>,
    links: Mutex<Addresses>,
}

impl Asked<'_, '_> {
    /// What was asked for.
    pub(super) fn links(self) -> Addresses {
        self.links
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World for Asked<'_, '_> {
    fn now(&self) -> &ZonedDateTime {
        self.witness.world.now()
    }
    fn money(&self) -> &Money {
        self.witness.world.money()
    }
    fn organization(&self) -> &Value {
        self.witness.world.organization()
    }
    fn feeds(&self) -> &Value {
        self.witness.world.feeds()
    }
    fn catalog_item(&self, query: &CatalogQuery<'_>) -> Option<CatalogAnswer> {
        let answer = self.witness.world.catalog_item(query)?;
        let mut catalog = locked(&self.witness.catalog);
        if !catalog.contains_key(query.id) {
            catalog.insert(query.id.to_owned(), answer.item.clone());
        }
        Some(answer)
    }
    fn link(&self, purpose: Purpose, recipient: &Recipient, email: &str) -> Option<String> {
        let address = self.witness.world.link(purpose, recipient, email)?;
        locked(&self.links).note(purpose, address.clone());
        Some(address)
    }
    fn property_link(
        &self,
        setting: &Setting,
        recipient: &Recipient,
        email: &str,
    ) -> Option<String> {
        let world = self.witness.world;
        let address = world.property_link(setting, recipient, email)?;
        let Setting {
            property,
            value,
            url,
        } = setting.clone();
        locked(&self.links).note_property(PropertyLink {
            property,
            value,
            url,
            address: address.clone(),
        });
        Some(address)
    }
    fn barcode(&self, barcode: &Barcode<'_>) -> Option<String> {
        self.witness.world.barcode(barcode)
    }
    fn coupon(&self, name: &str) -> Option<String> {
        self.witness.world.coupon(name)
    }
    fn missing_image(&self) -> &str {
        self.witness.world.missing_image()
    }
    fn seed(&self) -> u64 {
        self.witness.world.seed()
    }
}
