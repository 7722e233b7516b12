//! The cases of `smtp.toml`, and letters that try to be two.

use std::collections::BTreeMap;
use std::io;

use letterpress::delivery::{Connection, Letter, Sink, SinkAddress, Verdict};
use serde::Deserialize;

use crate::server::{Script, Seen, Server};
use crate::{letter, said, shown};

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    options: String,
    abilities: Option<Vec<String>>,
    #[serde(default = "kilobyte")]
    size: usize,
    #[serde(default)]
    answers: BTreeMap<String, Vec<String>>,
    verdicts: Vec<String>,
    /// Recipients whose message came whole; not said where the script makes it odd.
    messages: Option<Vec<String>>,
    connections: usize,
}

fn kilobyte() -> usize {
    1000
}

#[test]
fn a_server_that_misbehaves() {
    let cases: Cases = toml::from_str(include_str!("smtp.toml")).unwrap();
    let mut wrong = Vec::new();
    for case in &cases.case {
        let ways: &[&str] = if case.options.contains("pipelining=") {
            &[""]
        } else {
            &["pipelining=never", "pipelining=always"]
        };
        for way in ways {
            let (verdicts, seen) = run(case, way);
            let same = verdicts.len() == case.verdicts.len()
                && verdicts
                    .iter()
                    .zip(&case.verdicts)
                    .all(|(verdict, expected)| verdict.starts_with(expected));
            // An empty one ends what a refused recipient began.
            let came: Vec<&str> = seen
                .messages
                .iter()
                .filter(|(_, text)| !text.is_empty())
                .map(|(to, _)| to.trim_end_matches("@example.com"))
                .collect();
            let whole = seen.messages.iter().all(|(to, text)| {
                let number = to.trim_end_matches("@example.com").parse().unwrap();
                text.is_empty() || text.as_bytes() == letter(number, case.size).bytes
            });
            let expected = case.messages.as_ref();
            if !same
                || !whole
                || expected.is_some_and(|expected| *expected != came)
                || seen.connections != case.connections
            {
                wrong.push(format!(
                    "{} ({way}): {verdicts:#?}, {} connections, messages to {came:?}, whole: {whole}",
                    case.name, seen.connections
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn run(case: &Case, way: &str) -> (Vec<String>, Seen) {
    let abilities = ["PIPELINING", "SIZE 100000000", "8BITMIME"].map(str::to_owned);
    let server = Server::start(Script {
        abilities: case.abilities.clone().unwrap_or_else(|| abilities.to_vec()),
        answers: case.answers.clone(),
        ..Script::default()
    });
    let options = format!("{}&{way}", case.options);
    let sink = open(server.port, &options);
    let mut marks = 0;
    let mut connection: Option<Box<dyn Connection>> = None;
    let mut verdicts = Vec::new();
    for number in 1..=case.verdicts.len() {
        if !connection
            .as_ref()
            .is_some_and(|connection| connection.usable())
        {
            match sink.connect() {
                Ok(new) => connection = Some(new),
                Err(error) => {
                    let may = if error.may_pass() { " (may pass)" } else { "" };
                    let reply = error.reply().expect("a server said it");
                    verdicts.push(format!("cannot connect {}{may}", said(reply)));
                    continue;
                }
            }
        }
        let before = marks;
        let verdict = connection
            .as_mut()
            .unwrap()
            .put(&letter(number, case.size), &mut || {
                marks += 1;
                Ok(())
            });
        // Who may have the letter was marked, and nobody twice.
        let marked = marks - before;
        let reply = verdict.reply().unwrap();
        let left = reply.stage == letterpress::delivery::Stage::Body;
        assert_eq!(marked, usize::from(left), "{}: {verdict:?}", case.name);
        verdicts.push(shown(&verdict));
    }
    if let Some(connection) = connection {
        connection.close();
    }
    (verdicts, server.seen())
}

fn open(port: u16, options: &str) -> Box<dyn Sink> {
    let address: SinkAddress = format!("smtp://127.0.0.1:{port}?{options}")
        .parse()
        .unwrap();
    address.open(None).unwrap()
}

fn honest() -> Server {
    Server::start(Script {
        abilities: vec!["PIPELINING".into()],
        ..Script::default()
    })
}

#[test]
fn without_a_mark_nothing_leaves() {
    let server = honest();
    let sink = open(server.port, "");
    let mut connection = sink.connect().unwrap();
    let verdict = connection.put(&letter(1, 1000), &mut || Err(io::Error::other("disk full")));
    assert_eq!(shown(&verdict), "stopped disk full");
    assert!(!connection.usable());
    let verdict = sink
        .connect()
        .unwrap()
        .put(&letter(2, 1000), &mut || Ok(()));
    assert!(matches!(verdict, Verdict::Accepted(_)));
    let seen = server.seen();
    assert_eq!(seen.messages.len(), 1);
    assert_eq!(seen.messages[0].0, "2@example.com");
}

/// SMTP smuggling: however the bytes of a letter are made up, the server sees one message, byte for byte, or none.
#[test]
fn no_letter_is_two() {
    let server = honest();
    let sink = open(server.port, "");
    let mut connection = sink.connect().unwrap();
    let pieces = [
        ".",
        "\r\n",
        "\n",
        "\r",
        "\0",
        "a",
        "..",
        "MAIL FROM:<x@example.com>",
        "é",
        "\r\n.\r\n",
        "\n.\n",
    ];
    let mut state = 1u64;
    let mut sent = Vec::new();
    let mut refused = 0;
    for number in 0..3000 {
        let mut bytes = String::from("Subject: x\r\n\r\n");
        let mut next = |most: usize| {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 33) as usize % most
        };
        // Half of them of pieces that a letter may have.
        let clean = number % 2 == 0;
        for _ in 0..next(12) {
            let piece = pieces[next(pieces.len())];
            let fits = matches!(
                piece,
                "." | "\r\n" | "a" | ".." | "MAIL FROM:<x@example.com>" | "\r\n.\r\n"
            );
            if !clean || fits {
                bytes.push_str(piece);
            }
        }
        bytes.push_str("\r\n");
        let letter = Letter {
            bytes: bytes.clone().into_bytes(),
            ..letter(number, 0)
        };
        let one = bytes.replace("\r\n", "");
        let good = bytes.is_ascii() && !one.contains(['\r', '\n', '\0']);
        match connection.put(&letter, &mut || Ok(())) {
            Verdict::Accepted(_) if good => sent.push((letter.to, bytes)),
            Verdict::Refused(_) if !good => refused += 1,
            other => panic!("{bytes:?}: {other:?}"),
        }
    }
    assert!(
        refused > 1000 && sent.len() > 1500,
        "{refused} {}",
        sent.len()
    );
    let seen = server.seen();
    assert_eq!(seen.messages, sent);
    assert_eq!(
        seen.commands
            .iter()
            .filter(|c| c.starts_with("MAIL"))
            .count(),
        sent.len()
    );
}

#[test]
fn addresses_cannot_hold_commands() {
    let server = honest();
    let sink = open(server.port, "");
    let mut connection = sink.connect().unwrap();
    for to in [
        "1@example.com>\r\nRCPT TO:<2@example.com",
        "1@example.com\r\nDATA",
        "1@example.com\n",
        "1@exam\u{0}ple.com",
        "<1@example.com>",
        "\"1\r\n2\"@example.com",
        "@a.example,@b.example:1@example.com",
        "1@example.com> SIZE=1",
        "ä@example.com",
        "1@\u{ff0e}example.com",
        "1@example.com\u{ff1e}",
        "",
    ] {
        for both in [true, false] {
            let mut letter = letter(1, 0);
            if both {
                letter.to = to.into();
            } else {
                letter.from = to.into();
            }
            let verdict = connection.put(&letter, &mut || panic!("marked"));
            assert!(
                matches!(verdict, Verdict::Refused(_)),
                "{to:?}: {verdict:?}"
            );
        }
    }
    let mut letter = letter(1, 0);
    letter.to = "1@bücher.example".into();
    let verdict = connection.put(&letter, &mut || Ok(()));
    assert!(matches!(verdict, Verdict::Accepted(_)));
    connection.close();
    let commands = server.seen().commands;
    assert_eq!(
        commands[2..],
        [
            "MAIL FROM:<hello@tea.example>",
            "RCPT TO:<1@xn--bcher-kva.example>",
            "DATA",
            "QUIT"
        ]
    );
}
