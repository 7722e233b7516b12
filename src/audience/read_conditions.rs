//! Conditions as definitions write them (reference C.1 and D.2), older spellings included.

use super::condition::{Condition, Conditions, Distance, Group, Groups, Region, Test};
use super::consent::{ConsentField, ConsentTest, Medium};
use super::country::Country;
use super::held::{Number, brief};
use super::json::Node;
use super::property::{LOCATION, Property, WELL_KNOWN};
use super::read_filter::{About, JOINED_TIMES};
use super::read_metric::is_extra;
use super::reader::{At, Reader};
use super::window::Window;
use crate::data::Consent;
use crate::diagnostic::nearest;

/// Whose conditions are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Segment,
    /// A flow's filter on the profile, a split, the filter of a message.
    Flow,
    /// A flow's filter on the event that starts it.
    Trigger,
}

const SEGMENT_TYPES: [&str; 8] = [
    "profile-property",
    "profile-metric",
    "profile-metric-funnel",
    "profile-group-membership",
    "profile-marketing-consent",
    "profile-region",
    "profile-postal-code-distance",
    "profile-predictive-analytics",
];
const FLOW_TYPES: [&str; 5] = [
    "profile-sample",
    "profile-not-in-flow",
    "profile-not-sent-email",
    "profile-not-sent-sms",
    "profile-not-sent-push",
];
/// Conditions of Klaviyo's that need what is not in the data here.
const UNSUPPORTED: [(&str, &str); 3] = [
    (
        "profile-has-custom-object",
        "custom objects are not part of the data",
    ),
    (
        "profile-permissions",
        "permissions of WhatsApp are not part of the data",
    ),
    (
        "price-drop-property",
        "filters on the item of a price drop are not read yet",
    ),
];

/// As Klaviyo has it.
const MOST_CONDITIONS: usize = 100;

const NUMBERS: [&str; 8] = [
    "average_days_between_orders",
    "average_order_value",
    "churn_probability",
    "historic_clv",
    "historic_number_of_orders",
    "predicted_clv",
    "predicted_number_of_orders",
    "total_clv",
];

