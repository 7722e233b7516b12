//! A mail server that does what a script says: it takes everything, except where the script has it answer otherwise, drop the
//! connection, say half a reply, or say nothing.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What the server does.
#[derive(Clone, Default)]
pub struct Script {
    /// What EHLO announces.
    pub abilities: Vec<String>,
    /// By the command and how often it has come, from 1 and over all connections: `RCPT 2`; also `CONNECT`, `BODY` (while the
    /// message comes) and `.` (the end of it). Actions: a line to say; `half TEXT`, without a line end; `latin`, a reply that is not UTF-8; `wait
    /// MILLISECONDS`; `hang`, until the other side closes; `close`.
    pub answers: BTreeMap<String, Vec<String>>,
    pub tls: Option<Arc<ServerConfig>>,
    /// Encrypted from the first byte on.
    pub implicit: bool,
}

/// What the server saw.
#[derive(Debug, Default, Clone)]
pub struct Seen {
    pub connections: usize,
    pub commands: Vec<String>,
    /// Messages up to their final dot: the recipient, and the bytes without the dots that were put before others.
    pub messages: Vec<(String, String)>,
    counts: BTreeMap<String, usize>,
}

pub struct Server {
    pub port: u16,
    seen: Arc<Mutex<Seen>>,
    stopped: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(script: Script) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::<Mutex<Seen>>::default();
        let stopped = Arc::<AtomicBool>::default();
        let (shared, over) = (seen.clone(), stopped.clone());
        let accepting = thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                if over.load(Ordering::SeqCst) {
                    break;
                }
                stream
                    .set_read_timeout(Some(Duration::from_secs(20)))
                    .unwrap();
                stream.set_nodelay(true).unwrap();
                shared.lock().unwrap().connections += 1;
                let (script, seen) = (script.clone(), shared.clone());
                open.push(thread::spawn(move || {
                    // A connection that breaks is what many scripts are about.
                    let _ = Talk::new(stream, &script, &seen).and_then(|mut talk| talk.run());
                }));
            }
            for connection in open {
                let _ = connection.join();
            }
        });
        Server {
            port,
            seen,
            stopped,
            accepting: Some(accepting),
        }
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }
}

trait Stream: Read + Write {
    fn close(&mut self);
}

impl Stream for TcpStream {
    fn close(&mut self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

impl Stream for StreamOwned<ServerConnection, TcpStream> {
    fn close(&mut self) {
        let _ = self.sock.shutdown(Shutdown::Both);
    }
}

/// One connection.
struct Talk<'a> {
    stream: Box<dyn Stream>,
    /// The same, for when it is encrypted.
    plain: TcpStream,
    script: &'a Script,
    seen: &'a Mutex<Seen>,
    read: Vec<u8>,
    encrypted: bool,
}

fn over() -> io::Error {
    io::ErrorKind::ConnectionAborted.into()
}

impl<'a> Talk<'a> {
    fn new(stream: TcpStream, script: &'a Script, seen: &'a Mutex<Seen>) -> io::Result<Talk<'a>> {
        let mut talk = Talk {
            plain: stream.try_clone()?,
            stream: Box::new(stream),
            script,
            seen,
            read: Vec::new(),
            encrypted: false,
        };
        if script.implicit {
            talk.encrypt()?;
        }
        Ok(talk)
    }

    fn encrypt(&mut self) -> io::Result<()> {
        let config = self
            .script
            .tls
            .clone()
            .expect("a script with TLS has certificates");
        let connection = ServerConnection::new(config).map_err(io::Error::other)?;
        self.stream = Box::new(StreamOwned::new(connection, self.plain.try_clone()?));
        self.encrypted = true;
        Ok(())
    }

