//! `messages.json`: what goes in, and what a reader must find (the same unless `expect` says otherwise).

use letterpress::delivery::{eml, letter, message};
use letterpress::email::{Header, Mailbox, Rendered, Sizes, parse_mailbox};
use serde_json::Value;

use crate::judge::{Wanted, check};

const ID: &str = "0123456789abcdef0123456789abcdef";

pub fn rendered(
    subject: &str,
    from: &str,
    to: Option<Mailbox>,
    text: &str,
    html: &str,
) -> Rendered {
    Rendered {
        email: "tea".into(),
        to,
        subject: subject.into(),
        preheader: String::new(),
        from: from.into(),
        reply_to: None,
        headers: vec![
            Header::new(
                "List-Unsubscribe",
                format!("<https://tea.example/u/{}>", "t".repeat(200)),
            ),
            Header::new("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ],
        html: html.into(),
        text: text.into(),
        date: "2026-11-06T08:09:10Z".parse().expect("a date"),
        id: ID.into(),
        sizes: Sizes::default(),
        warnings: Vec::new(),
    }
}

pub fn mailbox(name: Option<&str>, address: &str) -> Mailbox {
    Mailbox {
        name: name.map(str::to_owned),
        address: address.to_owned(),
    }
}

fn pair(value: &Value) -> Option<Mailbox> {
    let address = value.get(1)?.as_str()?;
    Some(mailbox(value[0].as_str(), address))
}

struct Case {
    about: String,
    mail: Rendered,
    wanted: Result<Wanted, String>,
}

fn cases() -> Vec<Case> {
    let cases: Vec<Value> = serde_json::from_str(include_str!("messages.json")).expect("JSON");
    cases
        .iter()
        .map(|case| {
            let word = |key: &str| case[key].as_str().unwrap_or_default();
            let mut mail = rendered(
                word("subject"),
                word("from"),
                pair(&case["to"]),
                word("text"),
                word("html"),
            );
            mail.reply_to = case["reply_to"].as_str().map(str::to_owned);
            if let Some(date) = case["date"].as_str() {
                mail.date = date.parse().expect("a date");
            }
            let expect = &case["expect"];
            let wanted = match case["error"].as_str() {
                Some(code) => Err(code.to_owned()),
                None => Ok(Wanted {
                    subject: expect["subject"]
                        .as_str()
                        .unwrap_or(&mail.subject)
                        .to_owned(),
                    from: pair(&expect["from"])
                        .or_else(|| parse_mailbox(&mail.from))
                        .expect("a sender"),
                    to: match expect.get("to") {
                        Some(to) => pair(to),
                        None => mail.to.clone(),
                    },
                    reply_to: match expect.get("reply_to") {
                        Some(reply_to) => pair(reply_to),
                        None => mail.reply_to.as_deref().and_then(parse_mailbox),
                    },
                }),
            };
            Case {
                about: word("about").to_owned(),
                mail,
                wanted,
            }
        })
        .collect()
}

#[test]
fn messages_say_what_went_in() {
    let mut read = Vec::new();
    for Case {
        about,
        mail,
        wanted,
    } in cases()
    {
        match (eml(&mail), wanted) {
            (Ok(bytes), Ok(wanted)) => {
                assert_eq!(bytes, eml(&mail).expect("again"), "{about}: other bytes");
                read.push((about, mail, wanted, bytes));
            }
            (Err(error), Err(code)) => assert_eq!(error.code(), code, "{about}: {error}"),
            (Ok(_), Err(code)) => panic!("{about}: no error, but {code} is expected"),
            (Err(error), Ok(_)) => panic!("{about}: {error}"),
        }
    }
    check(&read);
}

#[test]
fn a_message_has_an_explicit_envelope() {
    let mail = rendered(
        "s",
        "Tea <hello@bücher.example>",
        Some(mailbox(Some("Li"), "li@例子.example")),
        "a",
        "b",
    );
    let message = message(&mail).expect("a message");
    let envelope = message.envelope();
    assert_eq!(
        envelope.from().map(ToString::to_string).as_deref(),
        Some("hello@xn--bcher-kva.example")
    );
    assert_eq!(envelope.to().len(), 1);
    assert_eq!(envelope.to()[0].to_string(), "li@xn--fsqu00a.example");
    assert_eq!(message.formatted(), eml(&mail).expect("bytes"));
    // What lettre's own readers find.
    use lettre::message::header::{From, Subject};
    let headers = message.headers();
    assert_eq!(
        headers.get::<Subject>(),
        Some(Subject::from("s".to_owned()))
    );
    let from = headers.get::<From>().map(lettre::message::Mailboxes::from);
    assert_eq!(
        from.and_then(|from| from.into_single())
            .and_then(|from| from.name)
            .as_deref(),
        Some("Tea")
    );
}

#[test]
fn a_message_to_nobody_is_an_error_that_says_what_to_do() {
    let mail = rendered("s", "hello@tea.example", None, "a", "b");
    let error = message(&mail).expect_err("nobody");
    assert_eq!(error.code(), "missing-recipient");
    assert!(
        error.to_string().contains("render it for a profile"),
        "{error}"
    );
    let error = eml(&rendered("s", "", None, "a", "b")).expect_err("no sender");
    assert!(
        error.to_string().contains("set `from` in tea/email.toml"),
        "{error}"
    );
}

#[test]
fn headers_that_no_message_may_carry() {
    let with = |name: &'static str, value: &str| {
        let mut mail = rendered("s", "hello@tea.example", None, "a", "b");
        mail.headers.push(Header::new(name, value));
        eml(&mail).map(|bytes| String::from_utf8(bytes).expect("ASCII"))
    };
    for name in [
        "X\r\nBcc",
        "",
        "a b",
        "a:",
        "é",
        "Bcc",
        "subject",
        "list-unsubscribe",
    ] {
        let error = with(name, "x").expect_err(name);
        assert_eq!(error.code(), "invalid-header", "{name}: {error}");
        assert!(!error.to_string().contains(['\r', '\n']), "{error}");
    }
    let long = format!("<https://tea.example/{}>", "t".repeat(1_000));
    let error = with("List-Help", &long).expect_err("too long");
    assert!(error.to_string().contains("shorten the link"), "{error}");
    let text = with("Feedback-ID", "spring:\r\nBcc: x").expect("a header");
    assert!(
        text.contains("\r\nFeedback-ID: spring: Bcc: x\r\n"),
        "{text}"
    );
}

#[test]
fn a_letter_has_its_envelope_and_the_headers_of_the_run() {
    let to = mailbox(Some("Li"), "li@例子.example");
    let mail = rendered("s", "Tea <hello@bücher.example>", Some(to), "a", "b");
    let alone = letter(&mail, &[]).expect("a letter");
    assert_eq!(alone.id, mail.id);
    assert_eq!(alone.from, "hello@xn--bcher-kva.example");
    assert_eq!(alone.to, "li@xn--fsqu00a.example");
    assert_eq!(alone.bytes, eml(&mail).expect("bytes"));

    let run = [Header::new("Feedback-ID", "sale:run\r\nBcc: x:tea")];
    let ours = letter(&mail, &run).expect("a letter").bytes;
    let ours = String::from_utf8(ours).expect("ASCII");
    let mine = "\r\nFeedback-ID: sale:run Bcc: x:tea\r\n";
    let alone = String::from_utf8(alone.bytes).expect("ASCII");
    assert_eq!(ours.replace(mine, "\r\n"), alone);

    for name in ["List-Unsubscribe", "Message-Id", "X\r\nBcc", ""] {
        let error = letter(&mail, &[Header::new(name, "x")]).expect_err(name);
        assert_eq!(error.code(), "invalid-header", "{name}: {error}");
    }
    let twice = [Header::new("X-A", "1"), Header::new("x-a", "2")];
    let error = letter(&mail, &twice).expect_err("twice");
    assert!(error.to_string().contains("given twice"), "{error}");
    let nobody = rendered("s", "hello@tea.example", None, "a", "b");
    let error = letter(&nobody, &[]).expect_err("nobody");
    assert_eq!(error.code(), "missing-recipient");
}

/// What programs read as it stands is not encoded because it is long.
#[test]
fn a_long_word_of_a_header_of_the_run_stays_one() {
    let to = Some(mailbox(None, "ada@example.com"));
    let mail = rendered("s", "hello@tea.example", to, "a", "b");
    let with = |value: &str| {
        let run = [Header::new("Feedback-ID", value)];
        let bytes = letter(&mail, &run).expect("a letter").bytes;
        let text = String::from_utf8(bytes).expect("ASCII");
        let (_, rest) = text.split_once("Feedback-ID: ").expect("a header");
        rest.split_once("\r\nMIME").expect("its end").0.to_owned()
    };
    let word = "sale-".repeat(30) + ":campaign:tea:letterpress";
    assert_eq!(with(&word), word);
    assert_eq!(
        with(&format!("{word} {word}")),
        format!("{word}\r\n {word}")
    );
    for text in [&"x".repeat(2_000), "é:a", "=?utf-8?q?x?="] {
        let lines = with(text);
        assert!(lines.starts_with("=?utf-8?b?"), "{lines}");
        assert!(lines.split("\r\n").all(|line| line.len() <= 78), "{lines}");
    }
}

#[test]
fn an_identity_of_a_list_is_no_text() {
    let with = |value: &str| {
        let mut mail = rendered("s", "hello@tea.example", None, "a", "b");
        mail.headers = vec![Header::new("List-Id", value)];
        eml(&mail).map(|bytes| {
            let text = String::from_utf8(bytes).expect("ASCII");
            let (_, rest) = text.split_once("List-Id: ").expect("a header");
            let (value, _) = rest.split_once("\r\nMIME").expect("its end");
            value.to_owned()
        })
    };
    for (value, wanted) in [
        ("Tea <sale.tea.example>", "Tea <sale.tea.example>"),
        ("<sale.tea.example>", "<sale.tea.example>"),
        ("\"Tea, Inc.\" <a.b.example>", "\"Tea, Inc.\" <a.b.example>"),
        (
            "Tea\r\nBcc: x <a.b.example>",
            "\"Tea Bcc: x\" <a.b.example>",
        ),
        (
            "Thé <a.bücher.example>",
            "=?utf-8?b?VGjDqQ==?= <a.xn--bcher-kva.example>",
        ),
    ] {
        assert_eq!(with(value).expect(value), wanted);
    }
    for value in [
        "sale.tea.example",
        "<>",
        "Tea <a b.example>",
        "<a@b.example>",
        "<a>",
    ] {
        let error = with(value).expect_err(value);
        assert!(error.to_string().contains("list.example.com"), "{error}");
    }
}
