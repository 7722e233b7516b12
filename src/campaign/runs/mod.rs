//! Runs: a campaign that was planned, and what became of each person's message.
//!
//! | file | what is in it |
//! |---|---|
//! | `run` | the folder of a run |
//! | `request` | what is asked of a plan, and the folder it is made in |
//! | `plan` | who gets it, and all their messages need, frozen in a folder |
//! | `frozen`, `people`, `witness` | a recipient as a line, the world as it was, and how it is found what they need |
//! | `coupons` | codes, handed out once and for all |
//! | `delivery` | what is known of each person's message |
//! | `journal`, `marks` | what happened: durable, and what only a killed process leaves |
//! | `made` | a message, from what was planned |
//! | `send` | the thread that keeps the journal and lets letters go |
//! | `producer`, `sender` | the threads that make letters, and that send them |
//! | `recover` | what a process that was cut off left behind |
//! | `live` | consent and suppression as they are now |
//! | `limiter` | what a rate lets through, and when to try again |
//! | `trial` | a message to oneself |
//! | `report` | what a run did, as a page, Markdown and CSV |
//! | `steer` | what other processes do to a run |
//! | `control`, `progress` | what they ask, and are told |
//! | `replay` | a message again, and what has changed since |
//! | `forget` | a person is taken out of all runs |

mod control;
mod coupons;
mod delivery;
mod error;
mod forget;
mod frozen;
mod journal;
mod limiter;
mod live;
mod made;
mod marks;
mod people;
mod plan;
mod producer;
mod progress;
mod recover;
mod replay;
pub mod report;
mod request;
mod run;
mod send;
mod sender;
mod steer;
mod trial;
mod witness;

use super::{
    CampaignFile, Consent, NotMailed, Policy, QuietHours, Rate, Rates, audience, choice,
    klaviyo_wording,
};

pub use delivery::{Counts, Delivery, Recovered, Session, State};
pub use error::CampaignError;
#[cfg(feature = "feedback")]
pub(super) use error::at;
pub use forget::RunsHeld;
pub use plan::{GMAIL_CLIPS, PlanOptions, plan};
pub use progress::{Progress, Totals};
pub use replay::{Change, Replayed};
pub use request::PlanRequest;
pub use run::{Does, Frozen, PlanNumbers, Run, RunSettings, Sizes, Step, runs_folder};
pub use send::{Ended, SendOptions, Sent, Watch, send};
pub use steer::Status;
pub use trial::{send_now, trial};
