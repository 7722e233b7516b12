#!/usr/bin/env python3
"""A slow and obvious reading of the written rules of segments, by which the program is judged.

    oracle.py FOLDER SEED DEFINITIONS PROFILES     random shop, definitions and who is in each, into FOLDER
    oracle.py dates SEED CASES                     random dates and when each makes a flow start next, a line each

Written from the rules (Klaviyo's, and where Klaviyo says nothing the project's own, in docs/segments.md and docs/flows.md), not
from the program. Only the standard library is needed for segments; dates also need dateutil.

Writes shop files that the program reads (profiles.jsonl, events.jsonl, lists/*.csv) and expected.jsonl: for each definition
its JSON, now, and the numbers of the profiles that are in it.
"""
import datetime as dt
import json
import math
import pathlib
import random
import re
import sys

UTC = dt.timezone.utc
DAY = 86400


# ------------------------------------------------------------------ values
class Missing:
    """A value that is not set, or cannot be read as what is asked for: it fails every filter."""


MISSING = Missing()
NUMBER = re.compile(r"\s*[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?\s*\Z")


def is_number(v):
    return isinstance(v, (int, float)) and not isinstance(v, bool)


def as_text(v):
    if isinstance(v, bool):
        return "true" if v else "false"
    if is_number(v):
        return repr(v)
    return v if isinstance(v, str) else MISSING


def as_number(v):
    if is_number(v):
        return v
    if isinstance(v, str) and NUMBER.match(v):
        text = v.strip()
        return int(text) if re.match(r"[+-]?[0-9]+\Z", text) else float(text)
    return MISSING


def as_boolean(v):
    if isinstance(v, bool):
        return v
    if is_number(v) and v in (0, 1):
        return v == 1
    if isinstance(v, str) and v.lower() in ("true", "1", "t", "yes", "y"):
        return True
    if isinstance(v, str) and v.lower() in ("false", "0", "f", "no", "n"):
        return False
    return MISSING


