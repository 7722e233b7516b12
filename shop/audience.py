"""The segments, flows and postal codes of the sample shop: written by generate.py.

The postal codes are GeoNames' (https://www.geonames.org, CC BY 4.0): only those that the people of the sample live at, and a
few of Amsterdam.
"""
import json

US = [  # code, place, latitude, longitude
    ("02110", "Boston", "42.3576", "-71.0514"),
    ("02141", "Cambridge", "42.3687", "-71.0836"),
    ("01608", "Worcester", "42.2624", "-71.8003"),
    ("04101", "Portland", "43.6606", "-70.2589"),
    ("05401", "Burlington", "44.484", "-73.2199"),
    ("10001", "New York", "40.7484", "-73.9967"),
    ("11211", "Brooklyn", "40.7095", "-73.9563"),
    ("19106", "Philadelphia", "39.9474", "-75.1473"),
    ("20009", "Washington", "38.9202", "-77.0375"),
    ("31401", "Savannah", "32.0749", "-81.0883"),
    ("60614", "Chicago", "41.9229", "-87.6483"),
    ("55401", "Minneapolis", "44.9835", "-93.2683"),
    ("78704", "Austin", "30.2428", "-97.7658"),
    ("70116", "New Orleans", "29.9686", "-90.0646"),
    ("80205", "Denver", "39.759", "-104.9661"),
    ("87501", "Santa Fe", "35.6975", "-105.9821"),
    ("94110", "San Francisco", "37.7509", "-122.4153"),
    ("98101", "Seattle", "47.6114", "-122.3305"),
    ("96813", "Honolulu", "21.3179", "-157.8521"),
]
NL = [  # code, place, latitude, longitude
    ("1012", "Amsterdam", "52.3735", "4.8951"),
    ("2011", "Haarlem", "52.3813", "4.6362"),
    ("3511", "Utrecht", "52.0886", "5.1174"),
    ("3011", "Rotterdam", "51.9191", "4.4867"),
    ("2312", "Leiden", "52.1608", "4.4934"),
    ("2611", "Delft", "52.0115", "4.3595"),
    ("9711", "Groningen", "53.2167", "6.5697"),
    ("9401", "Assen", "52.9939", "6.5625"),
    ("5211", "'s-Hertogenbosch", "51.6893", "5.3035"),
    ("6211", "Maastricht", "50.8503", "5.6882"),
    ("1013", "Amsterdam", "52.3881", "4.8834"),
    ("1016", "Amsterdam", "52.3709", "4.8816"),
    ("1017", "Amsterdam", "52.363", "4.8923"),
    ("1071", "Amsterdam", "52.3553", "4.8788"),
    ("1072", "Amsterdam", "52.3536", "4.8902"),
    ("1073", "Amsterdam", "52.3533", "4.8982"),
    ("2012", "Haarlem", "52.3714", "4.6301"),
    ("2013", "Haarlem", "52.3825", "4.6242"),
]

CREDIT = """Postal codes by GeoNames (https://www.geonames.org), CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/).
Only those of the sample; the files of whole countries are found at https://download.geonames.org/export/zip/.
"""


def postal_codes():
    """File names and texts, in GeoNames' format."""
    yield "CREDITS.md", CREDIT
    for country, codes in (("US", US), ("NL", NL)):
        yield f"{country}.txt", "".join("\t".join([country, code, place] + [""] * 6 + [lat, lon, ""]) + "\n" for code, place, lat, lon in codes)


def did(metric, operator, value, timeframe, measurement="count", filters=None):
    return {"type": "profile-metric", "metric_id": metric, "measurement": measurement,
            "measurement_filter": {"type": "numeric", "operator": operator, "value": value},
            "timeframe_filter": dict({"type": "date"}, **timeframe), "metric_filters": filters}


def last(days):
    return {"operator": "in-the-last", "quantity": days, "unit": "day"}


def has(name, kind, operator, **operands):
    return {"type": "profile-property", "property": name, "filter": dict({"type": kind, "operator": operator}, **operands)}


