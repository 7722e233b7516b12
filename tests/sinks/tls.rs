//! Encryption: whom we believe, and what is never said in clear.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use letterpress::delivery::{SinkAddress, SinkError, Verdict};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

#[path = "../harness/foreign.rs"]
mod foreign;

use crate::server::{Script, Server};
use crate::{letter, said};

/// An issuer, and certificates of it for localhost: a good one, one that is over, one of another host; and one of its own making.
struct Certificates(tempfile::TempDir);

impl Certificates {
    fn made() -> Option<&'static Certificates> {
        static MADE: OnceLock<Option<Certificates>> = OnceLock::new();
        MADE.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let openssl = |arguments: &str| {
                let mut words: Vec<&str> = arguments.split(' ').collect();
                // One of the words has blanks in it.
                if let Some(at) = words.iter().position(|word| *word == "SUBJECT") {
                    words[at] = "/O=Letterpress tests/CN=localhost";
                }
                let output = Command::new("openssl").args(words).current_dir(folder.path()).output().ok()?;
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                Some(())
            };
            let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
            let leaf = "-addext basicConstraints=critical,CA:FALSE";
            openssl(&format!(
                "req -x509 {key} -days 30 -subj /CN=issuer -keyout issuer.key -out issuer.pem -addext basicConstraints=critical,CA:TRUE"
            ))?;
            let here = "-addext subjectAltName=DNS:localhost,IP:127.0.0.1";
            for (name, host, life) in [
                ("good", here, "-days 30"),
                ("over", here, "-not_before 20200101000000Z -not_after 20200201000000Z"),
                ("elsewhere", "-addext subjectAltName=DNS:mail.example.com", "-days 30"),
            ] {
                openssl(&format!("req {key} -subj SUBJECT -keyout {name}.key -out {name}.csr {leaf} {host}"))?;
                // `ca` is the one that older versions can give a past date.
                let life = life.replace("-not_before", "-startdate").replace("-not_after", "-enddate");
                for (file, text) in [("index.txt", ""), ("index.txt.attr", ""), ("serial", "1000")] {
                    std::fs::write(folder.path().join(file), text).unwrap();
                }
                std::fs::write(
                    folder.path().join("ca.cnf"),
                    "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\ncopy_extensions=copy\nunique_subject=no\n[p]\ncommonName=supplied\norganizationName=optional\n",
                )
                .unwrap();
                openssl(&format!(
                    "ca -batch -notext -config ca.cnf -cert issuer.pem -keyfile issuer.key {life} -in {name}.csr -out {name}.pem"
                ))?;
            }
            openssl(&format!("req -x509 {key} -days 30 -subj SUBJECT -keyout own.key -out own.pem {leaf} {here}"))?;
            Some(Certificates(folder))
        })
        .as_ref()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn server(&self, name: &str) -> Arc<ServerConfig> {
        let certificate = CertificateDer::from_pem_file(self.path(&format!("{name}.pem"))).unwrap();
        let key = PrivateKeyDer::from_pem_file(self.path(&format!("{name}.key"))).unwrap();
        let config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![certificate], key)
                .unwrap();
        Arc::new(config)
    }
}

fn script(certificates: &Certificates, name: &str, abilities: &[&str]) -> Script {
    Script {
        abilities: abilities
            .iter()
            .map(|&ability| ability.to_owned())
            .collect(),
        tls: Some(certificates.server(name)),
        ..Script::default()
    }
}

/// Connects and sends one letter, or says why not.
fn send(address: &str, password: Option<&str>) -> Result<(), SinkError> {
    let address: SinkAddress = address.parse().unwrap();
    let mut connection = address.open(password)?.connect()?;
    let verdict = connection.put(&letter(1, 30_000), &mut || Ok(()));
    assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:?}");
    connection.close();
    Ok(())
}

fn ca(path: &Path) -> String {
    format!("ca={}", path.display())
}

const STARTTLS: &[&str] = &["STARTTLS", "PIPELINING"];

