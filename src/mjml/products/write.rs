//! A block in the body: a section for each row.

use super::cell::{Cell, Row};
use super::parts::{Part, attribute, looks, texts};
use super::{ProductBlock, ProductLayout};

/// The rows of a block as sections.
pub(super) fn sections(block: &ProductBlock, rows: &[Row]) -> String {
    let mut mjml = String::new();
    for row in rows {
        mjml.push_str(&raw(&row.open));
        let cells = &row.cells;
        match (cells.first().and_then(Option::as_ref), block.is_vertical()) {
            (Some(cell), true) => vertical(block, cell, &mut mjml),
            _ => horizontal(block, cells, &mut mjml),
        }
        mjml.push_str(&raw(&row.close));
    }
    mjml
}

/// Tags where only components stand.
fn raw(tags: &str) -> String {
    match tags {
        "" => String::new(),
        tags => format!("<mj-raw>{tags}</mj-raw>"),
    }
}

fn open_section(block: &ProductBlock, direction: &str) -> String {
    let set = |name: &str| block.styles.get(name).map(|value| attribute(value));
    let mut section = "<mj-section css-class=\"lp-products".to_owned();
    if let Some(class) = set("css-class") {
        section.push(' ');
        section.push_str(&class);
    }
    let usual = match block.is_vertical() {
        true => "0px 0px 20px",
        false => "0px",
    };
    let padding = set("padding").unwrap_or_else(|| usual.to_owned());
    section.push_str(&format!("\" padding=\"{padding}\""));
    if let Some(color) = set("background-color") {
        section.push_str(&format!(" background-color=\"{color}\""));
    }
    section + direction + ">"
}

/// A column for each product. The column stays where there is none, so that the others keep their widths.
fn horizontal(block: &ProductBlock, cells: &[Option<Cell>], mjml: &mut String) {
    mjml.push_str(&open_section(block, ""));
    if !block.stack_on_mobile {
        mjml.push_str("<mj-group>");
    }
    for cell in cells {
        mjml.push_str("<mj-column css-class=\"lp-item\" vertical-align=\"top\">");
        if let Some(cell) = cell {
            mjml.push_str(&raw(&cell.open));
            let parts: Vec<Part> = [Part::Image]
                .into_iter()
                .chain(texts(block, cell))
                .collect();
            write(block, cell, &parts, mjml);
            mjml.push_str(&raw(&cell.close));
        }
        mjml.push_str("</mj-column>");
    }
    if !block.stack_on_mobile {
        mjml.push_str("</mj-group>");
    }
    mjml.push_str("</mj-section>");
}

/// A column for the image and one for the text. On phones the image is above, as it comes first.
fn vertical(block: &ProductBlock, cell: &Cell, mjml: &mut String) {
    let direction = match block.layout {
        ProductLayout::VerticalRightImage => " direction=\"rtl\"",
        _ => "",
    };
    // Both columns need the names, and tags cannot reach from one into the other.
    mjml.push_str(&raw(&cell.open));
    mjml.push_str(&open_section(block, direction));
    if !block.stack_on_mobile {
        mjml.push_str(&format!("<mj-group{direction}>"));
    }
    for (width, class, parts) in [
        ("40%", "lp-item", vec![Part::Image]),
        ("60%", "lp-item-text", texts(block, cell)),
    ] {
        mjml.push_str(&format!(
            "<mj-column css-class=\"{class}\" width=\"{width}\" vertical-align=\"middle\">"
        ));
        write(block, cell, &parts, mjml);
        mjml.push_str("</mj-column>");
    }
    if !block.stack_on_mobile {
        mjml.push_str("</mj-group>");
    }
    mjml.push_str("</mj-section>");
    mjml.push_str(&raw(&cell.close));
}

/// Parts as components.
fn write(block: &ProductBlock, cell: &Cell, parts: &[Part], mjml: &mut String) {
    for (number, part) in parts.iter().enumerate() {
        let role = part.role();
        let padding = part.padding(block, number + 1 == parts.len());
        let align = attribute(&block.item_text_alignment);
        let common = format!("css-class=\"lp-{role}\" align=\"{align}\" padding=\"{padding}\"");
        let mut own = String::new();
        for (look, value) in looks(block, role, false) {
            own.push_str(&format!(" {look}=\"{value}\""));
        }
        let component = match part {
            Part::Image => image(block, cell, &common, &own),
            Part::Text {
                condition, html, ..
            } => {
                let text = format!("<mj-text {common}{own}>{html}</mj-text>");
                match condition {
                    Some(condition) => [
                        raw(&format!("{{% if {condition} %}}")),
                        text,
                        raw("{% endif %}"),
                    ]
                    .concat(),
                    None => text,
                }
            }
            Part::Button => format!(
                "<mj-button {common}{own} href=\"{}\">{}</mj-button>",
                cell.url, block.button_text
            ),
        };
        mjml.push_str(&component);
    }
}

/// The image; where its height has a limit it is written as HTML, because an mj-image of limited height loses its shape.
fn image(block: &ProductBlock, cell: &Cell, common: &str, own: &str) -> String {
    let Some(height) = block.item_max_height else {
        let own = own.replace(" background-color=", " container-background-color=");
        let fluid = if block.stack_on_mobile {
            " fluid-on-mobile=\"true\""
        } else {
            ""
        };
        return format!(
            "<mj-image {common}{own}{fluid} src=\"{}\" alt=\"{}\" href=\"{}\" />",
            cell.image, cell.alt, cell.url
        );
    };
    let radius = block.styles.get("image-border-radius");
    let radius = radius.map_or(String::new(), |value| {
        format!(";border-radius:{}", attribute(value))
    });
    let ground = block.styles.get("image-background-color");
    let ground = ground.map_or(String::new(), |value| {
        format!(" container-background-color=\"{}\"", attribute(value))
    });
    format!(
        "<mj-text {common}{ground}><a href=\"{}\"><img src=\"{}\" alt=\"{}\" height=\"{height}\" style=\"display:inline-block;\
         border:0;max-width:100%;max-height:{height}px;width:auto;height:auto{radius}\" /></a></mj-text>",
        cell.url, cell.image, cell.alt
    )
}
