//! `also_like` and `bought_together` once more: every pair of items counted by itself, straight from the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use letterpress::data::{Event, Profile};
use letterpress::feeds::{Feeds, Interactions, NeighbourRules};

use crate::{DAY, NOW, Random, definition, event, ids, now, shop};

/// Somebody bought something in an order, so many seconds ago.
#[derive(Clone)]
struct Line {
    who: String,
    order: String,
    item: String,
    ago: i64,
}

const RULES: NeighbourRules = NeighbourRules {
    shrinkage: 3.0,
    least_groups: 2,
    least_shared: 2,
    largest_group: 6,
    kept: 4,
};

const WINDOW: i64 = 60;

fn random_lines(random: &mut Random) -> Vec<Line> {
    let people = 2 + random.below(12);
    let items = 3 + random.below(20);
    let lines = random.below(200);
    (0..lines)
        .map(|_| {
            let who = format!("p{}", random.below(people));
            let end = 1 + random.below(items);
            Line {
                order: format!("{who}-{}", random.below(8)),
                who,
                // Popular items come more often, so that there is something to share.
                item: format!("P{}", random.below(end)),
                // Few different times, so that there are ties; some before the window, some to come.
                ago: (random.below(70) as i64 - 2) * DAY + random.below(3) as i64,
            }
        })
        .collect()
}

fn events(lines: &[Line]) -> Vec<Event> {
    let event = |(number, line): (usize, &Line)| {
        let properties = format!(
            r#"{{"ProductID": "{}", "OrderId": "{}"}}"#,
            line.item, line.order
        );
        event("Ordered Product", &line.who, line.ago, &properties)
            .with_unique_id(number.to_string())
    };
    lines.iter().enumerate().map(event).collect()
}

fn in_window(ago: i64) -> bool {
    ago >= 0 && ago / 3600 <= WINDOW * 24
}

/// The items of each group, the latest first, with the time since.
fn groups(lines: &[Line], key: fn(&Line) -> &str) -> BTreeMap<String, Vec<(i64, String)>> {
    let mut last: BTreeMap<(String, String), i64> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.ago >= 0) {
        let ago = last
            .entry((key(line).to_owned(), line.item.clone()))
            .or_insert(i64::MAX);
        *ago = line.ago.min(*ago);
    }
    let mut groups: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
    for ((group, item), ago) in last {
        if in_window(ago) {
            groups.entry(group).or_default().push((ago, item));
        }
    }
    groups.values_mut().for_each(|group| group.sort());
    groups
}

fn units(number: f64) -> u128 {
    (number * 4_294_967_296.0).round() as u128
}

/// The four nearest neighbours of an item, with their likeness.
fn neighbours(groups: &BTreeMap<String, Vec<(i64, String)>>, item: &str) -> Vec<(u128, String)> {
    let sets: Vec<BTreeSet<&str>> = groups
        .values()
        .map(|group| group.iter().take(6).map(|(_, item)| &**item).collect())
        .collect();
    let all: BTreeSet<&str> = sets.iter().flatten().copied().collect();
    let having = |wanted: &[&str]| {
        let all = |set: &&BTreeSet<&str>| wanted.iter().all(|one| set.contains(one));
        sets.iter().filter(all).count() as f64
    };
    let mut near = Vec::new();
    for other in all {
        let (n_i, n_j, n_ij) = (having(&[item]), having(&[other]), having(&[item, other]));
        if other != item && n_ij >= 2.0 && n_i >= 2.0 && n_j >= 2.0 {
            let likeness = (n_ij / (n_i.sqrt() * n_j.sqrt())) * (n_ij / (n_ij + 3.0));
            near.push((units(likeness), other.to_owned()));
        }
    }
    near.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    near.truncate(4);
    near
}

