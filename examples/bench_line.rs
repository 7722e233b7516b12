//! Seconds a render, measured as `benches/peers` measures other template engines:
//! `bench_line TEMPLATE.html CONTEXTS.jsonl CART.mjml [NAME…]`.
//!
//! A line `NAME SECONDS BYTES` for each way of rendering, or for those named; the parse of the context's line is included in all
//! of them. With `print` as the name it prints the rendered pages instead, to be compared with a peer's.

#[path = "../benches/support/mod.rs"]
mod support;

use std::hint::black_box;
use std::time::Instant;

use letterpress::email::Recipient;
use letterpress::value::from_json;
use support::{Naive, Page};

/// Passes over all contexts; the best counts, as for the peers.
const PASSES: usize = 3;
/// People in a batch.
const BATCH: usize = 10_000;
/// The naive ways are a hundred times slower and get fewer contexts.
const FEW: usize = 60;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [template, contexts, cart, names @ ..] = &arguments[..] else {
        eprintln!("usage: bench_line TEMPLATE.html CONTEXTS.jsonl CART.mjml [NAME…]");
        std::process::exit(2);
    };
    let wanted = |name: &str| names.is_empty() || names.iter().any(|one| one == name);
    let (template, contexts, cart) = (read(template), read(contexts), read(cart));
    let lines: Vec<&str> = contexts.lines().collect();
    let few = &lines[..lines.len().min(FEW)];

    let page = Page::of_html(&template);
    let mut out = String::new();
    if names == ["print"] {
        for line in lines {
            page.render_line(line, &mut out);
            println!("{out}");
        }
        return;
    }
    if wanted("letterpress") {
        measure("letterpress", &lines, |line| {
            page.render_line(line, &mut out);
            out.len()
        });
    }
    if wanted("letterpress-own-mjml") {
        let page = Page::of_mjml(&cart);
        measure("letterpress-own-mjml", &lines, |line| {
            page.render_line(line, &mut out);
            out.len()
        });
    }

    // Everything a message needs: HTML, text part, subject, sender, id.
    let engine = support::engine();
    let email = engine.email("cart").expect("the cart email is sound");
    let world = support::world();
    let person = |line: &str| Recipient::from_context(from_json(line).expect("the line is JSON"));
    if wanted("letterpress-email") {
        measure("letterpress-email", &lines, |line| {
            let outcome = email.render(&person(line), &world);
            outcome
                .rendered()
                .map_or(0, |mail| mail.html.len() + mail.text.len())
        });
    }

    let naive = Naive::of_mjml(&cart);
    if wanted("tags-then-mrml") {
        measure("tags-then-mrml", few, |line| {
            let data = from_json(line).expect("the line is JSON");
            naive.render_by_mrml(&data).len()
        });
    }
    if wanted("tags-then-own-mjml") {
        measure("tags-then-own-mjml", few, |line| {
            let data = from_json(line).expect("the line is JSON");
            naive.render(&data).len()
        });
    }

    // On all cores that the process may use.
    if wanted("batch") {
        let people: Vec<&str> = lines.iter().copied().cycle().take(BATCH).collect();
        measure_whole("batch", people.len(), || {
            email.render_batch(people.iter().map(|line| person(line)), &world, |turn| {
                black_box(turn);
            });
        });
    }
}

/// Measures a function that renders one line and gives the bytes it made.
fn measure(name: &str, lines: &[&str], mut render: impl FnMut(&str) -> usize) {
    render(lines[0]);
    let (mut best, mut bytes) = (f64::INFINITY, 0);
    for _ in 0..PASSES {
        let start = Instant::now();
        bytes = lines.iter().map(|line| black_box(render(line))).sum();
        best = best.min(start.elapsed().as_secs_f64());
    }
    let people = lines.len() as f64;
    println!("{name} {:.9} {:.0}", best / people, bytes as f64 / people);
}

/// Measures a function that renders for this many people.
fn measure_whole(name: &str, people: usize, mut render: impl FnMut()) {
    let mut best = f64::INFINITY;
    for _ in 0..PASSES {
        let start = Instant::now();
        render();
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{name} {:.9} 0", best / people as f64);
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| {
        eprintln!("{path}: {error}");
        std::process::exit(2);
    })
}
