//! One profile out of several lines about the same person: later versions over earlier ones (reference A.1), and profiles
//! that turn out to be the same person merged (A.3).

use jiff::Timestamp;

use super::fields::Fields;
use super::identify::{Names, names, strongest};
use super::record::Resource;
use super::{Channel, Consent, DataError, Identity, Location, Profile, Subscriptions};
use crate::value::{self, Pairs, Value};

/// A profile as one line tells it.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) profile: Profile,
    /// The fields that the line says are null: those are cleared, while absent ones are left alone.
    pub(crate) cleared: Cleared,
    /// It came along with something else: whatever else is known counts more.
    pub(crate) along: bool,
}

/// Fields that are null, by their place in [`FIELDS`] and, behind those, in [`PLACES`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cleared(u32);

const FIELDS: [&str; 10] = [
    "email",
    "phone_number",
    "first_name",
    "last_name",
    "organization",
    "title",
    "image",
    "locale",
    "location",
    "last_event_date",
];

const PLACES: [&str; 10] = [
    "address1",
    "address2",
    "city",
    "region",
    "country",
    "zip",
    "timezone",
    "ip",
    "latitude",
    "longitude",
];

/// Not cleared but said: consent to email, and what suppresses it. Either may be told without the other.
const CONSENT: u32 = 30;
const SUPPRESSION: u32 = 31;

impl Cleared {
    fn says(self, what: u32) -> bool {
        self.0 & (1 << what) != 0
    }

    fn has(self, name: &str) -> bool {
        let place = FIELDS.iter().position(|field| *field == name);
        place.is_some_and(|at| self.0 & (1 << at) != 0)
    }

    fn has_place(self, name: &str) -> bool {
        let place = PLACES.iter().position(|field| *field == name);
        place.is_some_and(|at| self.0 & (1 << (FIELDS.len() + at)) != 0)
    }

    fn read(fields: &Fields<'_>) -> Result<Cleared, DataError> {
        let mut cleared = 0;
        for (at, name) in FIELDS.iter().enumerate() {
            cleared |= u32::from(fields.is_null(name)) << at;
        }
        if let Some(location) = fields.object_if_it_is_one("location")? {
            for (at, name) in PLACES.iter().enumerate() {
                cleared |= u32::from(location.is_null(name)) << (FIELDS.len() + at);
            }
        }
        if let Some(subscriptions) = fields.object_if_it_is_one("subscriptions")?
            && let Some(email) = subscriptions.object_if_it_is_one("email")?
            && let Some(marketing) = email.object_if_it_is_one("marketing")?
        {
            let says = |name: &str| marketing.raw(name).is_some();
            cleared |= u32::from(says("consent")) << CONSENT;
            cleared |= u32::from(says("suppression") || says("suppressions")) << SUPPRESSION;
        }
        Ok(Cleared(cleared))
    }
}

impl Version {
    pub(crate) fn read(resource: &Resource<'_>) -> Result<Version, DataError> {
        Ok(Version {
            profile: Profile::read(resource)?,
            cleared: Cleared::read(&resource.attributes)?,
            along: false,
        })
    }

    /// A version that clears nothing.
    pub(crate) fn of(profile: Profile) -> Version {
        Version {
            profile,
            cleared: Cleared((1 << CONSENT) | (1 << SUPPRESSION)),
            along: false,
        }
    }
}

/// What a line says of people.
#[derive(Debug, Clone)]
pub(crate) enum Line {
    Version(Box<Version>),
    /// The second profile is merged into the first: what stands in a `profile-merge` body.
    Merge {
        into: Box<str>,
        source: Box<str>,
    },
}

impl Line {
    /// What the line calls its person.
    pub(crate) fn names(&self) -> Names {
        match self {
            Line::Version(version) => names(&Identity::from(&version.profile)),
            Line::Merge { into, source } => vec![(0, into.clone()), (0, source.clone())],
        }
    }

    fn updated(&self) -> Option<Timestamp> {
        match self {
            Line::Version(version) => version.profile.updated,
            Line::Merge { .. } => None,
        }
    }
}

/// A profile that is being put together, and all that its lines called it.
struct Known {
    names: Names,
    profile: Profile,
}

