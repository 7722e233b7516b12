//! Who bought, viewed or wanted which item when.

use std::collections::HashMap;
use std::sync::Arc;

use crate::data::{Catalog, CatalogItem, DataError, Event, Events, PropertyFields};

/// One person's doing with one item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interaction {
    /// The item's place in [`Interactions::items`].
    pub item: u32,
    /// A number for the person.
    pub person: u32,
    /// The metric's place in [`Interactions::metrics`].
    pub metric: u32,
    /// Unix seconds.
    pub time: i64,
    /// How many: more than 0, at most 100.
    pub quantity: f64,
    /// The price of one, where the event tells.
    pub price: Option<f64>,
}

/// All interactions that events tell of, and the catalog they speak of.
///
/// ```
/// use letterpress::data::{CatalogItem, Event, Shop};
/// use letterpress::feeds::Interactions;
/// let (shop, _) = Shop::builder()
///     .item(CatalogItem::from_json(r#"{"external_id": "P-1"}"#)?)
///     .event(Event::from_json(r#"{"metric": "Placed Order", "time": 0, "properties": {"Items": [
///         {"ProductID": "P-1", "Quantity": 250}, {"ProductID": "P-1", "Quantity": -1}, {"ProductID": "gone"}]}}"#)?)
///     .build();
/// let interactions = Interactions::of(&shop, &shop, &[])?;
/// assert_eq!(interactions.list().iter().map(|i| i.quantity).collect::<Vec<_>>(), [100.0]);
/// assert_eq!(interactions.unknown_items(), 1);
/// # Ok::<(), letterpress::data::DataError>(())
/// ```
#[derive(Debug, Default)]
pub struct Interactions {
    items: Vec<Arc<CatalogItem>>,
    metrics: Vec<String>,
    list: Vec<Interaction>,
    unknown_items: usize,
}

/// Where items stand in the events of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// `ProductID` at the top.
    Top,
    /// `AddedItemProductID` at the top.
    Added,
    /// `Items[].ProductID`.
    Items,
    /// `$extra.line_items[].product_id`.
    LineItems,
}

/// The metrics that are read by default, and where their items stand: the first place that has any counts.
const DEFAULT: [(&str, &[Place]); 5] = [
    ("Ordered Product", &[Place::Top]),
    ("Placed Order", &[Place::Items]),
    ("Viewed Product", &[Place::Top]),
    ("Added to Cart", &[Place::Top, Place::Added]),
    ("Checkout Started", &[Place::Items, Place::LineItems]),
];

/// Where items of any other metric are looked for.
const ANYWHERE: &[Place] = &[Place::Top, Place::Added, Place::Items, Place::LineItems];

