//! What a file holds.

use std::fmt;

/// What a file, or one record of it, holds.
///
/// ```
/// use letterpress::store::Kind;
/// assert_eq!(Kind::named("postal-codes"), Some(Kind::PostalCodes));
/// assert_eq!(Kind::Events.name(), "events");
/// assert_eq!(Kind::named("orders"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// People.
    Profiles,
    /// What they did.
    Events,
    /// Names of what can be done.
    Metrics,
    /// Items; in a file of this kind also their variants and categories, each by its own type.
    Catalog,
    /// Sizes, colours and the like of items.
    Variants,
    /// Categories of items.
    Categories,
    /// Who is on a list, and since when.
    Lists,
    /// Coupons and their codes.
    Coupons,
    /// Where postal codes are.
    PostalCodes,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 9] = [
        Kind::Profiles,
        Kind::Events,
        Kind::Metrics,
        Kind::Catalog,
        Kind::Variants,
        Kind::Categories,
        Kind::Lists,
        Kind::Coupons,
        Kind::PostalCodes,
    ];

    /// The word for it on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Profiles => "profiles",
            Kind::Events => "events",
            Kind::Metrics => "metrics",
            Kind::Catalog => "catalog",
            Kind::Variants => "variants",
            Kind::Categories => "categories",
            Kind::Lists => "lists",
            Kind::Coupons => "coupons",
            Kind::PostalCodes => "postal-codes",
        }
    }

    /// The kind that a word of the command line names.
    pub fn named(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == word)
    }

    /// The kind of a resource of Klaviyo's API, by its `type`.
    pub(crate) fn of_type(name: &str) -> Option<Kind> {
        match name {
            "profile" | "profile-merge" => Some(Kind::Profiles),
            "event" => Some(Kind::Events),
            "metric" => Some(Kind::Metrics),
            "catalog-item" => Some(Kind::Catalog),
            "catalog-variant" => Some(Kind::Variants),
            "catalog-category" => Some(Kind::Categories),
            _ => None,
        }
    }

    /// All words, for messages.
    pub(crate) fn choices() -> String {
        Kind::ALL.map(Kind::name).join(", ")
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