/// The profile of one person out of all lines about them, in their order.
///
/// Of two versions the one with the later `updated` counts, else the later line; what the later one does not mention stays.
/// Lines that were about different profiles until a line tied them merge those by A.3.
pub(crate) fn settle<'l>(lines: impl IntoIterator<Item = &'l Line>) -> Profile {
    let mut order: Vec<(bool, Option<Timestamp>, &Line)> = Vec::new();
    let mut latest = None;
    for line in lines {
        let along = matches!(line, Line::Version(version) if version.along);
        let updated = match (line.updated(), along) {
            // What has no time is as late as what stands before it.
            (None, false) => latest,
            (updated, _) => updated,
        };
        if !along {
            latest = latest.max(updated);
        }
        order.push((!along, updated, line));
    }
    order.sort_by_key(|(counts, updated, _)| (*counts, *updated));
    let mut all: Vec<Known> = Vec::new();
    for (_, _, line) in order {
        let names = line.names();
        let mut tied: Vec<Known> = Vec::new();
        let mut others: Vec<Known> = Vec::new();
        for known in all {
            let shared = known.names.iter().any(|name| names.contains(name));
            if shared { &mut tied } else { &mut others }.push(known);
        }
        all = others;
        // By the strongest name that the line and the profile share.
        tied.sort_by_key(|known| names.iter().position(|name| known.names.contains(name)));
        let mut into = tied.into_iter().reduce(Known::merge);
        match line {
            Line::Version(version) => match &mut into {
                Some(known) => known.profile.update(version),
                None => {
                    into = Some(Known {
                        names: Names::new(),
                        profile: version.profile.clone(),
                    });
                }
            },
            Line::Merge { into: id, .. } => {
                if let Some(known) = &mut into {
                    known.profile.id = Some(id.to_string());
                }
            }
        }
        if let Some(mut known) = into {
            known.names.extend(names);
            all.push(known);
        }
    }
    all.sort_by(|a, b| strongest(&a.names).cmp(&strongest(&b.names)));
    let whole = all.into_iter().reduce(Known::merge);
    whole.map(|known| known.profile).unwrap_or_default()
}

impl Known {
    fn merge(mut self, source: Known) -> Known {
        self.profile.merge(source.profile);
        self.names.extend(source.names);
        self
    }
}

impl Profile {
    /// Takes a later version: what it says is set, what it says is null is cleared, what it does not mention stays.
    fn update(&mut self, version: &Version) {
        let Version {
            profile: newer,
            cleared,
            ..
        } = version;
        macro_rules! take {
            ($($field:ident)*) => {$(
                if newer.$field.is_some() {
                    self.$field = newer.$field.clone();
                } else if cleared.has(stringify!($field)) {
                    self.$field = None;
                }
            )*};
        }
        take!(email phone_number first_name last_name organization title image locale last_event_date);
        macro_rules! keep {
            ($($field:ident)*) => {$(
                if newer.$field.is_some() {
                    self.$field = newer.$field.clone();
                }
            )*};
        }
        keep!(id external_id created updated predictive_analytics);
        if cleared.has("location") {
            self.location = Location::default();
        }
        macro_rules! place {
            ($($field:ident)*) => {$(
                if newer.location.$field.is_some() {
                    self.location.$field = newer.location.$field.clone();
                } else if cleared.has_place(stringify!($field)) {
                    self.location.$field = None;
                }
            )*};
        }
        place!(address1 address2 city region country zip timezone ip latitude longitude);
        // Where nothing is known there is nothing to clear: what is null is shown as null.
        self.properties = match value::length(&self.properties) {
            None | Some(0) => newer.properties.clone(),
            _ => over(&newer.properties, &self.properties, Value::is_none),
        };
        if let Some(newer) = &newer.subscriptions {
            let known = self.subscriptions.get_or_insert_default();
            // A channel of which nothing is said is not one that was never subscribed.
            let mut email = newer.email.clone();
            if !cleared.says(CONSENT) {
                email = Channel {
                    suppression: email.suppression,
                    list_suppressions: email.list_suppressions,
                    ..known.email.clone()
                };
            }
            if !cleared.says(SUPPRESSION) {
                email.suppression = known.email.suppression.clone();
            }
            if email.list_suppressions.is_empty() {
                email.list_suppressions = known.email.list_suppressions.clone();
            }
            known.email = email;
            known.sms = newer.sms.clone().or_else(|| known.sms.take());
            known.mobile_push = newer
                .mobile_push
                .clone()
                .or_else(|| known.mobile_push.take());
        }
    }

