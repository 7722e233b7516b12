//! What a process that was cut off left behind: which messages are out, which are not, and which nobody can tell.

use std::collections::HashMap;

use super::delivery::{Recovered, Settled, State};
use super::journal::Journal;
use super::made::{Made, make};
use super::marks::{self, Mark};
use super::run::Frozen;
use super::{CampaignError, Policy, Run};
use crate::delivery::Sink;

/// What cut the last process off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CutOff {
    /// The process alone was ended: what it had handed to the system is there.
    Kill,
    /// The machine was started again, or it cannot be told: what was not on the disk is gone.
    Power,
}

impl CutOff {
    pub(super) fn word(self) -> &'static str {
        match self {
            CutOff::Kill => "kill",
            CutOff::Power => "power",
        }
    }

    /// Compares the start of the machine of the last session with this one.
    pub(super) fn since(last: Option<&str>, now: &str) -> CutOff {
        match last {
            Some(last) if last == now && !now.is_empty() => CutOff::Kill,
            _ => CutOff::Power,
        }
    }
}

/// Which start of the machine this is; empty where the system does not say.
pub(super) fn boot() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|text| text.trim().to_owned())
        .unwrap_or_default()
}

/// Settles what was begun and not finished.
pub(super) fn recover(
    run: &Run,
    journal: &mut Journal,
    frozen: &Frozen,
    sinks: &[Box<dyn Sink>],
    cut: CutOff,
) -> Result<Recovered, CampaignError> {
    let judged = judged(run, journal, cut)?;
    let mut recovered = Recovered::default();
    let mut settled = Vec::with_capacity(judged.len());
    for mut one in judged {
        if one.state == State::Uncertain {
            ask_sinks(run, journal, frozen, sinks, &mut one)?;
        }
        if one.state == State::Uncertain && run.settings().policy == Policy::AtLeastOnce {
            one.state = State::Pending;
            one.reason = None;
        }
        match one.state {
            State::Pending => recovered.pending += 1,
            State::Uncertain => recovered.uncertain += 1,
            _ => recovered.settled += 1,
        }
        settled.push(one);
    }
    finish(run, journal, &settled)?;
    Ok(recovered)
}

/// What the marks say about all that was begun and not finished, without asking a sink.
pub(super) fn judged(
    run: &Run,
    journal: &Journal,
    cut: CutOff,
) -> Result<Vec<Settled>, CampaignError> {
    let folder = run.paths().marks();
    let marks = marks::read(&folder).map_err(super::error::at(&folder))?;
    let sinks = run.settings().sinks.len();
    let unfinished = journal.unfinished()?.into_iter();
    Ok(unfinished
        .map(|(n, done)| judge(n, done, sinks, &marks, cut))
        .collect())
}

/// Writes what became of them; the marks are of no use any more.
pub(super) fn finish(
    run: &Run,
    journal: &mut Journal,
    settled: &[Settled],
) -> Result<(), CampaignError> {
    journal.commit(&[], settled)?;
    let folder = run.paths().marks();
    marks::clear(&folder).map_err(super::error::at(&folder))
}

/// What marks say about a message that was begun.
fn judge(
    n: u32,
    done: u32,
    sinks: usize,
    marks: &HashMap<(u32, u8), Mark>,
    cut: CutOff,
) -> Settled {
    let mut one = Settled::pending(n, done, None);
    for sink in 0..sinks {
        if one.done & bit(sink) != 0 {
            continue;
        }
        let mark = marks.get(&(n, u8::try_from(sink).unwrap_or(u8::MAX)));
        match (mark, cut) {
            // A mark that is there was written after what it says had happened, whatever came then.
            (Some(Mark::Accepted), _) => one.done |= bit(sink),
            (Some(Mark::Refused(code)), _) => {
                one.state = State::Failed;
                one.reason = Some("refused".to_owned());
                one.code = Some(*code);
                one.attempt = true;
                return one;
            }
            (Some(Mark::Sending | Mark::Uncertain), _) => {
                one.state = State::Uncertain;
                one.reason = Some("cut_off".to_owned());
                one.attempt = true;
                return one;
            }
            (Some(Mark::NotTaken) | None, CutOff::Kill) => return one,
            (Some(Mark::NotTaken) | None, CutOff::Power) => {
                one.state = State::Uncertain;
                one.reason = Some("power_loss".to_owned());
                return one;
            }
        }
    }
    one.state = State::Sent;
    one.attempt = true;
    one
}

