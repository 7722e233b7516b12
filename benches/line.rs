//! From a person's line of JSON: to HTML, to a whole message.

#[path = "support/mod.rs"]
mod support;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use letterpress::email::Recipient;
use letterpress::value::from_json;
use support::{CART, Naive, Page};

fn line(c: &mut Criterion) {
    let lines = support::contexts(support::PEOPLE);
    let mut group = c.benchmark_group("line");
    group.throughput(Throughput::Elements(1));

    let mut next = lines.iter().cycle();
    group.bench_function("JSON alone", |b| {
        b.iter(|| {
            let line = next.next().unwrap();
            from_json(line)
        });
    });

    let page = Page::of_mjml(CART);
    let (mut next, mut out) = (lines.iter().cycle(), String::new());
    group.bench_function("to HTML", |b| {
        b.iter(|| {
            let line = next.next().unwrap();
            page.render_line(line, &mut out)
        });
    });

    let email = support::engine().email("cart").unwrap();
    let world = support::world();
    let mut next = lines.iter().cycle();
    group.bench_function("to a message", |b| {
        b.iter(|| {
            let line = next.next().unwrap();
            email.render(&Recipient::from_context(from_json(line).unwrap()), &world)
        });
    });

    let naive = Naive::of_mjml(CART);
    let mut next = lines.iter().cycle();
    group.bench_function("naive: to HTML by tags first, then mrml", |b| {
        b.iter(|| {
            let line = next.next().unwrap();
            naive.render_by_mrml(&from_json(line).unwrap())
        });
    });
    group.finish();
}

criterion_group!(benches, line);
criterion_main!(benches);