EVER = {"operator": "alltime"}
MAILABLE = {"type": "profile-marketing-consent",
            "consent": {"channel": "email", "can_receive_marketing": True, "consent_status": {"subscription": "subscribed", "filters": None}}}


def segments(metric):
    """File names, names and groups of conditions: all groups must hold, of each one condition."""
    opened, visited, ordered = metric["Opened Email"], metric["Active on Site"], metric["Placed Order"]
    once = ("greater-than-or-equal", 1)
    return [
        ("engaged", "Engaged", [[did(opened, *once, last(90)), did(visited, *once, last(30)), did(ordered, *once, last(180))], [MAILABLE]]),
        ("bought_last_week", "Bought last week", [[did(ordered, *once, last(7))]]),
        ("lapsed", "Lapsed", [[did(ordered, *once, EVER)], [did(ordered, "equals", 0, last(60))], [MAILABLE]]),
        ("near_amsterdam", "Near Amsterdam", [[{"type": "profile-postal-code-distance", "country_code": "NLD", "postal_code": "1012", "unit": "kilometers",
                                               "filter": {"type": "numeric", "operator": "less-than", "value": 10}}]]),
        ("good_customers", "Good customers", [[has("properties['VIP']", "boolean", "equals", value=True),
                                               did(ordered, "greater-than", 200, last(365), "sum")],
                                              [{"type": "profile-group-membership", "is_member": False, "group_ids": ["lapsed"]}]]),
        ("birthday_soon", "Birthday soon", [[has("properties['Birthday']", "date", "anniversary-next", quantity=14, unit="day")], [MAILABLE]]),
    ]


def mail(action, email, following=None):
    return {"temporary_id": action, "type": "send-email", "links": {"next": following},
            "data": {"message": {"template_id": email, "smart_sending_enabled": True}, "status": "live"}}


def wait(action, value, unit, following):
    return {"temporary_id": action, "type": "time-delay", "links": {"next": following},
            "data": {"unit": unit, "value": value, "secondary_value": None, "timezone": "profile", "delay_until_time": None, "delay_until_weekdays": None}}


def flows(metric):
    """File names, names and definitions."""
    checkout, ordered = metric["Checkout Started"], metric["Placed Order"]
    not_since = {"condition_groups": [{"conditions": [did(ordered, "equals", 0, {"operator": "flow-start"})]}]}
    return [
        ("abandoned_cart", "Abandoned cart", {
            "triggers": [{"type": "metric", "id": checkout, "trigger_filter": None}], "profile_filter": not_since,
            "entry_action_id": "wait", "reentry_criteria": {"duration": 7, "unit": "day"},
            "actions": [wait("wait", 4, "hours", "mail"), mail("mail", "abandoned_cart")]}),
        ("winback", "Winback", {
            "triggers": [{"type": "metric", "id": ordered, "trigger_filter": None}], "profile_filter": not_since,
            "entry_action_id": "wait", "reentry_criteria": {"duration": 0, "unit": "alltime"},
            "actions": [wait("wait", 60, "days", "mail"), mail("mail", "winback")]}),
        ("birthday", "Birthday", {
            "triggers": [{"type": "date", "date_field_type": "profile-property", "date_profile_property": "Birthday", "timedelta_value_before_date": 0,
                          "timedelta_unit_before_date": "days", "recurrence_frequency": "annually", "timezone": "profile", "trigger_time": "09:00:00",
                          "trigger_days": None}],
            "profile_filter": {"condition_groups": [{"conditions": [MAILABLE]}]},
            "entry_action_id": "mail", "reentry_criteria": {"duration": 0, "unit": "alltime"},
            "actions": [mail("mail", "birthday")]}),
    ]


def files(metrics):
    """Everything that generate.py writes of this file: paths and texts."""
    for file, text in postal_codes():
        yield f"postal-codes/{file}", text
    for file, name, groups in segments(metrics):
        definition = {"condition_groups": [{"conditions": conditions} for conditions in groups]}
        yield f"segments/{file}.json", json.dumps({"name": name, "definition": definition}, indent=2) + "\n"
    for file, name, definition in flows(metrics):
        yield f"flows/{file}.json", json.dumps({"name": name, "definition": definition}, indent=2) + "\n"
