//! The catalog of a shop, put together from its lines.

use std::collections::HashMap;
use std::sync::Arc;

use super::{CatalogCategory, CatalogItem, CatalogVariant, own_id};

/// Items in order, found by id; variants and categories hang on them.
#[derive(Debug, Default)]
pub(crate) struct Goods {
    pub(crate) items: Vec<Arc<CatalogItem>>,
    pub(crate) categories: Vec<Arc<CatalogCategory>>,
    by_id: HashMap<Box<str>, u32>,
    by_variant: HashMap<Box<str>, u32>,
}

impl Goods {
    /// The item with this id.
    pub(crate) fn item(&self, id: &str) -> Option<&Arc<CatalogItem>> {
        self.items.get(*self.by_id.get(own_id(id))? as usize)
    }

    /// The item of the variant with this id.
    pub(crate) fn item_of_variant(&self, id: &str) -> Option<&Arc<CatalogItem>> {
        self.items.get(*self.by_variant.get(own_id(id))? as usize)
    }
}

/// The lines of a catalog, in any order.
#[derive(Debug, Default)]
pub(crate) struct GoodsBuilder {
    items: Vec<CatalogItem>,
    by_id: HashMap<Box<str>, u32>,
    variants: Vec<CatalogVariant>,
    variant_ids: HashMap<Box<str>, u32>,
    categories: Vec<CatalogCategory>,
}

/// Puts something at the place of what has its id, or at the end; tells whether it replaced something.
fn put<T>(list: &mut Vec<T>, ids: &mut HashMap<Box<str>, u32>, id: &str, thing: T) -> bool {
    if let Some(old) = ids.get(id).and_then(|&at| list.get_mut(at as usize)) {
        *old = thing;
        return true;
    }
    ids.insert(id.into(), list.len() as u32);
    list.push(thing);
    false
}

impl GoodsBuilder {
    /// Adds an item. Of two with one id the later `updated` counts, else the later line; when it was first known stays.
    pub(crate) fn item(&mut self, mut item: CatalogItem) -> bool {
        let id = item.external_id.clone();
        let known = self.by_id.get(id.as_str()).map(|&at| at as usize);
        if let Some(old) = known.and_then(|at| self.items.get(at)) {
            if item.updated.is_some() && item.updated < old.updated {
                return true;
            }
            item.updated = item.updated.or(old.updated);
            item.created = match (item.created, old.created) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        put(&mut self.items, &mut self.by_id, &id, item)
    }

    pub(crate) fn variant(&mut self, variant: CatalogVariant) -> bool {
        let id = variant.external_id.clone();
        put(&mut self.variants, &mut self.variant_ids, &id, variant)
    }

    pub(crate) fn category(&mut self, category: CatalogCategory) {
        self.categories.push(category);
    }

    /// The catalog, and the ids of the variants whose item is not in it.
    pub(crate) fn build(self) -> (Goods, Vec<String>) {
        let GoodsBuilder {
            mut items,
            by_id,
            variants,
            categories,
            ..
        } = self;
        let categories: Vec<Arc<CatalogCategory>> = categories.into_iter().map(Arc::new).collect();
        let by_category: HashMap<&str, &Arc<CatalogCategory>> = categories
            .iter()
            .map(|c| (c.external_id.as_str(), c))
            .collect();
        // One object for each category that has no line of its own.
        let mut unnamed: HashMap<String, Arc<CatalogCategory>> = HashMap::new();
        for item in &mut items {
            for category in &mut item.categories {
                *category = match by_category.get(category.external_id.as_str()) {
                    Some(known) => Arc::clone(known),
                    None => unnamed
                        .entry(category.external_id.clone())
                        .or_insert_with(|| category.clone())
                        .clone(),
                };
            }
        }
        for category in &categories {
            for id in &category.items {
                if let Some(&at) = by_id.get(own_id(id))
                    && let Some(item) = items.get_mut(at as usize)
                    && !item
                        .categories
                        .iter()
                        .any(|c| c.external_id == category.external_id)
                {
                    item.categories.push(Arc::clone(category));
                }
            }
        }
        let mut lost = Vec::new();
        let mut by_variant = HashMap::new();
        for variant in variants {
            let at = variant
                .item
                .as_deref()
                .and_then(|id| by_id.get(own_id(id)).copied());
            match at.and_then(|at| Some((at, items.get_mut(at as usize)?))) {
                Some((at, item)) => {
                    by_variant.insert(variant.external_id.clone().into_boxed_str(), at);
                    item.variants.push(Arc::new(variant));
                }
                None => lost.push(variant.external_id),
            }
        }
        let goods = Goods {
            items: items.into_iter().map(Arc::new).collect(),
            categories,
            by_id,
            by_variant,
        };
        (goods, lost)
    }
}
