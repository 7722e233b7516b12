//! `smtp://[user@]host[:port][?option=value&…]`, read and written.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::sink_address::SinkAddressError;
use crate::diagnostic::nearest;

/// Whether a connection is encrypted, and whom it believes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte on (`smtps://`), with a certificate that is verified.
    Implicit,
    /// By STARTTLS, with a certificate that is verified; else nothing is sent.
    Required,
    /// By STARTTLS where the server offers it. The certificate is not looked at: a server that may as well be talked to in
    /// clear is not refused for one that it made itself. Against somebody who listens, not against somebody who interferes.
    Opportunistic,
    /// Never.
    None,
}

/// Whether MAIL, RCPT and DATA go out together (RFC 2920).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pipelining {
    /// Where the server announces it.
    Auto,
    /// Always: for servers that take it and do not say so.
    Always,
    /// Never.
    Never,
}

/// A server to send by. It never holds a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpAddress {
    /// Whom to log in as.
    pub user: Option<String>,
    /// A name or an IP address (without brackets).
    pub host: String,
    /// 25 when not said, for `smtps` 465.
    pub port: u16,
    /// `required` for `smtps` and where there is a user, else `opportunistic` when not said.
    pub tls: Tls,
    /// How many connections may be open at once, 1 to 16; 4 when not said.
    pub connections: usize,
    /// A file of certificates that are trusted besides those that browsers trust.
    pub ca: Option<PathBuf>,
    /// How we call ourselves in EHLO: a host name; `[127.0.0.1]` when not said.
    pub hello: Option<String>,
    /// `auto` when not said.
    pub pipelining: Pipelining,
    /// How long to wait for each reply; 60 seconds when not said.
    pub timeout: Duration,
    /// How long to wait for the reply to a message; 10 minutes when not said. Waiting less makes letters uncertain that the
    /// server has taken.
    pub dot_timeout: Duration,
}

const CONNECTIONS: usize = 4;
const MOST_CONNECTIONS: usize = 16;
const TIMEOUT: Duration = Duration::from_secs(60);
/// RFC 5321, 4.5.3.2.6.
const DOT_TIMEOUT: Duration = Duration::from_secs(600);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(3600);

const OPTIONS: [&str; 7] = [
    "tls",
    "connections",
    "ca",
    "hello",
    "pipelining",
    "timeout",
    "dot-timeout",
];

impl SmtpAddress {
    /// Reads what stands behind `smtp://` or `smtps://`.
    pub(super) fn parse(rest: &str, implicit: bool) -> Result<SmtpAddress, SinkAddressError> {
        let (place, query) = match rest.split_once('?') {
            Some((place, query)) => (place, Some(query)),
            None => (rest, None),
        };
        // `smtp://user:pass?word@host`: nothing of it may be repeated.
        let port = place.rsplit_once(':').map(|(_, port)| port);
        if query.is_some_and(|query| query.contains('@'))
            && port.is_some_and(|p| number(p).is_none())
        {
            return Err(SinkAddressError::Password);
        }
        let place = place.strip_suffix('/').unwrap_or(place);
        // An address as a user's name may have its own @.
        let (user, place) = match place.rsplit_once('@') {
            Some((user, place)) => (Some(read_user(user)?), place),
            None => (None, place),
        };
        let (host, port) = read_host(place)?;
        let mut address = SmtpAddress {
            host,
            port: port.unwrap_or(if implicit { 465 } else { 25 }),
            tls: match (&user, implicit) {
                (_, true) => Tls::Implicit,
                (Some(_), false) => Tls::Required,
                (None, false) => Tls::Opportunistic,
            },
            user,
            connections: CONNECTIONS,
            ca: None,
            hello: None,
            pipelining: Pipelining::Auto,
            timeout: TIMEOUT,
            dot_timeout: DOT_TIMEOUT,
        };
        let mut seen = Vec::new();
        for option in query
            .unwrap_or_default()
            .split('&')
            .filter(|o| !o.is_empty())
        {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            if seen.contains(&name) {
                return Err(SinkAddressError::Twice(name.to_owned()));
            }
            address.set(name, value, implicit)?;
            seen.push(name);
        }
        address.agrees()?;
        Ok(address)
    }