impl Interactions {
    /// Takes the interactions out of all events of the usual metrics, and of the `further` ones.
    ///
    /// An event that names a variant counts for its item. Items that are not in the catalog are dropped and
    /// counted; so are quantities of zero and less, without being counted.
    ///
    /// # Errors
    /// [`DataError::Lookup`]: the database behind `events` or `catalog` failed.
    pub fn of(
        events: &dyn Events,
        catalog: &dyn Catalog,
        further: &[&str],
    ) -> Result<Interactions, DataError> {
        let mut all = Interactions::default();
        let mut places: HashMap<String, u32> = HashMap::new();
        for item in catalog.items() {
            let item = item?;
            places.insert(item.external_id.clone(), all.items.len() as u32);
            all.items.push(item);
        }
        let mut sources: Vec<(&str, &[Place])> = DEFAULT.to_vec();
        for metric in further {
            if !sources.iter().any(|(name, _)| name == metric) {
                sources.push((metric, ANYWHERE));
            }
        }
        all.metrics = sources.iter().map(|(name, _)| (*name).to_owned()).collect();
        // What an id of an event stands for; None: nothing in the catalog.
        let mut known: HashMap<String, Option<u32>> = HashMap::new();
        let mut people: HashMap<String, u32> = HashMap::new();
        let mut nobodies = 0;
        let mut goods = Vec::new();
        for event in events.events() {
            let event = event?;
            let Some(metric) = sources
                .iter()
                .position(|(name, _)| *name == event.metric.name)
            else {
                continue;
            };
            goods.clear();
            read_goods(&event, sources[metric].1, &mut goods);
            if goods.is_empty() {
                continue;
            }
            let who = event.profile.key();
            let person = match people.get(who) {
                Some(&person) if !who.is_empty() => person,
                _ => {
                    // Counted from the end: people nobody knows are all different.
                    let person = if who.is_empty() {
                        nobodies += 1;
                        u32::MAX - nobodies
                    } else {
                        people.len() as u32
                    };
                    if !who.is_empty() {
                        people.insert(who.to_owned(), person);
                    }
                    person
                }
            };
            for Good {
                id,
                quantity,
                price,
            } in goods.drain(..)
            {
                let item = match known.get(&id) {
                    Some(&item) => item,
                    None => {
                        let found = match catalog.item(&id)? {
                            Some(item) => Some(item),
                            None => catalog.item_of_variant(&id)?,
                        };
                        let item = found.and_then(|item| places.get(&item.external_id).copied());
                        known.insert(id, item);
                        item
                    }
                };
                match item {
                    None => all.unknown_items += 1,
                    Some(item) if quantity > 0.0 => all.list.push(Interaction {
                        item,
                        person,
                        metric: metric as u32,
                        time: event.time.as_second(),
                        quantity: quantity.min(100.0),
                        price,
                    }),
                    Some(_) => {}
                }
            }
        }
        Ok(all)
    }

    /// The catalog's items, in its order.
    pub fn items(&self) -> &[Arc<CatalogItem>] {
        &self.items
    }

    /// The names of the metrics that were read.
    pub fn metrics(&self) -> &[String] {
        &self.metrics
    }

    /// The interactions, in the order of the events.
    pub fn list(&self) -> &[Interaction] {
        &self.list
    }

    /// How many were dropped because their item is not in the catalog.
    pub fn unknown_items(&self) -> usize {
        self.unknown_items
    }

    /// The place of a metric, if any interaction is of it.
    pub(super) fn metric(&self, name: &str) -> Option<u32> {
        let at = self.metrics.iter().position(|metric| metric == name)? as u32;
        self.list.iter().any(|i| i.metric == at).then_some(at)
    }
}

struct Good {
    id: String,
    quantity: f64,
    price: Option<f64>,
}

fn read_goods(event: &Event, places: &[Place], goods: &mut Vec<Good>) {
    let Some(properties) = event.property_fields() else {
        return;
    };
    for place in places {
        match place {
            Place::Top => good(
                &properties,
                "ProductID",
                "Quantity",
                &["ItemPrice", "Price"],
                goods,
            ),
            Place::Added => good(
                &properties,
                "AddedItemProductID",
                "AddedItemQuantity",
                &["AddedItemPrice"],
                goods,
            ),
            Place::Items => {
                for line in properties.objects("Items") {
                    good(
                        &line,
                        "ProductID",
                        "Quantity",
                        &["ItemPrice", "Price"],
                        goods,
                    );
                }
            }
            Place::LineItems => {
                let extra = properties
                    .object("$extra")
                    .or_else(|| properties.object("extra"));
                for line in extra.iter().flat_map(|extra| extra.objects("line_items")) {
                    good(&line, "product_id", "quantity", &["price"], goods);
                }
            }
        }
        if !goods.is_empty() {
            return;
        }
    }
}

fn good(
    fields: &PropertyFields<'_>,
    id: &str,
    quantity: &str,
    price: &[&str],
    goods: &mut Vec<Good>,
) {
    if let Some(id) = fields.identifier(id) {
        goods.push(Good {
            id,
            quantity: fields.number(quantity).unwrap_or(1.0),
            price: price.iter().find_map(|name| fields.number(name)),
        });
    }
}
