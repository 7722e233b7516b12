//! Ten thousand people on one core and on all of them.
//!
//! The calling thread takes people and hands outcomes over while the pool renders, so "one thread" is one thread that
//! renders; what one core does in all shows when the whole bench is pinned to a core (`taskset -c 0`).

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use letterpress::value::from_json;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use support::{CART, Naive};

const PEOPLE: usize = 10_000;
/// The naive twin gets fewer: compare people a second.
const FEW: usize = 200;

fn batch(c: &mut Criterion) {
    let email = support::engine().email("cart").unwrap();
    let world = support::world();
    let people = support::people(PEOPLE);
    let lines = support::contexts(FEW);
    let naive = Naive::of_mjml(CART);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);

    let mut group = c.benchmark_group("batch");
    group.sample_size(10);
    for threads in BTreeSet::from([1, cores]) {
        let pool = pool(threads);
        group.throughput(Throughput::Elements(PEOPLE as u64));
        for ordered in [true, false] {
            let order = if ordered { "in order" } else { "as they come" };
            group.bench_function(format!("{threads} threads, {order}"), |b| {
                b.iter_batched(
                    || people.clone(),
                    |people| {
                        let batch = email.batch(&world).pool(&pool);
                        let batch = if ordered { batch } else { batch.as_they_come() };
                        batch.run(people, |turn| {
                            black_box(turn);
                        })
                    },
                    BatchSize::LargeInput,
                );
            });
        }
        group.throughput(Throughput::Elements(FEW as u64));
        group.bench_function(
            format!("{threads} threads, naive: tags first, then mrml"),
            |b| {
                b.iter(|| {
                    pool.install(|| {
                        lines.par_iter().for_each(|line| {
                            black_box(naive.render_by_mrml(&from_json(line).unwrap()));
                        });
                    });
                });
            },
        );
    }
    group.finish();
}

fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("threads can be started")
}

criterion_group!(benches, batch);
criterion_main!(benches);
