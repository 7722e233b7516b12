//! What a template sees of a profile.

use std::sync::Arc;

use super::lazy::{self, Named};
use super::{Consent, Profile, instant};
use crate::value::{self, Pairs, Value};

/// The names of a profile that stand at the top level of a template as well as in `person`.
pub const ROOT_NAMES: [&str; 4] = ["email", "first_name", "last_name", "full_name"];

/// The built-in names of `person`, in the order of a dump.
const BUILT_IN: [&str; 46] = [
    "email",
    "first_name",
    "last_name",
    "full_name",
    "phone_number",
    "organization",
    "title",
    "image",
    "locale",
    "id",
    "external_id",
    "KlaviyoID",
    "City",
    "Region",
    "Country",
    "Zipcode",
    "location",
    "created",
    "updated",
    "last_event_date",
    "$id",
    "$email",
    "$first_name",
    "$last_name",
    "$phone_number",
    "$phone_number_region",
    "$organization",
    "$title",
    "$image",
    "$address1",
    "$address2",
    "$city",
    "$region",
    "$country",
    "$zip",
    "$timezone",
    "$latitude",
    "$longitude",
    "$locale",
    "$locale_language",
    "$locale_country",
    "$source",
    "$consent",
    "$consent_method",
    "$consent_timestamp",
    "$consent_form_id",
];

/// The value of `person`: built-in names, `$` names, `location`, custom properties.
///
/// Nothing is converted before it is read. What is null is left out; a built-in name hides a custom property of
/// the same spelling, unless the built-in is null.
///
/// ```
/// use std::sync::Arc;
/// use letterpress::{data::{Profile, person_value}, value};
/// let profile = Profile::from_json(r#"{"type": "profile", "id": "01JD3T", "attributes": {
///     "external_id": "C-1007", "first_name": "Ada", "title": null,
///     "location": {"city": "Boston", "zip": "02110"},
///     "properties": {"Favorite Tea": "Oolong", "City": "Paris", "title": "Countess", "Nothing": null}}}"#)?;
/// let person = person_value(Arc::new(profile));
/// let read = |name: &str| value::key(&person, name).map(|v| value::text(&v));
/// assert_eq!(read("id").as_deref(), Some("C-1007"));
/// assert_eq!(read("KlaviyoID").as_deref(), Some("01JD3T"));
/// assert_eq!(read("Favorite Tea").as_deref(), Some("Oolong"));
/// assert_eq!((read("City").as_deref(), read("$city").as_deref()), (Some("Boston"), Some("Boston")));
/// assert_eq!((read("title").as_deref(), read("Nothing")), (Some("Countess"), None));
/// assert_eq!(read("location").as_deref(), Some("{'city': 'Boston', 'zip': '02110'}"));
/// # Ok::<(), letterpress::data::DataError>(())
/// ```
pub fn person_value(profile: Arc<Profile>) -> Value {
    lazy::value(Person(profile))
}

struct Person(Arc<Profile>);

impl Named for Person {
    fn get(&self, name: &str) -> Option<Value> {
        built_in(&self.0, name).or_else(|| self.0.property(name))
    }

    fn names(&self) -> Vec<Value> {
        let mut names: Vec<Value> = BUILT_IN
            .iter()
            .filter(|name| built_in(&self.0, name).is_some())
            .map(|&name| Value::from(name))
            .collect();
        let custom = value::items(&self.0.properties).unwrap_or_default();
        names.extend(custom.into_iter().filter(|name| {
            let text = name.as_str().unwrap_or_default();
            built_in(&self.0, text).is_none() && self.0.property(text).is_some()
        }));
        names
    }
}

fn built_in(profile: &Profile, name: &str) -> Option<Value> {
    let text = |field: &Option<String>| field.as_deref().map(Value::from);
    let time = |field: &Option<jiff::Timestamp>| field.map(|t| Value::from(instant::show(t)));
    let place = &profile.location;
    match name {
        "email" | "$email" => text(&profile.email),
        "first_name" | "$first_name" => text(&profile.first_name),
        "last_name" | "$last_name" => text(&profile.last_name),
        "full_name" => profile.full_name().map(Value::from),
        "phone_number" | "$phone_number" => text(&profile.phone_number),
        "organization" | "$organization" => text(&profile.organization),
        "title" | "$title" => text(&profile.title),
        "image" | "$image" => text(&profile.image),
        "locale" | "$locale" => text(&profile.locale),
        "$locale_language" => locale_part(profile, 0),
        "$locale_country" => locale_part(profile, 1),
        "id" | "$id" | "external_id" => text(&profile.external_id),
        "KlaviyoID" => text(&profile.id),
        "City" | "$city" => text(&place.city),
        "Region" | "$region" => text(&place.region),
        "Country" | "$country" => text(&place.country),
        "Zipcode" | "$zip" => text(&place.zip),
        "$timezone" => text(&place.timezone),
        "$address1" => text(&place.address1),
        "$address2" => text(&place.address2),
        "$latitude" => place.latitude.map(Value::from),
        "$longitude" => place.longitude.map(Value::from),
        "location" if !place.is_empty() => Some(location(profile)),
        "created" => time(&profile.created),
        "updated" => time(&profile.updated),
        "last_event_date" => time(&profile.last_event_date),
        // Exports keep these among the properties; what is known of the subscriptions fills gaps.
        "$consent" => profile.property(name).or_else(|| consent(profile)),
        "$consent_method" => profile
            .property(name)
            .or_else(|| text(&profile.subscriptions.as_ref()?.email.method)),
        "$consent_timestamp" => profile
            .property(name)
            .or_else(|| time(&profile.subscriptions.as_ref()?.email.consent_timestamp)),
        _ => None,
    }
}

/// The channels that were subscribed to, as Klaviyo's old forms wrote them: `['email', 'sms']`.
fn consent(profile: &Profile) -> Option<Value> {
    let subscriptions = profile.subscriptions.as_ref()?;
    let said_yes = |consent: Consent| consent == Consent::Subscribed;
    let mut channels = Vec::new();
    if said_yes(subscriptions.email.consent) {
        channels.push(Value::from("email"));
    }
    if subscriptions
        .sms
        .as_ref()
        .is_some_and(|sms| said_yes(sms.consent))
    {
        channels.push(Value::from("sms"));
    }
    (!channels.is_empty()).then(|| Value::from_object(channels))
}

fn locale_part(profile: &Profile, part: usize) -> Option<Value> {
    let locale = profile.locale.as_deref()?;
    locale.split(['-', '_']).nth(part).map(Value::from)
}

fn location(profile: &Profile) -> Value {
    let place = &profile.location;
    let texts = [
        ("address1", &place.address1),
        ("address2", &place.address2),
        ("city", &place.city),
        ("region", &place.region),
        ("country", &place.country),
        ("zip", &place.zip),
        ("timezone", &place.timezone),
        ("ip", &place.ip),
    ];
    let numbers = [("latitude", place.latitude), ("longitude", place.longitude)];
    let texts = texts
        .into_iter()
        .filter_map(|(name, field)| Some((name, Value::from(field.as_deref()?))));
    let numbers = numbers
        .into_iter()
        .filter_map(|(name, field)| Some((name, Value::from(field?))));
    Value::from(texts.chain(numbers).collect::<Pairs>())
}
