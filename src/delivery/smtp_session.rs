//! One letter after another over one connection to a mail server.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::SmtpConnection;
use lettre::transport::smtp::response::Response;

use super::dots::Dotted;
use super::smtp::{Abilities, is_kind, reply};
use super::smtp_address::SmtpAddress;
use super::{Connection, Letter, Reply, Stage, Verdict};

/// How long a server is waited for that has nothing more to say to us.
const FAREWELL: Duration = Duration::from_secs(5);

pub(super) struct Session {
    /// None once it cannot be used any more: it is closed at once, so that nothing that comes late is read.
    connection: Option<SmtpConnection>,
    address: Arc<SmtpAddress>,
    pipelines: bool,
    size: bool,
    largest: Option<usize>,
    /// The last letter was refused half way: RSET comes before the next.
    begun: bool,
}

/// Text that lettre writes as it is.
pub(super) struct Text<'a>(pub(super) &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Session {
    pub(super) fn new(
        connection: SmtpConnection,
        address: Arc<SmtpAddress>,
        abilities: &Abilities,
    ) -> Session {
        Session {
            connection: Some(connection),
            pipelines: abilities.pipelines(address.pipelining),
            size: abilities.size,
            largest: abilities.largest,
            address,
            begun: false,
        }
    }

    /// Everything up to 354.
    fn envelope(
        &mut self,
        connection: &mut SmtpConnection,
        letter: &Letter,
        (from, to): (&str, &str),
    ) -> Result<(), Failure> {
        let size = if self.size {
            format!(" SIZE={}", letter.bytes.len())
        } else {
            String::new()
        };
        let mail = format!("MAIL FROM:<{from}>{size}\r\n");
        let rcpt = format!("RCPT TO:<{to}>\r\n");
        let mut commands = Vec::with_capacity(4);
        if self.begun {
            commands.push((Stage::Mail, "RSET\r\n", 250));
        }
        commands.push((Stage::Mail, mail.as_str(), 250));
        commands.push((Stage::Rcpt, rcpt.as_str(), 250));
        commands.push((Stage::Data, "DATA\r\n", 354));
        self.begun = true;
        if self.pipelines {
            self.at_once(connection, &commands)
        } else {
            for (stage, command, wants) in commands {
                self.judge(stage, wants, connection.command(Text(command)))?;
            }
            Ok(())
        }
    }

    /// All commands in one piece, then all replies: the first that is not as it should be counts.
    fn at_once(
        &self,
        connection: &mut SmtpConnection,
        commands: &[(Stage, &str, u16)],
    ) -> Result<(), Failure> {
        let text: String = commands.iter().map(|(_, command, _)| *command).collect();
        let mut verdict = Ok(());
        for (number, &(stage, _, wants)) in commands.iter().enumerate() {
            let response = if number == 0 {
                connection.command(Text(&text))
            } else {
                connection.read_response()
            };
            let said = self.judge(stage, wants, response);
            match (&verdict, said) {
                (Ok(()), said) => verdict = said,
                // The message is asked for, though its sender or recipient was refused: it is an empty one.
                (Err(Failure { broken: false, .. }), Ok(())) if stage == Stage::Data => {
                    let end = connection.command(Text(".\r\n"));
                    if end.is_err_and(|error| error.status().is_none()) {
                        return verdict.map_err(Failure::breaks);
                    }
                }
                (Err(_), Err(Failure { broken: true, .. })) => {
                    return verdict.map_err(Failure::breaks);
                }
                (Err(_), _) => {}
            }
            // Nothing is to be read any more.
            if matches!(verdict, Err(Failure { broken: true, .. })) {
                return verdict;
            }
        }
        verdict
    }

    /// Whether a command was answered as it has to be.
    fn judge(
        &self,
        stage: Stage,
        wants: u16,
        response: Result<Response, Error>,
    ) -> Result<(), Failure> {
        match response {
            Ok(response) => {
                let code = u16::from(response.code());
                // 251: the recipient is elsewhere, and the server sends it on.
                if code == wants || (stage == Stage::Rcpt && code == 251) {
                    return Ok(());
                }
                let text = format!("{wants} was awaited, not this: {}", joined(&response));
                Err(Failure {
                    verdict: Verdict::Unavailable(Reply::new(stage, Some(code), &text)),
                    broken: true,
                })
            }
            Err(error) => {
                let reply = reply(stage, &error, self.address.timeout);
                Err(if error.status().is_some() {
                    Failure {
                        broken: reply.code == Some(421),
                        verdict: refusal(reply),
                    }
                } else {
                    Failure {
                        verdict: Verdict::Unavailable(reply),
                        broken: true,
                    }
                })
            }
        }
    }

    /// The message, and the moment of certainty.
    fn message(&self, connection: &mut SmtpConnection, text: &str) -> Result<Verdict, Failure> {
        let waits = self.address.dot_timeout;
        let uncertain = |reply| Failure {
            verdict: Verdict::Uncertain(reply),
            broken: true,
        };
        if let Err(error) = connection.set_timeout(Some(waits)) {
            return Err(Failure {
                verdict: Verdict::Unavailable(Reply::new(Stage::Body, None, &error.to_string())),
                broken: true,
            });
        }
        let response = match connection.command(Dotted(text)) {
            // A server that closes while we write may have said why. What it says here is about this letter, because
            // everything before has been answered.
            Err(error) if is_kind(&error, &CLOSED) => {
                let _ = connection.set_timeout(Some(FAREWELL.min(waits)));
                match connection.read_response() {
                    Err(said) if said.status().is_some() => {
                        return Err(Failure {
                            verdict: refusal(reply(Stage::Body, &said, waits)),
                            broken: true,
                        });
                    }
                    _ => Err(error),
                }
            }
            other => other,
        };
        let verdict = match response {
            Ok(response) if response.has_code(250) => {
                Verdict::Accepted(Reply::new(Stage::Body, Some(250), &joined(&response)))
            }
            Ok(response) => {
                let code = u16::from(response.code());
                return Err(uncertain(Reply::new(
                    Stage::Body,
                    Some(code),
                    &joined(&response),
                )));
            }
            Err(error) => {
                let reply = reply(Stage::Body, &error, waits);
                match reply.code {
                    None => return Err(uncertain(reply)),
                    Some(421) => {
                        return Err(Failure {
                            verdict: refusal(reply),
                            broken: true,
                        });
                    }
                    Some(_) => refusal(reply),
                }
            }
        };
        // What cannot be set shows with the next letter.
        let _ = connection.set_timeout(Some(self.address.timeout));
        Ok(verdict)
    }

    fn try_put(
        &mut self,
        connection: &mut SmtpConnection,
        letter: &Letter,
        mark: &mut dyn FnMut() -> io::Result<()>,
    ) -> Result<Verdict, Failure> {
        let refused = |text: &str| Ok(Verdict::Refused(Reply::new(Stage::Mail, None, text)));
        if let Some(fault) = letter.fault() {
            return refused(&fault);
        }
        let Ok(text) = std::str::from_utf8(&letter.bytes) else {
            return refused("the message has bytes beyond ASCII");
        };
        let (from, to) = match letter.envelope() {
            Ok(addresses) => addresses,
            Err(fault) => return refused(&fault),
        };
        if let Some(largest) = self.largest.filter(|&largest| letter.bytes.len() > largest) {
            let size = letter.bytes.len();
            return refused(&format!(
                "the message has {size} bytes, and the server takes at most {largest}"
            ));
        }
        self.envelope(connection, letter, (&from, &to))?;
        if let Err(error) = mark() {
            // The server waits for a message, and gets none: it forgets what was begun.
            return Err(Failure {
                verdict: Verdict::Stopped(error),
                broken: true,
            });
        }
        let verdict = self.message(connection, text)?;
        self.begun = false;
        Ok(verdict)
    }
}

