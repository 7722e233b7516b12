//! What the columns of a CSV file are: fields of a record by their names, everything else a property.

use super::Kind;
use super::cell::Type;
use crate::data::Consent;

/// What a column is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// A field, by the name that maps have for it.
    Field(&'static str),
    /// A property of the person, the event or the item; a name of its own or the column's.
    Property {
        name: Option<String>,
        kind: Type,
        separator: String,
    },
    /// Words for what a person said.
    Consent {
        channel: Channel,
        words: Vec<(Consent, Vec<String>)>,
    },
    /// Words for whether a person is suppressed.
    Suppression {
        reason: String,
        yes: Vec<String>,
        no: Vec<String>,
    },
    /// Passed over.
    Ignore,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Email,
    Sms,
}

impl Target {
    pub(super) fn text() -> Target {
        Target::Property {
            name: None,
            kind: Type::Text,
            separator: ",".to_owned(),
        }
    }
}

/// A field and the heads that mean it: small letters and digits only, as [`bare`] leaves them.
type Field = (&'static str, &'static [&'static str]);

/// What people go by.
const IDENTITY: &[Field] = &[
    ("email", &["email", "emailaddress"]),
    ("id", &["id", "klaviyoid", "profileid"]),
    ("external_id", &["externalid"]),
    ("phone_number", &["phonenumber", "phone"]),
];

/// Klaviyo's names in exports and in its API.
const PROFILE: &[Field] = &[
    ("first_name", &["firstname"]),
    ("last_name", &["lastname"]),
    ("organization", &["organization", "organisation"]),
    ("title", &["title"]),
    ("image", &["image"]),
    ("locale", &["locale"]),
    ("created", &["created", "profilecreatedon"]),
    ("updated", &["updated", "profileupdatedon"]),
    ("last_event_date", &["lasteventdate", "lastactive"]),
    ("address1", &["address", "address1", "locationaddress1"]),
    ("address2", &["address2", "locationaddress2"]),
    ("city", &["city", "locationcity"]),
    (
        "region",
        &[
            "region",
            "state",
            "stateregion",
            "stateprovince",
            "locationregion",
        ],
    ),
    ("country", &["country", "locationcountry"]),
    ("zip", &["zip", "zipcode", "postalcode", "locationzip"]),
    ("latitude", &["latitude", "locationlatitude"]),
    ("longitude", &["longitude", "locationlongitude"]),
    ("timezone", &["timezone", "locationtimezone"]),
    ("ip", &["ip", "ipaddress", "locationip"]),
    (
        "consent",
        &[
            "emailmarketingconsent",
            "subscriptionsemailmarketingconsent",
        ],
    ),
    ("consent_timestamp", &["emailmarketingconsenttimestamp"]),
    (
        "sms_consent",
        &["smsmarketingconsent", "subscriptionssmsmarketingconsent"],
    ),
    ("sms_consent_timestamp", &["smsmarketingconsenttimestamp"]),
    ("suppression", &["emailsuppressions"]),
    ("suppression_timestamp", &["emailsuppressionstimestamp"]),
];

/// When somebody joined a list; only there.
const JOINED: &[Field] = &[(
    "joined_at",
    &["joinedat", "joined", "dateadded", "joinedgroupat"],
)];

const EVENT: &[Field] = &[
    ("metric", &["metric", "metricname", "event", "eventname"]),
    ("email", &["email", "emailaddress"]),
    ("profile_id", &["profileid", "klaviyoid"]),
    ("external_id", &["externalid"]),
    ("phone_number", &["phonenumber", "phone"]),
    ("time", &["time", "timestamp", "datetime"]),
    ("value", &["value"]),
    ("value_currency", &["valuecurrency"]),
    ("unique_id", &["uniqueid", "eventid"]),
    ("id", &["id"]),
    ("uuid", &["uuid"]),
];

/// Names of file feeds and of the API.
const ITEM: &[Field] = &[
    ("external_id", &["externalid", "id"]),
    ("title", &["title"]),
    ("description", &["description"]),
    ("price", &["price"]),
    (
        "regular_price",
        &["regularprice", "compareatprice", "originalprice"],
    ),
    ("currency_code", &["currency", "currencycode"]),
    ("url", &["link", "url"]),
    ("image_full_url", &["imagelink", "imagefullurl", "imageurl"]),
    ("image_thumbnail_url", &["imagethumbnailurl"]),
    ("categories", &["categories"]),
    ("inventory_quantity", &["inventoryquantity"]),
    ("inventory_policy", &["inventorypolicy"]),
    ("published", &["published"]),
    ("created", &["created"]),
    ("updated", &["updated"]),
];

const VARIANT: &[Field] = &[
    ("sku", &["sku"]),
    ("item", &["item", "itemid", "itemgroupid", "parentid"]),
];

const METRIC: &[Field] = &[
    ("id", &["id", "metricid"]),
    ("name", &["name", "metric", "metricname"]),
    ("integration", &["integration"]),
];

const CATEGORY: &[Field] = &[
    ("external_id", &["externalid", "id"]),
    ("name", &["name", "title"]),
];

const COUPON: &[Field] = &[
    ("coupon", &["coupon"]),
    ("code", &["code", "couponcode", "uniquecode"]),
];

const POSTAL: &[Field] = &[
    ("country", &["country", "countrycode"]),
    ("code", &["code", "postalcode", "zip", "zipcode"]),
    ("name", &["name", "placename", "city"]),
    ("latitude", &["latitude"]),
    ("longitude", &["longitude"]),
];

/// Numbers that Klaviyo computes and exports; all its other columns are text.
const COMPUTED: [&str; 8] = [
    "historiccustomerlifetimevalue",
    "totalcustomerlifetimevalue",
    "predictedcustomerlifetimevalue",
    "averageordervalue",
    "historicnumberoforders",
    "predictednumberoforders",
    "averagedaysbetweenorders",
    "churnriskprediction",
];

/// The fields of a kind.
fn fields(kind: Kind) -> impl Iterator<Item = &'static Field> {
    let tables: &[&[Field]] = match kind {
        Kind::Profiles => &[IDENTITY, PROFILE],
        Kind::Lists => &[IDENTITY, PROFILE, JOINED],
        Kind::Events => &[EVENT],
        Kind::Catalog => &[ITEM],
        Kind::Variants => &[ITEM, VARIANT],
        Kind::Metrics => &[METRIC],
        Kind::Categories => &[CATEGORY],
        Kind::Coupons => &[COUPON],
        Kind::PostalCodes => &[POSTAL],
    };
    tables.iter().copied().flatten()
}

/// The names of all fields, for maps.
pub(super) fn all_fields() -> Vec<&'static str> {
    let mut names: Vec<&str> = Kind::ALL
        .into_iter()
        .flat_map(|kind| fields(kind).map(|(name, _)| *name))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Whether a kind has this field.
pub(super) fn has_field(kind: Kind, name: &str) -> bool {
    fields(kind).any(|(field, _)| *field == name)
}

/// What a column is by its head alone.
pub(super) fn target_of(kind: Kind, head: &str) -> Target {
    // The old name of the account's own id; `id` without the sign is Klaviyo's.
    let head = head.trim();
    let people = matches!(kind, Kind::Profiles | Kind::Lists);
    if people && head == "$id" {
        return Target::Field("external_id");
    }
    // Where somebody was first seen; templates know it by this name.
    if people && head.eq_ignore_ascii_case("source") {
        return Target::Property {
            name: Some("$source".to_owned()),
            kind: Type::Text,
            separator: String::new(),
        };
    }
    let bare = bare(head);
    if let Some((name, _)) = fields(kind).find(|(_, heads)| heads.contains(&bare.as_str())) {
        return Target::Field(name);
    }
    if people && COMPUTED.contains(&bare.as_str()) {
        return Target::Property {
            name: None,
            kind: Type::Number,
            separator: String::new(),
        };
    }
    match kind {
        _ if head.is_empty() => Target::Ignore,
        Kind::Profiles | Kind::Lists | Kind::Events | Kind::Catalog | Kind::Variants => {
            Target::text()
        }
        _ => Target::Ignore,
    }
}

/// The letters and digits of a head: `State / Region`, `state_region` and `$stateRegion` are the same.
pub(super) fn bare(head: &str) -> String {
    head.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The names by which [`super::guess`] knows the columns of any kind of file.
pub(super) fn canonical(head: &str) -> &'static str {
    let bare = bare(head);
    let tables = [
        IDENTITY, COUPON, EVENT, ITEM, VARIANT, PROFILE, METRIC, POSTAL,
    ];
    let mut all = JOINED[0..1]
        .iter()
        .filter(|_| bare.starts_with("joined"))
        .chain(tables.into_iter().flatten());
    all.find(|(_, heads)| heads.contains(&bare.as_str()))
        .map_or("", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn klaviyos_export_is_known_by_its_heads() {
        let field = |head: &str| match target_of(Kind::Profiles, head) {
            Target::Field(name) => name,
            _ => "",
        };
        for (head, name) in [
            ("Email", "email"),
            ("Klaviyo ID", "id"),
            ("External ID", "external_id"),
            ("$id", "external_id"),
            ("First Name", "first_name"),
            ("first_name", "first_name"),
            ("$first_name", "first_name"),
            ("Phone Number", "phone_number"),
            ("Address", "address1"),
            ("Address 2", "address2"),
            ("State / Region", "region"),
            ("State/Region", "region"),
            ("Zip Code", "zip"),
            ("Time Zone", "timezone"),
            ("IP Address", "ip"),
            ("Profile Created On", "created"),
            ("Last Active", "last_event_date"),
            ("Email Marketing Consent", "consent"),
            ("Email Suppressions", "suppression"),
            ("Favorite Tea", ""),
            ("Date Added", ""),
        ] {
            assert_eq!(field(head), name, "{head}");
        }
        assert_eq!(
            target_of(Kind::Lists, "Date Added"),
            Target::Field("joined_at")
        );
        assert_eq!(
            target_of(Kind::Catalog, "$image_link"),
            Target::Field("image_full_url")
        );
    }
}
