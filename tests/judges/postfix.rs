//! A real Postfix takes letters over STARTTLS and delivers them: what it delivers is what was sent.
//!
//! It runs from where `.ci/judges` unpacked it, with a configuration, a queue and ports of its own, and is stopped with the test. Its
//! master process has to be root.

use std::collections::HashMap;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use letterpress::data::Profile;
use letterpress::delivery::{self, Letter, SinkAddress, Verdict};
use letterpress::email::{Engine, FixedWorld, Recipient};
use serde_json::json;

use letterpress::campaign::State;

use crate::campaign::Shop;
use crate::certificates::Certificates;
use crate::{foreign, installed};

const LETTERS: usize = 1000;
/// Every so many, one goes to somebody whom this server sends nothing to.
const ABROAD: usize = 50;

#[test]
fn postfix_delivers_what_was_sent() {
    let test = "postfix_delivers_what_was_sent";
    let Some(certificates) = Certificates::made() else {
        return foreign::skip(test, "no openssl");
    };
    let postfix = match Postfix::start(certificates) {
        Ok(postfix) => postfix,
        Err(why) => return foreign::skip(test, &why),
    };
    let letters = letters(LETTERS);
    let sink: SinkAddress = format!(
        "smtp://localhost:{}?tls=required&ca={}&connections=4",
        postfix.port,
        certificates.path("issuer.pem").display()
    )
    .parse()
    .unwrap();
    let sink = sink.open(None).unwrap();
    let started = Instant::now();
    let next = Mutex::new(letters.iter());
    let connected = Mutex::new(0);
    std::thread::scope(|scope| {
        for _ in 0..sink.connections() {
            scope.spawn(|| {
                let mut connection = sink.connect().unwrap();
                *connected.lock().unwrap() += 1;
                loop {
                    let Some(letter) = next.lock().unwrap().next() else {
                        return connection.close();
                    };
                    let verdict = connection.put(letter, &mut || Ok(()));
                    let abroad = letter.to.ends_with("@elsewhere.example");
                    match &verdict {
                        Verdict::Accepted(reply) if !abroad => {
                            assert!(reply.text.contains("queued as"), "{reply}");
                        }
                        Verdict::Refused(reply) if abroad => {
                            assert_eq!(reply.code, Some(554), "{reply}");
                            assert_eq!(reply.enhanced.as_deref(), Some("5.7.1"), "{reply}");
                        }
                        _ => panic!("{}: {verdict:?}", letter.to),
                    }
                    assert!(connection.usable());
                }
            });
        }
    });
    let took = started.elapsed();
    // One greeting each: a refusal does not end a connection.
    assert_eq!(*connected.lock().unwrap(), sink.connections());

    let mut expected: HashMap<&str, &Letter> = letters
        .iter()
        .filter(|letter| !letter.to.ends_with("@elsewhere.example"))
        .map(|letter| (letter.to.as_str(), letter))
        .collect();
    for message in postfix.delivered(expected.len()) {
        let (traces, to) = traces(&message);
        let letter = expected
            .remove(to)
            .unwrap_or_else(|| panic!("a second letter, or none of ours, to {to}"));
        let text = String::from_utf8_lossy(&letter.bytes).replace("\r\n", "\n");
        assert!(
            message[traces.len()..] == text,
            "{to}: what came is not what was sent:\n{message}"
        );
        assert!(traces.contains("TLSv1.3"), "{traces}");
        assert!(
            traces.contains("Return-Path: <hello@tea.example>\n"),
            "{traces}"
        );
    }
    assert!(
        expected.is_empty(),
        "{} letters did not come",
        expected.len()
    );
    println!(
        "{LETTERS} letters over STARTTLS and 4 connections to Postfix in {took:.1?}, {:.0} a second",
        LETTERS as f64 / took.as_secs_f64()
    );
}

