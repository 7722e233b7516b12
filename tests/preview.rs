//! The page's server by HTTP alone: who may ask, what is served, and that it is the command line's bytes.

#![cfg(all(feature = "preview", feature = "cli"))]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const NOW: &str = "2026-11-20T18:00:00Z";
/// Fixed, so that links are the same in two processes.
const KEYS: &str = "test:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// `letterpress preview` while a test runs.
struct Server {
    process: Child,
    address: String,
    port: u16,
    /// What it said first.
    said: String,
}

/// An answer: status, headers in small letters, body.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

fn program(project: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_letterpress"));
    command
        .args(args)
        .arg("--project")
        .arg(project)
        .env("LETTERPRESS_LINK_KEYS", KEYS)
        .env("NO_COLOR", "1");
    command
}

impl Server {
    fn start(project: &Path, flags: &[&str]) -> Server {
        let mut args = vec!["preview"];
        args.extend(flags);
        if !flags.contains(&"--port") {
            args.extend(["--port", "0"]);
        }
        let mut process = program(project, &args)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(process.stderr.take().expect("its standard error"));
        let mut said = String::new();
        while !said.contains("Ctrl-C") {
            assert!(lines.read_line(&mut said).expect("a line") > 0, "{said}");
        }
        let address = said
            .split_whitespace()
            .find(|word| word.starts_with("http://"))
            .unwrap_or_else(|| panic!("no address in {said}"))
            .to_owned();
        let port = address["http://".len()..]
            .split('/')
            .next()
            .and_then(|host| host.rsplit(':').next())
            .and_then(|port| port.parse().ok())
            .expect("a port");
        Server {
            process,
            address,
            port,
            said,
        }
    }

    /// Asks with the headers given; the path goes out byte for byte.
    fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .expect("a timeout");
        let mut request = format!("GET {path} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            request += &format!("Host: 127.0.0.1:{}\r\n", self.port);
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        stream
            .write_all((request + "\r\n").as_bytes())
            .expect("it is asked");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
        let end = bytes
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .expect("a head");
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        Answer {
            status: head
                .split(' ')
                .nth(1)
                .and_then(|status| status.parse().ok())
                .expect("a status"),
            head,
            body: bytes[end + 4..].to_vec(),
        }
    }

    fn get(&self, path: &str) -> Answer {
        self.ask(path, &[])
    }

