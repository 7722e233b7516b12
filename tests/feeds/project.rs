//! What reaches an email: the feeds of a project, for one person, by whichever way they are rendered.

use std::path::Path;

use letterpress::data::Profile;
use letterpress::email::{Outcome, Recipient};
use letterpress::project::Project;

fn project() -> Project {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/feeds.in");
    Project::open(folder).unwrap()
}

fn html(outcome: Outcome) -> String {
    match outcome {
        Outcome::Rendered(mail) => mail.html,
        other => panic!("{other:?}"),
    }
}

const AT: &str = "2026-11-20T12:00:00[UTC]";

#[test]
fn a_recipient_sees_their_own_feeds() {
    let project = project();
    let email = project.engine().email("news").unwrap();
    let (world, findings) = project.world(AT.parse().unwrap()).unwrap();
    assert!(findings.is_empty());
    let shop = &project.data().unwrap().shop;
    let render = |recipient: Recipient| {
        html(email.render(&world.recipient(recipient, &email).unwrap(), &world))
    };
    let ada = shop.profile_by_email("ada@example.com").unwrap().unwrap();
    let of_ada = render(Recipient::new(ada.clone()));
    assert!(
        !of_ada.contains("Sencha") && of_ada.contains("Matcha"),
        "{of_ada}"
    );
    // Who is known by an address alone is the same person.
    let stranger = Profile::from_json(r#"{"email": "ADA@example.com"}"#).unwrap();
    assert_eq!(render(Recipient::new(stranger)), of_ada);
    // Without a view of their own, a recipient sees what everybody does.
    let everybody = html(email.render(&Recipient::new(ada), &world));
    assert!(everybody.contains("Sencha"), "{everybody}");
}

#[cfg(feature = "preview")]
#[test]
fn the_page_shows_what_render_prints() {
    use letterpress::api::{Asked, Live};
    use letterpress::delivery::Part;

    let project = project();
    let email = project.engine().email("news").unwrap();
    let (world, _) = project.world(AT.parse().unwrap()).unwrap();
    let live = Live::open(
        Some(project.root()),
        Some("2026-11-20T12:00:00Z".to_owned()),
    );
    for profile in project.data().unwrap().shop.profiles() {
        let profile = profile.unwrap();
        let recipient = world
            .recipient(Recipient::new(profile.clone()), &email)
            .unwrap();
        let asked = Asked {
            email: "news".to_owned(),
            profile: profile.email.clone(),
            ..Asked::default()
        };
        let answer = live.snapshot().part(&asked, Part::Html).unwrap();
        let bytes = answer.bytes.unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            html(email.render(&recipient, &world))
        );
    }
}
