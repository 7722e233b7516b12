//! Traces of whole emails: one for each part, whatever the outcome.

use letterpress::email::{Email, EmailTrace, Engine, FixedWorld, Outcome, Recipient};
use letterpress::language::{Event, Trace, ValueRead};
use serde_json::json;

#[path = "../benches/support/mod.rs"]
mod support;

fn email(files: &[(&str, &str)]) -> Email {
    let mut engine = Engine::builder();
    for (name, text) in files {
        engine = engine.template(format!("mail/{name}"), *text);
    }
    engine.build().unwrap().email("mail").unwrap()
}

fn traced(email: &Email, context: serde_json::Value) -> (Outcome, EmailTrace) {
    let world = FixedWorld::at("2026-11-20T18:00:00[UTC]".parse().unwrap());
    let recipient = Recipient::from_serialize(&context).unwrap();
    let untraced = email.render(&recipient, &world);
    let (outcome, trace) = email.render_traced(&recipient, &world);
    let json = |outcome: &Outcome| serde_json::to_string(outcome).unwrap();
    assert_eq!(json(&untraced), json(&outcome));
    (outcome, trace)
}

/// Names with the text at their places.
fn places<'t>(trace: &'t Option<Trace>, text: &'t str) -> Vec<(&'t str, Option<&'t str>)> {
    let place = |read: &'t ValueRead| read.output.map(|(start, end)| &text[start..end]);
    let reads = trace.iter().flat_map(|trace| trace.reads());
    reads
        .map(|read| (read.path.as_str(), place(read)))
        .collect()
}

#[test]
fn places_are_those_of_the_finished_parts() {
    let mail = email(&[
        (
            "email.toml",
            "subject = \"  {{ a }}\\n {{ b }}!\"\npreheader = \"{{ a }}\"",
        ),
        (
            "body.html",
            "<body><p>{{ a }}</p>\n\n\n{% if no %}x{% endif %}<p>{{ b }} </p></body>",
        ),
    ]);
    let (outcome, trace) = traced(&mail, json!({"a": "<A>", "b": "B"}));
    let mail = outcome.rendered().unwrap();
    let (a, b) = (Some("<A>"), Some("B"));
    assert_eq!(places(&trace.subject, &mail.subject), [("a", a), ("b", b)]);
    assert_eq!(places(&trace.preheader, &mail.preheader), [("a", a)]);
    assert_eq!(
        places(&trace.html, &mail.html),
        [
            ("preview_text", Some("&lt;A&gt;")),
            ("a", Some("&lt;A&gt;")),
            ("no", None),
            ("b", b)
        ]
    );
    assert_eq!(
        places(&trace.text, &mail.text),
        [("a", a), ("no", None), ("b", b)]
    );
    assert!(trace.from.is_none() && trace.reply_to.is_none());
}

#[test]
fn what_was_done_before_a_skip_or_an_error_is_kept() {
    let mail = email(&[
        (
            "email.toml",
            "subject = \"{{ a }}\"\npreheader = \"{{ a }}\"",
        ),
        ("body.html", "{{ a }}{% catalog a %}{% endcatalog %}"),
    ]);
    let (outcome, trace) = traced(&mail, json!({"a": "T-1"}));
    assert_eq!(outcome.word(), "skipped");
    assert!(trace.preheader.is_some() && trace.subject.is_none());
    let events = &trace.html.as_ref().unwrap().events;
    assert!(matches!(
        events[..],
        [Event::Read(_), Event::Read(_), Event::Skip { .. }]
    ));

    let mail = email(&[("email.toml", ""), ("body.html", "{{ a|cut:b }}")]);
    let (outcome, trace) = traced(&mail, json!({"a": 1}));
    assert_eq!(outcome.word(), "failed");
    let json = serde_json::to_value(&trace.html).unwrap();
    assert_eq!(json["events"][2]["kind"], "error");
    assert_eq!(json["events"][2]["at"]["file"], "mail/body.html");
}

/// Tags that change what MJML computes run before it: the trace is theirs, without places in the HTML.
#[test]
fn an_email_that_is_compiled_for_each_person_has_the_trace_of_its_tags() {
    let body = "<mjml><mj-body><mj-section>{% for c in cells %}<mj-column><mj-text>{{ c.t }}</mj-text></mj-column>\
                {% endfor %}</mj-section></mj-body></mjml>";
    let mail = email(&[("email.toml", ""), ("body.mjml", body)]);
    assert!(mail.compiled_for_each());
    let (_, trace) = traced(&mail, json!({"cells": [{"t": 1}, {"t": 2}]}));
    let html = trace.html.unwrap();
    let names: Vec<_> = html
        .reads()
        .filter_map(|read| read.data.as_deref())
        .collect();
    assert_eq!(names, ["cells", "cells.0.t", "cells.1.t"]);
    assert!(html.reads().all(|read| read.output.is_none()));
    assert!(trace.text.is_none());
}

/// Every plain name of the cart email is found again where the trace says.
#[test]
fn the_cart_email() {
    let engine = support::engine();
    let (email, world) = (engine.email("cart").unwrap(), support::world());
    for recipient in support::people(100) {
        let (outcome, trace) = email.render_traced(&recipient, &world);
        let mail = outcome.rendered().unwrap();
        assert_eq!(
            mail.html,
            email.render(&recipient, &world).rendered().unwrap().html
        );
        let html = trace.html.unwrap();
        let mut prices = 0;
        for read in html.reads() {
            let Some((start, end)) = read.output else {
                continue;
            };
            let printed = &mail.html[start..end];
            if read.filters.is_empty() {
                let value = read.value.as_deref().unwrap_or_default();
                assert_eq!(
                    printed,
                    letterpress::language::escape::escape(value),
                    "{read:?}"
                );
            }
            let data = read.data.as_deref().unwrap_or_default();
            prices += usize::from(
                data.starts_with("event.extra.line_items.") && data.ends_with(".price"),
            );
        }
        assert!(
            prices > 0,
            "{:?}",
            html.reads().map(|r| (&r.path, &r.data)).collect::<Vec<_>>()
        );
    }
}
