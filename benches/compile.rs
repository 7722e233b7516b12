//! MJML with its tags into templates: once for everybody, and what doing it for every person costs.

#[path = "support/mod.rs"]
mod support;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use letterpress::value::from_json;
use support::{CART, Naive, Page};

fn compile(c: &mut Criterion) {
    let mut group = c.benchmark_group("compile");
    group.bench_function("MJML into a template", |b| {
        b.iter(|| Page::of_mjml(black_box(CART)));
    });
    group.bench_function("an email: HTML, text part, subject, sender", |b| {
        b.iter(|| support::engine().email("cart").unwrap());
    });

    // The naive twin compiles what is left when the tags have run.
    let naive = Naive::of_mjml(CART);
    let person = from_json(&support::contexts(1)[0]).unwrap();
    let mjml = naive.mjml(&person);
    group.bench_function("naive: a person's MJML by mrml", |b| {
        b.iter(|| support::mrml(black_box(&mjml)));
    });
    group.finish();
}

criterion_group!(benches, compile);
criterion_main!(benches);
