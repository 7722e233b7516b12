//! Which items events tell of, and how many.

use crate::data::{Event, PropertyFields};

/// Where items stand in the events of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
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
pub(super) const DEFAULT: [(&str, &[Place]); 5] = [
    ("Ordered Product", &[Place::Top]),
    ("Placed Order", &[Place::Items]),
    ("Viewed Product", &[Place::Top]),
    ("Added to Cart", &[Place::Top, Place::Added]),
    ("Checkout Started", &[Place::Items, Place::LineItems]),
];

/// Where items of any other metric are looked for.
pub(super) const ANYWHERE: &[Place] = &[Place::Top, Place::Added, Place::Items, Place::LineItems];

/// A line of an event: an item and how many of it.
pub(super) struct Good {
    /// As the event writes it: an item's or a variant's.
    pub(super) id: String,
    /// 1 where the event does not tell.
    pub(super) quantity: f64,
    /// The price of one.
    pub(super) price: Option<f64>,
}

/// Reads the items of an event; gives the order it belongs to, if it names one.
pub(super) fn read_goods(event: &Event, places: &[Place], goods: &mut Vec<Good>) -> Option<String> {
    let properties = event.property_fields()?;
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
            break;
        }
    }
    properties.identifier("OrderId")
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