#[test]
fn certificates_are_believed_if_their_issuer_is() {
    let Some(certificates) = Certificates::made() else {
        return foreign::skip("certificates_are_believed_if_their_issuer_is", "no openssl");
    };
    let issuer = ca(&certificates.path("issuer.pem"));
    for (name, options, believed) in [
        ("good", issuer.as_str(), None),
        ("good", "", Some("UnknownIssuer")),
        ("own", "", Some("UnknownIssuer")),
        ("own", &ca(&certificates.path("own.pem")), None),
        ("over", &issuer, Some("expired")),
        ("elsewhere", &issuer, Some("not valid for name")),
    ] {
        for implicit in [false, true] {
            let server = Server::start(Script {
                implicit,
                ..script(certificates, name, STARTTLS)
            });
            let scheme = if implicit { "smtps" } else { "smtp" };
            let address = format!(
                "{scheme}://localhost:{}?tls=required&{options}",
                server.port
            );
            let sent = send(&address, None);
            let seen = server.seen();
            match believed {
                None => {
                    sent.unwrap();
                    assert_eq!(seen.messages.len(), 1);
                    assert_eq!(seen.messages[0].1.as_bytes(), letter(1, 30_000).bytes);
                }
                Some(why) => {
                    let error = sent.unwrap_err();
                    let reply = said(error.reply().unwrap());
                    assert!(
                        reply.starts_with("Tls - invalid peer certificate"),
                        "{name}: {reply}"
                    );
                    assert!(reply.contains(why), "{name}: {reply}");
                    assert!(error.to_string().contains("ca=FILE.pem"), "{error}");
                    assert!(!error.may_pass());
                    assert!(
                        !seen
                            .commands
                            .iter()
                            .any(|command| command.starts_with("MAIL"))
                    );
                }
            }
        }
    }
}

#[test]
fn opportunistic_takes_any_certificate_and_none() {
    let Some(certificates) = Certificates::made() else {
        return foreign::skip("opportunistic_takes_any_certificate_and_none", "no openssl");
    };
    for name in ["own", "over", "elsewhere"] {
        let server = Server::start(script(certificates, name, STARTTLS));
        send(&format!("smtp://localhost:{}", server.port), None).unwrap();
        assert!(server.seen().commands.contains(&"STARTTLS".to_owned()));
    }
    let server = Server::start(Script::default());
    send(&format!("smtp://localhost:{}", server.port), None).unwrap();
}