/// The ids that the seeds lead to.
fn led_to(
    groups: &BTreeMap<String, Vec<(i64, String)>>,
    seeds: &[(u128, String)],
    leave_out: &BTreeSet<String>,
) -> Vec<String> {
    let mut scores: BTreeMap<String, u128> = BTreeMap::new();
    for (factor, seed) in seeds {
        for (likeness, item) in neighbours(groups, seed) {
            *scores.entry(item).or_default() += (factor * likeness + (1 << 31)) >> 32;
        }
    }
    let last = |item: &str| {
        let touches = groups.values().flatten();
        let ago = touches
            .filter(|(_, other)| other == item)
            .map(|(ago, _)| *ago);
        ago.min().unwrap_or(i64::MAX)
    };
    let mut found: Vec<(u128, i64, String)> = scores
        .into_iter()
        .filter(|(item, _)| !leave_out.contains(item))
        .map(|(item, score)| (score, last(&item), item))
        .collect();
    found.sort_by(|a, b| {
        b.0.cmp(&a.0)
            .then(a.1.cmp(&b.1))
            .then_with(|| a.2.cmp(&b.2))
    });
    found.into_iter().map(|(_, _, item)| item).collect()
}

#[test]
fn as_the_slow_twin_has_it() {
    let mut random = Random::new(20);
    let mut shown = 0;
    for round in 0..150 {
        let lines = random_lines(&mut random);
        let names: BTreeSet<&str> = lines.iter().map(|line| &*line.item).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let (shop, _) = shop(&names, events(&lines)).build();
        let personal = format!("window_days = {WINDOW}\nfallback = {{ order = 'static' }}");
        let off = random.below(2) == 0;
        let personal = match off {
            true => format!("exclude_purchased = 'off'\n{personal}"),
            false => personal,
        };
        let also_like = definition(&format!("order = 'also_like'\n{personal}"));
        let mut together = definition(&format!("order = 'bought_together'\n{personal}"));
        together.name = "TOGETHER".to_owned();
        let interactions = Arc::new(Interactions::of(&shop, &shop, &[]).unwrap());
        let definitions = vec![also_like, together];
        let feeds = Feeds::with_rules(definitions, interactions, now(), RULES);
        let by_person = groups(&lines, |line| &line.who);
        let by_order = groups(&lines, |line| &line.order);
        for who in lines.iter().map(|line| &line.who).collect::<BTreeSet<_>>() {
            let place = format!("round {round}, {who}, {NOW}");
            let bought: BTreeSet<String> = lines
                .iter()
                .filter(|line| !off && line.who == *who && line.ago >= 0)
                .map(|line| line.item.clone())
                .collect();
            let profile = Profile::from_json(&format!(r#"{{"email": "{who}"}}"#)).unwrap();

            let mut fading = 1.0;
            let mut seeds = Vec::new();
            for (_, item) in by_person.get(who).into_iter().flatten() {
                seeds.push((units(fading), item.clone()));
                fading *= 0.98;
            }
            let shopper = feeds.shopper(Some(&profile), None);
            let picks = feeds.pick(feeds.get("F").unwrap(), &shopper, 0, 50);
            assert_eq!(
                ids(&feeds, &picks),
                led_to(&by_person, &seeds, &bought),
                "{place}"
            );
            shown += picks.len();

            let trigger: Vec<&str> = (0..1 + random.below(3))
                .map(|_| names[random.below(names.len() as u64) as usize])
                .collect();
            let trigger: BTreeSet<&str> = trigger.into_iter().collect();
            let items = trigger
                .iter()
                .map(|id| format!(r#"{{"ProductID": "{id}"}}"#));
            let items = items.collect::<Vec<_>>().join(", ");
            let event = event(
                "Placed Order",
                who,
                0,
                &format!(r#"{{"Items": [{items}]}}"#),
            );
            let seeds: Vec<(u128, String)> = trigger
                .iter()
                .map(|id| (units(1.0), (*id).to_owned()))
                .collect();
            let mut leave_out = bought;
            leave_out.extend(trigger.iter().map(|id| (*id).to_owned()));
            let shopper = feeds.shopper(Some(&profile), Some(&event));
            let picks = feeds.pick(feeds.get("TOGETHER").unwrap(), &shopper, 0, 50);
            assert_eq!(
                ids(&feeds, &picks),
                led_to(&by_order, &seeds, &leave_out),
                "{place}: {trigger:?}"
            );
            shown += picks.len();
        }
    }
    assert!(
        shown > 2000,
        "the shops are too empty to say anything: {shown}"
    );
}
