//! What `letterpress compile` prints is an HTML email that renders what the email itself renders: with the same
//! `email.toml`, and without any of the files that it was made of.

use std::fs;

use letterpress::email::{Engine, Outcome, Recipient};
use letterpress::project::Project;

/// The engine of somebody who has only what was printed.
fn elsewhere(project: &Project, name: &str) -> Engine {
    let html = project.upload(name).expect("it can be written out");
    assert!(!html.compiled_for_each());
    let mut engine = Engine::builder().template(format!("{name}/body.html"), html.source());
    for file in ["email.toml", "body.txt"] {
        let path = project.templates_folder().join(name).join(file);
        if let Ok(text) = fs::read_to_string(path) {
            engine = engine.template(format!("{name}/{file}"), text);
        }
    }
    engine.build().expect("the templates are read")
}

/// Compares one outcome with the other, part by part.
#[track_caller]
fn same(one: &Outcome, other: &Outcome, what: &str) {
    match (one, other) {
        (Outcome::Rendered(one), Outcome::Rendered(other)) => {
            assert!(one.html == other.html, "{what}: HTML");
            assert_eq!(one.text, other.text, "{what}");
            assert_eq!(one.subject, other.subject, "{what}");
            assert_eq!(one.preheader, other.preheader, "{what}");
            assert_eq!(one.headers, other.headers, "{what}");
        }
        (Outcome::Skipped(one), Outcome::Skipped(other)) => assert_eq!(one.detail, other.detail),
        _ => panic!("{what}: {one:?}"),
    }
}

#[test]
fn the_six_emails_render_the_same_from_what_compile_prints() {
    let project = Project::open(env!("CARGO_MANIFEST_DIR")).expect("the sample");
    let now = "2026-11-24T09:00:00[America/New_York]"
        .parse()
        .expect("a time");
    let (world, _) = project.world(now).expect("the sample's world");
    let shop = &project.data().expect("the sample's data").shop;
    for name in project.engine().emails() {
        let email = project.engine().email(&name).expect("it compiles");
        let printed = elsewhere(&project, &name)
            .email(&name)
            .expect("it compiles");
        let mut rendered = 0;
        for profile in shop.profiles().step_by(7) {
            let profile = profile.expect("a profile");
            let mut person = Recipient::new(profile.clone());
            let metric = email.manifest().metric.as_deref();
            let event =
                metric.and_then(|metric| shop.latest_event(&profile, metric).expect("looked up"));
            if let Some(event) = event {
                person = person.event(event);
            }
            let (own, other) = (
                email.render(&person, &world),
                printed.render(&person, &world),
            );
            same(&own, &other, &format!("{name} for {:?}", profile.id));
            rendered += usize::from(own.rendered().is_some());
        }
        assert!(rendered > 20, "{name}: {rendered}");
    }
}
