//! The product block: `<lp-products …/>`, written out as MJML with tags before MJML is read.
//!
//! `options` reads options by their names, `attributes` those of an element, `klaviyo` those of Klaviyo's JSON; all give a
//! [`ProductBlock`]. `cell` says which tags a product has, `parts` what its parts look like, `write` and `table` put the
//! parts into sections, or into a table where the block stands in a column.

mod attributes;
mod cell;
mod klaviyo;
mod options;
mod parts;
mod table;
mod write;

use std::collections::BTreeMap;

use crate::language::Dialect;
use crate::value::Value;

pub(super) use attributes::{Settings, block};
pub use options::ProductBlockError;
pub(super) use table::STACKING;

/// What the element is called.
pub(super) const NAME: &str = "lp-products";
/// Where the element may stand.
pub(super) const PARENTS: [&str; 5] = [
    "mj-attributes",
    "mj-body",
    "mj-column",
    "mj-hero",
    "mj-wrapper",
];

/// A block of products: Klaviyo's options under Klaviyo's names.
///
/// In a document it is `<lp-products …/>`, each option an attribute with `-` for `_` (`num_rows` and `num_columns` are
/// `rows` and `columns`). It is written out as MJML and tags of Klaviyo's before MJML is read.
///
/// ```
/// use letterpress::mjml::{BlockPlace, ProductBlock};
/// let block = ProductBlock::from_klaviyo_json(r#"{"content_type": "block", "type": "product", "data": {
///     "properties": {"dynamic": true, "feed": "TRENDING_TEA", "show_title": true, "show_button": false},
///     "styles": {"num_rows": 1, "num_columns": 2, "title_font_size": 18}}}"#)?;
/// assert_eq!((block.rows, block.columns, block.show.button), (1, 2, false));
/// let mjml = block.to_mjml(BlockPlace::Body);
/// assert!(mjml.starts_with("<mj-raw>{% if feeds.TRENDING_TEA|index:0 %}</mj-raw><mj-section"));
/// assert!(mjml.contains("{% with item=feeds.TRENDING_TEA|index:1 %}"));
/// assert!(mjml.contains(r#"font-size="18px""#));
/// # Ok::<(), letterpress::mjml::ProductBlockError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ProductBlock {
    /// Which products it shows.
    pub products: Products,
    /// Which parts of a product it shows; none: its image alone.
    pub show: Shown,
    /// What the button says; template tags may stand in it.
    pub button_text: String,
    /// Printed where a product has no title; template tags may stand in it.
    pub title_placeholder: String,
    /// How a product is laid out.
    pub layout: ProductLayout,
    /// How many rows there are.
    pub rows: usize,
    /// How many products stand in a row: each has 100/`columns` % of its width. 1 where the image stands beside the text.
    pub columns: usize,
    /// Whether the products of a row stand below each other on phones.
    pub stack_on_mobile: bool,
    /// How high images are at most, in pixels; they keep their shape.
    pub item_max_height: Option<usize>,
    /// `left`, `center` or `right`.
    pub item_text_alignment: String,
    /// How things look, by the names of the attributes: `title-font-size`, `button-background-color`, `padding`. What is
    /// not here looks as texts and buttons of the document do.
    pub styles: BTreeMap<String, String>,
}

/// Which products a block shows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Products {
    /// Dynamic: those of a feed.
    Feed {
        /// The feed: `feeds.NAME`.
        name: String,
        /// How many products of the feed are passed over, so that two blocks can continue one feed.
        offset: usize,
    },
    /// Static: items that were picked.
    Items {
        /// Their ids in the catalog, nine at most.
        ids: Vec<String>,
        /// Whether they are looked up for each recipient also where the email was uploaded. If not, what is uploaded has their
        /// values as they are when it is compiled.
        localize_for_recipient: bool,
        /// Which translation of the catalog is asked for.
        language: Option<String>,
        /// Which region of the catalog is asked for.
        region: Option<String>,
    },
}

/// Which parts of a product a block shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shown {
    /// `show_title`
    pub title: bool,
    /// `show_title_links`: whether the title is a link to the product.
    pub title_links: bool,
    /// `show_price`
    pub price: bool,
    /// `show_original_price`: struck out, and only where it is higher than the price.
    pub original_price: bool,
    /// `show_rating`
    pub rating: bool,
    /// `show_rating_count`: behind the rating.
    pub rating_count: bool,
    /// `show_button`
    pub button: bool,
    /// `show_description`
    pub description: bool,
}

impl Default for Shown {
    fn default() -> Shown {
        Shown {
            title: true,
            title_links: true,
            price: true,
            original_price: true,
            rating: false,
            rating_count: false,
            button: true,
            description: false,
        }
    }
}

/// How a product is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProductLayout {
    /// `horizontal`: products beside each other, each with its image above its text.
    #[default]
    Horizontal,
    /// `vertical-left-image`: products below each other, each with its image to the left of its text.
    VerticalLeftImage,
    /// `vertical-right-image`: the image to the right; on phones it comes first all the same.
    VerticalRightImage,
}

/// Where a block stands in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockPlace {
    /// In `mj-body` or `mj-wrapper`: each row is a section.
    Body,
    /// In `mj-column` or `mj-hero`: the block is one `mj-table`.
    Column,
}

/// What is known of an item that a block names.
#[derive(Debug, Clone)]
pub enum Picked {
    /// The item, as `{% catalog %}` gives it.
    Item(Value),
    /// The catalog has no such item.
    Missing,
    /// There is no catalog to look into: it is looked up when the email is rendered.
    NoCatalog,
}

impl ProductBlock {
    /// The block as MJML with Klaviyo's tags. In a [column](BlockPlace::Column), its cells have the class `lp-stack`, which the
    /// head has to stack on phones.
    pub fn to_mjml(&self, place: BlockPlace) -> String {
        self.written(place, Dialect::Klaviyo, &[])
    }

    /// The same in a dialect; of picked items, those are frozen that stand in `picked`, at their places.
    fn written(&self, place: BlockPlace, dialect: Dialect, picked: &[Option<Value>]) -> String {
        let cells = cell::cells(self, dialect, picked);
        match place {
            BlockPlace::Body => write::sections(self, &cells),
            BlockPlace::Column => table::table(self, &cells),
        }
    }

    fn is_vertical(&self) -> bool {
        self.layout != ProductLayout::Horizontal
    }
}
