//! Options by their names: what there is, what values they take, and the block that they give.

use std::collections::BTreeMap;

use super::{ProductBlock, ProductLayout, Products, Shown};
use crate::mjml::types::{Type, complaint};

/// How many items can be picked.
const ITEMS: usize = 9;
/// How many rows a block may have.
const ROWS: usize = 20;
/// How many products may stand in a row.
const COLUMNS: usize = 6;
/// How far into a feed a block may start.
const OFFSET: usize = 500;

/// Why there is no product block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProductBlockError {
    /// The JSON is none, or of something else than a product block.
    #[error("no product block of Klaviyo's: {0}")]
    NotABlock(String),
    /// It shows neither a feed nor items.
    #[error("a product block shows a feed or picked items")]
    NoProducts,
    /// It shows both.
    #[error("a product block shows a feed or picked items, not both")]
    TwoSources,
    /// An option has a value that it cannot have.
    #[error("{option}: {problem}")]
    Option {
        /// The option, as an attribute.
        option: String,
        /// What is wrong.
        problem: String,
    },
}

/// What a template tag may not stand in: the block is written out before tags run.
pub(super) const STRUCTURAL: [&str; 19] = [
    "feed",
    "feed-offset",
    "items",
    "rows",
    "columns",
    "layout",
    "stack-on-mobile",
    "localize-for-recipient",
    "language",
    "region",
    "item-max-height",
    "show-title",
    "show-title-links",
    "show-price",
    "show-original-price",
    "show-rating",
    "show-rating-count",
    "show-button",
    "show-description",
];
/// Options whose value is a text.
const TEXTS: [&str; 2] = ["button-text", "title-placeholder"];
const ALIGNMENT: &str = "item-text-alignment";
/// The roles of texts.
const ROLES: [&str; 6] = [
    "title",
    "price",
    "original-price",
    "description",
    "rating",
    "button",
];
/// What each role can look like.
const LOOKS: [(&str, Type); 9] = [
    ("font-family", "string"),
    ("font-size", "unit(px)"),
    ("font-weight", "string"),
    ("font-style", "string"),
    ("color", "color"),
    ("letter-spacing", "unitWithNegative(px,em)"),
    ("line-height", "unit(px,%,)"),
    ("text-decoration", "string"),
    ("padding", PADDING),
];
const PADDING: Type = "unit(px,%){1,4}";
/// What else can look otherwise.
const FURTHER: [(&str, Type); 9] = [
    ("css-class", "string"),
    ("padding", PADDING),
    ("background-color", "color"),
    ("image-padding", PADDING),
    ("image-border-radius", "unit(px,%){1,4}"),
    ("image-background-color", "color"),
    ("button-background-color", "color"),
    ("button-border-radius", "string"),
    ("button-inner-padding", PADDING),
];

/// The type of an option that says how something looks.
pub(super) fn look(name: &str) -> Option<Type> {
    let further = FURTHER.iter().find(|(known, _)| *known == name);
    let of_role = || {
        let mut roles = ROLES.iter();
        roles.find_map(|role| {
            let look = name.strip_prefix(role)?.strip_prefix('-')?;
            LOOKS.iter().find(|(known, _)| *known == look)
        })
    };
    further.or_else(of_role).map(|(_, kind)| *kind)
}

/// Whether there is an option of this name.
pub(super) fn is_known(name: &str) -> bool {
    STRUCTURAL.contains(&name) || TEXTS.contains(&name) || name == ALIGNMENT || look(name).is_some()
}

/// The names of all options.
pub(super) fn names() -> Vec<String> {
    let plain = STRUCTURAL.iter().chain(&TEXTS).chain([&ALIGNMENT]);
    let further = FURTHER.iter().map(|(name, _)| name);
    let of_roles = ROLES.iter().flat_map(|role| {
        let looks = LOOKS.iter();
        looks.map(move |(look, _)| format!("{role}-{look}"))
    });
    let all = plain.chain(further).map(|name| (*name).to_owned());
    all.chain(of_roles).collect()
}

/// What mjml would say about a value; None where it is of the right kind.
pub(super) fn ill_typed(name: &str, value: &str) -> Option<String> {
    if name == ALIGNMENT {
        return complaint("enum(left,center,right)", value);
    }
    complaint(look(name)?, value)
}

/// Options by name, the last of a name counts.
pub(super) type Options = BTreeMap<String, String>;

