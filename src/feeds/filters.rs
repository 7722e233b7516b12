//! What a feed leaves out for everyone.

use crate::data::{CatalogItem, own_id};

/// Filters of a feed; an item must pass them all.
///
/// ```
/// use letterpress::data::CatalogItem;
/// use letterpress::feeds::{CategoryFilter, Filters, Match};
/// let item = CatalogItem::from_json(r#"{"external_id": "P-1", "price": 19.9, "categories": ["tea", "gift-card"]}"#)?;
/// let one = |ids: &[&str]| Some(CategoryFilter { test: Match::Any, ids: ids.iter().map(|id| id.to_string()).collect() });
/// assert!(Filters { category_include: one(&["tea"]), ..Filters::default() }.keeps(&item));
/// assert!(!Filters { category_include: one(&["tea"]), category_exclude: one(&["gift-card"]), ..Filters::default() }.keeps(&item));
/// # Ok::<(), letterpress::data::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filters {
    /// Categories of which an item must have any, or all.
    pub category_include: Option<CategoryFilter>,
    /// Categories of which an item must not have any, or not all.
    pub category_exclude: Option<CategoryFilter>,
    /// What some variant must cost.
    pub price: Range,
    /// How many must be left over all variants.
    pub stock: Range,
}

/// A test of an item's categories; no ids: no test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryFilter {
    /// Any of them, or all.
    pub test: Match,
    /// Ids of categories.
    pub ids: Vec<String>,
}

/// How many of several must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// One at least.
    Any,
    /// Every one.
    All,
}

/// A range of numbers, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Range {
    /// The least; None: no limit.
    pub min: Option<f64>,
    /// The most; None: no limit.
    pub max: Option<f64>,
}

impl Range {
    /// Whether there is no limit at all.
    pub fn is_open(self) -> bool {
        self.min.is_none() && self.max.is_none()
    }

    /// Whether a number is in it.
    pub fn holds(self, number: f64) -> bool {
        self.min.is_none_or(|min| number >= min) && self.max.is_none_or(|max| number <= max)
    }
}

impl CategoryFilter {
    fn holds(&self, item: &CatalogItem) -> bool {
        let has = |id: &String| item.categories.iter().any(|c| c.external_id == own_id(id));
        match self.test {
            Match::Any => self.ids.iter().any(has),
            Match::All => self.ids.iter().all(has),
        }
    }
}

impl Filters {
    /// Whether an item passes.
    pub fn keeps(&self, item: &CatalogItem) -> bool {
        self.refuses(item).is_none()
    }

    /// The key of the first filter that an item does not pass.
    pub fn refuses(&self, item: &CatalogItem) -> Option<&'static str> {
        let tested = |filter: &Option<CategoryFilter>| {
            filter
                .as_ref()
                .filter(|f| !f.ids.is_empty())
                .map(|f| f.holds(item))
        };
        if tested(&self.category_include) == Some(false) {
            return Some("category_include");
        }
        if tested(&self.category_exclude) == Some(true) {
            return Some("category_exclude");
        }
        let costs = |price| self.price.holds(price);
        if !self.price.is_open() && !item.prices().into_iter().any(costs) {
            return Some("price");
        }
        let left = item.stock().unwrap_or(f64::INFINITY);
        (!self.stock.is_open() && !self.stock.holds(left)).then_some("stock")
    }
}
