//! The sample's emails for all its people, and for people whom nobody would want: written straight into bytes they are
//! what lettre makes of them, and what others read in them is what was rendered.

use std::sync::Arc;

use letterpress::data::Profile;
use letterpress::delivery::{eml, letter, message};
use letterpress::email::{Email, Header, Mailbox, Outcome, Rendered};
use letterpress::project::{Project, ShopWorld, Wanted as Whom, Wish, sample};
use serde_json::json;

use crate::judge::{Wanted, check};
use crate::strange::{Dice, HOSTILE, PIECES, clean};

const EMAILS: [&str; 6] = [
    "abandoned_cart",
    "birthday",
    "order_confirmation",
    "spring_sale",
    "welcome",
    "winback",
];

struct Sample {
    project: Project,
    world: ShopWorld,
    _folder: tempfile::TempDir,
}

impl Sample {
    fn open() -> Sample {
        let folder = tempfile::tempdir().expect("a folder");
        sample::write(folder.path()).expect("the sample");
        let project = Project::open(folder.path()).expect("a project");
        let now = "2026-02-20T09:00:00[America/New_York]".parse();
        let (world, _) = project.world(now.expect("a time")).expect("a world");
        Sample {
            project,
            world,
            _folder: folder,
        }
    }

    fn email(&self, name: &str) -> Email {
        self.project.engine().email(name).expect("an email")
    }

    fn render(&self, email: &Email, profile: Arc<Profile>) -> Outcome {
        let wish = Wish {
            profile: Some(Whom::Given(profile)),
            ..Wish::default()
        };
        let choice = wish.choose(email, Some(&self.project)).expect("a choice");
        let recipient = self.world.recipient(choice.recipient, email);
        email.render(&recipient.expect("feeds"), &self.world)
    }
}

/// The bytes, however they are asked for.
fn bytes(mail: &Rendered, about: &str) -> Vec<u8> {
    let bytes = eml(mail).unwrap_or_else(|error| panic!("{about}: {error}"));
    let message = message(mail).expect("a message");
    assert!(message.formatted() == bytes, "{about}: lettre's bytes");
    let letter = letter(mail, &[]).expect("a letter");
    assert!(letter.bytes == bytes, "{about}: a letter's bytes");
    let envelope = message.envelope();
    assert_eq!(envelope.from().map(ToString::to_string), Some(letter.from));
    let to: Vec<String> = envelope.to().iter().map(ToString::to_string).collect();
    assert_eq!(to, [letter.to], "{about}");
    bytes
}

#[test]
fn the_samples_emails_for_all_its_people() {
    let sample = Sample::open();
    let shop = &sample.project.data().expect("data").shop;
    let profiles: Vec<Arc<Profile>> = shop
        .profiles()
        .map(|profile| profile.expect("a profile"))
        .collect();
    for name in EMAILS {
        let email = sample.email(name);
        let mut mails = Vec::new();
        for profile in &profiles {
            let about = format!("{name} for {}", profile.key());
            let outcome = sample.render(&email, profile.clone());
            if let Outcome::Rendered(mail) = outcome {
                let bytes = bytes(&mail, &about);
                let mut wanted = Wanted::of(&mail);
                wanted.subject = clean(&mail.subject, false);
                mails.push((about, *mail, wanted, bytes));
            }
        }
        assert!(mails.len() >= 20, "{name}: {}", mails.len());
        check(&mails);
    }
}

#[test]
fn the_samples_emails_for_people_whom_nobody_would_want() {
    let sample = Sample::open();
    let pieces: Vec<&str> = PIECES.iter().chain(HOSTILE).copied().collect();
    let mut dice = Dice(0xa11_50e7_5eed_0008);
    let mut mails = Vec::new();
    for round in 0..240 {
        let name = EMAILS[round % EMAILS.len()];
        let most = if round % 9 == 0 { 400 } else { 9 };
        let (first, last) = (dice.text(&pieces, most), dice.text(&pieces, 6));
        let profile = json!({
            "email": format!("p{round}@example.com"),
            "first_name": first,
            "last_name": last,
            "properties": {"Birthday": dice.text(&pieces, 6)},
        });
        let profile = Profile::from_json(&profile.to_string()).expect("a profile");
        if let Outcome::Rendered(mail) = sample.render(&sample.email(name), Arc::new(profile)) {
            let about = format!("{name}, round {round}");
            let bytes = bytes(&mail, &about);
            let wanted = Wanted {
                subject: clean(&mail.subject, false),
                to: mail.to.as_ref().map(|to| Mailbox {
                    name: to.name.as_deref().map(|name| clean(name, true)),
                    address: to.address.clone(),
                }),
                ..Wanted::of(&mail)
            };
            mails.push((about, *mail, wanted, bytes));
        }
    }
    assert!(mails.len() >= 100, "{}", mails.len());
    check(&mails);
}

#[test]
fn which_email_has_which_headers() {
    let sample = Sample::open();
    let ada = r#"{"email": "ada@example.com", "first_name": "Ada"}"#;
    let ada = Arc::new(Profile::from_json(ada).expect("a profile"));
    let shop = &sample.project.data().expect("data").shop;
    let names = |mail: &Rendered| -> Vec<String> {
        mail.headers.iter().map(|h| h.name.to_string()).collect()
    };
    // A campaign can be left, is a list, and somebody wrote it.
    let sale = sample.render(&sample.email("spring_sale"), ada.clone());
    let sale = sale.rendered().expect("rendered");
    assert!(sale.headers.contains(&Header::new(
        "List-Id",
        "Northwind Tea <spring_sale.northwind-tea.example>"
    )));
    let marketing = ["List-Unsubscribe", "List-Unsubscribe-Post", "List-Id"];
    assert_eq!(names(sale), marketing);
    // A flow's email is a machine's answer.
    let welcome = sample.render(&sample.email("welcome"), ada);
    let welcome = names(welcome.rendered().expect("rendered"));
    assert_eq!(welcome[..3], marketing);
    assert_eq!(welcome[3..], ["Auto-Submitted"]);
    // An order's confirmation cannot be left.
    let orders = shop
        .profiles()
        .filter_map(Result::ok)
        .map(|profile| sample.render(&sample.email("order_confirmation"), profile))
        .find_map(|outcome| outcome.rendered().cloned());
    assert_eq!(names(&orders.expect("an order")), ["Auto-Submitted"]);
}
