//! What other processes ask of a run, and what they see of it.

use jiff::Timestamp;

use super::control::{Control, Want};
use super::delivery::State;
use super::error::at;
use super::progress::{Progress, Totals};
use super::recover::{CutOff, boot, finish, judged};
use super::run::Lock;
use super::{CampaignError, Rate, Rates, Run};

/// How a run is.
#[derive(Debug, Clone)]
pub struct Status {
    /// Counts and state; rate and time left while it is sent.
    pub progress: Progress,
    /// Whether a process is sending it.
    pub busy: bool,
    /// When the next turn of somebody comes who waits for it.
    pub next_due: Option<Timestamp>,
}

impl Run {
    /// How it is: `planned`, `sending`, `paused`, `waiting for the server`, `stopping`, `interrupted`, `cancelled` or
    /// `finished`.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn status(&self) -> Result<Status, CampaignError> {
        let journal = self.journal()?;
        let busy = self.is_busy();
        let mut progress = Progress {
            totals: Totals::of(&journal.counts()?),
            ..Progress::default()
        };
        if busy && let Some(live) = Progress::read(self.folder()) {
            progress.state = live.state;
            progress.per_second = live.per_second;
            progress.seconds_left = live.seconds_left;
            progress.slowest = live.slowest;
            progress.pid = live.pid;
            if Control::read(&self.paths().control()).want == Want::Pause {
                progress.state = "paused".to_owned();
            }
        } else {
            let sessions = journal.sessions()?;
            progress.state = match (sessions.last(), progress.totals.pending) {
                (_, 0) if progress.totals.cancelled > 0 => "cancelled",
                (_, 0) => "finished",
                (None, _) if busy => "sending",
                (None, _) => "planned",
                (Some(last), _) => match last.how.as_deref() {
                    Some("paused") => "paused",
                    _ => "interrupted",
                },
            }
            .to_owned();
        }
        Ok(Status {
            next_due: journal.next_due()?,
            progress,
            busy,
        })
    }

    fn ask(&self, change: impl FnOnce(&mut Control)) -> Result<Control, CampaignError> {
        let path = self.paths().control();
        let mut control = Control::read(&path);
        change(&mut control);
        control.write(&path).map_err(at(&path))?;
        Ok(control)
    }

    /// Holds the process that sends it; false if there is none.
    ///
    /// # Errors
    /// The wish cannot be written.
    pub fn pause(&self) -> Result<bool, CampaignError> {
        if !self.is_busy() {
            return Ok(false);
        }
        self.ask(|control| control.want = Want::Pause)?;
        Ok(true)
    }

    /// Lets a process go on that was paused; false if there is none.
    ///
    /// # Errors
    /// The wish cannot be written.
    pub fn proceed(&self) -> Result<bool, CampaignError> {
        if !self.is_busy() {
            return Ok(false);
        }
        self.ask(|control| control.want = Want::Run)?;
        Ok(true)
    }

    /// Changes a rate, also while the run is sent; what holds now.
    ///
    /// # Errors
    /// The wish cannot be written.
    pub fn change_rate(
        &self,
        domain: Option<&str>,
        rate: Option<Rate>,
    ) -> Result<Rates, CampaignError> {
        let control = self.ask(|control| {
            let rates = control
                .rates
                .get_or_insert_with(|| self.settings().rates.clone());
            match (domain.map(str::to_lowercase), rate) {
                (None, rate) => rates.total = rate,
                (Some(domain), Some(rate)) => {
                    rates.domains.insert(domain, rate);
                }
                (Some(domain), None) => {
                    rates.domains.remove(&domain);
                }
            }
        })?;
        Ok(control.rates.unwrap_or_default())
    }

    /// Ends it: who waits will not get it. How many those are, or None where a process sends it, which ends it by itself.
    ///
    /// # Errors
    /// The wish or the journal cannot be written.
    pub fn cancel(&self) -> Result<Option<u64>, CampaignError> {
        match Lock::take(&self.paths(), self.name()) {
            Ok(_lock) => {
                let mut journal = self.journal()?;
                let cut = CutOff::since(journal.last_boot()?.as_deref(), &boot());
                // What a process left behind that was cut off has a state of its own.
                let settled = judged(self, &journal, cut)?;
                finish(self, &mut journal, &settled)?;
                Ok(Some(journal.cancel()?))
            }
            Err(CampaignError::Busy(_)) => {
                self.ask(|control| control.want = Want::Cancel)?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Lets those wait again that failed, or of whom it is not known whether they got it; how many.
    ///
    /// # Errors
    /// Another process is at the run, or the journal cannot be written.
    pub fn again(&self, states: &[State], reason: Option<&str>) -> Result<u64, CampaignError> {
        let _lock = Lock::take(&self.paths(), self.name())?;
        self.journal()?.again(states, reason)
    }
}