    /// Merges another profile of the same person into this one, as Klaviyo does (reference A.3): what this one has
    /// stays, but the time zone is the other's, the location comes whole from whichever knows more of it, and
    /// whatever closes a channel to either closes it.
    ///
    /// Ours, where Klaviyo says nothing: of two locations that know as much this one's stays; who unsubscribed stays
    /// unsubscribed unless the other profile subscribed later.
    ///
    /// ```
    /// use letterpress::{data::Profile, value};
    /// let mut ada = Profile::from_json(r#"{"id": "D", "location": {"timezone": "Europe/Paris"}, "properties": {"color": "green"}}"#)?;
    /// ada.merge(Profile::from_json(r#"{"id": "S", "location": {"timezone": "UTC"}, "properties": {"color": "red", "size": "M"},
    ///     "subscriptions": {"email": {"marketing": {"consent": "SUBSCRIBED", "suppression": [{"reason": "USER_SUPPRESSED"}]}}}}"#)?);
    /// assert_eq!((ada.key(), ada.location.timezone.as_deref()), ("D", Some("UTC")));
    /// assert_eq!(value::text(&ada.properties), "{'color': 'green', 'size': 'M'}");
    /// assert!(ada.suppression().is_some());
    /// # Ok::<(), letterpress::data::DataError>(())
    /// ```
    pub fn merge(&mut self, other: Profile) {
        macro_rules! fill {
            ($($field:ident)*) => {$(
                if self.$field.is_none() {
                    self.$field = other.$field;
                }
            )*};
        }
        fill!(id email phone_number external_id first_name last_name organization title image locale predictive_analytics);
        self.created = earlier(self.created, other.created);
        self.updated = self.updated.max(other.updated);
        self.last_event_date = self.last_event_date.max(other.last_event_date);
        let zone = other.location.timezone.clone();
        if known_places(&other.location) > known_places(&self.location) {
            let own = self.location.timezone.take();
            self.location = other.location;
            self.location.timezone = own;
        }
        if zone.is_some() {
            self.location.timezone = zone;
        }
        self.properties = over(&self.properties, &other.properties, |_| false);
        if let Some(other) = other.subscriptions {
            match &mut self.subscriptions {
                Some(known) => merge_subscriptions(known, *other),
                None => self.subscriptions = Some(other),
            }
        }
    }
}

fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// How much of a location is known, the time zone aside, which goes its own way.
fn known_places(location: &Location) -> usize {
    let Location {
        address1,
        address2,
        city,
        region,
        country,
        zip,
        ip,
        latitude,
        longitude,
        timezone: _,
    } = location;
    let texts = [address1, address2, city, region, country, zip, ip];
    let numbers = [latitude, longitude];
    texts.iter().filter(|one| one.is_some()).count()
        + numbers.iter().filter(|one| one.is_some()).count()
}

/// The mapping `above` over the mapping `below`; what `cleared` says is missing in `above` is so in both.
fn over(above: &Value, below: &Value, cleared: impl Fn(&Value) -> bool) -> Value {
    let pairs = |of: &Value| -> Vec<(Value, Value)> {
        let names = value::items(of).unwrap_or_default();
        let pair = |name: Value| {
            let member = value::key(of, name.as_str()?)?;
            Some((name, member))
        };
        names.into_iter().filter_map(pair).collect()
    };
    let above = pairs(above);
    let mut all = pairs(below);
    if above.is_empty() {
        return Value::from(Pairs::new(all));
    }
    all.extend(above);
    let merged = Value::from(Pairs::new(all));
    let mut kept = pairs(&merged);
    kept.retain(|(_, member)| !cleared(member));
    Value::from(Pairs::new(kept))
}

fn merge_subscriptions(known: &mut Subscriptions, other: Subscriptions) {
    merge_channel(&mut known.email, other.email);
    for (known, other) in [
        (&mut known.sms, other.sms),
        (&mut known.mobile_push, other.mobile_push),
    ] {
        match (known, other) {
            (Some(known), Some(other)) => merge_channel(known, other),
            (known @ None, other) => *known = other,
            (Some(_), None) => {}
        }
    }
}

/// All of the one, then what only the other has.
fn union<T: PartialEq + Clone>(mut known: Vec<T>, other: &[T]) -> Vec<T> {
    for one in other {
        if !known.contains(one) {
            known.push(one.clone());
        }
    }
    known
}

fn merge_channel(known: &mut Channel, other: Channel) {
    let suppression = union(std::mem::take(&mut known.suppression), &other.suppression);
    let lists = union(
        std::mem::take(&mut known.list_suppressions),
        &other.list_suppressions,
    );
    let said_later = |a: &Channel, b: &Channel| {
        a.consent_timestamp.is_some() && a.consent_timestamp > b.consent_timestamp
    };
    let others_counts = match (known.consent, other.consent) {
        (Consent::NeverSubscribed, said) => said != Consent::NeverSubscribed,
        (Consent::Subscribed, Consent::Unsubscribed) => !said_later(known, &other),
        (Consent::Unsubscribed, Consent::Subscribed) => said_later(&other, known),
        _ => false,
    };
    if others_counts {
        *known = other;
    }
    known.suppression = suppression;
    known.list_suppressions = lists;
}
