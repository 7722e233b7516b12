//! Flows that start from a date: every year on a birthday, a week before it, at nine in the morning where somebody lives.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

use super::evidence::View;
use super::property::Property;
use super::window::Moment;
use crate::data::Profile;

/// When a date makes a flow start.
#[derive(Debug, Clone)]
pub(super) struct DateTrigger {
    pub(super) property: Property,
    pub(super) before: i64,
    pub(super) unit: Ahead,
    pub(super) recurrence: Recurrence,
    /// None for the zone of each profile.
    pub(super) zone: Option<TimeZone>,
    pub(super) time: Time,
    /// The days of the week that it may start on; empty for all.
    pub(super) days: Vec<Weekday>,
    pub(super) leap_day: LeapDay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ahead {
    Days,
    Weeks,
    Months,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recurrence {
    Never,
    Weekly,
    Monthly,
    Annually,
}

/// What the 29th of February is in common years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeapDay {
    LastDay,
    MarchFirst,
    Skip,
}

/// That a date makes a flow start for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fire {
    /// When.
    pub at: Timestamp,
    /// The day it is about: this year's birthday.
    pub occurrence: Date,
    /// The date as the profile has it.
    pub date: Date,
}

impl DateTrigger {
    /// The date of a profile: the day in UTC, whatever the time.
    pub(super) fn date(&self, profile: &Profile) -> Option<Date> {
        let moment = Moment::at(Timestamp::MAX);
        let held = self.property.held(&View::alone(profile, &moment))?;
        Some(TimeZone::UTC.to_datetime(held.time()?).date())
    }

    /// The zone in which somebody's day starts.
    pub(super) fn zone(&self, profile: &Profile, account: &TimeZone) -> TimeZone {
        match &self.zone {
            Some(zone) => zone.clone(),
            None => zone_of(profile, account),
        }
    }

    /// The first start after an instant.
    pub(super) fn next(&self, date: Date, zone: &TimeZone, after: Timestamp) -> Option<Fire> {
        let from = zone.to_datetime(after).date();
        self.fires(date, zone, from).find(|fire| fire.at > after)
    }

    /// All starts from about a day on, in order.
    fn fires<'t>(
        &'t self,
        date: Date,
        zone: &'t TimeZone,
        from: Date,
    ) -> impl Iterator<Item = Fire> + 't {
        let occurrences = self.occurrences(date, from);
        occurrences.filter_map(move |occurrence| {
            let mut day = occurrence.checked_sub(self.ahead()?).ok()?;
            if !self.days.is_empty() {
                let allowed = |day: &Date| self.days.contains(&day.weekday());
                day = day.series(1.day()).take(7).find(allowed)?;
            }
            let at = local(zone, day, self.time)?;
            Some(Fire {
                at,
                occurrence,
                date,
            })
        })
    }

    fn ahead(&self) -> Option<Span> {
        let span = Span::new();
        match self.unit {
            Ahead::Days => span.try_days(self.before),
            Ahead::Weeks => span.try_weeks(self.before),
            Ahead::Months => span.try_months(self.before),
        }
        .ok()
    }

    /// The days a date comes round, from a little before those whose start is at `from`.
    fn occurrences(&self, date: Date, from: Date) -> Box<dyn Iterator<Item = Date>> {
        // A start is moved by less than a week to an allowed day, by the length of months, by zones.
        let begin = from.checked_sub(15.days()).ok();
        let begin = begin
            .zip(self.ahead())
            .and_then(|(begin, ahead)| begin.checked_add(ahead).ok());
        let Some(begin) = begin else {
            return Box::new(std::iter::empty());
        };
        let leap_day = self.leap_day;
        match self.recurrence {
            Recurrence::Never => Box::new(std::iter::once(date)),
            Recurrence::Annually => Box::new(
                (begin.year()..=begin.year().saturating_add(13))
                    .filter_map(move |year| anniversary(date, year, leap_day))
                    .filter(move |day| *day >= begin),
            ),
            Recurrence::Monthly => {
                let months = begin.first_of_month().series(1.month()).take(16);
                Box::new(months.filter_map(move |month| {
                    let day = date.day().min(month.days_in_month());
                    Date::new(month.year(), month.month(), day).ok()
                }))
            }
            Recurrence::Weekly => {
                let first = begin
                    .series(1.day())
                    .take(7)
                    .find(|day| day.weekday() == date.weekday());
                Box::new(
                    first
                        .into_iter()
                        .flat_map(|first| first.series(1.week()).take(60)),
                )
            }
        }
    }

    /// All starts whose day, where somebody lives, lies between two days, both included.
    pub(super) fn between(&self, date: Date, zone: &TimeZone, from: Date, to: Date) -> Vec<Fire> {
        let mut found: Vec<Fire> = Vec::new();
        let mut start = from;
        // What comes round is listed for a year or so at a time.
        loop {
            let mut latest = None;
            for fire in self.fires(date, zone, start) {
                let day = zone.to_datetime(fire.at).date();
                latest = latest.max(Some(day));
                if day > to {
                    return found;
                }
                if day >= from
                    && found
                        .last()
                        .is_none_or(|last| last.occurrence < fire.occurrence)
                {
                    found.push(fire);
                }
            }
            match latest {
                Some(day) if day > start && self.recurrence != Recurrence::Never => start = day,
                _ => return found,
            }
        }
    }
}

fn anniversary(date: Date, year: i16, leap_day: LeapDay) -> Option<Date> {
    match (Date::new(year, date.month(), date.day()), leap_day) {
        (Ok(day), _) => Some(day),
        (Err(_), LeapDay::LastDay) => Date::new(year, 2, 28).ok(),
        (Err(_), LeapDay::MarchFirst) => Date::new(year, 3, 1).ok(),
        (Err(_), LeapDay::Skip) => None,
    }
}

/// A wall clock as an instant: one in a gap moves on by the gap, of two the first counts.
pub(super) fn local(zone: &TimeZone, day: Date, time: Time) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(day.to_datetime(time))
        .compatible()
        .ok()
}

/// The zone of a profile, else the account's.
pub(super) fn zone_of(profile: &Profile, account: &TimeZone) -> TimeZone {
    let name = profile.location.timezone.as_deref();
    let own = name.and_then(|name| TimeZone::get(name).ok());
    own.unwrap_or_else(|| account.clone())
}
