//! Segments and flows for the fuzzer: mostly right, with something odd in one place or another.

use super::grammar::Dice;

pub const PROFILES: &str = r#"{"id": "1", "email": "a@example.com", "phone_number": "+16175550123", "properties": {"A": "tea", "B": ["x", 1, null], "Day": "1992-02-29"}, "location": {"country": "US", "zip": "02110", "timezone": "America/New_York"}}
{"id": "2", "properties": {"A": 12, "B": {"c": 1}, "Day": "9999-12-31"}, "location": {"country": "NL", "latitude": 91, "longitude": 5, "timezone": "Pacific/Apia"}}
{"id": "3", "properties": {"A": true, "Day": -62135596800}, "location": {"timezone": "No/Where"}}
{"id": "4", "properties": {"A": [], "Day": "2026-01-31T23:59:59-11:00"}, "subscriptions": {"email": {"marketing": {"consent": "SUBSCRIBED"}}}}"#;

pub const EVENTS: &str = r#"{"id": "e1", "metric": "M", "profile": {"id": "1"}, "time": "2026-06-17T15:00:00Z", "properties": {"$value": 10, "Brand": "A", "Items": [{"id": 1}], "$extra": {"line_items": [{"price": "7"}]}}}
{"id": "e2", "metric": "N", "profile": {"id": "1"}, "time": "2026-06-17T15:00:00Z", "properties": {"$value": 1e300}}
{"id": "e3", "metric": "M", "profile": {"id": "2"}, "time": "1970-01-01T00:00:00Z", "properties": {"$value": -1e300, "Brand": null}}
{"id": "e4", "metric": "M", "profile": {"id": "1"}, "time": "2026-06-18T15:00:00Z", "properties": {}}"#;

pub fn now(dice: &mut Dice) -> String {
    let times = [
        "2026-06-17T15:00:00Z",
        "2028-02-29T00:00:00Z",
        "-009999-01-02T01:59:59Z",
        "9999-12-30T22:00:00Z",
        "1969-12-31T23:59:59.5Z",
        "2026-03-08T07:00:00Z",
    ];
    dice.pick(&times).to_owned()
}

/// Mostly the first; now and then something else.
fn odd(dice: &mut Dice, right: &str) -> String {
    const ODD: [&str; 14] = [
        "null",
        "0",
        "-1",
        "1e400",
        "99999999999999999999",
        "\"\"",
        "[]",
        "{}",
        "true",
        "\"\\u0000\\ud83c\"",
        "\"\\ud83c\\udf75\"",
        "[[[]]]",
        "\"properties['",
        "0.1",
    ];
    match dice.one_in(40) {
        true => dice.pick(&ODD).to_owned(),
        false => right.to_owned(),
    }
}

fn text(dice: &mut Dice, from: &[&str]) -> String {
    let right = format!("\"{}\"", dice.pick(from));
    odd(dice, &right)
}

fn number(dice: &mut Dice) -> String {
    let right = dice
        .pick(&["0", "1", "3", "7", "30", "400", "1000000", "1.5", "-3"])
        .to_owned();
    odd(dice, &right)
}

const UNITS: [&str; 4] = ["hour", "day", "week", "month"];
const DATES: [&str; 6] = [
    "2026-06-10T00:00:00+00:00",
    "2026-06-10",
    "1992-02-29",
    "9999-12-31T23:59:59Z",
    "0001-01-01",
    "soon",
];

fn window(dice: &mut Dice) -> String {
    let operator = dice.pick(&[
        "after",
        "before",
        "between-static",
        "in-the-last",
        "at-least",
        "in-the-next",
        "between",
        "anniversary",
        "anniversary-month",
        "anniversary-last",
        "anniversary-next",
        "calendar-month",
        "alltime",
        "flow-start",
    ]);
    let operands = match operator {
        "after" | "before" => format!(", \"date\": {}", text(dice, &DATES)),
        "between-static" => format!(
            ", \"start\": {}, \"end\": {}",
            text(dice, &DATES),
            text(dice, &DATES)
        ),
        "between" => format!(
            ", \"start\": {}, \"end\": {}, \"unit\": {}",
            number(dice),
            number(dice),
            text(dice, &UNITS)
        ),
        "calendar-month" => format!(", \"value\": {}", number(dice)),
        "anniversary" | "anniversary-month" | "alltime" | "flow-start" => String::new(),
        _ => format!(
            ", \"quantity\": {}, \"unit\": {}",
            number(dice),
            text(dice, &UNITS)
        ),
    };
    format!("{{\"type\": \"date\", \"operator\": \"{operator}\"{operands}}}")
}

