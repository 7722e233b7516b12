//! Where messages go: servers that misbehave, disks that are full, processes that are killed.

#[path = "../harness/certificates.rs"]
mod certificates;
#[path = "../harness/foreign.rs"]
mod foreign;

mod addresses;
mod faults;
mod files;
mod server;
mod tls;

use letterpress::delivery::{Letter, Reply, Verdict};

/// A letter to `NUMBER@example.com` of about so many bytes.
fn letter(number: usize, size: usize) -> Letter {
    let id = format!("{number:032x}");
    let mut bytes = format!(
        "Date: Fri, 6 Nov 2026 18:00:0{} +0000\r\nMessage-ID: <{id}@tea.example>\r\nSubject: Letter {number}\r\n\r\n",
        number % 10
    );
    bytes.push_str("From here on\r\n.\r\n..\r\n");
    while bytes.len() < size {
        bytes.push_str("A line of a letter, which is as long as lines of letters are.\r\n");
    }
    Letter {
        id,
        from: "hello@tea.example".into(),
        to: format!("{number}@example.com"),
        bytes: bytes.into_bytes(),
    }
}

/// `refused Rcpt 550 5.1.1 no such person`.
fn shown(verdict: &Verdict) -> String {
    let (word, reply) = match verdict {
        Verdict::Accepted(reply) => ("accepted", reply),
        Verdict::Refused(reply) => ("refused", reply),
        Verdict::Deferred(reply) => ("deferred", reply),
        Verdict::Unavailable(reply) => ("unavailable", reply),
        Verdict::Uncertain(reply) => ("uncertain", reply),
        Verdict::Stopped(error) => return format!("stopped {error}"),
    };
    format!("{word} {}", said(reply))
}

fn said(reply: &Reply) -> String {
    let code = reply.code.map_or("-".to_owned(), |code| code.to_string());
    let enhanced = reply
        .enhanced
        .as_ref()
        .map(|e| format!("{e} "))
        .unwrap_or_default();
    format!("{:?} {code} {enhanced}{}", reply.stage, reply.text)
}
