//! Consent and suppression as they are now: the only things that are read while a run is sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::audience::not_mailed;
use super::{Consent, NotMailed, Run};
use crate::data::{DataError, Identity, Profile};
use crate::project::Data;

/// Looks people up again once anything has changed since the plan.
pub(super) struct Live {
    data: Arc<Data>,
    consent: Consent,
    transactional: bool,
    /// The state of the data in which nobody need be looked up.
    planned: i64,
    now: AtomicI64,
}

impl Live {
    pub(super) fn new(run: &Run, data: Arc<Data>) -> Result<Live, DataError> {
        let now = AtomicI64::new(data.shop.state()?);
        Ok(Live {
            data,
            consent: run.settings().consent,
            transactional: run.settings().transactional,
            planned: run.settings().data_state,
            now,
        })
    }

    /// Looks whether anything has changed; the number of the state that is known now.
    pub(super) fn look(&self) -> Result<i64, DataError> {
        let state = self.data.shop.state()?;
        self.now.store(state, Ordering::Relaxed);
        Ok(state)
    }

    /// The state of the data that was seen last.
    pub(super) fn state(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    /// Why this person may not be mailed any more. Somebody whom the data does not know any more is as they were planned.
    pub(super) fn not_mailed(&self, profile: &Profile) -> Result<Option<NotMailed>, DataError> {
        if self.planned == self.state() {
            return Ok(None);
        }
        let found = self.data.shop.profile_of(&Identity::from(profile))?;
        Ok(found.and_then(|now| not_mailed(&now, self.consent, self.transactional)))
    }
}