    fn json(&self, path: &str) -> serde_json::Value {
        let answer = self.get(path);
        serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn sample() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn render(project: &Path, args: &[&str]) -> Output {
    let mut all = vec!["render"];
    all.extend(args);
    program(project, &all).output().expect("it runs")
}

/// A project of one email, one picture and three people.
fn small() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    write(
        "letterpress.toml",
        "[project]\ndata = \"shop\"\n[preview]\nimages = { \"https://t.example/i/\" = \"shop/images\" }\n",
    );
    write(
        "templates/hello/email.toml",
        "kind = \"flow\"\nsubject = \"Hi {{ first_name }}\"\nfrom = \"Tea <tea@t.example>\"\n[trigger]\nmetric = \"Order\"\n",
    );
    write(
        "templates/hello/body.html",
        "<p>Hi {{ first_name }}, {{ event.what }}</p><a href=\"https://t.example/i/a.png\"><img src=\"https://t.example/i/a.png\"></a>\
         {% if first_name == 'Cat' %}{% catalog 'gone' %}{{ catalog_item.title }}{% endcatalog %}{% endif %}",
    );
    write(
        "shop/profiles.jsonl",
        "{\"id\":\"1\",\"email\":\"ada@t.example\",\"first_name\":\"Ada\",\"last_name\":\"Byron\"}\n\
         {\"id\":\"2\",\"email\":\"jose@t.example\",\"first_name\":\"José\"}\n\
         {\"id\":\"3\",\"email\":\"cat@t.example\",\"first_name\":\"Cat\"}\n",
    );
    write(
        "shop/events.jsonl",
        "{\"id\":\"e1\",\"metric\":\"Order\",\"profile\":{\"id\":\"1\"},\"time\":\"2026-01-01T00:00:00Z\",\"properties\":{\"what\":\"old\"}}\n\
         {\"id\":\"e2\",\"metric\":\"Order\",\"profile\":{\"id\":\"1\"},\"time\":\"2026-02-01T00:00:00Z\",\"properties\":{\"what\":\"new\"}}\n\
         {\"id\":\"e3\",\"metric\":\"Visit\",\"profile\":{\"id\":\"1\"},\"time\":\"2026-03-01T00:00:00Z\",\"properties\":{}}\n",
    );
    write("shop/images/a.png", "a picture");
    write("secret.png", "a secret");
    folder
}

#[test]
fn parts_are_the_bytes_of_the_command_line() {
    let server = Server::start(sample(), &[]);
    let people = server.json("/api/people?limit=40");
    let people = people["people"].as_array().expect("people");
    let emails = server.json("/api/emails");
    for email in emails["emails"].as_array().expect("emails") {
        let email = email["name"].as_str().expect("a name");
        for person in people.iter().step_by(13) {
            let profile = person["selector"].as_str().expect("a selector");
            for (ending, part) in [
                ("html", "html"),
                ("txt", "text"),
                ("eml", "eml"),
                ("json", "json"),
            ] {
                let answer =
                    server.get(&format!("/r/{email}.{ending}?profile={profile}&now={NOW}"));
                let printed = render(
                    sample(),
                    &[email, "--profile", profile, "--now", NOW, "--part", part],
                );
                let rendered = printed.status.code() == Some(0);
                assert_eq!(
                    answer.status,
                    if rendered { 200 } else { 422 },
                    "{email} {profile}"
                );
                if rendered || ending == "json" {
                    assert_eq!(
                        answer.body, printed.stdout,
                        "{email}.{ending} for {profile}"
                    );
                }
            }
        }
        // Nobody named: the same choice.
        let answer = server.get(&format!("/r/{email}.txt?now={NOW}"));
        let printed = render(sample(), &[email, "--now", NOW, "--part", "text"]);
        assert_eq!(answer.body, printed.stdout, "{email}");
    }
}

#[test]
fn statuses_say_what_became_of_it() {
    let folder = small();
    let server = Server::start(folder.path(), &[]);
    let of = |path: &str| server.get(path).status;
    assert_eq!(of("/r/hello.html?profile=ada@t.example"), 200);
    // Skipped: an item of the catalog that is not there.
    let skipped = server.get("/r/hello.html?profile=cat@t.example");
    assert_eq!(skipped.status, 422);
    assert!(String::from_utf8_lossy(&skipped.body).starts_with("skipped: "));
    assert_eq!(of("/r/helo.html"), 404);
    assert_eq!(of("/r/hello.pdf"), 404);
    assert_eq!(of("/r/hello"), 404);
    assert_eq!(of("/r/hello.html?profile=bob@t.example"), 404);
    assert_eq!(of("/r/hello.html?profile=bob"), 400);
    assert_eq!(of("/r/hello.html?now=tomorrow"), 400);
    assert_eq!(of("/nothing"), 404);
    // Files are the command line's: nobody reads one through the page.
    for selector in ["@letterpress.toml", "@/etc/hostname", "-"] {
        let answer = server.get(&format!("/r/hello.html?profile={selector}"));
        assert_eq!(answer.status, 400, "{selector}");
        assert_eq!(
            server
                .get(&format!("/r/hello.html?profile=first&event={selector}"))
                .status,
            400
        );
    }
    let printed = |event: &str| {
        String::from_utf8(
            server
                .get(&format!("/r/hello.html?profile=id:1&event={event}"))
                .body,
        )
        .expect("text")
    };
    assert!(printed("id:e1").contains("Ada, old"));
    assert!(printed("latest:%22Order%22").contains("Ada, new"));
    assert!(printed("").contains("Ada, new"));
    assert!(printed("none").contains("Ada, <"));

    std::fs::write(
        folder.path().join("templates/hello/body.html"),
        "{{ first_name|uper }}",
    )
    .expect("written");
    let failed = wait(|| {
        Some(server.get("/r/hello.html?profile=first")).filter(|answer| answer.status == 422)
    });
    assert!(String::from_utf8_lossy(&failed.body).contains("did you mean 'upper'?"));
    let view = server.json("/api/render?email=hello&profile=first");
    assert_eq!(
        (view["outcome"].as_str(), view["stale"].as_bool()),
        (Some("failed"), Some(true))
    );
    assert!(
        view["problems"][0]["snippet"]
            .as_str()
            .is_some_and(|text| text.contains("^^^^"))
    );
}

/// What comes true a moment after a file was saved.
fn wait<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(10), "it never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn people_and_events_are_found() {
    let folder = small();
    let server = Server::start(folder.path(), &[]);
    let found = server.json("/api/people?q=JOSE");
    assert_eq!(found["people"][0]["name"], "José");
    assert_eq!((&found["matches"], &found["total"]), (&1.into(), &3.into()));
    assert_eq!(
        server.json("/api/people?q=byr%20ada")["people"][0]["selector"],
        "ada@t.example"
    );
    assert_eq!(server.json("/api/person?profile=nth:2")["number"], 2);
    let events = server.json("/api/events?profile=ada@t.example&email=hello");
    let events: Vec<_> = events["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(|e| (e["selector"].as_str(), e["trigger"].as_bool()))
        .collect();
    assert_eq!(
        events,
        [
            (Some("id:e3"), Some(false)),
            (Some("id:e2"), Some(true)),
            (Some("id:e1"), Some(true))
        ]
    );
    let view = server.json("/api/render?email=hello&profile=id:1");
    assert_eq!(view["tree"]["event"][0]["tag"], "{{ event.what }}");
    assert_eq!(view["mail"]["subject"], "Hi Ada");
}

#[test]
fn only_this_machine_is_answered() {
    let folder = small();
    let server = Server::start(folder.path(), &[]);
    for host in [
        "evil.example",
        "evil.example:3000",
        "127.0.0.1.evil.example",
        "192.0.2.7",
    ] {
        for path in ["/", "/api/people", "/r/hello.html", "/images/0/a.png"] {
            assert_eq!(
                server.ask(path, &[("Host", host)]).status,
                403,
                "{host}{path}"
            );
        }
    }
    assert_eq!(server.ask("/", &[("Host", "localhost:1")]).status, 200);
    for path in [
        "/",
        "/app.js",
        "/api/emails",
        "/r/hello.html",
        "/r/hello.txt",
        "/frame/hello",
        "/images/0/a.png",
        "/nothing",
        "/frame/none",
    ] {
        let head = server.get(path).head;
        let policy = head
            .lines()
            .find(|line| line.starts_with("content-security-policy: "))
            .unwrap_or_else(|| panic!("{path}: {head}"));
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(
            head.contains("x-content-type-options: nosniff")
                && head.contains("referrer-policy: no-referrer"),
            "{path}"
        );
        assert!(!head.contains("access-control-allow-origin"), "{path}");
        if path.starts_with("/frame/hello") || path.starts_with("/r/") {
            assert!(
                policy.contains("sandbox")
                    && !policy.contains("allow-scripts")
                    && !policy.contains("script-src"),
                "{path}: {policy}"
            );
            assert!(!policy.contains("http"), "{path}: {policy}");
        }
    }
    assert!(
        server
            .get("/frame/hello?images=on")
            .head
            .contains("img-src 'self' data: https: http:")
    );
}

#[test]
fn from_elsewhere_a_token_is_needed() {
    let folder = small();
    let server = Server::start(folder.path(), &["--host", "0.0.0.0"]);
    let token = server.address.split("token=").nth(1).expect("a token");
    assert_eq!(token.len(), 32);
    for path in [
        "/",
        "/api/emails",
        "/r/hello.html",
        "/?token=",
        "/?token=00000000000000000000000000000000",
    ] {
        assert_eq!(server.get(path).status, 403, "{path}");
    }
    let first = server.get(&format!("/?email=hello&token={token}"));
    assert_eq!(first.status, 303);
    assert!(
        first.head.contains("location: /?email=hello\r\n"),
        "{}",
        first.head
    );
    let cookie = first
        .head
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .expect("a cookie");
    assert!(cookie.contains("httponly") && cookie.contains("samesite=lax"));
    let cookie = cookie.split(';').next().expect("its value");
    assert_eq!(server.ask("/api/emails", &[("Cookie", cookie)]).status, 200);
    assert_eq!(
        server
            .ask(
                "/api/emails",
                &[("Cookie", cookie), ("Host", "192.0.2.7:3000")]
            )
            .status,
        200
    );
    assert_eq!(
        server
            .ask(
                "/api/emails",
                &[("Cookie", cookie), ("Host", "evil.example")]
            )
            .status,
        403
    );
}

#[test]
fn pictures_come_from_their_folder_alone() {
    let folder = small();
    #[cfg(unix)]
    std::os::unix::fs::symlink(
        "../../secret.png",
        folder.path().join("shop/images/link.png"),
    )
    .expect("a link");
    let server = Server::start(folder.path(), &[]);
    let picture = server.get("/images/0/a.png");
    assert_eq!(
        (picture.status, picture.body.as_slice()),
        (200, &b"a picture"[..])
    );
    assert!(picture.head.contains("content-type: image/png"));
    for path in [
        "/images/0/../../secret.png",
        "/images/0/..%2f..%2fsecret.png",
        "/images/0/%2e%2e/%2e%2e/secret.png",
        "/images/0/..%5c..%5csecret.png",
        "/images/0//a.png",
        "/images/0/link.png",
        "/images/0/",
        "/images/1/a.png",
        "/images/-1/a.png",
        "/images/0/a.png/",
        "/images/0/a.png%00.png",
    ] {
        let answer = server.get(path);
        assert_ne!(answer.status, 200, "{path}");
        assert!(
            !answer.body.windows(8).any(|bytes| bytes == b"a secret"),
            "{path}"
        );
    }
    // Only the framed copy names them; the part is exact.
    let framed = String::from_utf8(server.get("/frame/hello?profile=first").body).expect("text");
    assert!(
        framed.contains("<img src=\"/images/0/a.png\">")
            && framed.contains("<a href=\"https://t.example/i/a.png\">"),
        "{framed}"
    );
    let part = String::from_utf8(server.get("/r/hello.html?profile=first").body).expect("text");
    assert!(
        part.contains("<img src=\"https://t.example/i/a.png\">"),
        "{part}"
    );
}

#[test]
fn a_taken_port_leads_to_the_next() {
    let folder = small();
    let first = Server::start(folder.path(), &[]);
    let port = first.port.to_string();
    let second = Server::start(folder.path(), &["--port", &port]);
    assert!(second.port > first.port && second.port < first.port + 100);
    assert!(
        second.said.contains(&format!("port {port} is taken")),
        "{}",
        second.said
    );
}

#[cfg(unix)]
#[test]
fn it_ends_at_once_when_told() {
    let folder = small();
    let mut server = Server::start(folder.path(), &[]);
    // A page that waits for changes does not hold it up.
    let mut page = TcpStream::connect(("127.0.0.1", server.port)).expect("a connection");
    write!(page, "GET /api/changes HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("asked");
    page.read_exact(&mut [0; 16]).expect("the first bytes");
    let started = Instant::now();
    let pid = server.process.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .expect("kill")
            .success()
    );
    let status = server.process.wait().expect("it ends");
    assert!(status.success(), "{status}");
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "{:?}",
        started.elapsed()
    );
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_only_read_will_do() {
    use std::os::unix::fs::PermissionsExt;
    let folder = small();
    let config = folder.path().join("letterpress.toml");
    let text = std::fs::read_to_string(&config).expect("text");
    std::fs::write(
        &config,
        text + "[links]\nunsubscribe = \"https://t.example/u/{{ token }}\"\n",
    )
    .expect("written");
    let set = |mode| {
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).expect("set")
    };
    // A file where the folder of keys would be: they cannot be stored, whoever runs this.
    std::fs::write(folder.path().join(".letterpress"), "").expect("written");
    set(0o555);
    let mut args = program(folder.path(), &["preview", "--port", "0"]);
    args.env_remove("LETTERPRESS_LINK_KEYS");
    let mut process = args.stderr(Stdio::piped()).spawn().expect("it starts");
    let mut line = String::new();
    BufReader::new(process.stderr.take().expect("its standard error"))
        .read_line(&mut line)
        .expect("a line");
    let address = line
        .split_whitespace()
        .nth(1)
        .expect("an address")
        .to_owned();
    let port = address
        .rsplit(':')
        .next()
        .and_then(|port| port.parse().ok())
        .expect("a port");
    let server = Server {
        process,
        address,
        port,
        said: line,
    };
    let part = server.get("/r/hello.eml?profile=first");
    set(0o755);
    assert_eq!(part.status, 200, "{}", String::from_utf8_lossy(&part.body));
    assert!(String::from_utf8_lossy(&part.body).contains("/u/preview."));
}
