//! Which tags a product has: how it is looked up, and what prints each thing that is known of it.

use super::{ProductBlock, Products};
use crate::language::Dialect;
use crate::value::{self, Value, ValueKind};

/// A row of products, and the tags round it.
pub(super) struct Row {
    pub open: String,
    pub close: String,
    /// As many as the block has columns; None where the picked items are at an end.
    pub cells: Vec<Option<Cell>>,
}

/// The tags of one product.
pub(super) struct Cell {
    /// Makes its names known; nothing between this and `close` is printed where there is no product.
    pub open: String,
    pub close: String,
    pub url: String,
    pub image: String,
    /// Its title for an attribute.
    pub alt: String,
    pub title: String,
    pub price: String,
    pub compare_at: String,
    pub description: String,
    pub rating: String,
    pub rating_count: String,
    /// What holds where it has a higher regular price, a description, a rating, and so on.
    pub is_reduced: String,
    pub has_description: String,
    pub has_rating: String,
    pub has_rating_count: String,
}

/// The rows of a block. Items are frozen whose values stand in `picked`, at their places.
pub(super) fn cells(block: &ProductBlock, dialect: Dialect, picked: &[Option<Value>]) -> Vec<Row> {
    let places = |row: usize| row * block.columns..(row + 1) * block.columns;
    let rows = 0..block.rows;
    match &block.products {
        Products::Feed { name, offset } => rows
            .map(|row| {
                let item = |place: usize| at(name, offset + place, dialect);
                let (open, close) = match block.is_vertical() {
                    // Its one product says the same.
                    true => (String::new(), ""),
                    false => (
                        format!("{{% if {} %}}", item(row * block.columns)),
                        "{% endif %}",
                    ),
                };
                Row {
                    open,
                    close: close.to_owned(),
                    cells: places(row)
                        .map(|place| Some(of_feed(&item(place), dialect)))
                        .collect(),
                }
            })
            .collect(),
        Products::Items { ids, .. } => rows
            .map(|row| Row {
                open: String::new(),
                close: String::new(),
                cells: places(row)
                    .map(|place| {
                        let frozen = picked.get(place).and_then(Option::as_ref);
                        Some(picked_item(block, ids.get(place)?, frozen))
                    })
                    .collect(),
            })
            .collect(),
    }
}

/// The product at a place of a feed.
fn at(feed: &str, place: usize, dialect: Dialect) -> String {
    match dialect {
        Dialect::Klaviyo => format!("feeds.{feed}|index:{place}"),
        Dialect::Jinja => format!("feeds.{feed}[{place}]"),
    }
}

/// As Klaviyo writes it.
fn of_feed(item: &str, dialect: Dialect) -> Cell {
    let (names, one_decimal) = match dialect {
        Dialect::Klaviyo => (
            r#"Title=item.title|safe Price=item.price|default:"" Compare_at=item.regular_price|default:"""#,
            "floatformat:1",
        ),
        Dialect::Jinja => (
            r#"Title=item.title|safe, Price=item.price|default(""), Compare_at=item.regular_price|default("")"#,
            "floatformat(1)",
        ),
    };
    let owned = str::to_owned;
    Cell {
        open: format!("{{% if {item} %}}{{% with item={item} %}}{{% with {names} %}}"),
        close: owned("{% endwith %}{% endwith %}{% endif %}"),
        url: owned("{{ item.url }}"),
        image: owned("{{ item.image_full_url|missing_product_image }}"),
        alt: owned("{{ item.title }}"),
        title: owned("{{ Title }}"),
        price: owned("{{ Price }}"),
        compare_at: owned("{{ Compare_at }}"),
        description: owned("{{ item.description }}"),
        rating: format!("{{{{ item.rating|{one_decimal} }}}}"),
        rating_count: owned("{{ item.rating_count }}"),
        is_reduced: owned("Compare_at"),
        has_description: owned("item.description"),
        has_rating: owned("item.rating"),
        has_rating_count: owned("item.rating_count"),
    }
}

