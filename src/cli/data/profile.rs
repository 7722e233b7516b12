//! `letterpress data profile`

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::super::output::Trouble;
use super::super::table::{Side, Table};
use super::look::{Look, name};
use super::words;
use crate::data::{self, Activity, Channel, Consent, Membership};
use crate::value;

/// Arguments of `data profile`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Profile {
    /// Who: an address, id:…, ext:…, first, nth:12, random, @file.json or -
    #[arg(value_name = "SEL")]
    profile: String,
}

#[derive(Serialize)]
struct Json<P> {
    data: P,
    lists: Vec<List>,
    first_active: Option<Timestamp>,
    last_active: Option<Timestamp>,
}

#[derive(Serialize)]
struct List {
    list: String,
    joined: Option<Timestamp>,
}

pub(super) fn run(args: &Profile, look: &Look<'_>) -> Result<(), Trouble> {
    let profile = look.person(&args.profile)?;
    let lists = look.shop().lists_of(&profile)?;
    let seen = Activity::of(look.shop(), &profile, look.now.timestamp())?;
    if look.output.is_json() {
        return look.output.json(&Json {
            data: profile.resource(),
            lists: lists
                .into_iter()
                .map(|Membership { list, joined }| List { list, joined })
                .collect(),
            first_active: seen.map(|seen| seen.first),
            last_active: seen.map(|seen| seen.last),
        });
    }
    look.output.title(&name(&profile))?;
    look.output.part("Information")?;
    look.output.table(&information(&profile, seen, look))?;
    look.output.part("Custom Properties")?;
    custom(&profile, look)?;
    look.output.part("Consent and Suppression")?;
    consent(&profile, look)?;
    look.output.part("Lists")?;
    if lists.is_empty() {
        return look.output.title("  on no list");
    }
    let mut table = Table::bare([Side::Left, Side::Left]).indented();
    for one in lists {
        let joined = one.joined.map(|time| format!("since {}", look.time(time)));
        table.row([one.list, joined.unwrap_or_default()]);
    }
    look.output.table(&table)
}

fn information(profile: &data::Profile, seen: Option<Activity>, look: &Look<'_>) -> Table<2> {
    let place = &profile.location;
    let degrees = match (place.latitude, place.longitude) {
        (Some(latitude), Some(longitude)) => Some(format!("{latitude}, {longitude}")),
        _ => None,
    };
    let source = profile.property("$source").map(|v| words::readable(&v));
    let time = |time: Option<Timestamp>| time.map(|time| look.time(time));
    let never = || Some("never".to_owned());
    let fields = [
        ("Email", profile.email.clone()),
        ("Phone Number", profile.phone_number.clone()),
        ("Profile ID", profile.id.clone()),
        ("External ID", profile.external_id.clone()),
        ("First Name", profile.first_name.clone()),
        ("Last Name", profile.last_name.clone()),
        ("Organization", profile.organization.clone()),
        ("Title", profile.title.clone()),
        ("Image", profile.image.clone()),
        ("Locale", profile.locale.clone()),
        ("Address", place.address1.clone()),
        ("Address 2", place.address2.clone()),
        ("City", place.city.clone()),
        ("State / Region", place.region.clone()),
        ("Country", place.country.clone()),
        ("Zip Code", place.zip.clone()),
        ("Coordinates", degrees),
        ("Timezone", place.timezone.clone()),
        ("IP Address", place.ip.clone()),
        ("Source", source),
        ("Created", time(profile.created)),
        ("Updated", time(profile.updated)),
        (
            "First Active",
            time(seen.map(|seen| seen.first)).or_else(never),
        ),
        (
            "Last Active",
            time(seen.map(|seen| seen.last)).or_else(never),
        ),
    ];
    let mut table = Table::bare([Side::Left, Side::Left]).indented();
    for (label, field) in fields {
        if let Some(field) = field.filter(|field| !field.is_empty()) {
            table.row([label.to_owned(), field]);
        }
    }
    table
}

fn custom(profile: &data::Profile, look: &Look<'_>) -> Result<(), Trouble> {
    let mut table = Table::bare([Side::Left, Side::Left, Side::Left]).indented();
    let mut none = true;
    for (key, v) in value::pairs(&profile.properties) {
        let key = value::text(&key);
        if key == "$source" {
            continue;
        }
        none = false;
        table.row([key, words::kind(&v).to_owned(), words::readable(&v)]);
    }
    match none {
        true => look.output.title("  none"),
        false => look.output.table(&table),
    }
}

fn consent(profile: &data::Profile, look: &Look<'_>) -> Result<(), Trouble> {
    let mut table = Table::new([
        ("channel", Side::Left),
        ("consent", Side::Left),
        ("since", Side::Left),
        ("method", Side::Left),
        ("can receive", Side::Left),
    ])
    .indented();
    let unknown = Channel::default();
    let said = profile.subscriptions.as_deref();
    let email = said.map_or(&unknown, |said| &said.email);
    let others = said.map(|said| [("SMS", &said.sms), ("Push", &said.mobile_push)]);
    let others = others.into_iter().flatten();
    let others = others.filter_map(|(name, channel)| Some((name, channel.as_ref()?)));
    for (name, channel) in std::iter::once(("Email", email)).chain(others) {
        let why_not = match name {
            "Email" => words::unreachable(profile),
            _ => (channel.consent != Consent::Subscribed)
                .then(|| words::consent(channel.consent).to_lowercase()),
        };
        table.row([
            name.to_owned(),
            words::consent(channel.consent).to_owned(),
            look.time_or(channel.consent_timestamp, ""),
            method(channel),
            why_not.map_or_else(|| "yes".to_owned(), |why| format!("no: {why}")),
        ]);
    }
    look.output.table(&table)?;
    let mut table = Table::bare([Side::Left, Side::Left, Side::Left]).indented();
    let mut any = false;
    let since = |time: Option<Timestamp>| {
        time.map_or_else(String::new, |t| format!("since {}", look.time(t)))
    };
    for one in &email.suppression {
        any = true;
        let reason = words::reason(&one.reason).to_owned();
        table.row(["Suppressed".to_owned(), reason, since(one.timestamp)]);
    }
    for one in &email.list_suppressions {
        any = true;
        let reason = words::reason(&one.suppression.reason).to_owned();
        let label = format!("Suppressed for the list {}", one.list_id);
        table.row([label, reason, since(one.suppression.timestamp)]);
    }
    match any {
        true => look.output.table(&table),
        false => Ok(()),
    }
}

/// How it was said: `FORM (XyZ123), double opt-in`.
fn method(channel: &Channel) -> String {
    let detail = channel
        .custom_method_detail
        .as_ref()
        .or(channel.method_detail.as_ref());
    let method = match (&channel.method, detail) {
        (Some(method), Some(detail)) => Some(format!("{method} ({detail})")),
        (method, detail) => method.clone().or(detail.cloned()),
    };
    let confirmed = channel.double_optin.then(|| "double opt-in".to_owned());
    let parts: Vec<String> = [method, confirmed].into_iter().flatten().collect();
    parts.join(", ")
}