def as_list(v):
    if isinstance(v, dict):
        return MISSING
    if isinstance(v, list):
        return MISSING if any(isinstance(x, (list, dict)) for x in v) else v
    return [v]


ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?\Z")
AMERICAN = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}|[0-9]{2})(?: ([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?)?\Z")


def in_calendar(t):
    """Times beyond the calendar's four-digit years are none."""
    return t if -62135596800 <= t <= 253402207200 else MISSING


def as_time(v):
    """Seconds since 1970."""
    if is_number(v):
        return in_calendar(math.floor(v))
    if not isinstance(v, str):
        return MISSING
    text = v.strip()
    if re.match(r"-?[0-9]+(\.[0-9]+)?\Z", text):
        return in_calendar(math.floor(float(text)))
    m = ISO.match(text)
    if m:
        y, mo, d, h, mi, s = (int(x or 0) for x in m.groups()[:6])
        offset = 0
        zone = m.group(7)
        if zone and zone != "Z":
            offset = (int(zone[1:3]) * 3600 + int(zone[4:6]) * 60) * (-1 if zone[0] == "-" else 1)
    else:
        m = AMERICAN.match(text)
        if not m:
            return MISSING
        mo, d, y, h, mi, s = (int(x or 0) for x in m.groups())
        if len(m.group(3)) == 2:
            y += 2000 if y <= 68 else 1900
        offset = 0
    try:
        return int(dt.datetime(y, mo, d, h, mi, s, tzinfo=UTC).timestamp()) - offset
    except ValueError:
        return MISSING


# ------------------------------------------------------------------ time windows
def day_start(t):
    return t - t % DAY


def date_of(t):
    return (dt.datetime(1970, 1, 1) + dt.timedelta(seconds=t)).date()


UNIT = {"hour": 3600, "day": DAY, "week": 7 * DAY}


def some_year(t, low, high):
    d = date_of(t)
    for year in range(max(1, date_of(low).year), date_of(high).year + 1):
        try:
            moved = dt.datetime(year, d.month, d.day, tzinfo=UTC).timestamp() + t % DAY
        except ValueError:
            continue
        if low <= moved <= high:
            return True
    return False


def window(f, t, now, is_event):
    """Whether a time lies in a date filter or a timeframe."""
    op, d0 = f["operator"], day_start(now)
    n = f.get("quantity", 0) * UNIT[f["unit"]] if "unit" in f and "quantity" in f else 0
    base = now if f.get("unit") == "hour" else d0
    if op == "alltime":
        return t <= now if is_event else True
    if op == "in-the-last":
        return base - n <= t <= now
    if op == "at-least":
        return t < base - n
    if op == "in-the-next":
        return now <= t <= now + n if f["unit"] == "hour" else now <= t < d0 + n + DAY
    if op == "between":
        a, b = sorted((f["start"], f["end"]))
        a, b = a * UNIT[f["unit"]], b * UNIT[f["unit"]]
        return now - b <= t < now - a if f["unit"] == "hour" else d0 - b <= t < d0 - a + DAY
    if op == "before":
        return t < as_time(f["date"])
    if op == "after":
        d = as_time(f["date"])
        return t >= d + DAY if d % DAY == 0 else t > d
    if op == "between-static":
        s, e = as_time(f["start"]), as_time(f["end"])
        return s <= t and (t < e + DAY if e % DAY == 0 else t <= e)
    d, today = date_of(t), date_of(now)
    if op == "anniversary":
        return (d.month, d.day) == (today.month, today.day)
    if op == "anniversary-month":
        return d.month == today.month
    if op == "calendar-month":
        return d.month == f["value"]
    if op == "anniversary-last":
        return some_year(t, base - n, now)
    if op == "anniversary-next":
        return some_year(t, now, now + n if f["unit"] == "hour" else d0 + n + DAY - 1)
    raise ValueError(op)


# ------------------------------------------------------------------ filters
COMPARE = {"equals": lambda a, b: a == b, "not-equals": lambda a, b: a != b, "greater-than": lambda a, b: a > b,
           "greater-than-or-equal": lambda a, b: a >= b, "less-than": lambda a, b: a < b, "less-than-or-equal": lambda a, b: a <= b}
POSITIVE = {"equals": lambda v, x: v == x, "contains": lambda v, x: x in v, "starts-with": lambda v, x: v.startswith(x),
            "ends-with": lambda v, x: v.endswith(x), "regex": lambda v, x: re.search(x, v) is not None, "in": lambda v, x: v in x}


def calling_code(v):
    if not isinstance(v, str) or not v.startswith("+"):
        return MISSING
    return next((c for c in ("353", "44", "31", "1") if v[1:].startswith(c)), MISSING)


def passes(f, value, now):
    """value is MISSING where it is absent or null."""
    kind, op = f["type"], f["operator"]
    if kind == "existence":
        return (value is not MISSING) == (op == "is-set")
    if value is MISSING:
        return False
    if kind == "string":
        if op.startswith("phone-country-code"):
            code = calling_code(value)
            return code is not MISSING and (code in f["value"]) != op.endswith("not-in")
        negative = op.startswith("not-") or op == "nregex"
        test = POSITIVE["regex" if op == "nregex" else op.removeprefix("not-")]
        if isinstance(value, list):
            members = as_list(value)
            if members is MISSING:
                return False
            if op.endswith("contains"):
                test = POSITIVE["equals"]
            texts = [as_text(m) for m in members]
            found = any(t is not MISSING and test(t, f["value"]) for t in texts)
            return found != negative
        text = as_text(value)
        return text is not MISSING and test(text, f["value"]) != negative
    if kind == "numeric":
        number = as_number(value)
        return number is not MISSING and COMPARE[op](number, f["value"])
    if kind == "boolean":
        return as_boolean(value) is f["value"]
    if kind == "list":
        members = as_list(value)
        if members is MISSING:
            return False
        if op.startswith("length-"):
            return COMPARE[op.removeprefix("length-")](len(members), f["value"])
        texts = [t for t in (as_text(m) for m in members) if t is not MISSING]
        negative, op = op.startswith("not-"), op.removeprefix("not-")
        wanted = f["value"] if isinstance(f["value"], list) else [f["value"]]
        wanted = [as_text(w) for w in wanted]
        found = {"contains": lambda: wanted[0] in texts, "contains-any": lambda: any(w in texts for w in wanted),
                 "contains-all": lambda: all(w in texts for w in wanted),
                 "contains-substring": lambda: any(wanted[0] in t for t in texts)}[op]()
        return found != negative
    time = as_time(value)
    return time is not MISSING and window(f, time, now, False)


# ------------------------------------------------------------------ conditions
def event_value(event):
    v = event.get("value", event["properties"].get("$value"))
    n = as_number(v) if v is not None else MISSING
    return float(n) if n is not MISSING else None


def event_passes(filters, event, now):
    for f in filters or []:
        name, value = f["property"], MISSING
        if name == "$value" and event_value(event) is not None:
            value = event_value(event)
        elif event["properties"].get(name) is not None:
            value = event["properties"][name]
        if isinstance(value, dict) or (isinstance(value, list) and as_list(value) is MISSING):
            return False
        if not passes(f["filter"], value, now):
            return False
    return True


def profile_value(property_, profile):
    a = profile["attributes"]
    m = re.match(r"(properties|location)\['(.*)'\]\Z", property_)
    v = (a.get(m.group(1)) or {}).get(m.group(2)) if m else a.get(property_)
    return MISSING if v is None else v


def funnel(condition, events, now):
    steps, limit = condition["steps"], condition.get("completion_window_seconds")
    limit = {None: math.inf, "HOURS_1": 3600, "DAYS_1": DAY, "DAYS_3": 3 * DAY, "WEEKS_1": 7 * DAY}[limit]
    inside = [e for e in events if window(condition["timeframe_filter"], e["t"], now, True)]
    of = [[e["t"] for e in inside if e["metric"] == s["metric_id"] and event_passes(s["metric_filters"], e, now)] for s in steps]

    def walk(i, last, first):
        if i == len(steps):
            return True
        low, high = (-math.inf, math.inf) if first is None else (last, first + limit)
        times = [t for t in of[i] if low < t <= high]
        if steps[i]["metric_exists"]:
            return any(walk(i + 1, t, t if first is None else first) for t in times)
        return not times and walk(i + 1, last, first)

    return walk(0, -math.inf, None)


EU = {"Spain", "ES", "NLD", "germany"}


def holds(c, profile, now, segments):
    kind = c["type"]
    if kind == "profile-property":
        return passes(c["filter"], profile_value(c["property"], profile), now)
    if kind == "profile-metric":
        found = [e for e in profile["events"] if e["metric"] == c["metric_id"] and window(c["timeframe_filter"], e["t"], now, True)
                 and event_passes(c["metric_filters"], e, now)]
        measured = len(found) if c["measurement"] == "count" else round(sum(event_value(e) or 0 for e in found), 4)
        return COMPARE[c["measurement_filter"]["operator"]](measured, c["measurement_filter"]["value"])
    if kind == "profile-metric-funnel":
        return funnel(c, profile["events"], now)
    if kind == "profile-region":
        country = profile_value("location['country']", profile)
        inside = country in EU if c["region"] == "european_union" else country in ("US", "United States", "usa")
        return country is not MISSING and inside == c["in_region"]
    if kind == "profile-group-membership":
        def member(group):
            if group in segments:
                return in_segment(segments[group], profile, now, segments)
            if group not in profile["lists"]:
                return False
            joined = profile["lists"][group]
            if not c.get("timeframe_filter"):
                return True
            return joined is not None and window(c["timeframe_filter"], joined, now, False)
        return any(member(g) for g in c["group_ids"]) == c["is_member"]
    if kind == "profile-marketing-consent":
        c = c["consent"]
        m = (((profile["attributes"].get("subscriptions") or {}).get(c["channel"]) or {}).get("marketing") or {})
        consent = m.get("consent", "NEVER_SUBSCRIBED")
        if c["channel"] == "email":
            can = bool(profile["attributes"].get("email")) and consent != "UNSUBSCRIBED" and not m.get("suppression")
        else:
            can = consent == "SUBSCRIBED"
        wanted = c["consent_status"]["subscription"]
        return can == c["can_receive_marketing"] and (wanted == "any" or wanted.upper() == consent)
    if kind == "profile-postal-code-distance":
        place = place_of(profile)
        if place is None:
            return False
        far = haversine(CODES["US", c["postal_code"]], place) / (1.609344 if c["unit"] == "miles" else 1)
        return COMPARE[c["filter"]["operator"]](far, c["filter"]["value"])
    raise ValueError(kind)


CODES = {("US", "02110"): (42.356532, -71.05365), ("US", "02141"): (42.370519, -71.08443), ("US", "01608"): (42.261343, -71.80173),
         ("US", "10001"): (40.750742, -73.99653), ("NL", "1012"): (52.3735, 4.8951)}


def place_of(profile):
    location = profile["attributes"].get("location") or {}
    country = {"US": "US", "United States": "US", "usa": "US", "NLD": "NL"}.get(location.get("country"))
    code = str(location.get("zip") or "").upper()
    if country == "US":
        code = code.split("-")[0]
        code = code.zfill(5) if len(code) == 4 and code.isdigit() else code
    if country == "NL":
        code = code[:4]
    if (country, code) in CODES:
        return CODES[country, code]
    latitude, longitude = location.get("latitude"), location.get("longitude")
    if latitude is None or longitude is None:
        return None
    latitude, longitude = float(latitude), float(longitude)
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def haversine(a, b):
    (la, oa), (lb, ob) = [(math.radians(x), math.radians(y)) for x, y in (a, b)]
    h = math.sin((lb - la) / 2) ** 2 + math.cos(la) * math.cos(lb) * math.sin((ob - oa) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(h))


def in_segment(definition, profile, now, segments):
    return all(any(holds(c, profile, now, segments) for c in g["conditions"]) for g in definition["condition_groups"])


# ------------------------------------------------------------------ random shops and definitions
NOWS = ["2026-06-17T15:00:00Z", "2026-12-28T12:00:00Z", "2028-02-29T00:00:00Z", "2026-03-01T00:00:01Z", "2027-01-01T23:59:59Z", "2028-03-05T12:00:00Z"]
TEXTS = ["tea", "Tea", "green tea", "gift", "", " ", "12", "12.0", "1e2", "+7", "true", "No", "yes", "none", "9007199254740993", "é", "e\u0301", "a.b", "-0", "0"]
NUMBERS = [0, 1, -1, 12, 1.5, 12.0, 100, 9007199254740993, 9007199254740992.0, -0.0, 3.25, 1e21]
METRICS = ["Placed Order", "Viewed Product", "Opened Email"]
LISTS = ["newsletter", "vip"]


def near(dice, now):
    """Seconds at and round the edges of windows."""
    base = dice.choice([day_start(now), now, now - 6 * 3600])
    return base + dice.choice([-1, 0, 1, 0]) + dice.choice([0, 0, DAY, -DAY, 3 * DAY, -3 * DAY, 4 * DAY, -4 * DAY, -7 * DAY, 7 * DAY, 8 * DAY, -30 * DAY, -365 * DAY, dice.randint(-400, 400) * DAY])


def stamp(dice, t):
    d = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=t)
    k = dice.random()
    if k < 0.3:
        return d.strftime("%Y-%m-%d")
    if k < 0.4:
        return d.strftime("%Y-%m-%d %H:%M")
    if k < 0.5:
        return d.strftime("%m/%d/%Y")
    if k < 0.55:
        return d.strftime("%m/%d/%y %H:%M:%S")
    if k < 0.65:
        return t
    if k < 0.7:
        return str(t)
    if k < 0.8:
        return (d + dt.timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S+02:00")
    if k < 0.85:
        return d.strftime("%Y-%m-%dT%H:%M:%S.250000Z")
    return d.strftime("%Y-%m-%dT%H:%M:%SZ")


def odd_value(dice, now):
    k = dice.random()
    if k < 0.08:
        return None
    if k < 0.33:
        return dice.choice(TEXTS)
    if k < 0.5:
        return dice.choice(NUMBERS)
    if k < 0.58:
        return dice.random() < 0.5
    if k < 0.73:
        return [dice.choice(TEXTS + NUMBERS + [None, True]) for _ in range(dice.randint(0, 3))]
    if k < 0.76:
        return {"a": 1}
    if k < 0.79:
        return [dice.choice([{"a": 1}, [1], "x"])]
    if k < 0.83:
        return dice.choice(["2026-02-30", "30/12/2026", "soon", "1992-02-29", "02/29/1992", "2000-02-29T23:59:59Z"])
    return stamp(dice, near(dice, now))


PROPERTIES = ["A", "B", "C", "It's"]


def profile(dice, number):
    now = as_time(dice.choice(NOWS))
    a = {"external_id": f"p{number}", "properties": {}}
    for name in PROPERTIES:
        if dice.random() < 0.8:
            a["properties"][name] = odd_value(dice, now)
    if dice.random() < 0.8:
        a["email"] = f"p{number}@example.com"
    if dice.random() < 0.5:
        a["phone_number"] = dice.choice(["+16175550%03d", "+35386555%03d", "+3161255%03d", "061255%03d"]) % (number % 1000)
    if dice.random() < 0.5:
        a["first_name"] = dice.choice(TEXTS)
    if dice.random() < 0.3:
        a["first_name"] = None
    location = {}
    if dice.random() < 0.8:
        location["country"] = dice.choice(["US", "United States", "usa", "Spain", "ES", "NLD", "germany", "Atlantis", "GB"])
    if dice.random() < 0.7:
        location["zip"] = dice.choice(["02110", "2110", "02141", "01608-1234", "10001", "99999", "1012 AB", "1012", 2141])
    if dice.random() < 0.3:
        location.update(latitude=dice.choice([42.3, "42.4", 91, -33.9]), longitude=dice.choice([-71.1, "-71.8", 18.4, 181]))
    a["location"] = location
    if dice.random() < 0.7:
        marketing = {"consent": dice.choice(["SUBSCRIBED", "NEVER_SUBSCRIBED", "UNSUBSCRIBED"])}
        if dice.random() < 0.3:
            marketing["suppression"] = [{"reason": dice.choice(["HARD_BOUNCE", "USER_SUPPRESSED"]), "timestamp": None}]
        a["subscriptions"] = {"email": {"marketing": marketing}}
        if dice.random() < 0.4:
            a["subscriptions"]["sms"] = {"marketing": {"consent": dice.choice(["SUBSCRIBED", "UNSUBSCRIBED"])}}
    events = []
    for i in range(dice.choice([0, 0, 1, 2, 3, 5, 8])):
        t = near(dice, now)
        properties = {n: odd_value(dice, now) for n in ("X", "Y") if dice.random() < 0.7}
        if dice.random() < 0.6:
            properties["$value"] = dice.choice([10, 12.5, "7.25", 0, 99.99, 30, "x", None])
        events.append({"t": t, "metric": dice.choice(METRICS), "id": f"e{number}-{i}", "properties": properties})
    lists = {name: dice.choice([None, near(dice, now)]) for name in LISTS if dice.random() < 0.4}
    return {"attributes": a, "events": events, "lists": lists}


def filter_(dice, where, now):
    kind = dice.choice(["string"] * 4 + ["numeric"] * 3 + ["boolean", "existence"] + ["list"] * 3 + (["date"] * 5 if where == "profile" else []))
    f = {"type": kind}
    if kind == "string":
        f["operator"] = dice.choice(["equals", "not-equals", "contains", "not-contains", "starts-with", "not-starts-with", "ends-with", "not-ends-with", "regex", "nregex", "in", "not-in"])
        f["value"] = dice.choice(TEXTS)
        if f["operator"] in ("in", "not-in"):
            f["value"] = dice.sample(TEXTS, dice.randint(0, 4))
        if f["operator"] in ("regex", "nregex"):
            f["value"] = dice.choice(["^t", "e+a$", "[0-9]{2}", "a.b", "(?i)TEA", "^$"])
    elif kind == "numeric":
        f.update(operator=dice.choice(list(COMPARE)), value=dice.choice(NUMBERS))
    elif kind == "boolean":
        f.update(operator="equals", value=dice.random() < 0.5)
    elif kind == "existence":
        f["operator"] = dice.choice(["is-set", "not-set"])
    elif kind == "list":
        ops = ["length-equals", "length-greater-than", "length-greater-than-or-equal", "length-less-than", "length-less-than-or-equal"]
        ops += ["contains", "not-contains"] if where == "profile" else ["contains-any", "contains-all", "not-contains-any", "not-contains-all", "contains-substring", "not-contains-substring"]
        f["operator"] = op = dice.choice(ops)
        if op.startswith("length"):
            f["value"] = dice.randint(0, 3)
        elif op in ("contains", "not-contains"):
            f["value"] = dice.choice(TEXTS + [12, 0, 1])
        elif op.endswith("substring"):
            f["value"] = dice.choice(TEXTS)
        else:
            f["value"] = dice.sample(TEXTS, dice.randint(0, 3))
    else:
        f = time_filter(dice, now, ["after", "before", "between-static", "in-the-last", "at-least", "in-the-next", "between",
                                    "anniversary", "anniversary-month", "anniversary-last", "anniversary-next", "calendar-month"])
    return f


def moment(dice, now):
    t = near(dice, now)
    if dice.random() < 0.7:
        t = day_start(t)
    return (dt.datetime(1970, 1, 1) + dt.timedelta(seconds=t)).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def time_filter(dice, now, ops):
    op = dice.choice(ops)
    f = {"type": "date", "operator": op}
    if op in ("after", "before"):
        f["date"] = moment(dice, now)
    elif op == "between-static":
        f["start"], f["end"] = sorted([moment(dice, now), moment(dice, now)])
    elif op == "between":
        f.update(start=dice.choice([0, 1, 3, 5]), end=dice.choice([3, 4, 7, 30]), unit=dice.choice(list(UNIT)))
    elif op == "calendar-month":
        f["value"] = dice.randint(1, 12)
    elif op not in ("alltime", "anniversary", "anniversary-month"):
        f.update(quantity=dice.choice([0, 1, 3, 6, 7, 30, 400]), unit=dice.choice(list(UNIT)))
    return f


TIMES = ["alltime", "in-the-last", "at-least", "in-the-next", "between", "after", "before", "between-static", "anniversary-last", "anniversary-next"]


def metric_filters(dice, now):
    if dice.random() < 0.5:
        return None
    names = ["X", "Y", "$value", "Nobody"]
    return [{"property": dice.choice(names), "filter": filter_(dice, "events", now)} for _ in range(dice.randint(1, 2))]


def condition(dice, now, segments):
    kind = dice.choice(["property"] * 6 + ["metric"] * 4 + ["funnel", "region", "group", "group", "consent", "distance"])
    if kind == "property":
        name = dice.choice([f"properties['{n}']" for n in ("A", "B", "C", "It\\'s")] * 2 + ["first_name", "email", "phone_number", "location['country']", "location['zip']"])
        f = filter_(dice, "profile", now)
        if name == "phone_number" and dice.random() < 0.6:
            f = {"type": "string", "operator": dice.choice(["phone-country-code-in", "phone-country-code-not-in"]), "value": dice.sample(["1", "353", "31", "44"], 2)}
        return {"type": "profile-property", "property": name, "filter": f}
    if kind == "metric":
        sum_ = dice.random() < 0.4
        return {"type": "profile-metric", "metric_id": dice.choice(METRICS), "measurement": "sum" if sum_ else "count",
                "measurement_filter": {"type": "numeric", "operator": dice.choice(list(COMPARE)), "value": dice.choice([0, 10, 22.5, 30, 99.99] if sum_ else [0, 1, 2, 3])},
                "timeframe_filter": time_filter(dice, now, TIMES), "metric_filters": metric_filters(dice, now)}
    if kind == "funnel":
        steps = [{"metric_exists": dice.random() < 0.7, "metric_id": dice.choice(METRICS), "metric_filters": metric_filters(dice, now)} for _ in range(dice.randint(1, 4))]
        c = {"type": "profile-metric-funnel", "timeframe_filter": time_filter(dice, now, ["between-static", "between", "in-the-last", "at-least", "in-the-next"]), "steps": steps}
        limit = dice.choice([None, "HOURS_1", "DAYS_1", "DAYS_3", "WEEKS_1"])
        if limit:
            c["completion_window_seconds"] = limit
        return c
    if kind == "region":
        return {"type": "profile-region", "in_region": dice.random() < 0.5, "region": dice.choice(["european_union", "united_states"])}
    if kind == "group":
        c = {"type": "profile-group-membership", "is_member": dice.random() < 0.6, "group_ids": dice.sample(LISTS + list(segments), dice.choice([1, 1, 2]))}
        if c["is_member"] and not any(g in segments for g in c["group_ids"]) and dice.random() < 0.5:
            c["timeframe_filter"] = time_filter(dice, now, ["after", "before", "between-static", "in-the-last", "at-least", "in-the-next", "between"])
        return c
    if kind == "consent":
        can = dice.random() < 0.5
        return {"type": "profile-marketing-consent", "consent": {"channel": dice.choice(["email", "email", "sms"]), "can_receive_marketing": can, "consent_status": {
            "subscription": dice.choice(["any", "subscribed", "never_subscribed"] + ([] if can else ["unsubscribed"])), "filters": None}}}
    return {"type": "profile-postal-code-distance", "country_code": "USA", "postal_code": dice.choice([c for k, c in CODES if k == "US"]), "unit": dice.choice(["kilometers", "miles"]),
            "filter": {"type": "numeric", "operator": dice.choice(["less-than", "greater-than"]), "value": dice.choice([0, 1, 5, 50, 300, 5000])}}


def definition(dice, now, segments):
    groups = [{"conditions": [condition(dice, now, segments) for _ in range(dice.choice([1, 1, 2, 3]))]} for _ in range(dice.choice([1, 1, 1, 2, 3]))]
    return {"condition_groups": groups}


def shop(folder, seed, definitions, people):
    dice = random.Random(seed)
    folder = pathlib.Path(folder)
    (folder / "lists").mkdir(exist_ok=True)
    profiles = [profile(dice, n) for n in range(people)]
    (folder / "profiles.jsonl").write_text("".join(json.dumps(p["attributes"]) + "\n" for p in profiles), "utf-8")
    (folder / "metrics.jsonl").write_text("".join(json.dumps({"name": m}) + "\n" for m in METRICS), "utf-8")
    rows = [{"metric": e["metric"], "id": e["id"], "time": e["t"], "profile": {"external_id": p["attributes"]["external_id"]}, "properties": e["properties"]}
             for p in profiles for e in p["events"]]
    (folder / "events.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    for name in LISTS:
        lines = [f"{p['attributes']['external_id']},{'' if p['lists'][name] is None else p['lists'][name]}\n" for p in profiles if name in p["lists"]]
        (folder / "lists" / f"{name}.csv").write_text("external_id,joined_at\n" + "".join(lines), "utf-8")
    (folder / "codes.txt").write_text("".join("\t".join([c, z] + [""] * 7 + [str(a), str(b), ""]) + "\n" for (c, z), (a, b) in CODES.items()), "utf-8")
    # What properties are called with their quotes escaped, the way definitions write them.
    for p in profiles:
        properties = p["attributes"]["properties"]
        p["attributes"] = dict(p["attributes"], properties=dict(properties, **({"It\\'s": properties["It's"]} if "It's" in properties else {})))
    segments = {}
    for n in range(8):
        segments[f"s{n}"] = definition(dice, as_time(NOWS[0]), dict(segments))
    with open(folder / "expected.jsonl", "w", encoding="utf-8") as out:
        out.write(json.dumps(segments) + "\n")
        for n in range(definitions):
            now = dice.choice(NOWS)
            d = definition(dice, as_time(now), segments)
            members = [i for i, p in enumerate(profiles) if in_segment(d, p, as_time(now), segments)]
            out.write(json.dumps({"now": now, "definition": d, "members": members}) + "\n")


# ------------------------------------------------------------------ dates that make flows start
ZONES = ["UTC", "America/New_York", "Europe/Amsterdam", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns", "Asia/Kathmandu", "America/Havana",
         "America/Sao_Paulo", "Pacific/Kiritimati", "America/Los_Angeles", "Africa/Cairo"]
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def instant(day, time, zone):
    """A wall clock in a zone: one in a gap moves on by the gap, of two the first counts."""
    from zoneinfo import ZoneInfo
    # fold 0 is the first of two; in a gap it is the offset before it, which moves the clock on.
    return int(dt.datetime.combine(day, time, tzinfo=ZoneInfo(zone)).timestamp())


def next_start(date, trigger, zone, after):
    from dateutil.relativedelta import relativedelta
    import calendar
    n, unit = trigger["timedelta_value_before_date"], trigger["timedelta_unit_before_date"]
    back = relativedelta(**{unit: n})
    time = dt.time.fromisoformat(trigger["trigger_time"])
    best = None
    centre = (dt.datetime(1970, 1, 1) + dt.timedelta(seconds=after)).date() + back
    often = trigger["recurrence_frequency"]
    if often == "never":
        days = [date]
    elif often == "annually":
        days = []
        for year in range(centre.year - 2, centre.year + 10):
            if (date.month, date.day) == (2, 29) and not calendar.isleap(year):
                day = {"last_day": dt.date(year, 2, 28), "march_1": dt.date(year, 3, 1), "skip": None}[trigger.get("leap_day", "last_day")]
            else:
                day = dt.date(year, date.month, date.day)
            days += [day] if day else []
    elif often == "monthly":
        first = centre.replace(day=1) - relativedelta(months=3)
        months = [first + relativedelta(months=i) for i in range(8)]
        days = [m.replace(day=min(date.day, calendar.monthrange(m.year, m.month)[1])) for m in months]
    else:
        days = [d for d in (centre + dt.timedelta(days=i) for i in range(-40, 41)) if d.weekday() == date.weekday()]
    for day in days:
        start = day - back
        if trigger["trigger_days"]:
            while WEEKDAYS[start.weekday()] not in trigger["trigger_days"]:
                start += dt.timedelta(days=1)
        at = instant(start, time, zone)
        if at > after and (best is None or at < best):
            best = at
    return best


def dates(seed, cases):
    dice = random.Random(seed)
    for _ in range(cases):
        date = dt.date(dice.randint(1930, 2040), 1, 1) + dt.timedelta(days=dice.randint(0, 364))
        if dice.random() < 0.15:
            date = dice.choice([dt.date(1992, 2, 29), dt.date(2000, 2, 29), dt.date(2026, 1, 31), dt.date(2026, 12, 31), dt.date(2027, 3, 31), dt.date(2026, 3, 8), dt.date(2026, 11, 1)])
        unit = dice.choice(["days", "weeks", "months"])
        trigger = {"timedelta_value_before_date": dice.choice([0, 0, 1, 2, 3, 7, 10]), "timedelta_unit_before_date": unit,
                   "recurrence_frequency": dice.choice(["never", "weekly", "monthly", "annually", "annually"]),
                   "trigger_time": dice.choice(["00:00:00", "09:00:00", "02:30:00", "01:30:00", "23:59:59", "00:30:00"]),
                   "trigger_days": dice.choice([None, None, ["monday"], ["saturday", "sunday"], ["tuesday", "wednesday", "friday"]])}
        if dice.random() < 0.3:
            trigger["leap_day"] = dice.choice(["last_day", "march_1", "skip"])
        zone = dice.choice(ZONES)
        after = int(dt.datetime(2020, 1, 1, tzinfo=UTC).timestamp()) + dice.randint(0, 15 * 365 * DAY)
        if trigger["recurrence_frequency"] == "never":
            after = int(dt.datetime(date.year, date.month, date.day, tzinfo=UTC).timestamp()) + dice.randint(-400, 30) * DAY
        at = next_start(date, trigger, zone, after)
        # Again from that very second: the next one is later.
        print(json.dumps({"date": date.isoformat(), "trigger": trigger, "zone": zone, "after": after, "at": at,
                          "then": next_start(date, trigger, zone, at) if at is not None else None}))


if __name__ == "__main__":
    if sys.argv[1] == "dates":
        dates(int(sys.argv[2]), int(sys.argv[3]))
    else:
        shop(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
