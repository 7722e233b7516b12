//! `feeds.toml`.

use std::ops::Range as Bytes;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::{
    CategoryFilter, ExcludePurchased, FeedDefinition, Filters, Match, MetricWeight, Order, Range,
};
use crate::diagnostic::{Diagnostic, Source, nearest};

/// The keys of a feed.
const FEED: [&str; 14] = [
    "order",
    "metrics",
    "window_days",
    "half_life_days",
    "preset",
    "by",
    "decay",
    "items",
    "fallback",
    "fill",
    "filters",
    "exclude_purchased",
    "exclude_trigger_items",
    "pool",
];

/// The keys of a fallback: it is ranked by itself, and the feed's own filters apply to it.
const FALLBACK: [&str; 8] = [
    "order",
    "metrics",
    "window_days",
    "half_life_days",
    "preset",
    "by",
    "decay",
    "items",
];

impl FeedDefinition {
    /// Reads `feeds.toml`: a table for each feed, named as the feed. A feed with an error in it is left out, and
    /// all errors of the file are found at once.
    ///
    /// ```
    /// use letterpress::diagnostic::Source;
    /// use letterpress::feeds::{FeedDefinition, Order};
    /// let source = Source::new("feeds.toml", r#"
    /// [TRENDING_TEA]
    /// order = "trending"
    /// fallback = { order = "best_selling", window_days = 90 }
    /// filters.category_include = { match = "any", ids = ["tea"] }
    ///
    /// [NEW]
    /// oder = "newest"
    /// "#);
    /// let (feeds, findings) = FeedDefinition::from_toml(&source);
    /// assert_eq!((feeds.len(), feeds[0].order), (1, Order::Trending));
    /// assert_eq!(findings[0].to_string(), "feeds.toml:8:1: error[feed-definition]: 'oder' is no key of a feed");
    /// assert_eq!(findings[0].help, ["did you mean 'order'?"]);
    /// ```
    pub fn from_toml(source: &Arc<Source>) -> (Vec<FeedDefinition>, Vec<Diagnostic>) {
        let mut reader = Reader {
            source,
            findings: Vec::new(),
        };
        let table = match DeTable::parse(source.text()) {
            Ok(table) => table.into_inner(),
            Err(error) => {
                reader.error(
                    error.span().unwrap_or(0..0),
                    format!("this is no TOML: {}", error.message()),
                );
                return (Vec::new(), reader.findings);
            }
        };
        let mut feeds = Vec::new();
        for (name, value) in in_order(&table) {
            let before = reader.findings.len();
            if !FeedDefinition::is_name(name.get_ref()) {
                reader.error(
                    name.span(),
                    format!("'{}' is no name of a feed", name.get_ref()),
                );
                reader.help("letters, digits and underscores, none of them at the start or end");
            }
            let Some(table) = reader.table(name.get_ref(), value) else {
                continue;
            };
            let feed = reader.feed(name.get_ref(), name.span(), table, &FEED);
            if reader.findings.len() == before {
                feeds.extend(feed);
            }
        }
        (feeds, reader.findings)
    }
}

type Key<'i> = Spanned<std::borrow::Cow<'i, str>>;

/// The members of a table as they were written.
fn in_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<(&'t Key<'i>, &'t Spanned<DeValue<'i>>)> {
    let mut members: Vec<_> = table.iter().collect();
    members.sort_by_key(|(name, _)| name.span().start);
    members
}

