//! Klaviyo's template language: Django's, with Klaviyo's tags and filters.
//!
//! A source is cut into tokens ([`lex`]), the tokens become a tree (`parser`), the tree becomes a [`Template`]
//! (`compile`), and a template renders for a mapping of names, through the one door to the outside, [`Host`].
//! Every tag and every filter is one entry of the [`Registry`]. A template in [Jinja](Dialect::Jinja) is a [`Template`]
//! like the others, run by minijinja's own machine.
//!
//! ```
//! use letterpress::language::Template;
//! use letterpress::value::from_json;
//! let template = Template::from_source("Hi {{ first_name|default:'there' }}!").unwrap();
//! assert_eq!(template.render_html(&from_json(r#"{"first_name": "<Ada>"}"#).unwrap()).unwrap(), "Hi &lt;Ada&gt;!");
//!
//! // All errors at once, each with its place.
//! let errors = Template::from_source("{% if a %}{{ b|uper }}").unwrap_err();
//! assert_eq!(errors.len(), 2);
//! ```

mod compile;
mod condition;
mod date_format;
mod dialects;
pub mod escape;
mod expression;
mod filters;
mod frame;
mod host;
mod jinja;
mod lexer;
mod lost_braces;
mod money;
mod nowhere;
mod output;
mod parser;
mod reads;
mod recorder;
mod references;
mod registry;
mod relative;
mod scopes;
mod span;
mod stop;
mod tags;
mod template;
pub mod trace;
mod words;

pub use compile::{CompileError, Compiler, Needs};
pub use condition::Cond;
pub(crate) use date_format::MONTHS;
pub use expression::{Expr, Missing};
pub use frame::{Action, Block, Frame, NamedBlock, Options};
pub use host::{Barcode, CatalogAnswer, CatalogQuery, Host, Link};
pub use jinja::JINJA_FILTERS;
pub(crate) use lexer::wrapped;
pub use lexer::{Dialect, Token, TokenKind, lex, lex_at, lex_in};
pub use money::{Money, decimal};
pub use nowhere::Nowhere;
pub use output::Channel;
pub use parser::{ClauseNode, Node, TagNode};
pub use reads::{FilterUse, Lookup, Purpose, Read, Reads, Step};
pub use registry::{
    Argument, Clause, EXAMPLE_CONTEXT, EXAMPLE_FILES, Filter, FilterFn, Input, Registry, Shape,
    Tag, TagFn,
};
pub(crate) use relative::{absolute_name, from_anywhere, leads_out, named_template};
pub use span::{FileId, Sources, Span};
pub use stop::{Limit, Limits, Raised, Skip, SkipReason, Stop};
pub use template::{Library, Template};
pub use trace::{Branch, Event, Filtered, Include, Loop, ReadState, Trace, ValueRead};
pub use words::Word;
