//! From a person's line of JSON to the bytes of an `.eml` file.

#[path = "support/mod.rs"]
mod support;

use std::time::{Duration, SystemTime};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use letterpress::data::Profile;
use letterpress::delivery;
use letterpress::email::{Email, FixedWorld, Header, Outcome, Recipient, Rendered};
use letterpress::value::from_json;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};
use support::{CART, Naive};

fn eml(c: &mut Criterion) {
    let email = support::engine().email("cart").unwrap();
    let world = support::world();
    let lines = support::contexts(support::PEOPLE);
    let mut group = c.benchmark_group("eml");
    group.throughput(Throughput::Elements(1));

    let mails: Vec<Rendered> = lines.iter().map(|l| message(&email, l, &world)).collect();
    let mut next = mails.iter().cycle();
    group.bench_function("MIME by lettre alone", |b| {
        b.iter_batched(
            || next.next().map(|m| (m, m.text.clone(), m.html.clone())),
            |given| given.map(|(mail, text, html)| by_lettre(mail, text, html)),
            BatchSize::SmallInput,
        );
    });

    let mut next = mails.iter().cycle();
    group.bench_function("MIME alone: message, formatted", |b| {
        b.iter(|| {
            let mail = next.next().unwrap();
            delivery::message(mail).unwrap().formatted()
        });
    });

    let mut next = mails.iter().cycle();
    group.bench_function("MIME alone", |b| {
        b.iter(|| {
            let mail = next.next().unwrap();
            delivery::eml(mail).unwrap()
        });
    });

    let run = [Header::new("Feedback-ID", "cart:campaign:northwind")];
    let mut next = mails.iter().cycle();
    group.bench_function("MIME alone: letter", |b| {
        b.iter(|| {
            let mail = next.next().unwrap();
            delivery::letter(mail, &run).unwrap()
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

/// The same message as whoever uses lettre makes it.
fn by_lettre(mail: &Rendered, text: String, html: String) -> Vec<u8> {
    let to = mail.to.as_ref().unwrap();
    let mut message = Message::builder()
        .from(mail.from.parse().unwrap())
        .to(Mailbox::new(to.name.clone(), to.address.parse().unwrap()))
        .subject(&mail.subject)
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(mail.date.as_second().unsigned_abs()))
        .message_id(Some(format!("<{}@northwind.example>", mail.id)));
    for header in &mail.headers {
        let name = HeaderName::new_from_ascii(header.name.to_string()).unwrap();
        message = message.raw_header(HeaderValue::new(name, header.value.clone()));
    }
    message
        .multipart(MultiPart::alternative_plain_html(text, html))
        .unwrap()
        .formatted()
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