struct Reader<'s> {
    source: &'s Arc<Source>,
    findings: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn error(&mut self, at: Bytes<usize>, title: impl Into<String>) {
        self.findings
            .push(Diagnostic::error("feed-definition", title).at(self.source.location(at), ""));
    }

    fn help(&mut self, text: impl Into<String>) {
        if let Some(last) = self.findings.last_mut() {
            last.help.push(text.into());
        }
    }

    /// One feed, or the fallback of one; errors are among the findings.
    fn feed(
        &mut self,
        name: &str,
        at: Bytes<usize>,
        table: &DeTable<'_>,
        keys: &[&'static str],
    ) -> Option<FeedDefinition> {
        let what = if keys.len() == FEED.len() {
            "a feed"
        } else {
            "a fallback"
        };
        let known = self.check_keys(table, keys, what);
        let order = match table.get("order") {
            Some(value) => self.word("order", value, &Order::ALL)?,
            None => {
                // A key that is misspelt is likely to be this one.
                if known {
                    self.error(at, format!("{what} needs an 'order'"));
                    let names: Vec<&str> = Order::ALL.iter().map(|(name, _)| *name).collect();
                    self.help(format!("one of {}", names.join(", ")));
                }
                return None;
            }
        };
        let mut feed = FeedDefinition::new(name, order);
        if let Some(value) = table.get("preset") {
            self.word("preset", value, &[("klaviyo_3d", ())])?;
            (feed.window_days, feed.half_life_days) = (3, Some(1.0));
        }
        if let Some(value) = table.get("window_days") {
            feed.window_days = self.number("window_days", value, 1.0, 3650.0, true)? as u32;
            if order == Order::BestSelling {
                feed.half_life_days = Some(f64::from(feed.window_days) / 3.0);
            }
        }
        if let Some(value) = table.get("half_life_days") {
            feed.half_life_days =
                Some(self.number("half_life_days", value, 0.01, 36_500.0, false)?);
        }
        if let Some(value) = table.get("decay") {
            self.word("decay", value, &[("none", ())])?;
            feed.half_life_days = None;
        }
        if let Some(value) = table.get("by") {
            feed.by_revenue = self.word("by", value, &[("units", false), ("revenue", true)])?;
        }
        if let Some(value) = table.get("metrics") {
            feed.metrics = self.metrics(value)?;
        }
        if let Some(value) = table.get("items") {
            feed.items = self.texts("items", value)?;
        }
        if let Some(value) = table.get("fallback") {
            let inner = self.table("fallback", value)?;
            let fallback = self.feed("", value.span(), inner, &FALLBACK)?;
            if !fallback.order.is_global() {
                self.error(
                    value.span(),
                    format!(
                        "a fallback cannot be personal, as {} is",
                        fallback.order.name()
                    ),
                );
            }
            feed.fallback = Some(Box::new(fallback));
        } else if order.needs_fallback()
            && keys.len() == FEED.len()
            && let Some(value) = table.get("order")
        {
            let title = format!(
                "the order '{}' is one person's: the feed needs a fallback",
                order.name()
            );
            self.error(value.span(), title);
            self.help(
                "add what people see who did nothing yet: fallback = { order = \"best_selling\" }",
            );
        }
        if let Some(value) = table.get("fill") {
            feed.fill_newest = self.word("fill", value, &[("newest", true), ("none", false)])?;
        }
        if let Some(value) = table.get("filters") {
            feed.filters = self.filters(value)?;
        }
        if let Some(value) = table.get("exclude_purchased") {
            feed.exclude_purchased = self.exclude_purchased(value)?;
        }
        if let Some(value) = table.get("exclude_trigger_items") {
            feed.exclude_trigger_items = self.boolean("exclude_trigger_items", value)?;
        }
        if let Some(value) = table.get("pool") {
            feed.pool = self.number("pool", value, 1.0, 100_000.0, true)? as usize;
        }
        Some(feed)
    }

    fn metrics(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Vec<MetricWeight>> {
        let mut metrics = Vec::new();
        for member in self.array("metrics", value)?.iter() {
            if let DeValue::String(name) = member.get_ref() {
                metrics.push(MetricWeight {
                    metric: name.to_string(),
                    weight: 1.0,
                });
                continue;
            }
            let table = self.table("metrics", member)?;
            self.check_keys(table, &["metric", "weight"], "a metric of a feed");
            let metric = match table.get("metric") {
                Some(name) => self.text("metric", name)?,
                None => {
                    self.error(member.span(), "a metric of a feed needs a 'metric'");
                    return None;
                }
            };
            let weight = match table.get("weight") {
                Some(weight) => self.number("weight", weight, 0.0, 1_000.0, false)?,
                None => 1.0,
            };
            metrics.push(MetricWeight { metric, weight });
        }
        Some(metrics)
    }

    fn filters(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Filters> {
        let table = self.table("filters", value)?;
        self.check_keys(
            table,
            &["category_include", "category_exclude", "price", "stock"],
            "filters",
        );
        let mut filters = Filters::default();
        if let Some(value) = table.get("category_include") {
            filters.category_include = Some(self.category(value)?);
        }
        if let Some(value) = table.get("category_exclude") {
            filters.category_exclude = Some(self.category(value)?);
        }
        if let Some(value) = table.get("price") {
            filters.price = self.range("price", value)?;
        }
        if let Some(value) = table.get("stock") {
            filters.stock = self.range("stock", value)?;
        }
        Some(filters)
    }

    fn category(&mut self, value: &Spanned<DeValue<'_>>) -> Option<CategoryFilter> {
        let table = self.table("filters", value)?;
        self.check_keys(table, &["match", "ids"], "a category filter");
        let test = match table.get("match") {
            Some(word) => self.word("match", word, &[("any", Match::Any), ("all", Match::All)])?,
            None => Match::Any,
        };
        let ids = match table.get("ids") {
            Some(ids) => self.texts("ids", ids)?,
            None => Vec::new(),
        };
        Some(CategoryFilter { test, ids })
    }

    fn range(&mut self, name: &str, value: &Spanned<DeValue<'_>>) -> Option<Range> {
        let table = self.table(name, value)?;
        self.check_keys(table, &["min", "max"], "a range");
        let mut end = |name: &str| match table.get(name) {
            Some(value) => self.number(name, value, -1e15, 1e15, false).map(Some),
            None => Some(None),
        };
        Some(Range {
            min: end("min")?,
            max: end("max")?,
        })
    }

    fn exclude_purchased(&mut self, value: &Spanned<DeValue<'_>>) -> Option<ExcludePurchased> {
        let text = self.text("exclude_purchased", value)?;
        match (
            text.as_str(),
            text.strip_suffix('d').and_then(|days| days.parse().ok()),
        ) {
            ("all_time", _) => Some(ExcludePurchased::AllTime),
            ("off", _) => Some(ExcludePurchased::Off),
            (_, Some(days)) => Some(ExcludePurchased::Days(days)),
            _ => {
                self.error(
                    value.span(),
                    format!("'exclude_purchased' cannot be '{text}'"),
                );
                self.help("\"all_time\", \"off\", or a number of days such as \"90d\"");
                None
            }
        }
    }

    /// Whether all keys are known; those that are not are findings.
    fn check_keys(&mut self, table: &DeTable<'_>, known: &[&'static str], what: &str) -> bool {
        let before = self.findings.len();
        for (key, _) in in_order(table) {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                self.error(key.span(), format!("'{name}' is no key of {what}"));
                match nearest(name, known.iter().copied()) {
                    Some(near) => self.help(format!("did you mean '{near}'?")),
                    None => self.help(format!("the keys of {what}: {}", known.join(", "))),
                }
            }
        }
        self.findings.len() == before
    }

    fn wrong<T>(&mut self, name: &str, at: Bytes<usize>, expected: &str) -> Option<T> {
        self.error(at, format!("'{name}' must be {expected}"));
        None
    }

    fn table<'t, 'i>(
        &mut self,
        name: &str,
        value: &'t Spanned<DeValue<'i>>,
    ) -> Option<&'t DeTable<'i>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => self.wrong(name, value.span(), "a table"),
        }
    }

    fn array<'t, 'i>(
        &mut self,
        name: &str,
        value: &'t Spanned<DeValue<'i>>,
    ) -> Option<&'t DeArray<'i>> {
        match value.get_ref() {
            DeValue::Array(array) => Some(array),
            _ => self.wrong(name, value.span(), "a list"),
        }
    }

    fn text(&mut self, name: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            _ => self.wrong(name, value.span(), "a text"),
        }
    }

    fn texts(&mut self, name: &str, value: &Spanned<DeValue<'_>>) -> Option<Vec<String>> {
        self.array(name, value)?
            .iter()
            .map(|member| self.text(name, member))
            .collect()
    }

    fn boolean(&mut self, name: &str, value: &Spanned<DeValue<'_>>) -> Option<bool> {
        match value.get_ref() {
            DeValue::Boolean(yes) => Some(*yes),
            _ => self.wrong(name, value.span(), "true or false"),
        }
    }

    fn number(
        &mut self,
        name: &str,
        value: &Spanned<DeValue<'_>>,
        min: f64,
        max: f64,
        whole: bool,
    ) -> Option<f64> {
        let number = match value.get_ref() {
            DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
                .ok()
                .map(|n| n as f64),
            DeValue::Float(float) if !whole => float.as_str().parse().ok(),
            _ => None,
        };
        match number.filter(|n| (min..=max).contains(n)) {
            Some(number) => Some(number),
            None => {
                let kind = if whole { "a whole number" } else { "a number" };
                self.wrong(name, value.span(), &format!("{kind} from {min} to {max}"))
            }
        }
    }

    fn word<T: Copy>(
        &mut self,
        name: &str,
        value: &Spanned<DeValue<'_>>,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let text = self.text(name, value)?;
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*meaning);
        }
        self.error(value.span(), format!("'{name}' cannot be '{text}'"));
        let known: Vec<&'static str> = words.iter().map(|(word, _)| *word).collect();
        match nearest(&text, known.iter().copied()) {
            Some(near) => self.help(format!("did you mean '{near}'?")),
            None => self.help(format!("one of {}", known.join(", "))),
        }
        None
    }
}