impl Reader<'_> {
    /// `{"condition_groups": […]}`: all groups hold, of each one condition.
    pub(super) fn conditions(&mut self, at: &At<'_>, of: Of) -> Option<Conditions> {
        self.object(at, &["condition_groups", "id", "name"], "a definition")?;
        let groups_at = self.needed(at, &["condition_groups"], "a definition")?;
        let groups_list = self.list(&groups_at)?;
        if groups_list.is_empty() {
            self.error_with(
                &groups_at,
                "there is no condition, and that is not everybody",
                "for everybody, ask for something that everybody has: 'email' with the filter 'is-set'",
            );
        }
        let mut groups = Vec::new();
        let mut count = 0;
        for group in &groups_list {
            if self
                .object(group, &["conditions"], "a group of conditions")
                .is_none()
            {
                continue;
            }
            let Some(list_at) = self.needed(group, &["conditions"], "a group of conditions") else {
                continue;
            };
            let Some(list) = self.list(&list_at) else {
                continue;
            };
            if list.is_empty() {
                self.error(
                    &list_at,
                    "a group without a condition holds for nobody; leave it out",
                );
            }
            count += list.len();
            let conditions = list.iter().filter_map(|one| self.condition(one, of));
            groups.push(conditions.collect());
        }
        if count > MOST_CONDITIONS {
            let title = format!("{count} conditions are too many: Klaviyo takes {MOST_CONDITIONS}");
            self.error(&groups_at, title);
        }
        Some(Conditions { groups })
    }

    fn condition(&mut self, at: &At<'_>, of: Of) -> Option<Condition> {
        if !matches!(at.json.node, Node::Object(_)) {
            return self.unexpected(at, "a condition, an object with a 'type'");
        }
        let kind_at = self.needed(at, &["type"], "a condition")?;
        let kind = self.text(&kind_at)?;
        let types: Vec<&str> = match of {
            Of::Segment => SEGMENT_TYPES.to_vec(),
            Of::Flow => SEGMENT_TYPES
                .into_iter()
                .chain(FLOW_TYPES)
                .chain(["metric-property"])
                .collect(),
            Of::Trigger => vec!["metric-property"],
        };
        // The name it had in older revisions.
        let current = if kind == "profile-attribute" {
            "profile-property"
        } else {
            &kind
        };
        if let Some((_, reason)) = UNSUPPORTED.iter().find(|(name, _)| *name == kind) {
            self.error(&kind_at, format!("'{kind}' is not supported: {reason}"));
            return None;
        }
        if !types.contains(&current) {
            if of == Of::Segment && (FLOW_TYPES.contains(&current) || current == "metric-property")
            {
                let title = format!(
                    "'{kind}' is for the filters of flows; a segment has no flow it could ask about"
                );
                self.error(&kind_at, title);
            } else if of == Of::Trigger
                && (SEGMENT_TYPES.contains(&current) || FLOW_TYPES.contains(&current))
            {
                self.error_with(
                    &kind_at,
                    format!(
                        "'{kind}' asks about the profile; a trigger's filter sees only the event"
                    ),
                    "move it to 'profile_filter'",
                );
            } else {
                self.no_such(&kind_at, &kind, "type of a condition", &types);
            }
            return None;
        }
        let test = match current {
            "profile-property" => self.property_condition(at)?,
            "profile-metric" => Test::Metric(self.metric_condition(at, of)?),
            "profile-metric-funnel" => Test::Funnel(self.funnel_condition(at, of)?),
            "profile-group-membership" => Test::Groups(self.group_condition(at)?),
            "profile-marketing-consent" => Test::Consent(self.consent_condition(at)?),
            "profile-region" => {
                self.object(
                    at,
                    &["type", "in_region", "region", "region_id"],
                    "this condition",
                )?;
                let inside = self.needed(at, &["in_region"], "this condition")?;
                let region = self.needed(at, &["region", "region_id"], "this condition")?;
                let regions = [
                    ("european_union", Region::EuropeanUnion),
                    ("united_states", Region::UnitedStates),
                ];
                Test::Region {
                    inside: self.boolean(&inside)?,
                    region: self.word(&region, "region", &regions)?,
                }
            }
            "profile-postal-code-distance" => Test::Distance(self.distance_condition(at)?),
            "profile-predictive-analytics" => self.predictive_condition(at)?,
            "metric-property" => {
                self.object(
                    at,
                    &["type", "metric_id", "field", "property", "filter"],
                    "this condition",
                )?;
                let metric = self.metric_name(at, "this condition")?;
                let field_at = self.needed(at, &["field", "property"], "this condition")?;
                let field = self.text(&field_at)?;
                if is_extra(&field) || field.contains('.') {
                    self.ours(&field_at, format!("Klaviyo's editor cannot filter by '{}'", brief(&field)), "it works here; in Klaviyo only what stands at the top of the properties does");
                }
                let filter = self.needed(at, &["filter"], "this condition")?;
                let filter = self.filter(&filter, About::Trigger)?;
                Test::Event {
                    metric,
                    field,
                    filter,
                }
            }
            "profile-sample" => {
                self.object(at, &["type", "percentage"], "this condition")?;
                let percentage = self.needed(at, &["percentage"], "this condition")?;
                let number = match self.number(&percentage)? {
                    Number::Whole(whole) => whole as f64,
                    Number::Float(float) => float,
                };
                if !(0.0..=100.0).contains(&number) {
                    self.error(&percentage, "a percentage lies between 0 and 100");
                    return None;
                }
                Test::Sample(number)
            }
            "profile-not-in-flow" => {
                let known = ["type", "timeframe_filter", "flow_id"];
                self.object(at, &known, "this condition")?;
                let flow = match at.get("flow_id") {
                    Some(flow) => Some(self.text(&flow)?),
                    None => None,
                };
                let within = self.recently(at)?;
                Test::NotInFlow { flow, within }
            }
            _ => {
                self.object(at, &["type", "timeframe_filter"], "this condition")?;
                let channel = match current {
                    "profile-not-sent-email" => "email",
                    "profile-not-sent-sms" => "sms",
                    _ => "push",
                };
                let within = self.recently(at)?;
                Test::NotSent { channel, within }
            }
        };
        Some(Condition { test })
    }

    /// `alltime` (None inside) or `in-the-last`.
    fn recently(&mut self, at: &At<'_>) -> Option<Option<super::window::Span>> {
        let Some(timeframe) = at.get("timeframe_filter") else {
            return Some(None);
        };
        match self.timeframe(&timeframe, &["alltime", "in-the-last"])? {
            Window::InTheLast(span) => Some(Some(span)),
            _ => Some(None),
        }
    }

    fn property_condition(&mut self, at: &At<'_>) -> Option<Test> {
        self.object(
            at,
            &["type", "property", "field", "filter"],
            "this condition",
        )?;
        let property_at = self.needed(at, &["property", "field"], "this condition")?;
        let text = self.text(&property_at)?;
        let property = Property::parse(&text);
        if property.is_none() {
            let title = format!("'{}' is no property of a profile", brief(&text));
            let well_known = WELL_KNOWN.iter().map(|name| (*name).to_owned());
            let places = LOCATION.iter().map(|name| format!("location['{name}']"));
            let known: Vec<String> = well_known.chain(places).collect();
            let near = match LOCATION.contains(&text.as_str()) {
                true => Some(format!("location['{text}']")),
                false => nearest(&text, known.iter().map(String::as_str)).map(str::to_owned),
            };
            let error = self.error(&property_at, title);
            error
                .help
                .extend(near.map(|near| format!("did you mean \"{near}\"?")));
            if !text.contains('[') {
                let escaped = text.replace('\\', "\\\\").replace('\'', "\\'");
                error.help.push(format!(
                    "a property of your own is written \"properties['{}']\"",
                    brief(&escaped)
                ));
            }
        }
        let filter = self.needed(at, &["filter"], "this condition")?;
        let filter = self.filter(&filter, About::Profile)?;
        Some(Test::Property {
            property: property?,
            filter,
            at: self.location(property_at.range()),
            path: property_at.path.clone(),
        })
    }

    fn group_condition(&mut self, at: &At<'_>) -> Option<Groups> {
        let what = "a profile-group-membership condition";
        self.object(
            at,
            &["type", "is_member", "group_ids", "timeframe_filter"],
            what,
        )?;
        let is_member = self.needed(at, &["is_member"], what)?;
        let is_member = self.boolean(&is_member)?;
        let ids = self.needed(at, &["group_ids"], what)?;
        let list = self.list(&ids)?;
        if list.is_empty() {
            self.error(&ids, "'group_ids' names a list or a segment");
            return None;
        }
        let mut groups = Vec::new();
        for one in &list {
            groups.push(Group {
                written: self.text(one)?,
                at: self.location(one.range()),
                path: one.path.clone(),
                segment: None,
            });
        }
        let timeframe = match at.get("timeframe_filter") {
            None => None,
            Some(timeframe) if !is_member => {
                self.error(
                    &timeframe,
                    "there is no time of joining for somebody who is no member",
                );
                return None;
            }
            Some(timeframe)
                if timeframe.json.get("operator").and_then(|one| one.as_text())
                    == Some("alltime") =>
            {
                None
            }
            Some(timeframe) => Some(self.timeframe(&timeframe, &JOINED_TIMES)?),
        };
        Some(Groups {
            is_member,
            groups,
            timeframe,
        })
    }

    fn consent_condition(&mut self, at: &At<'_>) -> Option<ConsentTest> {
        let what = "a profile-marketing-consent condition";
        self.object(at, &["type", "consent"], what)?;
        let consent = self.needed(at, &["consent"], what)?;
        self.object(
            &consent,
            &["channel", "can_receive_marketing", "consent_status"],
            "'consent'",
        )?;
        let channel = self.needed(&consent, &["channel"], "'consent'")?;
        if channel.text() == Some("whatsapp") {
            self.error(
                &channel,
                "the channel 'whatsapp' is not supported: it is not part of the data",
            );
            return None;
        }
        let media = [
            ("email", Medium::Email),
            ("sms", Medium::Sms),
            ("mobile_push", Medium::Push),
            ("push", Medium::Push),
        ];
        let medium = self.word(&channel, "channel", &media)?;
        let can_receive = self.needed(&consent, &["can_receive_marketing"], "'consent'")?;
        let can_receive = self.boolean(&can_receive)?;
        let mut test = ConsentTest {
            medium,
            can_receive,
            consent: None,
            filters: Vec::new(),
        };
        let Some(status) = consent.get("consent_status") else {
            return Some(test);
        };
        self.object(&status, &["subscription", "filters"], "'consent_status'")?;
        if let Some(word) = status.get("subscription") {
            let words = [
                ("any", None),
                ("subscribed", Some(Consent::Subscribed)),
                ("unsubscribed", Some(Consent::Unsubscribed)),
                ("never_subscribed", Some(Consent::NeverSubscribed)),
            ];
            test.consent = self.word(&word, "subscription", &words)?;
            if can_receive && test.consent == Some(Consent::Unsubscribed) {
                self.error_with(
                    &word,
                    "nobody who unsubscribed can receive marketing",
                    "with \"can_receive_marketing\": true only any, subscribed and never_subscribed are possible",
                );
                return None;
            }
        }
        if let Some(filters) = status.get("filters") {
            for one in self.list(&filters)? {
                self.object(&one, &["field", "filter"], "a filter of consent")?;
                let field = self.needed(&one, &["field"], "a filter of consent")?;
                let field = self.word(&field, "field of consent", &ConsentField::WORDS)?;
                let filter = self.needed(&one, &["filter"], "a filter of consent")?;
                test.filters
                    .push((field, self.filter(&filter, About::Profile)?));
            }
        }
        Some(test)
    }

    fn distance_condition(&mut self, at: &At<'_>) -> Option<Distance> {
        let what = "a profile-postal-code-distance condition";
        self.object(
            at,
            &["type", "country_code", "postal_code", "unit", "filter"],
            what,
        )?;
        let country_at = self.needed(at, &["country_code"], what)?;
        let name = self.text(&country_at)?;
        let Some(country) = Country::named(&name) else {
            let title = format!("'{}' is no country", brief(&name));
            self.error_with(
                &country_at,
                title,
                "write its three letters, such as NLD or USA",
            );
            return None;
        };
        let code_at = self.needed(at, &["postal_code"], what)?;
        let code = match &code_at.json.node {
            Node::Number(number) => number.clone(),
            _ => self.text(&code_at)?,
        };
        let unit = self.needed(at, &["unit"], what)?;
        let units = [("kilometers", false), ("miles", true)];
        let miles = self.word(&unit, "unit of distance", &units)?;
        let filter = self.needed(at, &["filter"], what)?;
        self.object(
            &filter,
            &["type", "operator", "value"],
            "the filter of a distance",
        )?;
        let operator = self.needed(&filter, &["operator"], "the filter of a distance")?;
        let words = [("less-than", true), ("greater-than", false)];
        let within = self.word(&operator, "operator of a distance", &words)?;
        let value_at = self.needed(&filter, &["value"], "the filter of a distance")?;
        let value = match self.number(&value_at)? {
            Number::Whole(whole) => whole as f64,
            Number::Float(float) => float,
        };
        if value < 0.0 {
            self.error(&value_at, "no distance is negative");
            return None;
        }
        Some(Distance {
            country: country.alpha_3,
            code,
            at: self.location(code_at.range()),
            path: code_at.path.clone(),
            known: None,
            miles,
            within,
            value,
        })
    }

    fn predictive_condition(&mut self, at: &At<'_>) -> Option<Test> {
        let what = "a profile-predictive-analytics condition";
        let known = [
            "type",
            "dimension",
            "filter",
            "measurement",
            "predicted_channel",
        ];
        self.object(at, &known, what)?;
        let dimension_at = self.needed(at, &["dimension"], what)?;
        let dimension = self.text(&dimension_at)?;
        let kind = match dimension.as_str() {
            "expected_date_of_next_purchase" => "date",
            "predicted_gender" => "string",
            "channel_affinity" => {
                self.error(
                    &dimension_at,
                    "'channel_affinity' is not supported: it is not part of exported profiles",
                );
                return None;
            }
            name if NUMBERS.contains(&name) => "numeric",
            name => {
                let others = ["expected_date_of_next_purchase", "predicted_gender"];
                let all: Vec<&str> = NUMBERS.into_iter().chain(others).collect();
                self.no_such(&dimension_at, name, "predicted dimension", &all);
                return None;
            }
        };
        let filter_at = self.needed(at, &["filter"], what)?;
        if let Some(found) = filter_at.get("type")
            && found.text() != Some(kind)
        {
            self.error(
                &found,
                format!("'{dimension}' takes a filter of the type '{kind}'"),
            );
            return None;
        }
        let filter = self.filter(&filter_at, About::Profile)?;
        Some(Test::Predictive { dimension, filter })
    }
}
