//! `smtp://` and `smtps://`: connections to a mail server, up to the first letter.
//!
//! lettre's connection is stepped command by command: its own `send` says neither at which command a fault happened nor
//! leaves a connection open after a refusal. Three things it leaves to us are in this file. A line of blanks in a server's answer to
//! EHLO makes it panic. It keeps what came in clear behind the answer to STARTTLS and takes it for answers to later commands. It
//! calls a certificate that is refused a network error.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    Certificate, CertificateStore, SmtpConnection, TlsParameters,
};
use lettre::transport::smtp::extension::ClientId;

use super::smtp_address::{Pipelining, SmtpAddress, Tls};
use super::smtp_session::{Session, Text};
use super::{Connection, Reply, Sink, SinkError, Stage};

/// A server to send by.
pub(super) struct Smtp {
    address: Arc<SmtpAddress>,
    hello: ClientId,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp")
            .field("address", &self.address.to_string())
            .finish_non_exhaustive()
    }
}

/// Where the server is not known by name, it does not know us by name.
const HELLO: &str = "[127.0.0.1]";

impl Smtp {
    pub(super) fn open(address: &SmtpAddress, password: Option<&str>) -> Result<Smtp, SinkError> {
        let credentials = match (&address.user, password) {
            (Some(user), Some(password)) if !password.is_empty() => {
                Some(Credentials::new(user.clone(), password.to_owned()))
            }
            (Some(user), _) => return Err(SinkError::NoPassword { user: user.clone() }),
            (None, _) => None,
        };
        Ok(Smtp {
            hello: ClientId::Domain(address.hello.clone().unwrap_or_else(|| HELLO.to_owned())),
            tls: tls(address)?,
            credentials,
            address: Arc::new(address.clone()),
        })
    }

    fn greet(&self) -> Result<SmtpConnection, SinkError> {
        let address = &self.address;
        let implicit = self.tls.as_ref().filter(|_| address.tls == Tls::Implicit);
        without_panic(|| {
            SmtpConnection::connect(
                (address.host.as_str(), address.port),
                Some(address.timeout),
                &self.hello,
                implicit,
                None,
            )
        })
        .map_err(|fault| self.refused(fault, Stage::Connect))
    }

    /// STARTTLS, as the address asks for it.
    fn encrypt(&self, mut connection: SmtpConnection) -> Result<SmtpConnection, SinkError> {
        let Some(tls) = self
            .tls
            .as_ref()
            .filter(|_| self.address.tls != Tls::Implicit)
        else {
            return Ok(connection);
        };
        if !connection.can_starttls() {
            if self.address.tls == Tls::Opportunistic {
                return Ok(connection);
            }
            return Err(self.server(
                Reply::new(Stage::Tls, None, "the server does not offer STARTTLS"),
                false,
                Some("nothing is sent in clear; write tls=none only if that is meant"),
            ));
        }
        let mut connection = without_panic(|| {
            connection.starttls(tls, &self.hello)?;
            Ok(connection)
        })
        .map_err(|fault| self.refused(fault, Stage::Tls))?;
        if self.spoke_too_early(&mut connection) {
            return Err(self.server(
                Reply::new(
                    Stage::Tls,
                    None,
                    "more was answered than asked: somebody between us and the server writes into the connection",
                ),
                true,
                None,
            ));
        }
        Ok(connection)
    }

    /// Whether answers are there that nothing was asked for. What somebody slipped in before the handshake would be taken for
    /// the answers to what we say after it. One such answer is found by DATA, which only 354 may follow; more than one is there
    /// already.
    fn spoke_too_early(&self, connection: &mut SmtpConnection) -> bool {
        let waits = Duration::from_millis(1);
        let silent = connection.set_timeout(Some(waits)).is_ok()
            && connection
                .read_response()
                .is_err_and(|error| is_timeout(&error));
        !silent || connection.set_timeout(Some(self.address.timeout)).is_err()
    }

    /// Logs in, over TLS only.
    fn authenticate(&self, connection: &mut SmtpConnection) -> Result<(), SinkError> {
        let Some(credentials) = &self.credentials else {
            return Ok(());
        };
        let failed = |text: &str| Reply::new(Stage::Auth, None, text);
        if !connection.is_encrypted() {
            return Err(self.server(failed("the connection is not encrypted"), false, None));
        }
        match connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials) {
            Ok(response) if response.has_code(235) => Ok(()),
            Ok(response) => {
                let code = u16::from(response.code());
                let text = response.first_line().unwrap_or_default();
                let reply = Reply::new(Stage::Auth, Some(code), text);
                Err(self.server(reply, false, None))
            }
            Err(error) if error.is_client() => Err(self.server(
                failed("the server offers neither AUTH PLAIN nor AUTH LOGIN"),
                false,
                Some("leave the user out, or ask for another port"),
            )),
            Err(error) => Err(self.refused(Fault::Error(error), Stage::Auth)),
        }
    }

    /// What else the server can: lettre keeps only what it uses itself.
    fn abilities(&self, connection: &mut SmtpConnection) -> Result<Abilities, SinkError> {
        let response = connection
            .command(Text(&format!("EHLO {}\r\n", self.hello)))
            .map_err(|error| self.refused(Fault::Error(error), Stage::Hello))?;
        Ok(Abilities::read(response.message()))
    }

    fn refused(&self, fault: Fault, stage: Stage) -> SinkError {
        let error = match fault {
            Fault::Error(error) => error,
            Fault::Panic => {
                let text = "the server's answer to EHLO cannot be read";
                return self.server(Reply::new(stage, None, text), false, None);
            }
        };
        if let Some(tls) = tls_error(&error) {
            let certificate = matches!(tls, rustls::Error::InvalidCertificate(_));
            let reply = Reply::new(Stage::Tls, None, &tls.to_string());
            let advice = "name the host as its certificate does, or the certificate's issuer by `ca=FILE.pem`";
            return self.server(reply, !certificate, certificate.then_some(advice));
        }
        let reply = reply(stage, &error, self.address.timeout);
        let may_pass = !matches!(reply.code, Some(500..));
        let advice = (stage == Stage::Auth && !may_pass)
            .then_some("correct the user, or LETTERPRESS_SMTP_PASSWORD");
        self.server(reply, may_pass, advice)
    }

    fn server(&self, reply: Reply, may_pass: bool, advice: Option<&'static str>) -> SinkError {
        SinkError::Server {
            server: self.address.server(),
            reply,
            may_pass,
            advice,
        }
    }
}

