//! What a message must say, and the parsers that say what it does.

use std::io::Write;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use letterpress::email::{Mailbox, Rendered, parse_mailbox};
use mail_parser::{Address, MessageParser, MimeHeaders};
use serde_json::{Value, json};

/// What a reader must find, in the form of the Python judge.
pub struct Wanted {
    pub subject: String,
    pub from: Mailbox,
    pub to: Option<Mailbox>,
    pub reply_to: Option<Mailbox>,
}

impl Wanted {
    /// What `mail` says, where nothing in it has to be cleaned.
    pub fn of(mail: &Rendered) -> Wanted {
        Wanted {
            subject: mail.subject.clone(),
            from: parse_mailbox(&mail.from).expect("a sender"),
            to: mail.to.clone(),
            reply_to: mail.reply_to.as_deref().and_then(parse_mailbox),
        }
    }
}

/// Rules of the wire that no parser complains of.
pub fn check_lines(eml: &[u8], about: &str) {
    let text = std::str::from_utf8(eml).expect("ASCII");
    assert!(text.is_ascii(), "{about}: not ASCII");
    assert!(!text.contains('\0'), "{about}: NUL");
    assert!(text.ends_with("\r\n"), "{about}: no line end at the end");
    let (mut in_headers, mut foldable) = (true, true);
    for line in text.split_terminator("\r\n") {
        assert!(
            !line.contains(['\r', '\n']),
            "{about}: a bare line end in {line:?}"
        );
        in_headers &= !line.is_empty();
        if !line.starts_with(' ') {
            foldable = in_headers && !line.starts_with("List-");
        }
        // An address cannot be folded.
        let most = if !foldable || line.contains('@') {
            998
        } else {
            78
        };
        assert!(line.len() <= most, "{about}: {} bytes: {line}", line.len());
        assert!(
            !in_headers || !line.trim().is_empty(),
            "{about}: a blank line in a header"
        );
        // What a careless server or mailbox file takes for the end of a message.
        assert!(
            !line.starts_with('.') && !line.starts_with("From "),
            "{about}: {line}"
        );
    }
}

/// Reads it with mail-parser.
fn check_by_mail_parser(mail: &Rendered, eml: &[u8], wanted: &Wanted, about: &str) {
    let read = MessageParser::default().parse(eml).expect("a message");
    assert_eq!(
        read.subject().unwrap_or_default(),
        wanted.subject,
        "{about}: subject"
    );
    let first = |address: Option<&Address<'_>>| {
        address.and_then(Address::first).and_then(|a| {
            Some(Mailbox {
                name: a.name.as_deref().map(str::to_owned),
                address: a.address.as_deref()?.to_owned(),
            })
        })
    };
    assert_eq!(
        first(read.from()),
        Some(wanted.from.clone()),
        "{about}: from"
    );
    assert_eq!(first(read.to()), wanted.to, "{about}: to");
    assert_eq!(first(read.reply_to()), wanted.reply_to, "{about}: reply_to");
    assert!(read.bcc().is_none() && read.cc().is_none(), "{about}");
    assert_eq!(
        read.date().map(|d| d.to_timestamp()),
        Some(mail.date.as_second()),
        "{about}: date"
    );
    assert_eq!(read.text_body_count(), 1, "{about}");
    assert_eq!(read.parts.len(), 3, "{about}: parts");
    for (number, wanted) in [(1, &mail.text), (2, &mail.html)] {
        let part = &read.parts[number];
        let raw = part.contents();
        assert_eq!(
            String::from_utf8_lossy(raw),
            network(wanted),
            "{about}: part {number}"
        );
        assert_eq!(
            part.content_type().and_then(|t| t.attribute("charset")),
            Some("utf-8")
        );
    }
    // It spells names its own way.
    let names = read.headers().iter().map(|h| h.name().to_lowercase());
    let meant = meant(mail).into_iter().map(str::to_lowercase);
    assert!(names.eq(meant), "{about}: {:?}", read.headers());
}

/// The headers that a message has: each once, and no other.
fn meant(mail: &Rendered) -> Vec<&str> {
    let reply_to = mail.reply_to.as_deref().filter(|to| !to.trim().is_empty());
    ["From", "To"]
        .into_iter()
        .chain(reply_to.map(|_| "Reply-To"))
        .chain(["Subject", "Date", "Message-ID"])
        .chain(mail.headers.iter().map(|header| &*header.name))
        .chain(["MIME-Version", "Content-Type", "Content-Transfer-Encoding"])
        .collect()
}

