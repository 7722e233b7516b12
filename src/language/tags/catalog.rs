//! `{% catalog %}` and `{% has_category %}`.

use crate::language::compile::{CompileError, Compiler, split_keyword};
use crate::language::expression::{Expr, Missing};
use crate::language::frame::{Action, Block, Frame};
use crate::language::host::CatalogQuery;
use crate::language::parser::TagNode;
use crate::language::registry::{Shape, Tag};
use crate::language::stop::{SkipReason, Stop};
use crate::value::{self, Value};

pub(super) const TAGS: &[Tag] = &[
    Tag {
        name: "catalog",
        shape: Shape::Block {
            clauses: &[],
            end: "endcatalog",
        },
        doc: "Looks an item of the catalog up by its id and shows it as `catalog_item` inside the block. An item that does not \
              exist skips the whole message; so does an unpublished one with `unpublished=\"cancel\"`. Further options: `integration`, \
              `catalog_id`, `language`, `region`.",
        example: (
            "{% catalog 'T-1' %}{{ catalog_item.title }}{% endcatalog %}",
            "Oolong",
        ),
        compile: catalog_tag,
    },
    Tag {
        name: "has_category",
        shape: Shape::Single,
        doc: "`{% has_category catalog_item \"sale\" as on_sale %}` sets a name: whether any category of the item has the text in \
              its name.",
        example: (
            "{% catalog 'T-1' %}{% has_category catalog_item 'sale' as on_sale %}{{ on_sale }}{% endcatalog %}",
            "True",
        ),
        compile: has_category_tag,
    },
];

#[derive(Debug)]
struct Catalog {
    id: Expr,
    cancel_unpublished: bool,
    integration: Option<Expr>,
    catalog_id: Option<Expr>,
    language: Option<Expr>,
    region: Option<Expr>,
    body: Block,
}

fn catalog_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    compiler.needs.catalog = true;
    let body = compiler.block(&node.head().body);
    let Some((id, options)) = node.arguments().split_first() else {
        return Err(compiler
            .error(
                "catalog",
                "'catalog' tag requires an item ID".into(),
                node.head().span,
                "",
            )
            .help("write {% catalog event.ProductID %} … {% endcatalog %}"));
    };
    let mut catalog = Catalog {
        id: compiler.expr(*id)?,
        cancel_unpublished: false,
        integration: None,
        catalog_id: None,
        language: None,
        region: None,
        body,
    };
    for option in options {
        let Some((name, text)) = split_keyword(*option) else {
            return Err(compiler.error(
                "catalog",
                format!("'catalog' received an invalid token: '{}'", option.text),
                option.span,
                "options are written name=\"value\"",
            ));
        };
        match name {
            "unpublished" => {
                catalog.cancel_unpublished = text.quoted().unwrap_or(text.text) == "cancel"
            }
            "integration" => catalog.integration = Some(compiler.expr(text)?),
            "catalog_id" => catalog.catalog_id = Some(compiler.expr(text)?),
            "language" => catalog.language = Some(compiler.expr(text)?),
            "region" => catalog.region = Some(compiler.expr(text)?),
            _ => {
                return Err(compiler
                    .error(
                        "catalog",
                        format!("'catalog' has no option '{name}'"),
                        option.span,
                        "",
                    )
                    .help("options: unpublished, integration, catalog_id, language, region"));
            }
        }
    }
    Ok(Box::new(catalog))
}

fn optional<'p>(expr: &'p Option<Expr>, frame: &mut Frame<'p>) -> Result<Option<String>, Stop> {
    expr.as_ref().map(|e| e.evaluate_text(frame)).transpose()
}

impl Action for Catalog {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let id = self.id.evaluate(frame, Missing::Empty)?.into_owned();
        let integration = optional(&self.integration, frame)?;
        let catalog_id = optional(&self.catalog_id, frame)?;
        let language = optional(&self.language, frame)?;
        let region = optional(&self.region, frame)?;
        let query = CatalogQuery {
            id: "",
            integration: integration.as_deref(),
            catalog_id: catalog_id.as_deref(),
            language: language.as_deref(),
            region: region.as_deref(),
        };
        let item = item(frame, &id, query, self.cancel_unpublished)
            .map_err(|stop| stop.at(self.id.span()))?;
        frame.push();
        frame.set("catalog_item", item);
        // The id of the catalog, where the tag names one: else the item's.
        frame.set("catalog_id", catalog_id.map_or(id, Value::from));
        frame.run(&self.body)?;
        frame.pop();
        Ok(())
    }
}

/// The item with this id, or the skip that says why there is none; of the query everything but the id counts.
pub(in crate::language) fn item(
    frame: &Frame<'_>,
    id: &Value,
    query: CatalogQuery<'_>,
    cancel_unpublished: bool,
) -> Result<Value, Stop> {
    // Ids arrive as numbers, too: 42 and 42.0 both mean "42".
    let text = match value::number(id) {
        Some(value::python::Number::Float(f)) if f.fract() == 0.0 && f.abs() < 1e15 => {
            format!("{f:.0}")
        }
        _ => value::text(id),
    };
    let unavailable = |detail: String| {
        let reason = SkipReason::CatalogItemUnavailable;
        Stop::skip(reason, reason.klaviyo(), detail)
    };
    if text.is_empty() || id.is_none() {
        return Err(unavailable(
            "The catalog is asked for an item without an id.".into(),
        ));
    }
    let query = CatalogQuery { id: &text, ..query };
    let Some(answer) = frame.host().catalog_item(&query) else {
        return Err(unavailable(format!(
            "Unable to find item with code: {text}. It may have been deleted."
        )));
    };
    if cancel_unpublished && !answer.published {
        return Err(unavailable(format!("The item {text} is not published.")));
    }
    Ok(answer.item)
}

/// Whether any category of an item has a text in its name.
pub(in crate::language) fn has_category(item: &Value, text: &str) -> bool {
    let categories = value::key(item, "categories")
        .and_then(|c| value::items(&c))
        .unwrap_or_default();
    categories.iter().any(|category| {
        // A name, or a mapping with one.
        let name = value::key(category, "name").unwrap_or_else(|| category.clone());
        value::text(&name).contains(text)
    })
}

#[derive(Debug)]
struct HasCategory {
    item: Expr,
    text: Expr,
    name: Box<str>,
}

fn has_category_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    match node.arguments() {
        [item, text, keyword, name] if keyword.text == "as" => Ok(Box::new(HasCategory {
            item: compiler.expr(*item)?,
            text: compiler.expr(*text)?,
            name: name.text.into(),
        })),
        _ => Err(compiler
            .error(
                "has-category",
                "'has_category' takes an item, a text and a name".into(),
                node.head().span,
                "",
            )
            .help("write {% has_category catalog_item \"sale\" as on_sale %}")),
    }
}

impl Action for HasCategory {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let item = self.item.evaluate(frame, Missing::Empty)?.into_owned();
        let text = self.text.evaluate_text(frame)?;
        let found = has_category(&item, &text);
        frame.set(&self.name, Value::from(found));
        Ok(())
    }
}
