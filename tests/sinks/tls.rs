//! Encryption: whom we believe, and what is never said in clear.

use std::path::Path;
use std::sync::Arc;

use letterpress::delivery::{SinkAddress, SinkError, Verdict};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::certificates::Certificates;
use crate::server::{Script, Server};
use crate::{foreign, letter, said};

fn server_of(certificates: &Certificates, name: &str) -> Arc<ServerConfig> {
    let certificate =
        CertificateDer::from_pem_file(certificates.path(&format!("{name}.pem"))).unwrap();
    let key = PrivateKeyDer::from_pem_file(certificates.path(&format!("{name}.key"))).unwrap();
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
    Arc::new(config)
}

fn script(certificates: &Certificates, name: &str, abilities: &[&str]) -> Script {
    Script {
        abilities: abilities
            .iter()
            .map(|&ability| ability.to_owned())
            .collect(),
        tls: Some(server_of(certificates, name)),
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
