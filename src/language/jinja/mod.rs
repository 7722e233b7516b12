//! Templates in Jinja, run by minijinja's own machine.
//!
//! They see the same data, filters, host, limits and outcomes as Klaviyo's; `docs/jinja.md` says what is different.
//!
//! | file | what is in it |
//! |---|---|
//! | `lexer` | source into tokens |
//! | `words` | the words of a tag |
//! | `survey` | what a template names: filters, includes, coupons, feeds |
//! | `pieces` | places in what minijinja reads, as places in files |
//! | `program` | a compiled template, and the render of it |
//! | `environment` | the filters, functions and methods there are, and how values are printed |
//! | `functions` | Klaviyo's tags as functions |
//! | `methods` | Python's methods of texts and mappings |
//! | `run` | one run: what it may ask of the host, and what it has read |
//! | `error` | minijinja's errors as ours |
//!
//! A function of minijinja's cannot borrow the host of a render. So a run has a copy of what is at hand (the clock, how
//! money is written), and what has to be looked up is a *question*: a run that asks one gets nothing for it, the host
//! answers, and the template runs again. Questions that a template is seen to ask are answered before the first run.

mod environment;
mod error;
mod functions;
pub(super) mod lexer;
mod methods;
mod pieces;
mod program;
mod run;
mod survey;
mod words;

pub(super) use environment::base;
pub(super) use program::{Program, limits};

pub use environment::JINJA_FILTERS;
