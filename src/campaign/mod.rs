//! Campaigns: one email for the people it is meant for, planned, sent, and proved afterwards.
//!
//! | file | what is in it |
//! |---|---|
//! | `file`, `choice`, `audience` | a campaign's file; whom it names; who may be mailed |
//! | `plan` | who gets it, and all their messages need, frozen in a folder |
//! | `frozen`, `people`, `witness` | a recipient as a line, the world as it was, and how it is found what they need |
//! | `coupons` | codes, handed out once and for all |
//! | `run` | the folder of a run |
//! | `journal`, `marks` | what happened: durable, and what only a killed process leaves |
//! | `made` | a message, from what was planned |
//! | `send` | the thread that keeps the journal and lets letters go |
//! | `producer`, `sender` | the threads that make letters, and that send them |
//! | `recover` | what a process that was cut off left behind |
//! | `live` | consent and suppression as they are now |
//! | `pace`, `limiter` | how fast, and when |
//! | `trial` | a message to oneself |
//! | `report` | what a run did, as a page, Markdown and CSV |
//! | `steer` | what other processes do to a run |
//! | `replay` | a message again, and what has changed since |
//! | `feedback`, `feedback_list`, `mailbox` | what comes back: news of profiles, from lists and mails |
//! | `returned`, `dsn`, `arf` | a mail that came back, and what reports say |
//! | `forget` | a person is taken out of all runs |
//! | `control`, `progress` | what other processes ask, and are told |

#[cfg(feature = "feedback")]
mod arf;
mod audience;
mod choice;
#[cfg(all(feature = "mail", feature = "store"))]
mod control;
#[cfg(all(feature = "mail", feature = "store"))]
mod coupons;
#[cfg(feature = "feedback")]
mod dsn;
#[cfg(all(feature = "mail", feature = "store"))]
mod error;
#[cfg(feature = "feedback")]
mod feedback;
#[cfg(feature = "feedback")]
mod feedback_list;
mod file;
#[cfg(all(feature = "mail", feature = "store"))]
mod forget;
#[cfg(all(feature = "mail", feature = "store"))]
mod frozen;
#[cfg(all(feature = "mail", feature = "store"))]
mod journal;
#[cfg(all(feature = "mail", feature = "store"))]
mod limiter;
#[cfg(all(feature = "mail", feature = "store"))]
mod live;
#[cfg(all(feature = "mail", feature = "store"))]
mod made;
#[cfg(feature = "feedback")]
mod mailbox;
#[cfg(all(feature = "mail", feature = "store"))]
mod marks;
mod pace;
#[cfg(all(feature = "mail", feature = "store"))]
mod people;
#[cfg(all(feature = "mail", feature = "store"))]
mod plan;
#[cfg(all(feature = "mail", feature = "store"))]
mod producer;
#[cfg(all(feature = "mail", feature = "store"))]
mod progress;
#[cfg(all(feature = "mail", feature = "store"))]
mod recover;
#[cfg(all(feature = "mail", feature = "store"))]
mod replay;
#[cfg(all(feature = "mail", feature = "store"))]
pub mod report;
#[cfg(feature = "feedback")]
mod returned;
#[cfg(all(feature = "mail", feature = "store"))]
mod run;
#[cfg(all(feature = "mail", feature = "store"))]
mod send;
#[cfg(all(feature = "mail", feature = "store"))]
mod sender;
#[cfg(all(feature = "mail", feature = "store"))]
mod steer;
#[cfg(all(feature = "mail", feature = "store"))]
mod trial;
#[cfg(all(feature = "mail", feature = "store"))]
mod witness;

pub use audience::{Audience, NotMailed, klaviyo_wording, not_mailed};
pub use choice::chosen;
pub use file::{CampaignFile, Consent, Policy};
pub use pace::{QuietHours, Rate, Rates};

#[cfg(all(feature = "mail", feature = "store"))]
pub use self::{
    error::CampaignError,
    journal::{Counts, Delivery, Recovered, Session, State},
    plan::{GMAIL_CLIPS, PlanOptions, PlanRequest, plan},
    progress::Progress,
    replay::{Change, Replayed},
    run::{Does, Frozen, PlanNumbers, Run, RunSettings, Sizes, Step, runs_folder},
    send::{Ended, SendOptions, Sent, Watch, send},
    steer::Status,
    trial::{send_now, trial},
};
#[cfg(feature = "feedback")]
pub use feedback::{Feedback, FeedbackOutcome, import_bounces, import_unsubscribes};
#[cfg(all(feature = "mail", feature = "store"))]
pub use forget::RunsHeld;
