//! Addresses of sinks: what is read, what is written, and that no password is in either.

use letterpress::delivery::SinkAddress;

#[test]
fn what_is_read_is_written_again() {
    for (text, written) in [
        ("dir:out", "dir:out"),
        ("dir:/tmp/a b?c", "dir:/tmp/a b?c"),
        ("maildir:Mail/new", "maildir:Mail/new"),
        ("mbox:out.mbox", "mbox:out.mbox"),
        ("null:", "null:"),
        ("smtp://localhost:25", "smtp://localhost:25"),
        ("smtp://localhost", "smtp://localhost:25"),
        ("smtp://localhost:25/", "smtp://localhost:25"),
        (
            "smtp://localhost:25?tls=opportunistic",
            "smtp://localhost:25",
        ),
        ("smtp://[::1]:2525?tls=none", "smtp://[::1]:2525?tls=none"),
        ("smtps://mail.example.com", "smtps://mail.example.com:465"),
        (
            "smtps://mail.example.com?tls=required",
            "smtps://mail.example.com:465",
        ),
        (
            "smtp://ada@mail.example.com:587?tls=required",
            "smtp://ada@mail.example.com:587",
        ),
        (
            "smtp://ada@example.com@mail.example.com:587",
            "smtp://ada@example.com@mail.example.com:587",
        ),
        (
            "smtp://a%3Ab%2F@mail.example.com",
            "smtp://a%3Ab%2F@mail.example.com:25",
        ),
        (
            "smtp://mx.example.com:25?tls=required&connections=16&ca=/etc/a%26b.pem&hello=shop.example&pipelining=always&timeout=500ms&dot-timeout=300s",
            "smtp://mx.example.com:25?tls=required&connections=16&ca=/etc/a%26b.pem&hello=shop.example&pipelining=always&timeout=500ms&dot-timeout=5m",
        ),
    ] {
        let address: SinkAddress = text
            .parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(address.to_string(), written);
        assert_eq!(written.parse(), Ok(address.clone()), "{written}");
        let json = serde_json::to_string(&address).unwrap();
        assert_eq!(serde_json::from_str::<SinkAddress>(&json).unwrap(), address);
    }
}

#[test]
fn what_is_wrong_is_said() {
    for (text, said) in [
        ("", "does not say where messages go"),
        ("out", "does not say where messages go"),
        ("mail:out", "there is no sink 'mail:'"),
        ("maildr:out", "did you mean `maildir`?"),
        ("http://x", "there is no sink 'http:'"),
        ("dir:", "names no path; write dir:PATH"),
        ("null:x", "null: takes nothing"),
        ("smtp:localhost", "write smtp://host:port"),
        ("smtp://", "is no host"),
        ("smtp://:25", "is no host"),
        ("smtp://a b", "is no host"),
        ("smtp://::1", "is no host"),
        ("smtp://[x]:1", "is no host"),
        ("smtp://localhost:0", "is no port"),
        ("smtp://localhost:70000", "is no port"),
        ("smtp://@localhost", "no user's name"),
        ("smtp://%zz@localhost", "no user's name"),
        ("smtp://a%0d%0ab@localhost", "no user's name"),
        ("smtp://localhost?tsl=none", "did you mean `tls`?"),
        (
            "smtp://localhost?tls=maybe",
            "write `required`, `opportunistic` or `none`",
        ),
        ("smtp://localhost?tls=none&tls=none", "given twice"),
        ("smtp://localhost?connections=17", "a number from 1 to 16"),
        ("smtp://localhost?connections=0", "a number from 1 to 16"),
        ("smtp://localhost?connections=+4", "a number from 1 to 16"),
        ("smtp://localhost?timeout=30", "a time such as"),
        ("smtp://localhost?timeout=0s", "a time such as"),
        ("smtp://localhost?timeout=99999m", "a time such as"),
        ("smtp://localhost?hello=a%0d%0ab", "a host name"),
        ("smtp://localhost?ca=", "the path of a PEM file"),
        ("smtp://localhost?ca=x.pem", "write tls=required"),
        ("smtp://ada@localhost?tls=none", "over verified TLS only"),
        (
            "smtp://ada@localhost?tls=opportunistic",
            "over verified TLS only",
        ),
        ("smtps://localhost?tls=none", "always encrypted"),
    ] {
        let error = text.parse::<SinkAddress>().expect_err(text).to_string();
        assert!(error.contains(said), "{text}: {error}");
        assert!(!error.chars().any(char::is_control), "{error}");
    }
}

#[test]
fn a_password_is_never_repeated() {
    for text in [
        "smtp://ada:secret@localhost:25",
        "smtp://ada:secret@localhost:25?tls=none",
        "smtps://ada:secret@localhost",
        "smtp://ada:se?secret@localhost",
        "smtp://ada:sec/secret@localhost",
        "smtp://ada:secret",
        "smtp://ada:secret@secret@localhost",
        "smtp://ada:secret#secret@localhost",
        "smtp://ada:[secret]@localhost",
        "smtp://ada:?secret=secret@localhost",
        "smtp://localhost?password=secret",
    ] {
        let error = text.parse::<SinkAddress>().expect_err(text);
        assert!(!error.to_string().contains("secret"), "{error}");
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
    let error = "smtp://ada:secret@localhost"
        .parse::<SinkAddress>()
        .unwrap_err();
    assert!(error.to_string().contains("LETTERPRESS_SMTP_PASSWORD"));
    let address: SinkAddress = "smtp://ada@localhost".parse().unwrap();
    assert!(
        address
            .open(None)
            .unwrap_err()
            .to_string()
            .contains("LETTERPRESS_SMTP_PASSWORD")
    );
    let sink = address.open(Some("secret")).unwrap();
    assert!(!format!("{sink:?}").contains("secret"), "{sink:?}");
}
