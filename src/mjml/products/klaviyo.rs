//! Klaviyo's JSON of a product block.

use serde_json::Value as Json;

use super::options::{self, Options};
use super::{ProductBlock, ProductBlockError};

impl ProductBlock {
    /// Reads Klaviyo's JSON of a product block, dynamic or static (`ProductBlockV1`: `properties` and `styles` under `data`,
    /// picked items under `subblocks`). Of a picked item only its id counts: what else stands there was frozen when the
    /// block was saved, and the catalog knows it as it is now. Options that have no counterpart are passed over.
    ///
    /// ```
    /// use letterpress::mjml::{ProductBlock, ProductBlockError};
    /// let error = ProductBlock::from_klaviyo_json(r#"{"type": "product", "data": {"properties": {"feed": "_X"}}}"#);
    /// assert_eq!(
    ///     error.unwrap_err().to_string(),
    ///     "feed: '_X' is no name of a feed: letters and digits, with underscores between them",
    /// );
    /// ```
    ///
    /// # Errors
    /// It is no product block, or one whose options cannot be.
    pub fn from_klaviyo_json(json: &str) -> Result<ProductBlock, ProductBlockError> {
        let none = |why: String| ProductBlockError::NotABlock(why);
        let block: Json = serde_json::from_str(json).map_err(|error| none(error.to_string()))?;
        if block["type"] != "product" {
            return Err(none("its type is not \"product\"".to_owned()));
        }
        let data = &block["data"];
        let mut options = Options::new();
        for group in ["properties", "styles"] {
            for (key, value) in data[group].as_object().into_iter().flatten() {
                let name = match &**key {
                    "num_rows" => "rows".to_owned(),
                    "num_columns" => "columns".to_owned(),
                    key => key.replace('_', "-"),
                };
                if let Some(text) = text(&name, value).filter(|_| options::is_known(&name)) {
                    options.insert(name, text);
                }
            }
        }
        let is_static = data["properties"]["dynamic"] == false;
        let picked = [&data["subblocks"], &block["subblocks"]];
        let picked = picked.into_iter().find_map(Json::as_array);
        if is_static {
            options.remove("feed");
            let ids = picked.into_iter().flatten().filter_map(id);
            options.insert("items".to_owned(), ids.collect::<Vec<_>>().join(","));
        }
        one_in_a_row(&mut options);
        // Rows of picked items follow from how many there are.
        if is_static {
            options.remove("rows");
        }
        options::block(&options)
    }
}

/// A value as an attribute has it: numbers of looks are pixels.
fn text(name: &str, value: &Json) -> Option<String> {
    match value {
        Json::String(text) if !text.is_empty() => Some(text.clone()),
        Json::Bool(flag) => Some(flag.to_string()),
        Json::Number(number) => {
            let in_pixels = !name.ends_with("font-weight")
                && !name.ends_with("line-height")
                && options::look(name).is_some();
            Some(format!("{number}{}", if in_pixels { "px" } else { "" }))
        }
        _ => None,
    }
}

/// The id of a picked item, without the catalog's: `$custom:::$default:::P-11`.
fn id(subblock: &Json) -> Option<String> {
    let ids = [&subblock["external_id"], &subblock["product_id"]];
    let of = |json: &Json| match json {
        Json::String(id) if !id.is_empty() => Some(id.clone()),
        Json::Number(id) => Some(id.to_string()),
        _ => None,
    };
    let id = ids.into_iter().find_map(of)?;
    Some(id.rsplit(":::").next().unwrap_or_default().to_owned())
}

/// Where the image stands beside the text, as many products as before, each in a row of its own.
fn one_in_a_row(options: &mut Options) {
    let vertical = options
        .get("layout")
        .is_some_and(|layout| layout.starts_with("vertical"));
    if !vertical {
        return;
    }
    let count = |options: &Options, name: &str| {
        let written = options.get(name).map(String::as_str);
        written.unwrap_or("1").parse::<usize>().unwrap_or(1)
    };
    let all = count(options, "rows").saturating_mul(count(options, "columns"));
    options.insert("rows".to_owned(), all.to_string());
    options.insert("columns".to_owned(), "1".to_owned());
}

#[cfg(test)]
mod tests {
    use super::super::{ProductLayout, Products, Shown};
    use super::*;

    #[test]
    fn a_dynamic_block() {
        let block = ProductBlock::from_klaviyo_json(
            r##"{"content_type":"block","type":"product","id":"b1",
 "data":{"properties":{"dynamic":true,"feed":"TRENDING_TEA","feed_offset":0,"show_title":true,"show_price":true,"show_original_price":true,"show_rating":false,"show_button":true,"button_text":"Shop now"},
  "display_options":{"show_on":"all"},
  "styles":{"layout":"horizontal","num_rows":1,"num_columns":3,"stack_on_mobile":true,"item_max_height":125,"item_text_alignment":"center","button_background_color":"#1155cc"}}}"##,
        )
        .unwrap();
        let feed = Products::Feed {
            name: "TRENDING_TEA".into(),
            offset: 0,
        };
        assert_eq!(block.products, feed);
        assert_eq!((block.rows, block.columns), (1, 3));
        assert_eq!(block.item_max_height, Some(125));
        assert_eq!(block.show, Shown::default());
        assert_eq!(
            block.styles.into_iter().collect::<Vec<_>>(),
            [("button-background-color".to_owned(), "#1155cc".to_owned())]
        );
    }

    #[test]
    fn a_static_block() {
        let block = ProductBlock::from_klaviyo_json(
            r#"{"type":"product","data":{
                "properties":{"dynamic":false,"show_description":true,"localize_for_recipient":true,"language":"fr"},
                "styles":{"layout":"vertical-right-image","num_rows":1,"num_columns":3,"price_font_weight":700,"title_padding":8},
                "subblocks":[{"type":"product","external_id":"P-11","title":"Oolong"},{"type":"product","product_id":"$custom:::$default:::P-42"}]}}"#,
        )
        .unwrap();
        let items = Products::Items {
            ids: vec!["P-11".into(), "P-42".into()],
            localize_for_recipient: true,
            language: Some("fr".into()),
            region: None,
        };
        assert_eq!(block.products, items);
        assert_eq!(block.layout, ProductLayout::VerticalRightImage);
        assert_eq!((block.rows, block.columns), (2, 1));
        assert_eq!(block.styles["price-font-weight"], "700");
        assert_eq!(block.styles["title-padding"], "8px");
        assert!(block.show.description);
    }

    #[test]
    fn what_is_none() {
        let error = |json: &str| {
            ProductBlock::from_klaviyo_json(json)
                .unwrap_err()
                .to_string()
        };
        assert!(error("{").starts_with("no product block of Klaviyo's: EOF"));
        assert_eq!(
            error(r#"{"type": "text"}"#),
            "no product block of Klaviyo's: its type is not \"product\""
        );
        assert_eq!(
            error(r#"{"type": "product"}"#),
            "a product block shows a feed or picked items"
        );
        let ten = [r#"{"external_id": "P"}"#; 10].join(",");
        let ten = format!(
            r#"{{"type": "product", "data": {{"properties": {{"dynamic": false}}, "subblocks": [{ten}]}}}}"#
        );
        assert_eq!(error(&ten), "items: 10 items are picked: at most 9 can be");
    }
}
