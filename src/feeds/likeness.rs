//! What one metric set says about which items belong together.

use super::groups::{Groups, Kind, Touch};
use super::neighbours::Neighbours;
use super::{FeedDefinition, Interactions, NeighbourRules, Order};

/// What a likeness is computed from; feeds of the same metrics and window share one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LikenessOf {
    pub(super) kind: Kind,
    pub(super) factors: Vec<f64>,
    pub(super) window_days: u32,
}

impl LikenessOf {
    /// None for an order that needs none.
    pub(super) fn feed(definition: &FeedDefinition, factors: &[f64]) -> Option<LikenessOf> {
        let kind = match definition.order {
            Order::AlsoLike => Kind::Person,
            Order::BoughtTogether => Kind::Basket,
            _ => return None,
        };
        Some(LikenessOf {
            kind,
            factors: factors.to_vec(),
            window_days: definition.window_days,
        })
    }
}

/// Neighbours of items, and what people touched.
#[derive(Debug)]
pub(super) struct Likeness {
    people: Groups,
    neighbours: Neighbours,
    latest: Vec<i64>,
    oldest: i64,
}

impl Likeness {
    pub(super) fn new(
        of: &LikenessOf,
        interactions: &Interactions,
        now: i64,
        rules: &NeighbourRules,
    ) -> Likeness {
        let items = interactions.items().len();
        let groups = Groups::new(interactions, &of.factors, of.kind, now);
        // An age is whole hours, rounded down.
        let oldest = now - (i64::from(of.window_days) * 24 + 1) * 3600 + 1;
        Likeness {
            neighbours: Neighbours::new(&groups, items, oldest, rules),
            latest: groups.latest(items),
            oldest,
            people: match of.kind {
                Kind::Person => groups,
                Kind::Basket => Groups::default(),
            },
        }
    }

    pub(super) fn neighbours(&self) -> &Neighbours {
        &self.neighbours
    }

    /// What a person touched, the latest first.
    pub(super) fn of_person(&self, person: u32) -> &[Touch] {
        self.people.of(person)
    }

    /// The last touch of an item by anybody, Unix seconds.
    pub(super) fn latest(&self, item: u32) -> i64 {
        self.latest[item as usize]
    }

    /// The first second of the window.
    pub(super) fn oldest(&self) -> i64 {
        self.oldest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{CatalogItem, Event, Identity, Metric, Shop};
    use crate::feeds::decay::Decay;
    use crate::feeds::personal::Sources;
    use crate::feeds::scratch::Scratch;
    use crate::feeds::{FeedDefinition, Shopper};

    /// Baskets of people p0, p1 …, one item a minute, so that the last letter is the latest.
    fn interactions(baskets: &[&str]) -> Interactions {
        let mut shop = Shop::builder();
        for id in ["A", "B", "C", "D"] {
            let json = format!(r#"{{"external_id": "{id}"}}"#);
            shop = shop.item(CatalogItem::from_json(&json).unwrap());
        }
        for (person, basket) in baskets.iter().enumerate() {
            for (minute, item) in basket.chars().enumerate() {
                let time = jiff::Timestamp::from_second(minute as i64 * 60).unwrap();
                let who = Identity::id(format!("p{person}"));
                let event = Event::new(Metric::named("Ordered Product"), who, time)
                    .with_properties(&format!(r#"{{"ProductID": "{item}"}}"#));
                shop = shop.event(event.unwrap());
            }
        }
        let (shop, _) = shop.build();
        Interactions::of(&shop, &shop, &[]).unwrap()
    }

    #[test]
    fn worked_example_23() {
        let rules = NeighbourRules {
            shrinkage: 2.0,
            least_groups: 1,
            ..NeighbourRules::default()
        };
        let definition = FeedDefinition::new("F", Order::AlsoLike);
        let baskets = ["ABC", "ABC", "AB", "BC", "AD", "D"];
        let six = interactions(&baskets);
        let of = LikenessOf::feed(&definition, &six.factors(&definition)).unwrap();
        let likeness = Likeness::new(&of, &six, 3600, &rules);
        let near = |item: u32| -> Vec<String> {
            let near = likeness.neighbours().of(item).iter();
            let name = |item: u32| &six.items()[item as usize].external_id;
            let show = |near: &super::super::neighbours::Neighbour| {
                let value = f64::from(near.likeness) / super::super::decay::ONE;
                let item = likeness.neighbours().item(near.place);
                format!("{} {value:.4}", name(item))
            };
            near.map(show).collect()
        };
        assert_eq!(near(0), ["B 0.4500", "C 0.2887"]);
        assert_eq!(near(1), ["C 0.5196", "A 0.4500"]);
        assert_eq!(near(2), ["B 0.5196", "A 0.2887"]);
        assert!(near(3).is_empty());

        // A seventh person, who does not count among the six.
        let seven = interactions(&[&baskets[..], &["AC"]].concat());
        let other = Likeness::new(&of, &seven, 3600, &rules);
        let likeness = Likeness {
            people: other.people,
            ..likeness
        };
        let sources = Sources {
            definition: &definition,
            interactions: &seven,
            factors: &of.factors,
            decay: &Decay::new(None, 365),
            likeness: Some(&likeness),
            now: jiff::Timestamp::from_second(3600).unwrap(),
        };
        let shopper = Shopper {
            person: seven.person("p6"),
            ..Shopper::default()
        };
        let owned = ["A", "C"];
        let order = Scratch::with(4, |scratch| {
            sources.order(&shopper, 9, scratch, |item, _| {
                !owned.contains(&&*seven.items()[item as usize].external_id)
            })
        });
        let shown: Vec<String> = order
            .iter()
            .map(|one| format!("{} {:.4}", one.ranked(&seven).external_id(), one.score))
            .collect();
        assert_eq!(shown, ["B 0.9606"]);
    }
}