/// What `{% with %}` names of a picked item, and where the catalog has it.
const NAMES: [(&str, &[&str]); 8] = [
    ("Title", &["title"]),
    ("Url", &["url"]),
    ("Image", &["featured_image", "full", "src"]),
    ("Price", &["metadata", "price"]),
    ("Compare_at", &["regular_price"]),
    ("Description", &["description"]),
    ("Rating", &["metadata", "rating"]),
    ("Rating_count", &["metadata", "rating_count"]),
];

/// An item of the catalog; its values are literals where it is frozen. What prints them is the same either way.
fn picked_item(block: &ProductBlock, id: &str, frozen: Option<&Value>) -> Cell {
    let show = &block.show;
    let is_shown = |name: &str| match name {
        "Price" => show.price || show.original_price,
        "Compare_at" => show.original_price,
        "Description" => show.description,
        "Rating" => show.rating,
        "Rating_count" => show.rating && show.rating_count,
        _ => true,
    };
    let names = NAMES.iter().filter(|(name, _)| is_shown(name));
    let names: Vec<String> = names
        .map(|(name, path)| {
            let looked_up = match frozen {
                Some(item) => literal(&member(item, path)),
                // A text that no JSON of Klaviyo's has under another name than this.
                None if path.first() == Some(&"metadata") => {
                    format!("catalog_item.metadata|lookup:\"{}\"", path[1..].join("."))
                }
                None => format!("catalog_item.{}", path.join(".")),
            };
            let safe = if *name == "Title" { "|safe" } else { "" };
            let usual = if frozen.is_some() {
                ""
            } else {
                "|default:\"\""
            };
            format!("{name}={looked_up}{usual}{safe}")
        })
        .collect();
    let with = format!("{{% with {} %}}", names.join(" "));
    let (open, close) = match frozen {
        Some(_) => (with, "{% endwith %}"),
        None => (
            format!("{}{with}", catalog(block, id)),
            "{% endwith %}{% endcatalog %}",
        ),
    };
    let owned = str::to_owned;
    Cell {
        open,
        close: owned(close),
        url: owned("{{ Url|force_escape }}"),
        image: owned("{{ Image|missing_product_image|force_escape }}"),
        alt: owned("{{ Title|force_escape }}"),
        title: owned("{{ Title }}"),
        price: owned("{% currency_format Price %}"),
        compare_at: owned("{% currency_format Compare_at %}"),
        description: owned("{{ Description|force_escape }}"),
        rating: owned("{{ Rating|floatformat:1 }}"),
        rating_count: owned("{{ Rating_count|force_escape }}"),
        is_reduced: owned("Compare_at|minus:Price > 0"),
        has_description: owned("Description"),
        has_rating: owned("Rating"),
        has_rating_count: owned("Rating_count"),
    }
}

fn catalog(block: &ProductBlock, id: &str) -> String {
    let mut tag = format!("{{% catalog \"{id}\"");
    if let Products::Items {
        language, region, ..
    } = &block.products
    {
        for (name, code) in [("language", language), ("region", region)] {
            if let Some(code) = code {
                tag.push_str(&format!(" {name}=\"{code}\""));
            }
        }
    }
    tag + " %}"
}

/// What stands at a path; nothing where the path ends.
fn member(item: &Value, path: &[&str]) -> Value {
    let found = path
        .iter()
        .try_fold(item.clone(), |value, name| value::key(&value, name));
    found.unwrap_or_default()
}

/// A value as a tag has it.
fn literal(v: &Value) -> String {
    match v.kind() {
        ValueKind::Number => value::text(v),
        ValueKind::Undefined | ValueKind::None => "\"\"".to_owned(),
        _ => quoted(&value::text(v)),
    }
}

/// A text as a tag has it: on one line, and cut in two where it would end the tag.
fn quoted(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace("%}", "%\"|add:\"}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_cannot_end_its_tag() {
        assert_eq!(literal(&Value::from(19.5)), "19.5");
        assert_eq!(literal(&Value::from(())), "\"\"");
        assert_eq!(literal(&Value::from("5\" \\pot")), r#""5\" \\pot""#);
        assert_eq!(
            literal(&Value::from("50 %} off\nx")),
            r#""50 %"|add:"} off x""#
        );
    }
}