impl Connection for Session {
    fn put(&mut self, letter: &Letter, mark: &mut dyn FnMut() -> io::Result<()>) -> Verdict {
        let Some(mut connection) = self.connection.take() else {
            return Verdict::Unavailable(Reply::new(Stage::Mail, None, "the connection is closed"));
        };
        match self.try_put(&mut connection, letter, mark) {
            Ok(verdict)
            | Err(Failure {
                verdict,
                broken: false,
            }) => {
                self.connection = Some(connection);
                verdict
            }
            Err(Failure { verdict, .. }) => verdict,
        }
    }

    fn usable(&self) -> bool {
        self.connection.is_some()
    }

    fn close(mut self: Box<Self>) {
        if let Some(mut connection) = self.connection.take()
            && connection
                .set_timeout(Some(FAREWELL.min(self.address.timeout)))
                .is_ok()
        {
            // The letters are where they are, whatever it says.
            let _ = connection.command(Text("QUIT\r\n"));
        }
    }
}

/// A letter that did not get through.
struct Failure {
    verdict: Verdict,
    /// The connection cannot be used any more.
    broken: bool,
}

impl Failure {
    fn breaks(self) -> Failure {
        Failure {
            broken: true,
            ..self
        }
    }
}

/// What the operating system says of a connection that the other side has closed.
const CLOSED: [io::ErrorKind; 3] = [
    io::ErrorKind::BrokenPipe,
    io::ErrorKind::ConnectionReset,
    io::ErrorKind::ConnectionAborted,
];

