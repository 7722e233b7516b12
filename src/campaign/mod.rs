//! Campaigns: one email for the people it is meant for.

mod audience;
mod file;

pub use audience::{Audience, NotMailed, not_mailed};
pub use file::{CampaignFile, Consent, Policy};