#[test]
fn a_password_goes_over_verified_tls_only() {
    let Some(certificates) = Certificates::made() else {
        return foreign::skip("a_password_goes_over_verified_tls_only", "no openssl");
    };
    let issuer = ca(&certificates.path("issuer.pem"));
    let secret = Some("correct horse");
    let token = "AGFkYQBjb3JyZWN0IGhvcnNl";
    let run = |name: &str, abilities: &[&str], answers: &[(&str, &[&str])]| {
        let mut script = script(certificates, name, abilities);
        for (command, actions) in answers {
            let actions = actions.iter().map(|&action| action.to_owned()).collect();
            script.answers.insert((*command).to_owned(), actions);
        }
        let server = Server::start(script);
        let sent = send(
            &format!("smtp://ada@localhost:{}?{issuer}", server.port),
            secret,
        );
        (sent, server.seen())
    };

    let (sent, seen) = run("good", &["STARTTLS", "AUTH PLAIN LOGIN"], &[]);
    sent.unwrap();
    let at = |wanted: &str| {
        seen.commands
            .iter()
            .position(|command| command.starts_with(wanted))
    };
    assert!(at("STARTTLS") < at("AUTH PLAIN"), "{:?}", seen.commands);
    assert_eq!(
        seen.commands[at("AUTH").unwrap()],
        format!("AUTH PLAIN {token}")
    );

    // Taken out by somebody between, or never there; a certificate that anybody makes; a server that does not know us.
    for (name, abilities, answers, why) in [
        (
            "good",
            &["AUTH PLAIN"][..],
            &[][..],
            "does not offer STARTTLS",
        ),
        ("own", &["STARTTLS", "AUTH PLAIN"], &[], "UnknownIssuer"),
        (
            "good",
            &["STARTTLS"],
            &[],
            "neither AUTH PLAIN nor AUTH LOGIN",
        ),
        (
            "good",
            &["STARTTLS", "AUTH XOAUTH2"],
            &[],
            "neither AUTH PLAIN nor AUTH LOGIN",
        ),
        (
            "good",
            &["STARTTLS", "AUTH PLAIN"],
            &[("AUTH 1", &["535 5.7.8 no"][..])],
            "535 5.7.8 no (at AUTH); correct the user, or LETTERPRESS_SMTP_PASSWORD",
        ),
        (
            "good",
            &["STARTTLS", "AUTH PLAIN"],
            &[("AUTH 1", &["250 whatever"])],
            "250 whatever (at AUTH)",
        ),
        (
            "good",
            &["STARTTLS", "AUTH PLAIN"],
            &[("AUTH 1", &["454 4.7.0 later"])],
            "454 4.7.0 later",
        ),
    ] {
        let (sent, seen) = run(name, abilities, answers);
        let error = sent.unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
        assert!(!format!("{error} {error:?}").contains("horse"));
        assert_eq!(error.may_pass(), why.starts_with("454"), "{error}");
        let auth = seen
            .commands
            .iter()
            .position(|command| command.starts_with("AUTH"));
        let tls = seen
            .commands
            .iter()
            .position(|command| command == "STARTTLS");
        assert!(
            auth.is_none_or(|auth| tls.is_some_and(|tls| tls < auth)),
            "{:?}",
            seen.commands
        );
        assert!(
            !seen
                .commands
                .iter()
                .any(|command| command.starts_with("MAIL"))
        );
    }
}

/// What somebody writes into the connection before the handshake is not taken for what the server says after it.
#[test]
fn answers_slipped_in_before_the_handshake() {
    let Some(certificates) = Certificates::made() else {
        return foreign::skip("answers_slipped_in_before_the_handshake", "no openssl");
    };
    let go = "220 2.0.0 go ahead";
    let slipped = [
        "250 mx.example.com",
        "250 mx.example.com",
        "250 Ok",
        "250 Ok",
        "354 go",
        "250 Ok",
    ];
    for count in 1..=slipped.len() {
        let mut script = script(certificates, "good", STARTTLS);
        let mut actions = vec![go.to_owned()];
        actions.extend(slipped[..count].iter().map(|&line| line.to_owned()));
        script.answers.insert("STARTTLS 1".into(), actions);
        let server = Server::start(script);
        let issuer = ca(&certificates.path("issuer.pem"));
        let address: SinkAddress =
            format!("smtp://localhost:{}?tls=required&{issuer}", server.port)
                .parse()
                .unwrap();
        match address.open(None).unwrap().connect() {
            Err(error) => assert!(
                error.to_string().contains("more was answered than asked"),
                "{error}"
            ),
            // One alone may be found by DATA only.
            Ok(mut connection) => {
                let verdict = connection.put(&letter(1, 100), &mut || panic!("marked"));
                assert!(matches!(verdict, Verdict::Unavailable(_)), "{verdict:?}");
                assert!(!connection.usable());
                assert_eq!(count, 1);
            }
        }
        assert_eq!(server.seen().messages, []);
    }
}

#[test]
fn files_that_hold_no_certificate() {
    let folder = tempfile::tempdir().unwrap();
    for text in [
        None,
        Some(""),
        Some("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"),
    ] {
        let path = folder.path().join("ca.pem");
        if let Some(text) = text {
            std::fs::write(&path, text).unwrap();
        }
        let address: SinkAddress = format!("smtps://localhost?{}", ca(&path)).parse().unwrap();
        let error = address.open(None).unwrap_err();
        assert_eq!(error.code(), "invalid-certificates", "{error}");
    }
}
