//! Why a render ends early: an exception Django would raise, a skip, or a limit.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use super::span::{Sources, Span};
use crate::diagnostic::Diagnostic;

/// What ends a render before its time.
#[derive(Debug, Clone)]
pub enum Stop {
    /// What Python would raise. An operator of `{% if %}` takes it for false.
    Raised(Box<Raised>),
    /// This person cannot get the message, and nothing is broken.
    Skip(Box<Skip>),
    /// A limit was reached.
    Limit(Limit, Span),
}

/// An exception.
#[derive(Debug, Clone)]
pub struct Raised {
    /// Python's message.
    pub message: Cow<'static, str>,
    /// Whether it is a name that does not exist where one must (a filter's argument).
    pub missing_name: bool,
    /// Where.
    pub at: Span,
}

/// A skip, with the reason that Klaviyo's users know.
#[derive(Debug, Clone)]
pub struct Skip {
    /// Why.
    pub reason: SkipReason,
    /// Klaviyo's wording where it has several for one reason.
    pub wording: &'static str,
    /// What is missing, in a sentence.
    pub detail: String,
    /// Which tag.
    pub at: Span,
}

/// Why a person cannot get a message although nothing is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// The profile has no email address.
    MissingEmail,
    /// The profile's email address is none.
    InvalidEmail,
    /// A catalog lookup found nothing, or an unpublished item that cancels.
    CatalogItemUnavailable,
    /// A web feed that the template names was not there.
    ExternalDataError,
    /// No coupon code for this person.
    CouponUnavailable,
}

impl SkipReason {
    /// All of them.
    pub const ALL: [SkipReason; 5] = [
        SkipReason::MissingEmail,
        SkipReason::InvalidEmail,
        SkipReason::CatalogItemUnavailable,
        SkipReason::ExternalDataError,
        SkipReason::CouponUnavailable,
    ];

    /// Klaviyo's wording.
    pub fn klaviyo(self) -> &'static str {
        match self {
            SkipReason::MissingEmail => "Missing Email",
            SkipReason::InvalidEmail => "Invalid Email",
            SkipReason::CatalogItemUnavailable => "Catalog Item Unavailable",
            SkipReason::ExternalDataError => "Error Retrieving External Data",
            SkipReason::CouponUnavailable => "Coupon Code Doesn't Exist",
        }
    }

    /// The word for programs: `catalog_item_unavailable`.
    pub fn code(self) -> &'static str {
        match self {
            SkipReason::MissingEmail => "missing_email",
            SkipReason::InvalidEmail => "invalid_email",
            SkipReason::CatalogItemUnavailable => "catalog_item_unavailable",
            SkipReason::ExternalDataError => "external_data_error",
            SkipReason::CouponUnavailable => "coupon_unavailable",
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.klaviyo())
    }
}

/// Bounds of one render; each ends it with a typed error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Steps taken.
    Fuel,
    /// Bytes printed, or held by values that filters made.
    Output,
    /// Turns of all loops together.
    LoopTurns,
    /// Templates that include each other.
    IncludeDepth,
    /// Blocks inside blocks.
    Nesting,
}

/// How much one render may use. The defaults are far above what an email needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all sources of an email, includes counted.
    pub source: usize,
    /// Steps: tags run, values printed, filters called.
    pub fuel: u64,
    /// Bytes of output, and of text that filters make.
    pub output: usize,
    /// Turns of all loops together.
    pub loop_turns: u64,
    /// Templates that include each other.
    pub include_depth: u16,
    /// Blocks inside blocks, those of included templates counted.
    pub nesting: u16,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            source: 10_000_000,
            fuel: 20_000_000,
            output: 10_000_000,
            loop_turns: 1_000_000,
            include_depth: 32,
            nesting: 200,
        }
    }
}

impl Limits {
    fn sentence(&self, limit: Limit) -> String {
        match limit {
            Limit::Fuel => format!("This render takes more than {} steps", self.fuel),
            Limit::Output => format!("This render makes more than {} bytes", self.output),
            Limit::LoopTurns => format!(
                "The loops of this render take more than {} turns",
                self.loop_turns
            ),
            Limit::IncludeDepth => format!(
                "Templates include each other more than {} deep",
                self.include_depth
            ),
            Limit::Nesting => format!("Blocks stand more than {} deep in each other", self.nesting),
        }
    }
}

impl Limit {
    fn code(self) -> &'static str {
        match self {
            Limit::Fuel => "limit-fuel",
            Limit::Output => "limit-output",
            Limit::LoopTurns => "limit-loop-turns",
            Limit::IncludeDepth => "limit-include-depth",
            Limit::Nesting => "limit-nesting",
        }
    }

    /// The error for a person to read.
    pub fn diagnostic(self, limits: &Limits, at: Span, sources: &Sources) -> Diagnostic {
        let help = match self {
            Limit::IncludeDepth => "a template that includes itself needs a condition that ends it",
            Limit::Nesting => {
                "move inner blocks into a partial, or raise the limit in the program that renders"
            }
            _ => "limits are set by the program that renders: `Limits`",
        };
        Diagnostic::error(self.code(), limits.sentence(self))
            .at(sources.locate(at), "reached here")
            .help(help)
    }
}

impl Stop {
    /// An exception with Python's message; the evaluator adds the place.
    pub fn raise(message: impl Into<Cow<'static, str>>) -> Stop {
        Stop::Raised(Box::new(Raised {
            message: message.into(),
            missing_name: false,
            at: Span::default(),
        }))
    }

    /// Django's `VariableDoesNotExist`.
    pub(super) fn missing_name(name: &str, at: Span) -> Stop {
        Stop::Raised(Box::new(Raised {
            message: format!("Failed lookup for key [{name}]").into(),
            missing_name: true,
            at,
        }))
    }

    /// A skip; the evaluator adds the place.
    pub fn skip(reason: SkipReason, wording: &'static str, detail: impl Into<String>) -> Stop {
        Stop::Skip(Box::new(Skip {
            reason,
            wording,
            detail: detail.into(),
            at: Span::default(),
        }))
    }

    /// Says where it was, unless that is known already.
    pub(super) fn at(mut self, span: Span) -> Stop {
        let at = match &mut self {
            Stop::Raised(raised) => &mut raised.at,
            Stop::Skip(skip) => &mut skip.at,
            Stop::Limit(_, at) => at,
        };
        if *at == Span::default() {
            *at = span;
        }
        self
    }
}
