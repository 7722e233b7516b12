//! What comes back after a campaign is obeyed: bounces, complaints, people who unsubscribe while it is sent, people who are
//! forgotten.
#![cfg(all(unix, feature = "cli"))]

#[path = "harness/campaign.rs"]
#[allow(dead_code)]
mod campaign;
#[path = "harness/smtp_server.rs"]
#[allow(dead_code)]
mod smtp_server;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use campaign::Shop;
use letterpress::campaign::{
    Feedback, FeedbackOutcome, State, import_bounces, import_unsubscribes,
};
use letterpress::data::{Consent, Profiles};
use letterpress::links::{Asks, Claim, Keys, Purpose, Setting};
use letterpress::project::Project;
use letterpress::store::Store;
use smtp_server::SmtpServer;

const NOW: &str = "2026-11-25T09:00:00Z";

fn address(number: usize) -> String {
    format!("person.{number}@example.com")
}

/// A shop whose campaign was sent into a folder.
fn sent(people: usize) -> Shop {
    let shop = Shop::new(people, "");
    shop.send(0, "r", "dir:out", &[]);
    shop
}

fn project(shop: &Shop) -> Project {
    Project::open(shop.path("")).unwrap()
}

/// The message of a person in the run `r`, its lines ending in LF alone.
fn message(shop: &Shop, number: usize) -> String {
    let output = shop.expect(0, &["replay", "r", &address(number)]);
    String::from_utf8(output.stdout)
        .unwrap()
        .replace("\r\n", "\n")
}

/// A field of a message's header, unfolded.
fn header(message: &str, name: &str) -> String {
    let (head, _) = message.split_once("\n\n").unwrap();
    let unfolded = head.replace("\n ", " ");
    let mut lines = unfolded.lines();
    let found = lines.find_map(|line| line.strip_prefix(&format!("{name}: ")));
    found.unwrap().to_owned()
}

fn unsubscribe_link(message: &str) -> String {
    let value = header(message, "List-Unsubscribe");
    value.trim_matches(['<', '>']).to_owned()
}

/// Why people are suppressed, by address.
fn suppressed(shop: &Shop) -> BTreeMap<String, String> {
    let store = Store::open(&shop.path(".letterpress/shop.sqlite")).unwrap();
    let all = store.profiles().map(Result::unwrap);
    all.filter_map(|profile| {
        let reason = &profile.suppression()?.reason;
        let reason = serde_json::to_value(reason).unwrap();
        Some((profile.email.clone()?, reason.as_str()?.to_owned()))
    })
    .collect()
}

fn counts(feedback: &Feedback) -> BTreeMap<&'static str, u64> {
    let counts = feedback.counts.iter();
    counts
        .map(|(outcome, count)| (outcome.code(), *count))
        .collect()
}

fn remove_store(shop: &Shop) {
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(shop.path(&format!(".letterpress/shop.sqlite{ending}")));
    }
}

/// Each file of `tests/campaign/feedback` beside a JSON file of the same name that says what comes of it.
#[test]
fn reports() {
    let shop = sent(12);
    let message = message(&shop, 7);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/campaign/feedback");
    let mut cases: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|ending| ending != "json"))
        .collect();
    cases.sort();
    assert!(cases.len() >= 30, "{}", cases.len());
    let now = NOW.parse().unwrap();
    for case in cases {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read(&case).unwrap();
        let text = String::from_utf8(text)
            .unwrap()
            .replace("@MESSAGE-ID@", &header(&message, "Message-ID"))
            .replace("@UNSUBSCRIBE@", &unsubscribe_link(&message));
        shop.write(&name, &text);
        let expected = fs::read_to_string(case.with_extension("json")).unwrap();
        let expected: serde_json::Value = serde_json::from_str(&expected).unwrap();
        remove_store(&shop);
        let import = || import_bounces(&project(&shop), &[shop.path(&name)], now).unwrap();
        let first = import();
        assert_eq!(
            serde_json::json!(counts(&first)),
            expected["counts"],
            "{name}: {first:?}"
        );
        let why = suppressed(&shop);
        assert_eq!(serde_json::json!(why), expected["suppressed"], "{name}");
        assert_eq!(first.people as usize, why.len(), "{name}");
        // Once more changes nothing.
        let before = dump(&shop);
        let second = import();
        assert_eq!(second.people, 0, "{name}");
        let known = second
            .counts
            .get(&FeedbackOutcome::Known)
            .copied()
            .unwrap_or(0);
        assert_eq!(known as usize, why.len(), "{name}: {second:?}");
        assert_eq!(dump(&shop), before, "{name}");
    }
}

