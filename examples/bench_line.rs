//! Seconds a render, measured as `benches/peers` measures other template engines:
//! `bench_line TEMPLATE.html CONTEXTS.jsonl CART.mjml`.
//!
//! A line `NAME SECONDS BYTES` for each way of rendering; the parse of the context's line is included in all of them.
//! With `--print` before the arguments it prints the rendered pages instead, to be compared with a peer's.

#[path = "../benches/support/mod.rs"]
mod support;

use std::hint::black_box;
use std::time::Instant;

use letterpress::email::Recipient;
use letterpress::value::from_json;
use support::{Naive, Page};

/// Passes over all contexts; the best counts, as for the peers.
const PASSES: usize = 3;
/// The naive ways are a hundred times slower and get fewer contexts.
const FEW: usize = 60;

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let print = arguments.first().is_some_and(|first| first == "--print");
    if print {
        arguments.remove(0);
    }
    let [template, contexts, cart] = &arguments[..] else {
        eprintln!("usage: bench_line [--print] TEMPLATE.html CONTEXTS.jsonl CART.mjml");
        std::process::exit(2);
    };
    let (template, contexts, cart) = (read(template), read(contexts), read(cart));
    let lines: Vec<&str> = contexts.lines().collect();
    let few = &lines[..lines.len().min(FEW)];

    let page = Page::of_html(&template);
    let mut out = String::new();
    if print {
        for line in lines {
            page.render_line(line, &mut out);
            println!("{out}");
        }
        return;
    }

    measure("letterpress", &lines, |line| {
        page.render_line(line, &mut out);
        out.len()
    });

    let own = Page::of_mjml(&cart);
    measure("letterpress-own-mjml", &lines, |line| {
        own.render_line(line, &mut out);
        out.len()
    });

    // Everything a message needs: HTML, text part, subject, sender, id.
    let engine = support::engine();
    let email = engine.email("cart").expect("the cart email is sound");
    let world = support::world();
    measure("letterpress-email", &lines, |line| {
        let person = Recipient::from_context(from_json(line).expect("the line is JSON"));
        let outcome = email.render(&person, &world);
        outcome
            .rendered()
            .map_or(0, |mail| mail.html.len() + mail.text.len())
    });

    let naive = Naive::of_mjml(&cart);
    measure("tags-then-mrml", few, |line| {
        naive
            .render_by_mrml(&from_json(line).expect("the line is JSON"))
            .len()
    });
    measure("tags-then-own-mjml", few, |line| {
        naive
            .render(&from_json(line).expect("the line is JSON"))
            .len()
    });

    let people: Vec<Recipient> = lines
        .iter()
        .map(|line| Recipient::from_context(from_json(line).expect("the line is JSON")))
        .collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    for threads in [1, cores] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads can be started");
        let mut best = f64::INFINITY;
        for _ in 0..PASSES {
            let people = people.clone();
            let start = Instant::now();
            email.batch(&world).pool(&pool).run(people, |turn| {
                black_box(turn);
            });
            best = best.min(start.elapsed().as_secs_f64());
        }
        println!("batch-{threads} {} 0", best / people.len() as f64);
    }
}

fn measure(name: &str, lines: &[&str], mut render: impl FnMut(&str) -> usize) {
    render(lines[0]);
    let (mut best, mut bytes) = (f64::INFINITY, 0);
    for _ in 0..PASSES {
        let start = Instant::now();
        bytes = lines.iter().map(|line| black_box(render(line))).sum();
        best = best.min(start.elapsed().as_secs_f64());
    }
    let people = lines.len() as f64;
    println!("{name} {} {}", best / people, bytes as f64 / people);
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| {
        eprintln!("{path}: {error}");
        std::process::exit(2);
    })
}