/// Checks everything that both parsers say of all messages.
pub fn check(mails: &[(String, Rendered, Wanted, Vec<u8>)]) {
    for (about, mail, wanted, bytes) in mails {
        check_lines(bytes, about);
        check_by_mail_parser(mail, bytes, wanted, about);
    }
    let bytes: Vec<&[u8]> = mails.iter().map(|(_, _, _, bytes)| &**bytes).collect();
    let read = read_by_python("read_mail.py", &bytes).unwrap_or_default();
    for ((about, mail, wanted, _), read) in mails.iter().zip(&read) {
        check_by_python(mail, read, wanted, about);
    }
}

/// What a script of Python's says of each message. None: there is no Python here, which is allowed outside CI only.
pub fn read_by_python(script: &str, emls: &[&[u8]]) -> Option<Vec<Value>> {
    let child = Command::new("python3")
        .arg(format!(
            "{}/tests/judges/{script}",
            env!("CARGO_MANIFEST_DIR")
        ))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            crate::foreign::skip(script, &format!("no python3: {error}"));
            return None;
        }
    };
    let mut stdin = child.stdin.take().expect("piped");
    let lines: String = emls
        .iter()
        .map(|eml| format!("{}\n", json!({"eml": STANDARD.encode(eml)})))
        .collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("python3 ran");
    writer
        .join()
        .expect("joined")
        .expect("python3 read everything");
    assert!(output.status.success(), "the judge failed");
    let read: Vec<Value> = String::from_utf8(output.stdout)
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(read.len(), emls.len());
    Some(read)
}

/// Compares what Python read with what went in.
fn check_by_python(mail: &Rendered, read: &Value, wanted: &Wanted, about: &str) {
    assert_eq!(read["defects"], json!([]), "{about}");
    assert_eq!(read["names"], json!(meant(mail)), "{about}: headers");
    assert_eq!(read["subject"], json!(wanted.subject), "{about}: subject");
    let found = |key: &str| -> Vec<(String, String)> {
        read[key]
            .as_array()
            .into_iter()
            .flatten()
            .map(|found| {
                let word = |key: &str| found[key].as_str().unwrap_or_default();
                (in_python(word("name")), word("address").to_owned())
            })
            .collect()
    };
    let mailboxes = |mailbox: Option<&Mailbox>| -> Vec<(String, String)> {
        mailbox
            .map(|m| {
                (
                    in_python(m.name.as_deref().unwrap_or_default()),
                    m.address.clone(),
                )
            })
            .into_iter()
            .collect()
    };
    assert_eq!(
        found("from"),
        mailboxes(Some(&wanted.from)),
        "{about}: from"
    );
    assert_eq!(found("to"), mailboxes(wanted.to.as_ref()), "{about}: to");
    assert_eq!(
        found("reply_to"),
        mailboxes(wanted.reply_to.as_ref()),
        "{about}: reply_to"
    );
    let date: jiff::Timestamp = read["date"]
        .as_str()
        .and_then(|d| d.parse().ok())
        .expect("a date");
    assert_eq!(date.as_second(), mail.date.as_second(), "{about}: date");
    let domain = wanted.from.address.rsplit('@').next().unwrap_or_default();
    assert_eq!(
        read["message_id"],
        json!(format!("<{}@{domain}>", mail.id)),
        "{about}"
    );
    assert_eq!(read["content_type"], "multipart/alternative", "{about}");
    assert_eq!(read["boundary"], json!(format!("=_{}", mail.id)), "{about}");
    let parts = json!([
        {"type": "text/plain", "charset": "utf-8", "text": network(&mail.text)},
        {"type": "text/html", "charset": "utf-8", "text": network(&mail.html)},
    ]);
    assert_eq!(read["parts"], parts, "{about}");
}

/// With the line ends of the network.
pub fn network(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\n', "\r\n")
}

/// A name as every Python reads it: before 3.13 it keeps the blanks between two encoded words of a name, which RFC 2047
/// says are none. So a name that needs more than one word is compared without blanks.
fn in_python(name: &str) -> String {
    if name.len() > 30 {
        name.replace(' ', "")
    } else {
        name.to_owned()
    }
}