fn filter(dice: &mut Dice) -> String {
    if dice.one_in(4) {
        return window(dice);
    }
    let kind = dice.pick(&["string", "numeric", "boolean", "existence", "list"]);
    let (operator, value) = match kind {
        "string" => (
            dice.pick(&[
                "equals",
                "not-equals",
                "contains",
                "not-contains",
                "starts-with",
                "ends-with",
                "regex",
                "nregex",
                "in",
                "not-in",
                "phone-country-code-in",
            ]),
            dice.pick(&[
                "\"tea\"",
                "\"(a|b\"",
                "\"(?:a{1000}){1000}\"",
                "[\"1\", \"US\"]",
                "\"\\\\d+\"",
                "null",
                "\"\"",
            ]),
        ),
        "numeric" => (
            dice.pick(&[
                "equals",
                "not-equals",
                "greater-than",
                "less-than-or-equal",
                "between",
            ]),
            dice.pick(&[
                "1",
                "1.5",
                "-0",
                "1e300",
                "12345678901234567890123",
                "\"1\"",
            ]),
        ),
        "boolean" => ("equals", dice.pick(&["true", "false", "\"true\""])),
        "existence" => (dice.pick(&["is-set", "not-set"]), "1"),
        _ => (
            dice.pick(&[
                "contains",
                "not-contains",
                "length-equals",
                "length-less-than",
                "contains-any",
                "not-contains-all",
                "contains-substring",
            ]),
            dice.pick(&["\"x\"", "1", "[\"x\", 1]", "[]", "-1"]),
        ),
    };
    let value = match (kind, operator) {
        ("existence", _) => String::new(),
        ("numeric", "between") => ", \"start\": 1, \"end\": 9".to_owned(),
        _ => format!(", \"value\": {}", odd(dice, value)),
    };
    format!("{{\"type\": \"{kind}\", \"operator\": \"{operator}\"{value}}}")
}

fn condition(dice: &mut Dice) -> String {
    let property = [
        "properties['A']",
        "properties['B']",
        "properties['Day']",
        "properties['it\\\\'s']",
        "email",
        "location['zip']",
        "last_active",
        "created",
        "phone_number",
        "A",
    ];
    let metric = ["M", "N", "M", "M", "O"];
    match dice.below(11) {
        0..=2 => format!(
            "{{\"type\": \"profile-property\", \"property\": {}, \"filter\": {}}}",
            text(dice, &property),
            filter(dice)
        ),
        3 | 4 => {
            let filters = match dice.one_in(2) {
                true => "null".to_owned(),
                false => format!(
                    "[{{\"property\": {}, \"filter\": {}}}]",
                    text(
                        dice,
                        &[
                            "Brand",
                            "Items",
                            "$value",
                            "$extra",
                            "extra.line_items.0.price"
                        ]
                    ),
                    filter(dice)
                ),
            };
            format!(
                "{{\"type\": \"profile-metric\", \"metric_id\": {}, \"measurement\": {}, \"measurement_filter\": {{\"type\": \"numeric\", \"operator\": \"{}\", \"value\": {}}}, \"timeframe_filter\": {}, \"metric_filters\": {filters}}}",
                text(dice, &metric),
                text(dice, &["count", "sum"]),
                dice.pick(&["equals", "greater-than-or-equal", "less-than"]),
                number(dice),
                window(dice)
            )
        }
        5 => {
            let steps: Vec<String> = (0..dice.below(5))
                .map(|_| {
                    let exists = dice.pick(&["true", "true", "false"]);
                    format!("{{\"metric_exists\": {exists}, \"metric_id\": {}, \"metric_filters\": null}}", text(dice, &metric))
                })
                .collect();
            format!(
                "{{\"type\": \"profile-metric-funnel\", \"timeframe_filter\": {}, \"completion_window_seconds\": {}, \"steps\": [{}]}}",
                window(dice),
                text(dice, &["HOURS_1", "DAYS_1", "YEARS_1"]),
                steps.join(", ")
            )
        }
        6 => format!(
            "{{\"type\": \"profile-group-membership\", \"is_member\": {}, \"group_ids\": [{}]}}",
            dice.pick(&["true", "false"]),
            text(dice, &["other", "segment", "newsletter", "othr"])
        ),
        7 => format!(
            "{{\"type\": \"profile-marketing-consent\", \"consent\": {{\"channel\": {}, \"can_receive_marketing\": {}, \"consent_status\": {{\"subscription\": {}, \"filters\": null}}}}}}",
            text(dice, &["email", "sms", "whatsapp"]),
            dice.pick(&["true", "false"]),
            text(dice, &["any", "subscribed", "unsubscribed"])
        ),
        8 => format!(
            "{{\"type\": \"profile-postal-code-distance\", \"country_code\": {}, \"postal_code\": {}, \"unit\": {}, \"filter\": {{\"type\": \"numeric\", \"operator\": {}, \"value\": {}}}}}",
            text(dice, &["USA", "US", "Atlantis"]),
            text(dice, &["02110", "2110", "99999"]),
            text(dice, &["kilometers", "miles"]),
            text(dice, &["less-than", "greater-than"]),
            number(dice)
        ),
        9 => format!(
            "{{\"type\": \"metric-property\", \"metric_id\": {}, \"field\": {}, \"filter\": {}}}",
            text(dice, &metric),
            text(
                dice,
                &["Brand", "extra.line_items.0.price", "Items.0.id", "a..b."]
            ),
            filter(dice)
        ),
        _ => {
            let kind = dice.pick(&[
                "profile-sample",
                "profile-not-in-flow",
                "profile-not-sent-email",
                "profile-region",
            ]);
            let rest = match kind {
                "profile-sample" => format!("\"percentage\": {}", number(dice)),
                "profile-region" => {
                    "\"in_region\": true, \"region_id\": \"european_union\"".to_owned()
                }
                _ => format!("\"timeframe_filter\": {}", window(dice)),
            };
            format!("{{\"type\": \"{kind}\", {rest}}}")
        }
    }
}

