//! The parts of a product: its image, its texts, its button.

use super::ProductBlock;
use super::cell::Cell;
use crate::language::lex_at;

/// A part of a product.
pub(super) enum Part {
    /// Its image, a link to it.
    Image,
    /// A text.
    Text {
        /// `title`, `price`: what it is called in options.
        role: &'static str,
        /// It is there only where this holds.
        condition: Option<String>,
        html: String,
    },
    /// Its button.
    Button,
}

impl Part {
    /// What the part is called in options.
    pub fn role(&self) -> &'static str {
        match self {
            Part::Image => "image",
            Part::Text { role, .. } => role,
            Part::Button => "button",
        }
    }

    /// Its padding: what the block says, or what looks well below the part before it. The last one keeps the next row away.
    pub fn padding(&self, block: &ProductBlock, is_last: bool) -> String {
        let role = self.role();
        if let Some(padding) = block.styles.get(&format!("{role}-padding")) {
            return attribute(padding);
        }
        let top = match self {
            Part::Image => 0,
            Part::Text { role: "title", .. } | Part::Button => 14,
            Part::Text {
                role: "description",
                ..
            } => 6,
            Part::Text { .. } => 4,
        };
        let bottom = match (is_last, block.is_vertical()) {
            (false, _) => 0,
            (true, false) => 28,
            // Beside the image: as much as above. The row itself keeps the next one away.
            (true, true) if matches!(self, Part::Image) => 0,
            (true, true) => 14,
        };
        format!("{top}px 10px {bottom}px")
    }
}

/// The texts and the button of a product.
pub(super) fn texts(block: &ProductBlock, cell: &Cell) -> Vec<Part> {
    let show = &block.show;
    let mut parts = Vec::new();
    if show.title {
        parts.push(text("title", None, title(block, cell)));
    }
    if show.rating {
        let count = match show.rating_count {
            true => format!(
                "{{% if {} %}} ({}){{% endif %}}",
                cell.has_rating_count, cell.rating_count
            ),
            false => String::new(),
        };
        let html = format!("&#9733;&nbsp;{}{count}", cell.rating);
        parts.push(text("rating", Some(cell.has_rating.clone()), html));
    }
    if show.price || show.original_price {
        parts.push(text("price", None, prices(block, cell)));
    }
    if show.description {
        let condition = Some(cell.has_description.clone());
        parts.push(text("description", condition, cell.description.clone()));
    }
    if show.button {
        parts.push(Part::Button);
    }
    parts
}

fn text(role: &'static str, condition: Option<String>, html: String) -> Part {
    Part::Text {
        role,
        condition,
        html,
    }
}

fn title(block: &ProductBlock, cell: &Cell) -> String {
    let title = match &*block.title_placeholder {
        "" => format!("<bdi>{}</bdi>", cell.title),
        placeholder => format!(
            "{{% if Title %}}<bdi>{}</bdi>{{% else %}}{placeholder}{{% endif %}}",
            cell.title
        ),
    };
    if !block.show.title_links {
        return title;
    }
    // Mail programs give links a colour of their own unless the link itself has one.
    let style = |look: &str, usual: &'static str| {
        let set = block.styles.get(&format!("title-{look}"));
        set.map_or(usual.to_owned(), |value| attribute(value))
    };
    format!(
        "<a href=\"{}\" style=\"color:{};text-decoration:{}\">{title}</a>",
        cell.url,
        style("color", "inherit"),
        style("text-decoration", "none")
    )
}

fn prices(block: &ProductBlock, cell: &Cell) -> String {
    let price = format!("<span style=\"white-space:nowrap\">{}</span>", cell.price);
    if !block.show.original_price {
        return price;
    }
    let mut style = "white-space:nowrap".to_owned();
    for (look, value) in looks(block, "original-price", true) {
        style.push_str(&format!(";{look}:{value}"));
    }
    let original = format!(
        "<s class=\"lp-original-price\" style=\"{style}\">{}</s>",
        cell.compare_at
    );
    match block.show.price {
        true => format!(
            "{price}{{% if {} %}}&nbsp; {original}{{% endif %}}",
            cell.is_reduced
        ),
        false => format!("{{% if {} %}}{original}{{% endif %}}", cell.is_reduced),
    }
}

/// How a role looks: `color` and its value, as they stand in an attribute. Its padding only if that is asked for.
pub(super) fn looks<'b>(
    block: &'b ProductBlock,
    role: &'b str,
    padding: bool,
) -> impl Iterator<Item = (&'b str, String)> {
    block.styles.iter().filter_map(move |(name, value)| {
        let look = name.strip_prefix(role)?.strip_prefix('-')?;
        (padding || look != "padding").then(|| (look, attribute(value)))
    })
}

/// A value between double quotes: those that stand outside of tags are written as a reference.
pub(super) fn attribute(value: &str) -> String {
    if !value.contains(['"', '<']) {
        return value.to_owned();
    }
    let tokens = lex_at(value, Default::default());
    let escaped = tokens.iter().map(|token| match token.is_markup() {
        true => token.text.clone().into_owned(),
        false => token.text.replace('"', "&quot;").replace('<', "&lt;"),
    });
    escaped.collect()
}
