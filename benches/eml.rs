//! From a person's line of JSON to the bytes of an `.eml` file.

#[path = "support/mod.rs"]
mod support;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use letterpress::data::Profile;
use letterpress::delivery;
use letterpress::email::{Email, FixedWorld, Outcome, Recipient, Rendered};
use letterpress::value::from_json;
use support::{CART, Naive};

fn eml(c: &mut Criterion) {
    let email = support::engine().email("cart").unwrap();
    let world = support::world();
    let lines = support::contexts(support::PEOPLE);
    let mut group = c.benchmark_group("eml");
    group.throughput(Throughput::Elements(1));

    let mails: Vec<Rendered> = lines.iter().map(|l| message(&email, l, &world)).collect();
    let mut next = mails.iter().cycle();
    group.bench_function("MIME alone", |b| {
        b.iter(|| {
            let mail = next.next().unwrap();
            delivery::eml(mail).unwrap()
        });
    });

    let mut next = lines.iter().cycle();
    group.bench_function("from the line", |b| {
        b.iter(|| {
            let line = next.next().unwrap();
            delivery::eml(&message(&email, line, &world)).unwrap()
        });
    });

    let naive = Naive::of_mjml(CART);
    let mut next = lines.iter().cycle().zip(mails.iter().cycle());
    group.bench_function("naive: HTML by tags first, then mrml", |b| {
        b.iter_batched(
            || {
                next.next()
                    .map(|(line, mail)| (line, mail.clone()))
                    .unwrap()
            },
            |(line, mut mail)| {
                mail.html = naive.render_by_mrml(&from_json(line).unwrap());
                delivery::eml(&mail).unwrap()
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn message(email: &Email, line: &str, world: &FixedWorld) -> Rendered {
    let context = from_json(line).unwrap();
    // A message needs an address, which a profile has.
    let address = letterpress::value::key(&context, "email").unwrap();
    let profile = Profile::from_json(&format!(r#"{{"email": "{address}"}}"#)).unwrap();
    match email.render(&Recipient::new(profile).context(context), world) {
        Outcome::Rendered(mail) => *mail,
        other => panic!("the cart email is {} for {line}", other.word()),
    }
}

criterion_group!(benches, eml);
criterion_main!(benches);
