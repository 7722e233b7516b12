//! A block in a column: one table, because sections cannot stand there.

use super::cell::{Cell, Row};
use super::parts::{Part, attribute, looks, texts};
use super::{ProductBlock, ProductLayout};

/// The rule of the head that puts the products of such a table below each other on phones.
pub(in crate::mjml) const STACKING: &str = "@media only screen and (max-width:480px) \
     { td.lp-stack { display:block !important; width:100% !important; box-sizing:border-box !important; } }";

/// The rows of a block as an `mj-table`.
pub(super) fn table(block: &ProductBlock, rows: &[Row]) -> String {
    let set = |name: &str| block.styles.get(name).map(|value| attribute(value));
    let class = set("css-class").map_or(String::new(), |class| format!(" {class}"));
    let padding = set("padding").unwrap_or_else(|| "0px".to_owned());
    let ground = set("background-color").map_or(String::new(), |color| {
        format!(" container-background-color=\"{color}\"")
    });
    let mut mjml = format!(
        "<mj-table css-class=\"lp-products{class}\" padding=\"{padding}\"{ground} width=\"100%\" table-layout=\"fixed\" \
         cellpadding=\"0\" cellspacing=\"0\">"
    );
    for row in rows {
        mjml.push_str(&row.open);
        match (
            row.cells.first().and_then(Option::as_ref),
            block.is_vertical(),
        ) {
            (Some(cell), true) => vertical(block, cell, &mut mjml),
            _ => horizontal(block, &row.cells, &mut mjml),
        }
        mjml.push_str(&row.close);
    }
    mjml + "</mj-table>"
}

fn open_cell(block: &ProductBlock, percent: f64, valign: &str, direction: &str, mjml: &mut String) {
    let stack = if block.stack_on_mobile {
        " lp-stack"
    } else {
        ""
    };
    let align = attribute(&block.item_text_alignment);
    // A hundredth of a percent is less than a pixel.
    let width = (percent * 100.0).floor() / 100.0;
    mjml.push_str(&format!(
        "<td class=\"lp-item{stack}\"{direction} width=\"{width}%\" align=\"{align}\" valign=\"{valign}\" \
         style=\"width:{width}%;vertical-align:{valign};text-align:{align}\">"
    ));
}

fn horizontal(block: &ProductBlock, cells: &[Option<Cell>], mjml: &mut String) {
    mjml.push_str("<tr>");
    let percent = 100.0 / block.columns as f64;
    for cell in cells {
        open_cell(block, percent, "top", "", mjml);
        if let Some(cell) = cell {
            mjml.push_str(&cell.open);
            let parts: Vec<Part> = [Part::Image]
                .into_iter()
                .chain(texts(block, cell))
                .collect();
            write(block, cell, &parts, percent, mjml);
            mjml.push_str(&cell.close);
        }
        mjml.push_str("</td>");
    }
    mjml.push_str("</tr>");
}

/// A table in the table, for its direction: on phones the image is above, as it comes first.
fn vertical(block: &ProductBlock, cell: &Cell, mjml: &mut String) {
    let (direction, own) = match block.layout {
        ProductLayout::VerticalRightImage => (" dir=\"rtl\"", " dir=\"ltr\""),
        _ => ("", ""),
    };
    mjml.push_str(&cell.open);
    mjml.push_str(&format!(
        "<tr><td style=\"padding:0px 0px 20px\"><table role=\"presentation\"{direction} width=\"100%\" border=\"0\" cellpadding=\"0\" cellspacing=\"0\" \
         style=\"width:100%;table-layout:fixed\"><tr>"
    ));
    for (percent, parts) in [(40.0, vec![Part::Image]), (60.0, texts(block, cell))] {
        open_cell(block, percent, "middle", own, mjml);
        write(block, cell, &parts, percent, mjml);
        mjml.push_str("</td>");
    }
    mjml.push_str("</tr></table></td></tr>");
    mjml.push_str(&cell.close);
}

/// Parts as HTML.
fn write(block: &ProductBlock, cell: &Cell, parts: &[Part], percent: f64, mjml: &mut String) {
    for (number, part) in parts.iter().enumerate() {
        let role = part.role();
        let mut style = format!("padding:{}", part.padding(block, number + 1 == parts.len()));
        if !matches!(part, Part::Button) {
            for (look, value) in looks(block, role, false) {
                style.push_str(&format!(";{look}:{value}"));
            }
        }
        let (html, condition) = match part {
            Part::Image => (image(block, cell, percent), None),
            Part::Text {
                condition, html, ..
            } => (html.clone(), condition.as_ref()),
            Part::Button => (button(block, cell), None),
        };
        let div = format!("<div class=\"lp-{role}\" style=\"{style}\">{html}</div>");
        match condition {
            Some(condition) => {
                mjml.push_str(&format!("{{% if {condition} %}}{div}{{% endif %}}"));
            }
            None => mjml.push_str(&div),
        }
    }
}

/// A column is 600 pixels wide at most, without its padding.
const WIDTH: f64 = 600.0 - 40.0;

fn image(block: &ProductBlock, cell: &Cell, percent: f64) -> String {
    let radius = block.styles.get("image-border-radius");
    let radius = radius.map_or(String::new(), |value| {
        format!(";border-radius:{}", attribute(value))
    });
    let (size, style) = match block.item_max_height {
        Some(height) => (
            format!("height=\"{height}\""),
            format!("display:inline-block;max-width:100%;max-height:{height}px;width:auto"),
        ),
        None => {
            // Outlook goes by the attribute.
            let width = (WIDTH * percent / 100.0) as usize - 20;
            (
                format!("width=\"{width}\""),
                "display:block;width:100%".to_owned(),
            )
        }
    };
    format!(
        "<a href=\"{}\"><img src=\"{}\" alt=\"{}\" {size} style=\"border:0;{style};height:auto{radius}\" /></a>",
        cell.url, cell.image, cell.alt
    )
}

/// A button as mj-button writes it, with its usual looks.
fn button(block: &ProductBlock, cell: &Cell) -> String {
    let set = |look: &str, usual: &str| {
        let value = block.styles.get(&format!("button-{look}"));
        value.map_or(usual.to_owned(), |value| attribute(value))
    };
    let align = attribute(&block.item_text_alignment);
    let margin = match &*block.item_text_alignment {
        "left" => "0",
        "right" => "0 0 0 auto",
        _ => "0 auto",
    };
    let ground = set("background-color", "#414141");
    let mut style = format!(
        "display:inline-block;padding:{};color:{};text-decoration:{}",
        set("inner-padding", "10px 25px"),
        set("color", "#ffffff"),
        set("text-decoration", "none")
    );
    let of_anchor = [
        "font-family",
        "font-size",
        "font-weight",
        "font-style",
        "letter-spacing",
        "line-height",
    ];
    for (look, value) in looks(block, "button", false).filter(|(look, _)| of_anchor.contains(look))
    {
        style.push_str(&format!(";{look}:{value}"));
    }
    format!(
        "<table role=\"presentation\" align=\"{align}\" border=\"0\" cellpadding=\"0\" cellspacing=\"0\" \
         style=\"margin:{margin};border-collapse:separate\"><tr><td align=\"center\" bgcolor=\"{ground}\" \
         style=\"background:{ground};border-radius:{}\"><a href=\"{}\" style=\"{style}\">{}</a></td></tr></table>",
        set("border-radius", "3px"),
        cell.url,
        block.button_text
    )
}