    fn run(&mut self) -> io::Result<()> {
        self.answer("CONNECT", &["220 mx.example.com ESMTP"])?;
        let mut recipient = String::new();
        loop {
            let line = self.line()?;
            self.seen.lock().unwrap().commands.push(line.clone());
            let (verb, rest) = line.split_once([' ', ':']).unwrap_or((&line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => {
                    let mut lines = vec!["mx.example.com".to_owned()];
                    // What was announced in clear is announced again, but for STARTTLS.
                    lines.extend(
                        self.script
                            .abilities
                            .iter()
                            .filter(|ability| !(self.encrypted && *ability == "STARTTLS"))
                            .cloned(),
                    );
                    let last = lines.len() - 1;
                    let lines: Vec<String> = lines
                        .iter()
                        .enumerate()
                        .map(|(at, line)| {
                            format!("250{}{line}", if at == last { ' ' } else { '-' })
                        })
                        .collect();
                    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
                    self.answer("EHLO", &lines)?
                }
                "STARTTLS" => {
                    self.answer("STARTTLS", &["220 2.0.0 go ahead"])?;
                    self.encrypt()?;
                    false
                }
                "AUTH" => self.answer("AUTH", &["235 2.7.0 welcome"])?,
                "MAIL" => self.answer("MAIL", &["250 2.1.0 Ok"])?,
                "RCPT" => {
                    recipient = rest.to_owned();
                    self.answer("RCPT", &["250 2.1.5 Ok"])?
                }
                "DATA" => {
                    if self.answer("DATA", &["354 End data with <CR><LF>.<CR><LF>"])? {
                        self.message(&recipient)?;
                    }
                    false
                }
                "RSET" => self.answer("RSET", &["250 2.0.0 Ok"])?,
                "QUIT" => {
                    self.answer("QUIT", &["221 2.0.0 Bye"])?;
                    return Ok(());
                }
                _ => self.say("502 5.5.2 what?\r\n").map(|()| false)?,
            };
        }
    }

    /// The message that comes after DATA, line by line.
    fn message(&mut self, recipient: &str) -> io::Result<()> {
        let mut message = String::new();
        let line = self.line()?;
        self.answer("BODY", &[])?;
        let mut line = Some(line);
        loop {
            let text = match line.take() {
                Some(line) => line,
                None => self.line()?,
            };
            if text == "." {
                break;
            }
            message.push_str(text.strip_prefix('.').unwrap_or(&text));
            message.push_str("\r\n");
        }
        self.seen.lock().unwrap().messages.push((
            recipient
                .trim_start_matches("TO:<")
                .trim_end_matches('>')
                .to_owned(),
            message,
        ));
        self.answer(".", &["250 2.0.0 Ok: queued as 4F1"])
            .map(|_| ())
    }

    /// Does what the script says, or else says `otherwise`; gives whether 354 was said.
    fn answer(&mut self, command: &str, otherwise: &[&str]) -> io::Result<bool> {
        let number = {
            let mut seen = self.seen.lock().unwrap();
            let count = seen.counts.entry(command.to_owned()).or_default();
            *count += 1;
            *count
        };
        let script = self.script;
        let actions = match script
            .answers
            .get(&format!("{command} {number}"))
            .or_else(|| script.answers.get(&format!("{command} *")))
        {
            Some(actions) => actions.iter().map(String::as_str).collect(),
            None => otherwise.to_vec(),
        };
        // What is said at once goes out at once.
        let mut words = String::new();
        for action in &actions {
            let (verb, rest) = action.split_once(' ').unwrap_or((action, ""));
            match verb {
                "half" => words.push_str(rest),
                "latin" => {
                    self.say(&std::mem::take(&mut words))?;
                    self.stream.write_all(b"250 accept\xe9\r\n")?;
                }
                "wait" => {
                    self.say(&std::mem::take(&mut words))?;
                    thread::sleep(Duration::from_millis(rest.parse().unwrap()));
                }
                "hang" => {
                    self.say(&std::mem::take(&mut words))?;
                    let mut rest = [0; 4096];
                    while self.stream.read(&mut rest)? > 0 {}
                    return Err(over());
                }
                "close" => {
                    self.say(&std::mem::take(&mut words))?;
                    self.stream.close();
                    return Err(over());
                }
                _ => {
                    words.push_str(action);
                    words.push_str("\r\n");
                }
            }
        }
        self.say(&words)?;
        Ok(actions
            .first()
            .is_some_and(|action| action.starts_with("354")))
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(text.as_bytes())?;
        self.stream.flush()
    }

    /// A line that ends in CRLF, without its end. A CR or LF alone is part of a line.
    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.read.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.read.drain(..end + 2).take(end).collect();
                return String::from_utf8(line).map_err(io::Error::other);
            }
            let mut piece = [0; 16 * 1024];
            let length = self.stream.read(&mut piece)?;
            if length == 0 {
                return Err(over());
            }
            self.read.extend_from_slice(&piece[..length]);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(accepting) = self.accepting.take()
            && !thread::panicking()
        {
            let _ = accepting.join();
        }
    }
}