fn groups(dice: &mut Dice) -> String {
    let groups: Vec<String> = (0..1 + dice.below(3))
        .map(|_| {
            let conditions: Vec<String> = (0..1 + dice.below(3)).map(|_| condition(dice)).collect();
            let list = format!("[{}]", conditions.join(", "));
            format!("{{\"conditions\": {}}}", odd(dice, &list))
        })
        .collect();
    let list = format!("[{}]", groups.join(", "));
    format!("{{\"condition_groups\": {}}}", odd(dice, &list))
}

/// Cuts, doubles or changes a character now and then.
fn spoiled(dice: &mut Dice, mut text: String) -> String {
    if dice.one_in(8) {
        let at = dice.below(text.len().max(1));
        if text.is_char_boundary(at) && at < text.len() {
            match dice.below(3) {
                0 => text.truncate(at),
                1 => text.insert_str(
                    at,
                    dice.pick(&["{", "]", ",", "\"", "\\", "\u{1b}[2J", "é"]),
                ),
                _ => {
                    let tail = text[at..].to_owned();
                    text.push_str(&tail);
                }
            }
        }
    }
    text
}

pub fn segment(dice: &mut Dice) -> String {
    let groups = groups(dice);
    let text = match dice.below(3) {
        0 => groups,
        1 => format!("{{\"name\": \"S\", \"definition\": {groups}}}"),
        _ => format!(
            "{{\"data\": {{\"type\": \"segment\", \"id\": \"X\", \"attributes\": {{\"name\": \"S\", \"definition\": {groups}}}}}}}"
        ),
    };
    spoiled(dice, text)
}

pub fn flow(dice: &mut Dice) -> String {
    let trigger = match dice.below(4) {
        0 => format!(
            "{{\"type\": \"metric\", \"id\": {}, \"trigger_filter\": {}}}",
            text(dice, &["M", "N"]),
            groups(dice)
        ),
        1 => format!(
            "{{\"type\": \"segment\", \"id\": {}}}",
            text(dice, &["segment", "other"])
        ),
        _ => format!(
            "{{\"type\": \"date\", \"date_profile_property\": {}, \"timedelta_value_before_date\": {}, \"timedelta_unit_before_date\": {}, \"recurrence_frequency\": {}, \"timezone\": {}, \"trigger_time\": {}, \"trigger_days\": {}}}",
            text(dice, &["Day", "created", "properties['Day']"]),
            odd(dice, "10000"),
            text(dice, &["days", "weeks", "months"]),
            text(dice, &["never", "weekly", "monthly", "annually"]),
            text(dice, &["profile", "Pacific/Apia", "Nowhere"]),
            text(dice, &["09:00:00", "23:59:59", "25:00:00", "02:30"]),
            odd(dice, "[\"monday\"]")
        ),
    };
    let to = ["a", "b", "c", "d"];
    let actions: Vec<String> = to
        .iter()
        .map(|id| {
            let (next, yes, no) = (text(dice, &to), text(dice, &to), text(dice, &["a", "b", "e"]));
            let body = match dice.below(5) {
                0 => format!("\"type\": \"send-email\", \"links\": {{\"next\": {next}}}, \"data\": {{\"message\": {{\"template_id\": \"x\", \"additional_filters\": {}}}, \"status\": \"live\"}}", groups(dice)),
                1 => format!("\"type\": \"conditional-split\", \"links\": {{\"next_if_true\": {yes}, \"next_if_false\": null}}, \"data\": {{\"profile_filter\": {}}}", groups(dice)),
                2 => format!("\"type\": \"target-date\", \"links\": {{\"next\": {next}}}, \"data\": {{\"target_time\": \"09:00:00\"}}"),
                3 => format!("\"type\": \"update-profile\", \"links\": {{\"next\": {no}}}"),
                _ => format!("\"type\": \"time-delay\", \"links\": {{\"next\": {next}}}, \"data\": {{\"unit\": {}, \"value\": {}, \"delay_until_time\": null}}", text(dice, &["minutes", "hours", "days", "weeks"]), number(dice)),
            };
            format!("{{\"temporary_id\": \"{id}\", {body}}}")
        })
        .collect();
    let filter = match dice.one_in(2) {
        true => "null".to_owned(),
        false => groups(dice),
    };
    let text = format!(
        "{{\"triggers\": [{trigger}], \"profile_filter\": {filter}, \"entry_action_id\": \"a\", \"actions\": [{}]}}",
        actions.join(", ")
    );
    spoiled(dice, text)
}