    fn set(&mut self, name: &str, value: &str, implicit: bool) -> Result<(), SinkAddressError> {
        let wrong = |wants: &'static str| SinkAddressError::Value {
            option: name.to_owned(),
            value: value.to_owned(),
            wants,
        };
        match name {
            "tls" => {
                self.tls = match (value, implicit) {
                    ("required", true) => Tls::Implicit,
                    (_, true) => {
                        return Err(wrong("`required`, because smtps:// is always encrypted"));
                    }
                    ("required", false) => Tls::Required,
                    ("opportunistic", false) => Tls::Opportunistic,
                    ("none", false) => Tls::None,
                    _ => return Err(wrong("`required`, `opportunistic` or `none`")),
                }
            }
            "connections" => {
                self.connections = number(value)
                    .filter(|n| (1..=MOST_CONNECTIONS).contains(n))
                    .ok_or_else(|| wrong("a number from 1 to 16"))?;
            }
            "ca" => {
                let path = decoded(value)
                    .filter(|path| !path.is_empty())
                    .ok_or_else(|| wrong("the path of a PEM file"))?;
                self.ca = Some(PathBuf::from(path));
            }
            "hello" => {
                if !is_host(value) {
                    return Err(wrong("a host name, such as mail.example.com"));
                }
                self.hello = Some(value.to_owned());
            }
            "pipelining" => {
                self.pipelining = match value {
                    "auto" => Pipelining::Auto,
                    "always" => Pipelining::Always,
                    "never" => Pipelining::Never,
                    _ => return Err(wrong("`auto`, `always` or `never`")),
                }
            }
            "timeout" | "dot-timeout" => {
                let time = duration(value)
                    .ok_or_else(|| wrong("a time such as 500ms, 30s or 5m, at most 60m"))?;
                if name == "timeout" {
                    self.timeout = time;
                } else {
                    self.dot_timeout = time;
                }
            }
            _ => {
                return Err(SinkAddressError::Option {
                    option: name.to_owned(),
                    nearest: nearest(name, OPTIONS).map(str::to_owned),
                });
            }
        }
        Ok(())
    }

    /// What is right one by one and wrong together.
    fn agrees(&self) -> Result<(), SinkAddressError> {
        let verified = matches!(self.tls, Tls::Implicit | Tls::Required);
        if self.user.is_some() && !verified {
            return Err(SinkAddressError::Clear);
        }
        if self.ca.is_some() && !verified {
            return Err(SinkAddressError::UnusedCa);
        }
        Ok(())
    }

    /// `host:port`, as a message names a server.
    pub fn server(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for SmtpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let implicit = self.tls == Tls::Implicit;
        f.write_str(if implicit { "smtps://" } else { "smtp://" })?;
        if let Some(user) = &self.user {
            write!(f, "{}@", encoded(user, "@+"))?;
        }
        f.write_str(&self.server())?;
        let mut options = Vec::new();
        match self.tls {
            Tls::Required if self.user.is_none() => options.push("tls=required".to_owned()),
            Tls::None => options.push("tls=none".to_owned()),
            Tls::Implicit | Tls::Required | Tls::Opportunistic => {}
        }
        if self.connections != CONNECTIONS {
            options.push(format!("connections={}", self.connections));
        }
        if let Some(ca) = &self.ca {
            options.push(format!("ca={}", encoded(&ca.to_string_lossy(), "/\\:")));
        }
        if let Some(hello) = &self.hello {
            options.push(format!("hello={hello}"));
        }
        match self.pipelining {
            Pipelining::Auto => {}
            Pipelining::Always => options.push("pipelining=always".to_owned()),
            Pipelining::Never => options.push("pipelining=never".to_owned()),
        }
        for (name, value, usual) in [
            ("timeout", self.timeout, TIMEOUT),
            ("dot-timeout", self.dot_timeout, DOT_TIMEOUT),
        ] {
            if value != usual {
                options.push(format!("{name}={}", shown_duration(value)));
            }
        }
        if !options.is_empty() {
            write!(f, "?{}", options.join("&"))?;
        }
        Ok(())
    }
}

fn read_user(text: &str) -> Result<String, SinkAddressError> {
    if text.contains(':') {
        return Err(SinkAddressError::Password);
    }
    decoded(text)
        .filter(|user| !user.is_empty() && !user.chars().any(char::is_control))
        .ok_or(SinkAddressError::User)
}

fn read_host(text: &str) -> Result<(String, Option<u16>), SinkAddressError> {
    // What stands behind a colon may be a password that was put in the wrong place.
    let wrong = || SinkAddressError::Host(text.split(':').next().unwrap_or_default().to_owned());
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or_else(wrong)?;
        host.parse::<std::net::Ipv6Addr>().map_err(|_| wrong())?;
        match rest.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if rest.is_empty() => (host, None),
            None => return Err(wrong()),
        }
    } else {
        let (host, port) = match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        };
        if !is_host(host) {
            return Err(wrong());
        }
        (host, port)
    };
    let port = match port {
        Some(port) => Some(
            number(port)
                .and_then(|port| u16::try_from(port).ok())
                .filter(|&port| port > 0)
                .ok_or(SinkAddressError::Port)?,
        ),
        None => None,
    };
    Ok((host.to_owned(), port))
}

/// A name in ASCII, or an IPv4 address.
fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    text.len() <= 253 && text.split('.').all(label)
}

fn number(text: &str) -> Option<usize> {
    if text.is_empty() || text.len() > 6 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn duration(text: &str) -> Option<Duration> {
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    let count = number(&text[..unit])? as u64;
    let time = match &text[unit..] {
        "ms" => Duration::from_millis(count),
        "s" => Duration::from_secs(count),
        "m" => Duration::from_secs(60 * count),
        _ => return None,
    };
    (!time.is_zero() && time <= LONGEST_TIMEOUT).then_some(time)
}

fn shown_duration(time: Duration) -> String {
    match (time.subsec_millis(), time.as_secs()) {
        (0, seconds) if seconds % 60 == 0 => format!("{}m", seconds / 60),
        (0, seconds) => format!("{seconds}s"),
        _ => format!("{}ms", time.as_millis()),
    }
}

/// `%41` becomes `A`. None when what comes out is not UTF-8, or a `%` stands before something else.
fn decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            let (high, low) = (digit()?, digit()?);
            out.push(u8::try_from(16 * high + low).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

/// What [`decoded`] reads back; letters, digits, `-._~` and what is named stay.
fn encoded(text: &str, stays: &str) -> String {
    use fmt::Write;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let c = char::from(byte);
        if byte.is_ascii_alphanumeric()
            || "-._~".contains(c)
            || (byte.is_ascii() && stays.contains(c))
        {
            out.push(c);
        } else {
            // A String takes everything that is written to it.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
