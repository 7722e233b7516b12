//! The tag pass: a context that is in memory already into a person's HTML.

#[path = "support/mod.rs"]
mod support;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use letterpress::value::{Value, from_json};
use support::{CART, Naive, Page};

fn tags(c: &mut Criterion) {
    let people: Vec<Value> = support::contexts(support::PEOPLE)
        .iter()
        .map(|line| from_json(line).unwrap())
        .collect();
    let mut group = c.benchmark_group("tags");
    group.throughput(Throughput::Elements(1));

    let page = Page::of_mjml(CART);
    let (mut next, mut out) = (people.iter().cycle(), String::new());
    group.bench_function("compiled once", |b| {
        b.iter(|| {
            let person = next.next().unwrap();
            page.render(person, &mut out)
        });
    });

    let naive = Naive::of_mjml(CART);
    let mut next = people.iter().cycle();
    group.bench_function("naive: tags first, then mrml", |b| {
        b.iter(|| {
            let person = next.next().unwrap();
            naive.render_by_mrml(person)
        });
    });
    group.finish();
}

criterion_group!(benches, tags);
criterion_main!(benches);
