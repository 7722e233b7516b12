//! What a run did, for people and programs: totals, reasons, how it went over time, sizes, samples.

mod csv;
mod html;
mod markdown;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::delivery::{Session, State};
use super::{CampaignError, PlanNumbers, Run, Totals, klaviyo_wording};
use crate::email::Outcome;

pub use csv::write_csv;
pub use html::html;
pub use markdown::markdown;

/// What a run did.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The run's name.
    pub run: String,
    /// The campaign's file.
    pub campaign: String,
    /// The email's name.
    pub email: String,
    /// How it is: `finished`, `interrupted`, …
    pub state: String,
    /// How many there are in each state.
    pub counts: Totals,
    /// Why people are in states other than sent, the commonest first.
    pub reasons: Vec<Reason>,
    /// What the plan found.
    pub plan: PlanNumbers,
    /// When it was planned.
    pub planned_at: Timestamp,
    /// When the first message was sent.
    pub first_sent: Option<Timestamp>,
    /// When the last message was sent.
    pub last_sent: Option<Timestamp>,
    /// Where messages went.
    pub sinks: Vec<String>,
    /// What happened to those of whom it was not known whether they had got it.
    pub policy: super::Policy,
    /// The account's zone, in which times are shown.
    pub timezone: String,
    /// The times in which processes sent.
    pub sessions: Vec<Session>,
    /// Messages sent over time.
    pub timeline: Vec<Span>,
    /// How long a piece of the timeline is, in seconds.
    pub timeline_seconds: i64,
    /// Some messages.
    pub samples: Vec<Sample>,
}

/// Why people are in a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The state.
    pub state: State,
    /// The word for programs.
    pub reason: String,
    /// Klaviyo's wording where it has one, else ours.
    pub wording: String,
    /// How many.
    pub count: u64,
}

/// A piece of the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Span {
    /// Its beginning.
    pub from: Timestamp,
    /// Messages sent in it.
    pub sent: u64,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// Whom it went to.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its preheader.
    pub preheader: String,
    /// Its HTML.
    #[serde(skip)]
    pub html: String,
}

impl Report {
    /// Reads a run.
    ///
    /// # Errors
    /// The run cannot be read.
    pub fn of(run: &Run) -> Result<Report, CampaignError> {
        let settings = run.settings();
        let journal = run.journal()?;
        let status = run.status()?;
        let mut reasons = Vec::new();
        for state in [
            State::Skipped,
            State::Failed,
            State::Uncertain,
            State::Cancelled,
        ] {
            for (reason, count) in journal.reasons(state)? {
                reasons.push(Reason {
                    state,
                    wording: klaviyo_wording(&reason).to_owned(),
                    reason,
                    count,
                });
            }
        }
        let times = journal.sent_between()?;
        let seconds = piece(times);
        let timeline = journal.per(seconds * 1000)?.into_iter();
        Ok(Report {
            run: run.name().to_owned(),
            campaign: settings.campaign.clone(),
            email: settings.email.clone(),
            state: status.progress.state,
            counts: status.progress.totals,
            reasons,
            plan: settings.plan.clone(),
            planned_at: settings.planned_at,
            first_sent: times.map(|(first, _)| first),
            last_sent: times.map(|(_, last)| last),
            sinks: settings.sinks.iter().map(ToString::to_string).collect(),
            policy: settings.policy,
            timezone: settings.timezone.clone(),
            sessions: journal.sessions()?,
            timeline: timeline.map(|(from, sent)| Span { from, sent }).collect(),
            timeline_seconds: seconds,
            // A damaged run has a journal all the same.
            samples: samples(run).unwrap_or_default(),
        })
    }

    /// How long sending took, pauses included.
    pub fn took(&self) -> Option<SignedDuration> {
        let (first, last) = (self.first_sent?, self.last_sent?);
        Some(last.duration_since(first))
    }

    /// A time in the account's zone.
    fn shown(&self, at: Timestamp) -> String {
        let zone = TimeZone::get(&self.timezone).unwrap_or(TimeZone::UTC);
        at.to_zoned_datetime(zone)
            .strftime("%-d %b %Y, %H:%M:%S")
            .to_string()
    }
}

/// How long a piece of a timeline is, in seconds, so that there are some fifty of them.
fn piece(times: Option<(Timestamp, Timestamp)>) -> i64 {
    const PIECES: [i64; 10] = [
        1,
        5,
        15,
        60,
        300,
        900,
        3600,
        4 * 3600,
        24 * 3600,
        7 * 24 * 3600,
    ];
    let whole = times.map_or(0, |(first, last)| last.duration_since(first).as_secs());
    let fits = |piece: &i64| whole / piece <= 60;
    PIECES.into_iter().find(fits).unwrap_or(PIECES[9])
}

/// Three messages of a run: the first, one of the middle, the last, of those that can be made.
///
/// # Errors
/// The run is damaged, or its journal cannot be read.
pub fn samples(run: &Run) -> Result<Vec<Sample>, CampaignError> {
    let frozen = run.frozen()?;
    let counts = Totals::of(&run.counts()?);
    let most = counts.planned - counts.skipped - counts.failed;
    let mut wanted = vec![0, most / 2, most.saturating_sub(1)];
    wanted.dedup();
    let (mut samples, mut at) = (Vec::new(), 0);
    run.each(None, |row| {
        if matches!(row.state, State::Skipped | State::Failed) {
            return at < most;
        }
        if wanted.contains(&at)
            && let Ok(recipient) = frozen.recipient_of(&row)
            && let Outcome::Rendered(mail) = frozen.email().render(&recipient, frozen.world())
        {
            samples.push(Sample {
                to: row.address,
                subject: mail.subject,
                preheader: mail.preheader,
                html: mail.html,
            });
        }
        at += 1;
        at < most
    })?;
    Ok(samples)
}

/// `12,345`
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `2 h 3 min`, `4 min 5 s`, `12 s`.
fn length(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A share in per cent: `99.6 %`; what is not quite all or nothing does not look so.
fn share(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "0 %".to_owned();
    }
    if part == whole {
        return "100 %".to_owned();
    }
    let share = part as f64 * 100.0 / whole as f64;
    match share {
        ..0.1 => "< 0.1 %".to_owned(),
        99.9.. => "> 99.9 %".to_owned(),
        share => format!("{share:.1} %"),
    }
}

/// What happened in a session, in a sentence.
fn session(one: &Session) -> String {
    let mut text = match (&one.how, one.ended) {
        (Some(how), _) => how.clone(),
        (None, None) => "cut off, or going on".to_owned(),
        (None, Some(_)) => "ended".to_owned(),
    };
    if let Some(after) = &one.after {
        let what = if after == "kill" {
            "a process that was ended"
        } else {
            "a loss of power"
        };
        let found = one.recovered;
        text.push_str(&format!(
            "; after {what}: {} were done, {} waited again, {} uncertain",
            found.settled, found.pending, found.uncertain
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands(123), "123");
        assert_eq!(share(0, 10), "0 %");
        assert_eq!(share(10, 10), "100 %");
        assert_eq!(share(1, 1_000_000), "< 0.1 %");
        assert_eq!(share(999_999, 1_000_000), "> 99.9 %");
        assert_eq!(share(1, 3), "33.3 %");
    }

    #[test]
    fn a_timeline_has_some_fifty_pieces() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for seconds in [0, 1, 59, 61, 3_000, 40_000, 500_000] {
            let piece = piece(Some((at(0), at(seconds))));
            assert!(seconds / piece <= 60, "{seconds} {piece}");
        }
        assert_eq!(piece(None), 1);
    }
}