/// The block that these options give.
///
/// # Errors
/// The first that is wrong. Options that there are not are passed over.
pub(super) fn block(options: &Options) -> Result<ProductBlock, ProductBlockError> {
    let layout = match get(options, "layout") {
        None | Some("horizontal") => ProductLayout::Horizontal,
        Some("vertical-left-image") => ProductLayout::VerticalLeftImage,
        Some("vertical-right-image") => ProductLayout::VerticalRightImage,
        Some(other) => {
            let problem = format!(
                "there is no layout '{other}': horizontal, vertical-left-image, vertical-right-image"
            );
            return refuse("layout", problem);
        }
    };
    let products = products(options)?;
    let usual = match (&products, layout) {
        (_, ProductLayout::VerticalLeftImage | ProductLayout::VerticalRightImage) => 1,
        (Products::Items { ids, .. }, _) => ids.len().min(3),
        (Products::Feed { .. }, _) => 3,
    };
    let columns = number(options, "columns", 1, COLUMNS)?.unwrap_or(usual);
    if layout != ProductLayout::Horizontal && columns > 1 {
        return refuse("columns", "a vertical layout has one product in a row");
    }
    let rows = number(options, "rows", 1, ROWS)?;
    let rows = match &products {
        Products::Feed { .. } => rows.unwrap_or(1),
        Products::Items { ids, .. } => {
            let needed = ids.len().div_ceil(columns);
            if rows.is_some_and(|rows| rows < needed) {
                let count = ids.len();
                let problem = format!("{count} items in rows of {columns} need {needed} rows");
                return refuse("rows", problem);
            }
            needed
        }
    };
    let usual = Shown::default();
    let shows = |name: &str, usual| flag(options, name, usual);
    let show = Shown {
        title: shows("show-title", usual.title)?,
        title_links: shows("show-title-links", usual.title_links)?,
        price: shows("show-price", usual.price)?,
        original_price: shows("show-original-price", usual.original_price)?,
        rating: shows("show-rating", usual.rating)?,
        rating_count: shows("show-rating-count", usual.rating_count)?,
        button: shows("show-button", usual.button)?,
        description: shows("show-description", usual.description)?,
    };
    let text = |name: &str, usual: &str| get(options, name).unwrap_or(usual).to_owned();
    let styles = options.iter().filter(|(name, _)| look(name).is_some());
    Ok(ProductBlock {
        products,
        show,
        button_text: text("button-text", "Shop now"),
        title_placeholder: text("title-placeholder", ""),
        layout,
        rows,
        columns,
        stack_on_mobile: shows("stack-on-mobile", true)?,
        item_max_height: number(options, "item-max-height", 1, 2_000)?,
        item_text_alignment: text(ALIGNMENT, "center"),
        styles: styles.map(|(n, v)| (n.clone(), v.clone())).collect(),
    })
}

fn products(options: &Options) -> Result<Products, ProductBlockError> {
    let offset = number(options, "feed-offset", 0, OFFSET)?.unwrap_or_default();
    match (get(options, "feed"), get(options, "items")) {
        (None, None) => Err(ProductBlockError::NoProducts),
        (Some(_), Some(_)) => Err(ProductBlockError::TwoSources),
        (Some(name), None) if is_feed_name(name) => Ok(Products::Feed {
            name: name.to_owned(),
            offset,
        }),
        (Some(name), None) => {
            let problem = format!(
                "'{name}' is no name of a feed: letters and digits, with underscores between them"
            );
            refuse("feed", problem)
        }
        (None, Some(items)) => {
            let ids: Vec<String> = ids(items).map(|(_, id)| id.to_owned()).collect();
            let odd = |id: &&String| id.is_empty() || id.contains(['"', '\\', '%', '{', '}', '\n']);
            if let Some(id) = ids.iter().find(odd) {
                return refuse("items", format!("'{id}' is no id of an item"));
            }
            if ids.len() > ITEMS {
                let count = ids.len();
                let problem = format!("{count} items are picked: at most {ITEMS} can be");
                return refuse("items", problem);
            }
            Ok(Products::Items {
                ids,
                localize_for_recipient: flag(options, "localize-for-recipient", false)?,
                language: code(options, "language")?,
                region: code(options, "region")?,
            })
        }
    }
}

/// The ids in a list, and where each starts in it.
pub(super) fn ids(items: &str) -> impl Iterator<Item = (usize, &str)> {
    items.split(',').scan(0, |at, id| {
        let start = *at + id.len() - id.trim_start().len();
        *at += id.len() + 1;
        Some((start, id.trim()))
    })
}

/// Whether a feed may have this name: letters, digits, inner underscores.
fn is_feed_name(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !name.is_empty()
        && !name.starts_with('_')
        && !name.ends_with('_')
}

fn get<'o>(options: &'o Options, name: &str) -> Option<&'o str> {
    options.get(name).map(String::as_str)
}

fn number(
    options: &Options,
    name: &str,
    least: usize,
    most: usize,
) -> Result<Option<usize>, ProductBlockError> {
    let Some(written) = get(options, name) else {
        return Ok(None);
    };
    let digits = written.strip_suffix("px").unwrap_or(written);
    match digits.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(Some(number)),
        _ => refuse(
            name,
            format!("'{written}' is no whole number from {least} to {most}"),
        ),
    }
}

fn flag(options: &Options, name: &str, usual: bool) -> Result<bool, ProductBlockError> {
    match get(options, name) {
        None => Ok(usual),
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        Some(other) => refuse(name, format!("'{other}' is neither true nor false")),
    }
}

/// A code of a language or a region.
fn code(options: &Options, name: &str) -> Result<Option<String>, ProductBlockError> {
    let is_code = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    match get(options, name) {
        None | Some("") => Ok(None),
        Some(code) if code.bytes().all(is_code) => Ok(Some(code.to_owned())),
        Some(other) => refuse(name, format!("'{other}' is no code of a {name}")),
    }
}

fn refuse<T>(option: &str, problem: impl Into<String>) -> Result<T, ProductBlockError> {
    Err(ProductBlockError::Option {
        option: option.to_owned(),
        problem: problem.into(),
    })
}