impl Sink for Smtp {
    fn connections(&self) -> usize {
        self.address.connections
    }

    fn connect(&self) -> Result<Box<dyn Connection>, SinkError> {
        let mut connection = self.encrypt(self.greet()?)?;
        let abilities = self.abilities(&mut connection)?;
        self.authenticate(&mut connection)?;
        Ok(Box::new(Session::new(
            connection,
            self.address.clone(),
            &abilities,
        )))
    }

    fn holds(&self, _: &str) -> Option<bool> {
        None
    }
}

/// What of a server's answer to EHLO matters for letters.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Abilities {
    pub(super) pipelining: bool,
    pub(super) size: bool,
    /// The largest message in bytes, if the server says.
    pub(super) largest: Option<usize>,
}

impl Abilities {
    fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Abilities {
        let mut abilities = Abilities::default();
        for line in lines.skip(1) {
            let mut words = line.split_ascii_whitespace();
            match words.next().map(str::to_ascii_uppercase).as_deref() {
                Some("PIPELINING") => abilities.pipelining = true,
                Some("SIZE") => {
                    abilities.size = true;
                    abilities.largest = words
                        .next()
                        .and_then(|size| size.parse().ok())
                        .filter(|&size| size > 0);
                }
                _ => {}
            }
        }
        abilities
    }

    pub(super) fn pipelines(&self, wish: Pipelining) -> bool {
        match wish {
            Pipelining::Auto => self.pipelining,
            Pipelining::Always => true,
            Pipelining::Never => false,
        }
    }
}

/// Whom we trust.
fn tls(address: &SmtpAddress) -> Result<Option<TlsParameters>, SinkError> {
    let mut builder = TlsParameters::builder(address.host.clone())
        .certificate_store(CertificateStore::WebpkiRoots);
    match address.tls {
        Tls::None => return Ok(None),
        Tls::Opportunistic => {
            builder = builder
                .dangerous_accept_invalid_certs(true)
                .dangerous_accept_invalid_hostnames(true);
        }
        Tls::Required | Tls::Implicit => {}
    }
    let certificates = address.ca.as_ref();
    let unusable = |reason: String| SinkError::Certificates {
        path: certificates.cloned().unwrap_or_default(),
        reason,
    };
    if let Some(path) = certificates {
        let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
        if memchr::memmem::find(&pem, b"-----BEGIN CERTIFICATE-----").is_none() {
            return Err(unusable("there is no certificate in it".into()));
        }
        let certificate = Certificate::from_pem(&pem).map_err(|error| unusable(said(&error)))?;
        builder = builder.add_root_certificate(certificate);
    }
    let parameters = builder
        .build_rustls()
        .map_err(|error| unusable(said(&error)))?;
    Ok(Some(parameters))
}

/// Why a connection did not come about.
enum Fault {
    Error(Error),
    Panic,
}

fn without_panic<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(Fault::Error),
        Err(_) => Err(Fault::Panic),
    }
}

/// What was said, or what happened instead.
pub(super) fn reply(stage: Stage, error: &Error, timeout: Duration) -> Reply {
    if let Some(code) = error.status() {
        return Reply::new(stage, Some(code.into()), &said(error));
    }
    let text = if is_timeout(error) {
        format!("no reply within {timeout:?}")
    } else if error.is_response() && said(error) == "incomplete response" {
        "the connection was closed before a whole reply".to_owned()
    } else if error.is_response() || is_kind(error, &[io::ErrorKind::InvalidData]) {
        "what came is no reply of SMTP".to_owned()
    } else {
        said(error)
    };
    Reply::new(stage, None, &text)
}

/// The innermost message.
fn said(error: &Error) -> String {
    error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

/// lettre's own question knows one of the two kinds.
fn is_timeout(error: &Error) -> bool {
    is_kind(error, &[io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut])
}

/// Whether the operating system said one of these.
pub(super) fn is_kind(error: &Error, kinds: &[io::ErrorKind]) -> bool {
    error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>())
        .is_some_and(|error| kinds.contains(&error.kind()))
}

/// What TLS says is inside what the operating system seems to say.
fn tls_error(error: &Error) -> Option<&rustls::Error> {
    let source = error.source()?;
    match source.downcast_ref::<io::Error>() {
        Some(error) => error.get_ref()?.downcast_ref(),
        None => source.downcast_ref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abilities_are_read_in_any_case() {
        let read = |text: &str| Abilities::read(text.split('\n'));
        assert_eq!(
            read("mx.example.com\nsize 1000\npipelining\n \n8BITMIME"),
            Abilities {
                pipelining: true,
                size: true,
                largest: Some(1000)
            }
        );
        assert_eq!(read("PIPELINING SIZE 1"), Abilities::default());
        assert_eq!(read("x\nSIZE 0").largest, None);
        assert_eq!(read("x\nSIZE 99999999999999999999999").largest, None);
    }
}
