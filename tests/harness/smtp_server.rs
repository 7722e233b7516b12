//! A mail server for tests, on a port of its own: it notes what it takes before it says so, and misbehaves when told.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A message that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub recipient: String,
    pub message_id: String,
    pub bytes: Vec<u8>,
}

/// Where a conversation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Before the greeting.
    Banner,
    /// After RCPT TO.
    Recipient,
    /// After DATA.
    Data,
    /// Some of the message has come, its end has not.
    Body,
    /// The message has come, and is not yet noted.
    Dot,
    /// The message is noted, and nothing has been said.
    Noted,
}

/// What the server does there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Do {
    /// What it should.
    Go,
    /// It says this instead.
    Say(&'static str),
    /// It closes the connection.
    Close,
    /// It waits, then does what it should.
    Wait(Duration),
}

type Script = dyn Fn(At, u64, &str) -> Do + Send + Sync;

/// The server; it ends with the test.
pub struct SmtpServer {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    taken: Mutex<Vec<Taken>>,
    /// How many messages have begun (RCPT TO).
    begun: AtomicU64,
    connections: AtomicU64,
    ended: AtomicBool,
    script: Box<Script>,
}

impl SmtpServer {
    /// A server that does what `script` says: where, the number of the message counted from 1, and its recipient.
    pub fn start(script: impl Fn(At, u64, &str) -> Do + Send + Sync + 'static) -> SmtpServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            taken: Mutex::new(Vec::new()),
            begun: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            script: Box::new(script),
        });
        let for_threads = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if for_threads.ended.load(Ordering::Relaxed) {
                    break;
                }
                let shared = for_threads.clone();
                std::thread::spawn(move || {
                    shared.connections.fetch_add(1, Ordering::Relaxed);
                    // A client that is killed closes in the middle of anything.
                    let _ = talk(stream, &shared);
                });
            }
        });
        SmtpServer { port, shared }
    }

    /// A server that takes everything.
    pub fn good() -> SmtpServer {
        SmtpServer::start(|_, _, _| Do::Go)
    }

    /// Its address as a sink.
    pub fn sink(&self, options: &str) -> String {
        format!("smtp://127.0.0.1:{}?tls=none{options}", self.port)
    }

    /// What was taken so far.
    pub fn taken(&self) -> Vec<Taken> {
        self.shared.taken.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.shared.taken.lock().unwrap().len()
    }

    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Waits until so many were taken; whether they were, within a minute.
    pub fn wait_for(&self, count: usize) -> bool {
        let begun = Instant::now();
        while self.count() < count {
            if begun.elapsed() > Duration::from_secs(60) {
                return false;
            }
            sleep(Duration::from_millis(2));
        }
        true
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// Whether to go on with the conversation, after what the script says there; None ends it.
fn act(
    shared: &Shared,
    stream: &mut TcpStream,
    at: At,
    number: u64,
    who: &str,
) -> std::io::Result<Option<bool>> {
    match (shared.script)(at, number, who) {
        Do::Go => Ok(Some(true)),
        Do::Wait(time) => {
            sleep(time);
            Ok(Some(true))
        }
        Do::Say(text) => {
            stream.write_all(format!("{text}\r\n").as_bytes())?;
            Ok(if text.starts_with("421") {
                None
            } else {
                Some(false)
            })
        }
        Do::Close => Ok(None),
    }
}

fn talk(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream.try_clone()?);
    let begun = shared.begun.load(Ordering::Relaxed);
    if act(shared, &mut stream, At::Banner, begun + 1, "")? != Some(true) {
        return Ok(());
    }
    stream.write_all(b"220 test ESMTP\r\n")?;
    let (mut number, mut recipient) = (0, String::new());
    let mut line = Vec::new();
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        let word = text
            .split([' ', ':'])
            .next()
            .unwrap_or("")
            .to_ascii_uppercase();
        match word.as_str() {
            "EHLO" => stream.write_all(
                b"250-test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 50000000\r\n",
            )?,
            "HELO" | "MAIL" | "NOOP" => stream.write_all(b"250 2.0.0 Ok\r\n")?,
            "RSET" => {
                recipient.clear();
                stream.write_all(b"250 2.0.0 Ok\r\n")?;
            }
            "RCPT" => {
                number = shared.begun.fetch_add(1, Ordering::Relaxed) + 1;
                let address = text.split(['<', '>']).nth(1).unwrap_or("").to_owned();
                match act(shared, &mut stream, At::Recipient, number, &address)? {
                    Some(true) => {
                        recipient = address;
                        stream.write_all(b"250 2.1.5 Ok\r\n")?;
                    }
                    Some(false) => recipient.clear(),
                    None => return Ok(()),
                }
            }
            "DATA" if recipient.is_empty() => {
                stream.write_all(b"554 5.5.1 no valid recipients\r\n")?
            }
            "DATA" => match act(shared, &mut stream, At::Data, number, &recipient)? {
                Some(true) => {
                    stream.write_all(b"354 go on\r\n")?;
                    let Some(bytes) = body(&mut lines, shared, &mut stream, number, &recipient)?
                    else {
                        return Ok(());
                    };
                    match act(shared, &mut stream, At::Dot, number, &recipient)? {
                        Some(true) => {}
                        Some(false) => continue,
                        None => return Ok(()),
                    }
                    let head = String::from_utf8_lossy(&bytes);
                    let id = head
                        .lines()
                        .find_map(|line| line.strip_prefix("Message-ID: "));
                    shared.taken.lock().unwrap().push(Taken {
                        recipient: std::mem::take(&mut recipient),
                        message_id: id.unwrap_or("").to_owned(),
                        bytes: bytes.clone(),
                    });
                    if act(shared, &mut stream, At::Noted, number, "")? != Some(true) {
                        return Ok(());
                    }
                    stream.write_all(format!("250 2.0.0 Ok: queued as {number}\r\n").as_bytes())?;
                }
                Some(false) => recipient.clear(),
                None => return Ok(()),
            },
            "QUIT" => {
                let _ = stream.write_all(b"221 2.0.0 Bye\r\n");
                return Ok(());
            }
            _ => stream.write_all(b"500 5.5.2 what?\r\n")?,
        }
    }
}

/// The message up to its dot, dots unstuffed; None when the conversation ends before.
fn body(
    lines: &mut BufReader<TcpStream>,
    shared: &Shared,
    stream: &mut TcpStream,
    number: u64,
    recipient: &str,
) -> std::io::Result<Option<Vec<u8>>> {
    let (mut bytes, mut line) = (Vec::new(), Vec::new());
    let mut first = true;
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        if line == b".\r\n" {
            return Ok(Some(bytes));
        }
        bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        if std::mem::take(&mut first)
            && act(shared, stream, At::Body, number, recipient)? != Some(true)
        {
            return Ok(None);
        }
    }
}
