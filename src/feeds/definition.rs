//! The rules of a feed.

use super::Filters;

/// A product feed: in what order, from which metrics, with which filters.
///
/// ```
/// use letterpress::feeds::{FeedDefinition, Order};
/// let feed = FeedDefinition::new("TRENDING", Order::Trending);
/// assert_eq!((feed.window_days, feed.half_life_days), (30, Some(3.0)));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FeedDefinition {
    /// The name in templates: `feeds.NAME`.
    pub name: String,
    /// What comes first.
    pub order: Order,
    /// Which metrics count, and how much; empty: those the order has by default.
    pub metrics: Vec<MetricWeight>,
    /// How far back it looks.
    pub window_days: u32,
    /// After how many days an interaction counts half; None: all count the same.
    pub half_life_days: Option<f64>,
    /// Whether `best_selling` counts money instead of pieces.
    pub by_revenue: bool,
    /// The items of a `static` feed, in order.
    pub items: Vec<String>,
    /// What fills up when there are too few; never personal, without filters of its own.
    pub fallback: Option<Box<FeedDefinition>>,
    /// Whether the newest items fill up after that.
    pub fill_newest: bool,
    /// What is left out for everyone.
    pub filters: Filters,
    /// What is left out for one person.
    pub exclude_purchased: ExcludePurchased,
    /// Whether the items of the event that triggered a mail are left out.
    pub exclude_trigger_items: bool,
    /// How many items a template sees at most.
    pub pool: usize,
}

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// What sells now: pieces sold, recent ones counting more. 30 days, half-life 3.
    Trending,
    /// What sells: pieces sold, recent ones counting more. 90 days, half-life a third of the window.
    BestSelling,
    /// What is looked at, once a person and day. 90 days, half-life 30.
    MostViewed,
    /// What was last added to the catalog.
    Newest,
    /// What this person looked at, often and of late. 90 days, half-life 7.
    RecentlyViewed,
    /// What this person put in the cart and did not order after that, the last first. 90 days.
    AddedToCart,
    /// What people bought who bought the same as this one, by the last 100 items. 365 days.
    AlsoLike,
    /// What is bought together with what the event names.
    BoughtTogether,
    /// What became cheaper: the larger part of its price first. 30 days; needs [`PriceChange`](super::PriceChange)s.
    PriceDrop,
    /// Any order, the same for a person and day.
    Random,
    /// The order in which the definition lists them.
    Static,
}

impl Order {
    /// All orders with their names.
    pub const ALL: [(&'static str, Order); 11] = [
        ("trending", Order::Trending),
        ("best_selling", Order::BestSelling),
        ("most_viewed", Order::MostViewed),
        ("newest", Order::Newest),
        ("recently_viewed", Order::RecentlyViewed),
        ("added_to_cart", Order::AddedToCart),
        ("also_like", Order::AlsoLike),
        ("bought_together", Order::BoughtTogether),
        ("price_drop", Order::PriceDrop),
        ("random", Order::Random),
        ("static", Order::Static),
    ];

    /// The name in `feeds.toml`.
    pub fn name(self) -> &'static str {
        Order::ALL
            .iter()
            .find(|(_, order)| *order == self)
            .map_or("", |(name, _)| name)
    }

    /// Whether it is one order for everyone.
    pub fn is_global(self) -> bool {
        matches!(
            self,
            Order::Trending
                | Order::BestSelling
                | Order::MostViewed
                | Order::Newest
                | Order::PriceDrop
                | Order::Static
        )
    }

    /// Whether it has nothing to show of people who did nothing yet, so that a feed must name a fallback (Klaviyo).
    pub fn needs_fallback(self) -> bool {
        !self.is_global() && self != Order::Random
    }

    /// Whether what happened before its window does not count.
    pub fn looks_back(self) -> bool {
        !matches!(self, Order::Newest | Order::Random | Order::Static)
    }

    /// The window and half-life in days that the order has by default.
    pub(super) fn times(self) -> (u32, Option<f64>) {
        match self {
            Order::Trending => (30, Some(3.0)),
            Order::RecentlyViewed => (90, Some(7.0)),
            Order::AddedToCart => (90, None),
            Order::PriceDrop => (30, None),
            Order::AlsoLike | Order::BoughtTogether => (365, None),
            _ => (90, Some(30.0)),
        }
    }
}

/// A metric that counts, and how much.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricWeight {
    /// The metric's name.
    pub metric: String,
    /// The factor, more than 0.
    pub weight: f64,
}

/// Which items are left out because this person bought them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExcludePurchased {
    /// All they ever bought.
    AllTime,
    /// What they bought in the last days.
    Days(u32),
    /// None.
    Off,
}

impl FeedDefinition {
    /// How many items a template sees of a feed that does not say.
    pub const POOL: usize = 50;

    /// A feed with everything else at its default.
    pub fn new(name: impl Into<String>, order: Order) -> FeedDefinition {
        let (window_days, half_life_days) = order.times();
        FeedDefinition {
            name: name.into(),
            order,
            metrics: Vec::new(),
            window_days,
            half_life_days,
            by_revenue: false,
            items: Vec::new(),
            fallback: None,
            fill_newest: false,
            filters: Filters::default(),
            exclude_purchased: ExcludePurchased::AllTime,
            exclude_trigger_items: true,
            pool: FeedDefinition::POOL,
        }
    }

    /// The same order, and nothing of what the feed leaves out or adds.
    pub(super) fn order_alone(&self) -> FeedDefinition {
        FeedDefinition {
            metrics: self.metrics.clone(),
            window_days: self.window_days,
            half_life_days: self.half_life_days,
            by_revenue: self.by_revenue,
            items: self.items.clone(),
            ..FeedDefinition::new("", self.order)
        }
    }

    /// Whether templates can name it: letters, digits and inner underscores.
    pub fn is_name(name: &str) -> bool {
        !name.is_empty()
            && !name.starts_with('_')
            && !name.ends_with('_')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    }
}