/// All lines about people that the store has.
fn dump(shop: &Shop) -> Vec<(i64, String)> {
    let file = shop.path(".letterpress/shop.sqlite");
    let connection = rusqlite::Connection::open(file).unwrap();
    let mut ask = connection
        .prepare("SELECT line_id, json FROM profile ORDER BY 1")
        .unwrap();
    let rows = ask
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn a_bounce_of_an_address_that_somebody_had_before() {
    let shop = sent(9);
    let id = header(&message(&shop, 7), "Message-ID");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/campaign/feedback/forwarded.eml");
    let mail = fs::read_to_string(file)
        .unwrap()
        .replace("@MESSAGE-ID@", &id);
    shop.write("back.eml", &mail);
    let people = fs::read_to_string(shop.path("shop/profiles.jsonl")).unwrap();
    shop.write(
        "shop/profiles.jsonl",
        &people.replace(&address(7), "new@example.com"),
    );
    let done = import_bounces(
        &project(&shop),
        &[shop.path("back.eml")],
        NOW.parse().unwrap(),
    );
    assert_eq!(
        counts(&done.unwrap()),
        BTreeMap::from([("address_changed", 1)])
    );
    assert!(suppressed(&shop).is_empty());
}

#[test]
fn what_suppressed_somebody_before_stays() {
    let shop = Shop::new(3, "");
    shop.write("list.csv", "email,reason\nperson.1@example.com,5.1.1\n");
    shop.write("list2.csv", "email,reason\nperson.1@example.com,spam\n");
    shop.write("gone.txt", "person.1@example.com\n");
    let now = NOW.parse().unwrap();
    import_bounces(&project(&shop), &[shop.path("list.csv")], now).unwrap();
    import_bounces(&project(&shop), &[shop.path("list2.csv")], now).unwrap();
    import_unsubscribes(&project(&shop), &shop.path("gone.txt"), now).unwrap();
    let store = Store::open(&shop.path(".letterpress/shop.sqlite")).unwrap();
    let profile = store.profile_by_email(&address(1)).unwrap().unwrap();
    let channel = &profile.subscriptions.as_ref().unwrap().email;
    let reasons: Vec<String> = channel
        .suppression
        .iter()
        .map(|one| serde_json::to_string(&one.reason).unwrap())
        .collect();
    assert_eq!(
        reasons,
        [
            r#""HARD_BOUNCE""#,
            r#""SPAM_COMPLAINT""#,
            r#""UNSUBSCRIBE""#
        ]
    );
    assert_eq!(profile.consent(), Consent::Unsubscribed);
    assert_eq!(profile.first_name.as_deref(), Some("First1"));
}

#[test]
fn people_who_unsubscribe() {
    let shop = sent(12);
    let link = |number| unsubscribe_link(&message(&shop, number));
    let token = link(2).rsplit('/').next().unwrap().to_owned();
    let other = Keys::one("k1", b"another secret of 16 bytes").unwrap();
    let claim = Claim {
        asks: Asks::Link(Purpose::Unsubscribe),
        person: "P000009".into(),
        email: "sale".into(),
    };
    let keys = project(&shop).keys().unwrap().unwrap();
    let preferences = keys.sign(&Claim {
        asks: Asks::Link(Purpose::Preferences),
        person: "P000008".into(),
        email: "sale".into(),
    });
    let changed = {
        let mut changed = link(7);
        let last = changed.pop().unwrap();
        changed.push(if last == 'A' { 'Q' } else { 'A' });
        changed
    };
    shop.write(
        "list",
        &format!(
            "PERSON.0@example.com\n{}\n{token}\nhttps://elsewhere.example/x?t={token}&y=1\n{}\nhttps://tea.example/u/{preferences}\n{changed}\nnonsense\nstranger@example.com\n",
            link(1),
            other.sign(&claim),
        ),
    );
    let json = || {
        let output = shop.expect(
            0,
            &[
                "import-unsubscribes",
                "list",
                "--format",
                "json",
                "--now",
                NOW,
            ],
        );
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let first = json();
    let count = |found: &serde_json::Value, what: &str| found["counts"][what].as_u64().unwrap();
    let expected = [
        ("unsubscribed", 3),
        ("known", 1),
        ("forged", 3),
        ("unknown", 1),
        ("unparsed", 1),
    ];
    for (what, number) in expected {
        assert_eq!(count(&first, what), number, "{what}: {first}");
    }
    assert_eq!(
        (first["read"].as_u64(), first["people"].as_u64()),
        (Some(9), Some(3))
    );
    assert_eq!(
        first["unknown"],
        serde_json::json!(["stranger@example.com"])
    );
    let who: BTreeSet<String> = suppressed(&shop).into_keys().collect();
    assert_eq!(who, [0, 1, 2].map(address).into_iter().collect());
    let before = dump(&shop);
    let second = json();
    assert_eq!(
        (count(&second, "known"), second["people"].as_u64()),
        (4, Some(0)),
        "{second}"
    );
    assert_eq!(dump(&shop), before);
    // Nobody of them is planned again.
    let output = shop.plan("s", "null:");
    assert_eq!(shop.rows("s").len(), 9, "{output:?}");
    // Whoever looks at it sees a table; -v tells names.
    let output = shop.expect(0, &["import-unsubscribes", "list", "-v"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("nobody: stranger@example.com"), "{said}");
    assert!(
        said.contains("list:6: the token is of another link"),
        "{said}"
    );
}

#[test]
fn who_unsubscribes_while_a_campaign_is_sent_gets_nothing() {
    const PEOPLE: usize = 300;
    let shop = Shop::new(PEOPLE, "rate = \"30/s\"\n");
    let server = SmtpServer::good();
    let sink = server.sink("");
    shop.plan("r", &sink);
    let late: BTreeSet<String> = shop
        .rows("r")
        .into_values()
        .filter(|row| row.n >= 220 && row.n % 2 == 0)
        .map(|row| row.address)
        .collect();
    assert_eq!(late.len(), 40);
    let list: Vec<&str> = late.iter().map(String::as_str).collect();
    shop.write("list", &list.join("\n"));
    let mut process = shop.start(&["resume", "r", "--yes"]);
    assert!(server.wait_for(5));
    shop.expect(0, &["import-unsubscribes", "list"]);
    let meanwhile = server.count();
    assert!(
        meanwhile < 200,
        "too late to be a test: {meanwhile} were sent"
    );
    std::thread::sleep(Duration::from_millis(300));
    shop.expect(0, &["rate", "r", "none"]);
    assert!(process.wait().unwrap().success());
    let taken: BTreeSet<String> = server
        .taken()
        .into_iter()
        .map(|one| one.recipient)
        .collect();
    for (address, row) in shop.rows("r") {
        if late.contains(&address) {
            let reason = row.reason.as_deref();
            assert_eq!(
                (row.state, reason),
                (State::Skipped, Some("suppressed")),
                "{row:?}"
            );
            assert!(!taken.contains(&address), "{address}");
        } else {
            assert_eq!(row.state, State::Sent, "{row:?}");
            assert!(taken.contains(&address), "{address}");
        }
    }
    assert_eq!(server.count(), PEOPLE - 40);
}

/// The program, with any command.
fn letterpress(shop: &Shop, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_letterpress"))
        .args(arguments)
        .current_dir(shop.path(""))
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Whether a text stands anywhere below `.letterpress`.
fn is_anywhere(folder: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(is_anywhere(&path, text));
        } else {
            let bytes = fs::read(&path).unwrap();
            if bytes
                .windows(text.len())
                .any(|window| window == text.as_bytes())
            {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn who_is_forgotten_is_forgotten_in_runs() {
    let shop = Shop::new(12, "");
    shop.write("shop/coupons.csv", "coupon,code\nSALE,CODE-A\nSALE,CODE-B\nSALE,CODE-C\nSALE,CODE-D\nSALE,CODE-E\nSALE,CODE-F\nSALE,CODE-G\nSALE,CODE-H\nSALE,CODE-I\nSALE,CODE-J\nSALE,CODE-K\nSALE,CODE-L\n");
    shop.write("templates/sale/body.html", "<p>{{ first_name }} {% coupon_code 'SALE' %}</p><a href=\"{% unsubscribe_link %}\">Unsubscribe</a>");
    let plan = |run: &str| {
        shop.plan(run, "mbox:out.mbox");
    };
    plan("sent");
    shop.expect(0, &["resume", "sent", "--yes"]);
    plan("waiting");
    let people =
        |run: &str| fs::read(shop.path(&format!(".letterpress/runs/{run}/people"))).unwrap();
    let (before, row) = (people("waiting"), shop.rows("waiting")[&address(3)].clone());
    let forgotten = letterpress(&shop, &["data", "forget", &address(3), "--yes"]);
    let said = String::from_utf8_lossy(&forgotten.stderr);
    assert!(
        forgotten.status.success() && said.contains("2 runs of campaigns"),
        "{said}"
    );
    for name in [&*address(3), "P000003"] {
        // The data folder is its owner's to change; all that the program keeps is not.
        assert_eq!(
            is_anywhere(&shop.path(".letterpress"), name),
            [] as [PathBuf; 0],
            "{name}"
        );
    }
    let after = people("waiting");
    assert_eq!(before.len(), after.len());
    let changed = (0..before.len())
        .filter(|at| before[*at] != after[*at])
        .count();
    assert!(changed > 100, "{changed}");
    let rows = |run: &str| {
        let mut all = Vec::new();
        shop.opened(run)
            .each(None, |row| {
                all.push(row);
                true
            })
            .unwrap();
        all
    };
    let in_sent: Vec<_> = rows("sent")
        .into_iter()
        .filter(|one| one.n == row.n)
        .collect();
    assert_eq!(
        (in_sent[0].state, &*in_sent[0].address, &in_sent[0].reply),
        (State::Sent, "", &None)
    );
    // The rest is sent, and they are not.
    shop.expect(0, &["resume", "waiting", "--yes"]);
    for one in rows("waiting") {
        match one.n == row.n {
            true => {
                assert_eq!(
                    (one.state, one.reason.as_deref()),
                    (State::Skipped, Some("forgotten"))
                );
                assert_eq!((&*one.key, &*one.address), ("", ""));
            }
            false => assert_eq!(one.state, State::Sent, "{one:?}"),
        }
    }
    let out = fs::read_to_string(shop.path("out.mbox")).unwrap();
    let to_them = out
        .lines()
        .filter(|line| line.starts_with("To: ") && line.contains(&address(3)));
    assert_eq!(to_them.count(), 1);
    // Nor does a retry reach them, and both runs are whole.
    for run in ["sent", "waiting"] {
        shop.run(&["retry", run, "--yes", "--reason", "forgotten"]);
        shop.opened(run).frozen().unwrap();
        shop.expect(0, &["replay", run, &address(4)]);
    }
    assert_eq!(shop.count("waiting", State::Skipped), 1);
    // Their code is nobody else's.
    let person = r#"{"id":"NEW","email":"new@example.com","subscriptions":{"email":{"marketing":{"consent":"SUBSCRIBED"}}}}"#;
    let lines = fs::read_to_string(shop.path("shop/profiles.jsonl")).unwrap();
    shop.write("shop/profiles.jsonl", &format!("{lines}{person}\n"));
    let refused = shop.expect(
        2,
        &[
            "plan",
            "campaigns/sale.toml",
            "--to",
            "null:",
            "--run",
            "third",
        ],
    );
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        said.contains("SALE has 0 codes left, and 1 people need one"),
        "{said}"
    );
    // A second time there is nobody to forget.
    let again = letterpress(&shop, &["data", "forget", &address(3), "--yes"]);
    assert_eq!(again.status.code(), Some(2));
}

#[test]
fn nobody_is_forgotten_while_a_run_with_them_is_sent() {
    let shop = Shop::new(40, "rate = \"1/s\"\n");
    let server = SmtpServer::good();
    let sink = server.sink("");
    shop.plan("r", &sink);
    let mut process = shop.start(&["resume", "r", "--yes"]);
    assert!(server.wait_for(1));
    let output = letterpress(&shop, &["data", "forget", &address(30), "--yes"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("the run 'r' is being sent"), "{said}");
    assert!(said.contains("letterpress campaign cancel r"), "{said}");
    assert!(
        letterpress(&shop, &["data", "profile", &address(30)])
            .status
            .success()
    );
    assert_eq!(shop.rows("r").len(), 40);
    shop.expect(0, &["cancel", "r"]);
    let begun = Instant::now();
    while process.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(
        letterpress(&shop, &["data", "forget", &address(30), "--yes"])
            .status
            .success()
    );
    assert_eq!(
        is_anywhere(&shop.path(".letterpress"), &address(30)),
        [] as [PathBuf; 0]
    );
}

#[test]
fn property_links_are_frozen_with_the_plan() {
    let shop = Shop::new(3, "");
    let config = "[project]\ndata = \"shop\"\n[links]\nunsubscribe = \"https://tea.example/u/{{ token }}\"\n";
    shop.write(
        "letterpress.toml",
        &format!("{config}property = \"https://tea.example/s/{{{{ token }}}}\"\n"),
    );
    shop.write(
        "templates/sale/body.html",
        "<a href=\"{% update_property_link 'Likes' 'Tea & more' 'https://tea.example/?a=1' %}\">Tea</a> <a href=\"{% update_property_link 'Likes' 'Coffee' 'https://tea.example/' %}\">Coffee</a> <a href=\"{% unsubscribe_link %}\">x</a>",
    );
    shop.plan("r", "dir:out");
    // What is changed afterwards does not matter.
    shop.write("letterpress.toml", config);
    let message = message(&shop, 1);
    let message = mail_parser::MessageParser::default()
        .parse(&message)
        .unwrap()
        .into_owned();
    let html = message.body_html(0).unwrap();
    let keys = project(&shop).keys().unwrap().unwrap();
    let links = html
        .split('"')
        .filter(|part| part.starts_with("https://tea.example/s/"));
    let claims: Vec<Claim> = links
        .map(|link| keys.verify(link.rsplit('/').next().unwrap()).unwrap())
        .collect();
    let claim = |value: &str, url: &str| Claim {
        asks: Asks::Property(Setting {
            property: "Likes".into(),
            value: value.into(),
            url: url.into(),
        }),
        person: "P000001".into(),
        email: "sale".into(),
    };
    assert_eq!(
        claims,
        [
            claim("Tea & more", "https://tea.example/?a=1"),
            claim("Coffee", "https://tea.example/")
        ]
    );
    shop.expect(0, &["resume", "r", "--yes"]);
    let sent = fs::read_dir(shop.path("out")).unwrap().count();
    assert!(sent >= 3, "{sent}");
}
