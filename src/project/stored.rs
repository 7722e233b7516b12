//! The data of a project in its store: `.letterpress/shop.sqlite`.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Data, Project, ProjectError, missing_data};
use crate::data::settings_of;
use crate::feeds::PriceChange;
use crate::store::{CatalogField, Store, StoreError};

impl Project {
    /// The file of the store.
    pub fn store_file(&self) -> PathBuf {
        self.root().join(".letterpress/shop.sqlite")
    }

    /// The store, the data folder read into it. Where nothing can be written, a copy in memory that is gone with the
    /// process.
    ///
    /// # Errors
    /// The store or a file of the data folder cannot be used.
    pub fn store(&self) -> Result<Store, ProjectError> {
        let file = self.store_file();
        let folder = self.data_folder();
        let open = |store: Result<Store, StoreError>| -> Result<Store, StoreError> {
            let mut store = store?;
            store.sync(folder.is_dir().then_some(&*folder), Timestamp::now())?;
            Ok(store)
        };
        Ok(match open(Store::open(&file)) {
            Err(StoreError::Write { .. }) => open(Store::copy_in_memory(&file)),
            other => other,
        }?)
    }

    pub(super) fn stored_data(&self) -> Result<Data, ProjectError> {
        let store = self.store()?;
        let mut findings = store.findings()?;
        let folder = self.data_folder();
        let (organization, feeds) = match folder.is_dir() {
            true => settings_of(&folder)?,
            false => {
                findings.extend(self.config().data_at.iter().map(missing_data));
                Default::default()
            }
        };
        let changes = store.catalog_changes()?.into_iter();
        let prices =
            changes.filter(|one| one.field == CatalogField::Price && one.variant.is_none());
        let price_changes = prices
            .map(|one| PriceChange {
                item: one.item,
                time: one.time,
                old: one.old,
                new: one.new,
            })
            .collect();
        let coupons = store.coupons()?;
        let store = Arc::new(store);
        Ok(Data {
            organization,
            feeds,
            coupons,
            price_changes,
            store: Some(store.clone()),
            ..Data::new(store, findings)
        })
    }
}