/// Sinks that can be asked say whether they have a message.
fn ask_sinks(
    run: &Run,
    journal: &Journal,
    frozen: &Frozen,
    sinks: &[Box<dyn Sink>],
    one: &mut Settled,
) -> Result<(), CampaignError> {
    let Some(place) = journal.place(one.n)? else {
        return Ok(());
    };
    let path = run.paths().people();
    let recipient = frozen.recipient(place).map_err(super::error::at(&path))?;
    let Made::Letter(letter) = make(frozen, run.settings(), &recipient) else {
        return Ok(());
    };
    for (number, sink) in sinks.iter().enumerate() {
        if one.done & bit(number) != 0 {
            continue;
        }
        match sink.holds(&letter.id) {
            Some(true) => one.done |= bit(number),
            // It did not come here, so it came to none that is behind this one.
            Some(false) => {
                one.state = State::Pending;
                one.reason = None;
                return Ok(());
            }
            None => return Ok(()),
        }
    }
    one.state = State::Sent;
    one.reason = None;
    Ok(())
}

/// The bit of a sink among those that have a message.
pub(super) fn bit(sink: usize) -> u32 {
    1 << sink.min(31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_what_can_be_left_behind() {
        use Mark::{Accepted, NotTaken, Refused, Sending};
        use State::{Failed, Pending, Sent, Uncertain};
        type Row<'r> = (&'r [(usize, Mark)], CutOff, State, u32);
        let table: [Row<'_>; 12] = [
            (&[], CutOff::Kill, Pending, 0),
            (&[], CutOff::Power, Uncertain, 0),
            (&[(0, Sending)], CutOff::Kill, Uncertain, 0),
            (&[(0, Sending)], CutOff::Power, Uncertain, 0),
            (&[(0, NotTaken)], CutOff::Kill, Pending, 0),
            (&[(0, NotTaken)], CutOff::Power, Uncertain, 0),
            (&[(0, Mark::Uncertain)], CutOff::Kill, Uncertain, 0),
            (&[(0, Refused(550))], CutOff::Power, Failed, 0),
            (&[(0, Accepted), (1, Accepted)], CutOff::Kill, Sent, 3),
            (&[(0, Accepted)], CutOff::Kill, Pending, 1),
            (&[(0, Accepted), (1, Sending)], CutOff::Kill, Uncertain, 1),
            (&[(0, Accepted), (1, NotTaken)], CutOff::Power, Uncertain, 1),
        ];
        for (marks, cut, state, done) in table {
            let marks = marks
                .iter()
                .map(|(sink, mark)| ((7, *sink as u8), *mark))
                .collect();
            let one = judge(7, 0, 2, &marks, cut);
            assert_eq!((one.state, one.done), (state, done), "{marks:?} {cut:?}");
        }
        // What the journal knew already is not asked again.
        assert_eq!(judge(7, 3, 2, &HashMap::new(), CutOff::Power).state, Sent);
    }

    #[test]
    fn another_start_of_the_machine_is_a_loss_of_power() {
        assert_eq!(CutOff::since(Some("a"), "a"), CutOff::Kill);
        for (last, now) in [(Some("a"), "b"), (None, "a"), (Some(""), "")] {
            assert_eq!(CutOff::since(last, now), CutOff::Power);
        }
    }
}