fn joined(response: &Response) -> String {
    response.message().collect::<Vec<_>>().join(" ")
}

/// What a 4xx or 5xx means for the letter: whether it is about this letter, or about all of them.
fn refusal(reply: Reply) -> Verdict {
    let code = reply.code.unwrap_or_default();
    // RFC 3463: x.3.z is the state of the server, except that the message is too big for it.
    let too_big = code == 552 || reply.enhanced.as_deref() == Some("5.3.4");
    let of_system = reply.enhanced.as_deref().is_some_and(|enhanced| {
        enhanced.get(1..3) == Some(".3") && enhanced.get(3..4) == Some(".")
    });
    match (code, reply.stage) {
        (421, _) => Verdict::Unavailable(reply),
        (500.., _) if too_big => Verdict::Refused(reply),
        // The sender is the same for all letters, and whom we may send by as well.
        (_, Stage::Mail) => Verdict::Unavailable(reply),
        (503 | 530 | 534 | 535 | 538, _) => Verdict::Unavailable(reply),
        (500.., _) => Verdict::Refused(reply),
        _ if of_system => Verdict::Unavailable(reply),
        _ => Verdict::Deferred(reply),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_a_refusal_is_about() {
        use Stage::{Body, Data, Mail, Rcpt};
        let word = |stage, line: &str| {
            let (code, text) = line.split_once(' ').unwrap_or((line, ""));
            let code = code.parse().ok();
            match refusal(Reply::new(stage, code, text)) {
                Verdict::Refused(_) => "refused",
                Verdict::Deferred(_) => "deferred",
                Verdict::Unavailable(_) => "unavailable",
                _ => "?",
            }
        };
        for (stage, line, expected) in [
            (Mail, "421 4.7.0 slow down", "unavailable"),
            (Rcpt, "421 bye", "unavailable"),
            (Body, "421 4.3.2 bye", "unavailable"),
            (Mail, "450 4.1.8 no such domain", "unavailable"),
            (Mail, "452 4.3.1 disk full", "unavailable"),
            (Mail, "530 5.7.0 log in first", "unavailable"),
            (Mail, "552 5.3.4 too big", "refused"),
            (Mail, "553 5.7.1 not your address", "unavailable"),
            (Rcpt, "450 4.7.1 greylisted", "deferred"),
            (Rcpt, "452 4.2.2 mailbox full", "deferred"),
            (Rcpt, "451 4.3.0 lookup failed", "unavailable"),
            (Rcpt, "550 5.1.1 no such person", "refused"),
            (Rcpt, "552 mailbox full", "refused"),
            (Rcpt, "554 5.7.1 blocked", "refused"),
            (Rcpt, "503 5.5.1 need MAIL", "unavailable"),
            (Rcpt, "530 5.7.0 log in first", "unavailable"),
            (Data, "554 5.5.1 no valid recipients", "refused"),
            (Body, "451 4.7.1 try later", "deferred"),
            (Body, "452 4.3.1 disk full", "unavailable"),
            (Body, "554 5.7.1 spam", "refused"),
            (Body, "554 5.30.1 odd", "refused"),
        ] {
            assert_eq!(word(stage, line), expected, "{stage}: {line}");
        }
    }
}
