//! Campaigns: one email for the people it is meant for, planned, sent, and proved afterwards.
//!
//! | file | what is in it |
//! |---|---|
//! | `file`, `choice`, `audience` | a campaign's file; whom it names; who may be mailed |
//! | `pace` | how fast, and when |
//! | `runs` | plans, sending, what other processes do and see, reports (features `mail`, `store`) |
//! | `feedback` | what comes back: bounces, complaints, unsubscribes (feature `feedback`) |

mod audience;
mod choice;
#[cfg(feature = "feedback")]
mod feedback;
mod file;
mod pace;
#[cfg(all(feature = "mail", feature = "store"))]
mod runs;

pub use audience::{Audience, NotMailed, klaviyo_wording, not_mailed};
pub use choice::chosen;
#[cfg(feature = "feedback")]
pub use feedback::{Feedback, FeedbackOutcome, import_bounces, import_unsubscribes};
pub use file::{CampaignFile, Consent, Policy};
pub use pace::{QuietHours, Rate, Rates};
#[cfg(all(feature = "mail", feature = "store"))]
pub use runs::{
    CampaignError, Change, Counts, Delivery, Does, Ended, Frozen, GMAIL_CLIPS, PlanNumbers,
    PlanOptions, PlanRequest, Progress, Recovered, Replayed, Run, RunSettings, RunsHeld,
    SendOptions, Sent, Session, Sizes, State, Status, Step, Totals, Watch, plan, report,
    runs_folder, send, send_now, trial,
};
