//! The parts as they travel: encoded as by the slow twin, and decoded by others to what they were.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use letterpress::delivery::eml;

use crate::judge::{Wanted, check, network, read_by_python};
use crate::messages::{mailbox, rendered};
use crate::strange::{Dice, HOSTILE, PIECES};

/// The slow twin: a byte at a time, as the standard says it.
fn twin(text: &str) -> String {
    let mut lines = Vec::new();
    for line in network(text).split("\r\n") {
        let mut written = String::new();
        for (at, &byte) in line.as_bytes().iter().enumerate() {
            let is_last = at + 1 == line.len();
            let stands_for_itself = match byte {
                b'=' => false,
                b' ' | b'\t' => !is_last,
                _ => byte.is_ascii_graphic(),
            };
            let escaped = format!("={byte:02X}");
            let length = if stands_for_itself { 1 } else { 3 };
            if written.len() + length > 75 {
                lines.push(written + "=");
                written = String::new();
            }
            // A blank at the line's end is no blank any more.
            let from = line.as_bytes()[at..].starts_with(b"From ") && at + 5 < line.len();
            if !stands_for_itself || written.is_empty() && (byte == b'.' || from) {
                written += &escaped;
            } else {
                written.push(char::from(byte));
            }
        }
        lines.push(written);
    }
    lines.join("\r\n")
}

/// The text and the HTML of a message, as they travel.
fn parts(text: &str, html: &str) -> [String; 2] {
    let mail = rendered("s", "hello@tea.example", None, text, html);
    let bytes = String::from_utf8(eml(&mail).expect("bytes")).expect("ASCII");
    let boundary = format!("--=_{}", mail.id);
    let pieces: Vec<&str> = bytes.split(&boundary).collect();
    assert_eq!(pieces.len(), 4, "{bytes}");
    [1, 2].map(|number| {
        let (_, part) = pieces[number].split_once("\r\n\r\n").expect("a part");
        part.strip_suffix("\r\n").expect("a line end").to_owned()
    })
}

/// What no encoder may write: two decoders that forgive it would not notice.
fn check_form(quoted: &str) {
    for line in quoted.split("\r\n") {
        assert!(line.len() <= 76, "{line}");
        let soft = line.strip_suffix('=').unwrap_or(line);
        assert!(!soft.is_empty() || line.is_empty(), "nothing but a break");
        assert!(!line.ends_with([' ', '\t']), "{line:?}");
        assert!(
            !line.starts_with('.') && !line.starts_with("From "),
            "{line}"
        );
        assert!(
            soft.bytes().all(|b| matches!(b, b'\t' | b' '..=b'~')),
            "{line:?}"
        );
        for piece in soft.split('=').skip(1) {
            let digits = piece.as_bytes().get(..2).expect("two digits");
            assert!(
                digits
                    .iter()
                    .all(|d| matches!(d, b'0'..=b'9' | b'A'..=b'F')),
                "{line}"
            );
        }
    }
}

fn check_all(texts: &[String]) {
    let mut quoted = Vec::new();
    for pair in texts.chunks(2) {
        let html = pair.get(1).map_or("", String::as_str);
        let found = parts(&pair[0], html);
        for (text, found) in pair.iter().zip(found) {
            assert_eq!(found, twin(text), "{text:?}");
            check_form(&found);
            quoted.push(found);
        }
    }
    assert_eq!(quoted.len(), texts.len());
    let bytes: Vec<&[u8]> = quoted.iter().map(String::as_bytes).collect();
    let read = read_by_python("read_quoted.py", &bytes).unwrap_or_default();
    for (text, read) in texts.iter().zip(read) {
        for said in read.as_array().expect("two answers") {
            let said = said.as_str().and_then(|said| STANDARD.decode(said).ok());
            assert_eq!(said.as_deref(), Some(network(text).as_bytes()), "{text:?}");
        }
    }
}

#[test]
fn twenty_thousand_strings_are_the_twins() {
    let more = [
        "\t",
        "\t\n",
        " \n",
        "  \r\n",
        "\n.",
        "\n..",
        "\nFrom ",
        "From \n",
        "From \t",
        "=3D",
        "=\r\n",
        "\r\r\n",
        "~",
        "\u{80}",
        "<p style=\"a\">",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ];
    let pieces: Vec<&str> = PIECES.iter().chain(HOSTILE).chain(&more).copied().collect();
    let mut dice = Dice(0x0b5e_55ed_5eed_0001);
    let texts: Vec<String> = (0..20_000)
        .map(|round| {
            let most = if round % 10 == 0 { 80 } else { 14 };
            dice.text(&pieces, most)
        })
        .collect();
    check_all(&texts);
}

/// Each kind of thing at each column where a line is broken, and each byte there is.
#[test]
fn every_thing_at_every_column() {
    let things = [
        "=",
        " ",
        "\t",
        ".",
        "..",
        "é",
        "李",
        "🫖",
        "👩‍👩‍👧‍👦",
        "\n",
        "\r",
        "\r\n",
        "\0",
        "From ",
        "From",
        "From a",
        "a",
        "",
        " a",
        "\ta",
        "  \n",
        "\n.\n",
        "=_0123456789abcdef0123456789abcdef",
    ];
    let mut texts = Vec::new();
    for column in (0..4).chain(66..80).chain(142..154) {
        for thing in things {
            for after in ["", "x", "\n", " ", "\nFrom me\n.\n"] {
                texts.push("x".repeat(column) + thing + after);
            }
        }
    }
    texts.extend((0..256).map(|code| {
        let c = char::from(u8::try_from(code).expect("a byte"));
        format!("{c}a{c}{c}\n{c}")
    }));
    check_all(&texts);
}

/// Bodies that end messages, start parts or are too long where nobody encodes them.
#[test]
fn hostile_bodies_stay_bodies() {
    let id = "0123456789abcdef0123456789abcdef";
    let long = "x".repeat(7_440);
    let words = "tea and ".repeat(930);
    let bodies = [
        format!("a\r\n--=_{id}\r\nContent-Type: text/html\r\n\r\n<b>\r\n--=_{id}--\r\n"),
        format!("--=_{id}--"),
        format!("=_{id}\n=_{id}"),
        "a\n.\nMAIL FROM:<x@evil.example>\n".to_owned(),
        "a\r.\rb\n.\r\nc\r\n.\nd\r.\n".to_owned(),
        "\r\n.\r\n..\r\n...\r\n.".to_owned(),
        "From ada@example.com Fri Nov 20 18:00:00 2026\nSubject: x\n\nb".to_owned(),
        "Subject: not one\r\n\r\nBcc: x@evil.example".to_owned(),
        "trailing \n\ttabs\t\t\n and at the end  ".to_owned(),
        format!("{long}\n{long}é{long}"),
        words,
        "\r\r\n\n\r".to_owned(),
        "\0\u{1}\u{1b}[2J\u{7f}\u{85}\u{2028}\u{feff}\u{ffff}".to_owned(),
        (70..77).map(|n| "x".repeat(n) + "👩‍👩‍👧‍👦\n").collect(),
    ];
    let mut mails = Vec::new();
    for (number, text) in bodies.iter().enumerate() {
        for html in [text, &format!("<pre>{text}</pre>")] {
            let to = Some(mailbox(None, "ada@example.com"));
            let mail = rendered("s", "Tea <hello@tea.example>", to, text, html);
            let bytes = eml(&mail).expect("bytes");
            let wanted = Wanted::of(&mail);
            mails.push((format!("body {number}"), mail, wanted, bytes));
        }
    }
    check(&mails);
}