/// The program sends a campaign of a thousand people; what Postfix delivers is what `campaign replay` makes.
#[test]
fn postfix_takes_a_campaign() {
    let test = "postfix_takes_a_campaign";
    let Some(certificates) = Certificates::made() else {
        return foreign::skip(test, "no openssl");
    };
    let postfix = match Postfix::start(certificates) {
        Ok(postfix) => postfix,
        Err(why) => return foreign::skip(test, &why),
    };
    let shop = Shop::new(LETTERS, "");
    let sink = format!(
        "smtp://localhost:{}?tls=required&ca={}&connections=4",
        postfix.port,
        certificates.path("issuer.pem").display()
    );
    shop.send(0, "r", &sink, &[]);
    assert_eq!(shop.count("r", State::Sent), LETTERS as u64);
    let run = shop.opened("r");
    let frozen = run.frozen().unwrap();
    let rows = shop.rows("r");
    let [delivered, replayed] = ["delivered", "replayed"].map(|folder| shop.path(folder));
    fs::create_dir(&delivered).unwrap();
    fs::create_dir(&replayed).unwrap();
    for (number, message) in postfix.delivered(LETTERS).iter().enumerate() {
        let (traces, to) = traces(message);
        let replay = run
            .replay(&frozen, rows[to].clone())
            .unwrap()
            .message
            .unwrap();
        let text = String::from_utf8_lossy(&replay).replace("\r\n", "\n");
        assert!(message[traces.len()..] == text, "{to}: {message}");
        fs::write(delivered.join(number.to_string()), message).unwrap();
        fs::write(replayed.join(number.to_string()), replay).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/read_back.py");
    let read = Command::new("python3")
        .arg(script)
        .args([&delivered, &replayed])
        .output();
    match read {
        Ok(read) => assert!(
            read.status.success(),
            "{}",
            String::from_utf8_lossy(&read.stderr)
        ),
        Err(_) => foreign::skip(test, "no python3"),
    }
}

/// A message that is written in two pieces waits 40 ms for the acknowledgement of the first: 24 letters a second. In one piece it
/// is thousands; on a busy machine, hundreds.
#[test]
fn no_letter_waits_for_an_acknowledgement() {
    let unpacked = installed("postfix");
    let program = unpacked.join("usr/sbin/smtp-sink");
    if !program.exists() {
        return foreign::skip("no_letter_waits_for_an_acknowledgement", "no smtp-sink");
    }
    let port = free_port();
    let mut server = Command::new(program)
        .args(["-u", "nobody", &format!("127.0.0.1:{port}"), "64"])
        .env("LD_LIBRARY_PATH", libraries(&unpacked))
        .spawn()
        .unwrap();
    wait_for(port);
    let mut rates = Vec::new();
    for pipelining in ["never", "always"] {
        let address = format!("smtp://127.0.0.1:{port}?pipelining={pipelining}");
        let sink = address.parse::<SinkAddress>().unwrap().open(None).unwrap();
        let mut connection = sink.connect().unwrap();
        let mut letter = letters(1).pop().unwrap();
        letter.bytes.extend(b"A line of a letter.\r\n".repeat(1400));
        let started = Instant::now();
        for _ in 0..400 {
            let verdict = connection.put(&letter, &mut || Ok(()));
            assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:?}");
        }
        rates.push(400.0 / started.elapsed().as_secs_f64());
        connection.close();
    }
    server.kill().unwrap();
    server.wait().unwrap();
    println!("letters of 30 KB a second over one connection: {rates:.0?}");
    assert!(rates.iter().all(|&rate| rate > 200.0), "{rates:?}");
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn wait_for(port: u16) {
    let until = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < until, "nobody listens");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Letters of real emails to people with odd names, with lines that servers treat in their own way.
fn letters(count: usize) -> Vec<Letter> {
    let lines = "<p>Hi {{ first_name }}</p>\n.\n..\n. \nFrom here on\n{{ note }}\n.leading\nQUIT\n<p>Bye</p>\n.";
    let engine = Engine::builder()
        .template(
            "hello/email.toml",
            "subject = 'Hi {{ first_name }} …'\nfrom = 'Tea <hello@tea.example>'",
        )
        .template("hello/body.html", lines)
        .build()
        .unwrap();
    let email = engine.email("hello").unwrap();
    let world = FixedWorld::at("2026-11-20T18:00:00[UTC]".parse().unwrap());
    let names = [
        "Ada",
        "Åsa",
        "O'Neil",
        "李娜",
        "\u{202e}x",
        "a\r\n.\r\nb",
        "=?utf-8?q?x?=",
        "\"",
        ".",
        "👩‍👩‍👧",
    ];
    (0..count)
        .map(|number| {
            let domain = if number % ABROAD == 7 {
                "elsewhere.example"
            } else {
                "example.com"
            };
            let to = format!("p{number}@{domain}");
            let person = json!({
                "email": to,
                "first_name": names[number % names.len()],
                "properties": {"note": "x. \r\n.\r\n".repeat(number % 40)},
            });
            let person = Recipient::new(Profile::from_json(&person.to_string()).unwrap());
            let outcome = email.render(&person, &world);
            Letter {
                id: format!("{number:032x}"),
                from: "hello@tea.example".into(),
                to,
                bytes: delivery::eml(outcome.rendered().unwrap()).unwrap(),
            }
        })
        .collect()
}

/// The headers that servers put before a message, and whom it was delivered to.
fn traces(message: &str) -> (&str, &str) {
    let ours = message.find("\nFrom: ").expect("our first header") + 1;
    let traces = &message[..ours];
    for line in traces.lines() {
        let trace = [
            "Return-Path: ",
            "X-Original-To: ",
            "Delivered-To: ",
            "Received: ",
            "\t",
            " ",
        ]
        .iter()
        .any(|start| line.starts_with(start));
        assert!(trace, "{line:?} stands before our headers");
    }
    let to = traces
        .lines()
        .find_map(|line| line.strip_prefix("Delivered-To: "));
    (traces, to.expect("Delivered-To"))
}

struct Postfix {
    base: tempfile::TempDir,
    port: u16,
}

impl Postfix {
    /// Or why not.
    fn start(certificates: &Certificates) -> Result<Postfix, String> {
        let unpacked = installed("postfix");
        if !unpacked.join("usr/lib/postfix/sbin/master").exists() {
            return Err("no Postfix".into());
        }
        let root = Command::new("id")
            .arg("-u")
            .output()
            .is_ok_and(|id| id.stdout == b"0\n");
        if !root {
            return Err("Postfix is started by root only".into());
        }
        let base = tempfile::tempdir().unwrap();
        let path = |name: &str| base.path().join(name);
        fs::set_permissions(base.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for folder in ["etc", "spool", "data", "mail", "man"] {
            fs::create_dir(path(folder)).unwrap();
        }
        let number = |option: &str, user: &str| -> u32 {
            let id = Command::new("id").args([option, user]).output().unwrap();
            String::from_utf8_lossy(&id.stdout).trim().parse().unwrap()
        };
        let nobody = number("-u", "nobody");
        chown(path("mail"), Some(nobody), None).unwrap();
        chown(path("data"), Some(number("-u", "mail")), None).unwrap();
        for name in ["postfix-files", "post-install", "postfix-script"] {
            fs::copy(
                unpacked.join("etc/postfix").join(name),
                path("etc").join(name),
            )
            .unwrap();
        }
        fs::write(path("etc/dynamicmaps.cf"), "").unwrap();
        let key = fs::read_to_string(certificates.path("good.key")).unwrap();
        let certificate = fs::read_to_string(certificates.path("good.pem")).unwrap();
        fs::write(path("etc/chain.pem"), key + &certificate).unwrap();
        let port = free_port();
        let settings = include_str!("postfix.main.cf")
            .replace("{base}", &base.path().to_string_lossy())
            .replace("{unpacked}", &unpacked.to_string_lossy())
            .replace("{libraries}", &libraries(&unpacked))
            .replace("{nobody}", &nobody.to_string())
            .replace("{nogroup}", &number("-g", "nobody").to_string());
        fs::write(path("etc/main.cf"), settings).unwrap();
        let services = include_str!("postfix.master.cf").replace("{port}", &port.to_string());
        fs::write(path("etc/master.cf"), services).unwrap();

        let postfix = Postfix { base, port };
        let output = postfix.command("start");
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let late = Instant::now() > until;
            assert!(!late, "Postfix does not start: {output}\n{}", postfix.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(postfix)
    }

    fn command(&self, verb: &str) -> String {
        let unpacked = installed("postfix");
        let output = Command::new(unpacked.join("usr/sbin/postfix"))
            .arg("-c")
            .arg(self.base.path().join("etc"))
            .arg(verb)
            .env("LD_LIBRARY_PATH", libraries(&unpacked))
            .output()
            .unwrap();
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.base.path().join("maillog")).unwrap_or_default()
    }

    /// So many messages, once they are there.
    fn delivered(&self, count: usize) -> Vec<String> {
        let folder = self.base.path().join("mail/inbox/new");
        let names = || -> Vec<PathBuf> {
            let entries = fs::read_dir(&folder).into_iter().flatten();
            entries.map(|entry| entry.unwrap().path()).collect()
        };
        let until = Instant::now() + Duration::from_secs(120);
        while names().len() < count && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(100));
        }
        let names = names();
        assert_eq!(names.len(), count, "{}", self.log());
        names
            .iter()
            .map(|name| fs::read_to_string(name).unwrap())
            .collect()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let said = self.command("stop");
        if std::thread::panicking() {
            println!("{said}");
        }
    }
}

/// Where the unpacked programs find the libraries that were unpacked with them.
fn libraries(unpacked: &Path) -> String {
    let mut folders = vec![unpacked.join("usr/lib/postfix")];
    for entry in fs::read_dir(unpacked.join("usr/lib"))
        .into_iter()
        .flatten()
        .flatten()
    {
        if entry.file_name().to_string_lossy().ends_with("-linux-gnu") {
            folders.push(entry.path());
        }
    }
    let folders: Vec<_> = folders
        .iter()
        .map(|folder| folder.to_string_lossy().into_owned())
        .collect();
    folders.join(":")
}
