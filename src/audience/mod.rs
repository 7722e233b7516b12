//! Who gets it, and when: segments, the filters of flows, flows that start from a date.
//!
//! | file | what is in it |
//! |---|---|
//! | `open` | all definitions of a shop read together: [`Audience`] |
//! | `segment`, `members`, `choice` | a [`Segment`], who is in it, whom a campaign is for: [`Choice`] |
//! | `flow`, `run`, `history`, `date_trigger`, `due` | a [`Flow`], somebody in it, what was done with them, dates that start it, and for whom |
//! | `condition`, `evaluate`, `explain`, `words` | conditions, the one evaluator, why, in a marketer's words |
//! | `filter`, `window`, `held`, `property` | what is asked of a value, of a time; the values |
//! | `metric`, `consent`, `places`, `country`, `phone`, `sample` | what conditions ask about |
//! | `evidence` | what they are held against: a [`Person`] |
//! | `read_flow`, `read_conditions`, `read_metric`, `read_filter`, `reader`, `json`, `current` | definitions as Klaviyo writes them |
//!
//! The definitions are Klaviyo's own JSON. Nothing here reads a clock: `now` is an argument everywhere, cut to the second.

mod choice;
mod condition;
mod consent;
mod country;
mod current;
mod date_trigger;
mod due;
mod evaluate;
mod evidence;
mod explain;
mod filter;
mod flow;
mod held;
mod history;
mod json;
mod members;
mod metric;
mod open;
mod phone;
mod places;
mod property;
mod read_conditions;
mod read_filter;
mod read_flow;
mod read_metric;
mod reader;
mod run;
mod sample;
mod segment;
mod window;
mod words;

pub use choice::{Choice, ChoiceStep, Chosen, UnknownGroup};
pub use condition::Conditions;
pub use date_trigger::Fire;
pub use due::Due;
pub use evidence::Person;
pub use explain::{ConditionExplanation, Explanation, GroupExplanation, SegmentExplanation};
pub use flow::{Action, ActionKind, Delay, Flow, Message, TargetDate};
pub use history::{FlowEntry, History, Sent};
pub use members::Members;
pub use open::{Audience, AudienceBuilder};
pub use places::{Places, Point};
pub use run::{Admission, Entry, Kept, Next, Start, Verdict, WalkStep};
pub use segment::Segment;
