//! `hostile.txt`: from a line of data to the letter, or to nobody.

use letterpress::data::Profile;
use letterpress::delivery::{DeliveryError, Letter, letter};
use letterpress::email::{Engine, FixedWorld, Mailbox, Outcome, Recipient, Rendered, SkipReason};
use serde_json::{Value, json};

use crate::judge::{Wanted, check};

const MANIFEST: &str = "
kind = 'campaign'
subject = 'Tea for {{ first_name }}'
preheader = '{{ last_name }}'
from = 'Tea <hello@tea.example>'
";
const BODY: &str = "<p title=\"{{ last_name }}\">Hi {{ first_name }},</p>\n<pre>{{ first_name|safe }}\n.\n\n{{ last_name|safe }}</pre> ";

/// What becomes of a person: a letter, or the reason why there is none.
fn sent(engine: &Engine, line: &str) -> Result<(Rendered, Letter), SkipReason> {
    let profile = Profile::from_json(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    let world = FixedWorld::at("2026-11-20T18:00:00[UTC]".parse().expect("a time"));
    let email = engine.email("tea").expect("an email");
    match email.render(&Recipient::new(profile), &world) {
        Outcome::Rendered(mail) => match letter(&mail, &[]) {
            Ok(letter) => Ok((*mail, letter)),
            Err(error) => Err(reason(&error)),
        },
        Outcome::Skipped(skipped) => Err(skipped.reason),
        Outcome::Failed(failed) => panic!("{line}: {:?}", failed.diagnostics),
    }
}

fn reason(error: &DeliveryError) -> SkipReason {
    error.skip_reason().unwrap_or_else(|| panic!("{error}"))
}

fn engine() -> Engine {
    Engine::builder()
        .template("tea/email.toml", MANIFEST)
        .template("tea/body.html", BODY)
        .build()
        .expect("an engine")
}

#[test]
fn no_line_of_data_makes_a_header_a_recipient_or_a_message() {
    let engine = engine();
    let mut mails = Vec::new();
    let (mut cases, mut skipped) = (0, 0);
    for case in include_str!("hostile.txt").split("\n= ").skip(1) {
        let lines: Vec<&str> = case.trim().lines().collect();
        let [about, line, wanted] = lines[..] else {
            panic!("three lines are a case: {case}")
        };
        cases += 1;
        match (sent(&engine, line), wanted.strip_prefix("skipped ")) {
            (Err(reason), Some(wanted)) => {
                assert_eq!(reason.code(), wanted, "{about}");
                skipped += 1;
            }
            (Ok((mail, letter)), None) => {
                let wanted: Value = serde_json::from_str(wanted).expect(about);
                let address = mail.to.as_ref().map(|to| to.address.clone());
                let address = match wanted["to"].as_str() {
                    Some(ascii) => ascii.to_owned(),
                    None => address.expect(about),
                };
                assert_eq!(letter.to, address, "{about}");
                assert_eq!(letter.from, "hello@tea.example", "{about}");
                let wanted = Wanted {
                    subject: wanted["subject"].as_str().expect(about).to_owned(),
                    to: Some(Mailbox {
                        name: wanted["name"].as_str().map(str::to_owned),
                        address,
                    }),
                    ..Wanted::of(&mail)
                };
                mails.push((about.to_owned(), mail, wanted, letter.bytes));
            }
            (Ok(_), Some(_)) => panic!("{about}: sent"),
            (Err(reason), None) => panic!("{about}: {reason}"),
        }
    }
    assert!(
        cases > 30 && skipped > 20,
        "{cases} cases, {skipped} skipped"
    );
    check(&mails);
}

/// Names and subjects of ten thousand letters, of every kind of letter.
#[test]
fn ten_thousand_letters_are_lines_all_the_same() {
    let engine = engine();
    let mut mails = Vec::new();
    for piece in [
        "x", "é", "李", "🫖", "\"", "x y ", "=?", "\u{feff}", "e\u{301}", ".",
    ] {
        let long = piece.repeat(10_000 / piece.chars().count());
        let line = json!({"email": "ada@example.com", "first_name": long, "last_name": long});
        let (mail, letter) = sent(&engine, &line.to_string()).expect(piece);
        let name = mail.to.as_ref().and_then(|to| to.name.clone());
        let long = long.trim();
        assert_eq!(name, Some(format!("{long} {long}")), "{piece}");
        let wanted = Wanted {
            subject: format!("Tea for {long}"),
            ..Wanted::of(&mail)
        };
        mails.push((format!("10,000 of {piece}"), mail, wanted, letter.bytes));
    }
    check(&mails);
    // An address of ten thousand letters is none.
    for address in [
        format!("{}@example.com", "x".repeat(10_000)),
        format!("x@{}.example", "x".repeat(10_000)),
        format!("x@{}example", "x.".repeat(5_000)),
        format!("x@{}.example", "é".repeat(62)),
    ] {
        let line = json!({"email": address, "first_name": "Ada"});
        let reason = sent(&engine, &line.to_string()).expect_err("no address");
        assert_eq!(reason, SkipReason::InvalidEmail);
    }
}
