//! A profile as Klaviyo's API writes it.

use serde::Serialize;

use super::resource::{Mapping, Relationships, Resource};
use super::{Channel, Consent, Profile, Subscriptions, instant};

impl Profile {
    /// The profile as Klaviyo's API writes it.
    ///
    /// ```
    /// use letterpress::data::Profile;
    /// let ada = Profile::from_json(r#"{"id": "01JD3T", "email": "ada@example.com", "properties": {"VIP": true}}"#)?;
    /// let json = serde_json::to_string(&ada.resource()).unwrap();
    /// assert!(json.starts_with(r#"{"type":"profile","id":"01JD3T","attributes":{"email":"ada@example.com","phone_number":null,"#));
    /// assert_eq!(Profile::from_json(&json)?.property("VIP"), ada.property("VIP"));
    /// # Ok::<(), letterpress::data::DataError>(())
    /// ```
    pub fn resource(&self) -> impl Serialize + '_ {
        let profile = self;
        let location = &profile.location;
        Resource {
            r#type: "profile",
            id: profile.id.as_deref(),
            attributes: ProfileAttributes {
                email: profile.email.as_deref(),
                phone_number: profile.phone_number.as_deref(),
                external_id: profile.external_id.as_deref(),
                first_name: profile.first_name.as_deref(),
                last_name: profile.last_name.as_deref(),
                organization: profile.organization.as_deref(),
                locale: profile.locale.as_deref(),
                title: profile.title.as_deref(),
                image: profile.image.as_deref(),
                created: profile.created.map(instant::show),
                updated: profile.updated.map(instant::show),
                last_event_date: profile.last_event_date.map(instant::show),
                location: LocationFields {
                    address1: location.address1.as_deref(),
                    address2: location.address2.as_deref(),
                    city: location.city.as_deref(),
                    region: location.region.as_deref(),
                    country: location.country.as_deref(),
                    zip: location.zip.as_deref(),
                    latitude: location.latitude,
                    longitude: location.longitude,
                    timezone: location.timezone.as_deref(),
                    ip: location.ip.as_deref(),
                },
                properties: Mapping(&profile.properties),
                subscriptions: profile
                    .subscriptions
                    .as_deref()
                    .map(|said| Channels::of(profile, said)),
                predictive_analytics: profile.predictive_analytics.as_deref().map(Mapping),
            },
            relationships: Relationships::default(),
        }
    }
}

#[derive(Serialize)]
struct ProfileAttributes<'a> {
    email: Option<&'a str>,
    phone_number: Option<&'a str>,
    external_id: Option<&'a str>,
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    organization: Option<&'a str>,
    locale: Option<&'a str>,
    title: Option<&'a str>,
    image: Option<&'a str>,
    created: Option<String>,
    updated: Option<String>,
    last_event_date: Option<String>,
    location: LocationFields<'a>,
    properties: Mapping<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscriptions: Option<Channels<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    predictive_analytics: Option<Mapping<'a>>,
}

#[derive(Serialize)]
struct LocationFields<'a> {
    address1: Option<&'a str>,
    address2: Option<&'a str>,
    city: Option<&'a str>,
    region: Option<&'a str>,
    country: Option<&'a str>,
    zip: Option<&'a str>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    timezone: Option<&'a str>,
    ip: Option<&'a str>,
}

#[derive(Serialize)]
struct Channels<'a> {
    email: Marketing<EmailChannel<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sms: Option<Marketing<SmsChannel<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile_push: Option<Marketing<PushChannel<'a>>>,
}

#[derive(Serialize)]
struct Marketing<T> {
    marketing: T,
}

#[derive(Serialize)]
struct EmailChannel<'a> {
    can_receive_email_marketing: bool,
    #[serde(flatten)]
    said: &'a Channel,
}

#[derive(Serialize)]
struct SmsChannel<'a> {
    can_receive_sms_marketing: bool,
    #[serde(flatten)]
    said: &'a Channel,
}

#[derive(Serialize)]
struct PushChannel<'a> {
    can_receive_push_marketing: bool,
    #[serde(flatten)]
    said: &'a Channel,
}

impl<'a> Channels<'a> {
    fn of(profile: &Profile, said: &'a Subscriptions) -> Channels<'a> {
        let yes = |channel: &Channel| channel.consent == Consent::Subscribed;
        Channels {
            email: Marketing {
                marketing: EmailChannel {
                    can_receive_email_marketing: profile.can_receive_email(),
                    said: &said.email,
                },
            },
            sms: said.sms.as_ref().map(|said| Marketing {
                marketing: SmsChannel {
                    can_receive_sms_marketing: yes(said),
                    said,
                },
            }),
            mobile_push: said.mobile_push.as_ref().map(|said| Marketing {
                marketing: PushChannel {
                    can_receive_push_marketing: yes(said),
                    said,
                },
            }),
        }
    }
}
