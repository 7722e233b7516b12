//! The tags, a few that belong together in a file each.

mod catalog;
mod flow;
mod include;
mod links;
mod money;
mod scope;
mod text;

use super::registry::Tag;

/// The entries of all tags.
pub(super) fn all() -> impl Iterator<Item = &'static Tag> {
    [
        catalog::TAGS,
        flow::TAGS,
        include::TAGS,
        links::TAGS,
        money::TAGS,
        scope::TAGS,
        text::TAGS,
    ]
    .into_iter()
    .flatten()
}
