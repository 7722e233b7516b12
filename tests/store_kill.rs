//! The store when its process is killed, and when two processes use it: an import is there whole or not at all.
#![cfg(all(unix, feature = "cli"))]

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use letterpress::data::{Events, Profiles};
use letterpress::store::Store;

const KILLS: u32 = 50;

fn people(file: &Path, from: usize, to: usize) {
    let mut text = String::new();
    for number in from..to {
        writeln!(
            text,
            r#"{{"type":"profile","id":"P{number:06}","attributes":{{"email":"person.{number}@example.com","first_name":"First{number}","properties":{{"Points":{number},"Tags":["tea","gift"],"Favorite Tea":"Oolong"}}}}}}"#
        )
        .unwrap();
    }
    fs::write(file, text).unwrap();
}

fn events(file: &Path, from: usize, to: usize) {
    let mut text = String::new();
    // So much that not all of it waits in memory until the end.
    let note = "warm ".repeat(320);
    for number in from..to {
        writeln!(
            text,
            r#"{{"type":"event","id":"e{number}","attributes":{{"timestamp":{},"event_properties":{{"ProductName":"Tea {number}","Price":{},"Note":"{note}"}}}},"relationships":{{"profile":{{"data":{{"type":"profile","id":"P{:06}"}}}},"metric":{{"data":{{"type":"metric","id":"M1"}}}}}}}}"#,
            1_700_000_000 + number,
            number % 50,
            number * 7 % 12_000,
        )
        .unwrap();
    }
    fs::write(file, text).unwrap();
}

/// A project, and beside it the files that are imported: some before, and those of the import that is looked at.
struct Shop {
    folder: tempfile::TempDir,
}

impl Shop {
    fn new() -> Shop {
        let shop = Shop {
            folder: tempfile::tempdir().unwrap(),
        };
        for folder in ["project/data", "project/templates", "first", "second"] {
            fs::create_dir_all(shop.path(folder)).unwrap();
        }
        fs::write(
            shop.path("project/letterpress.toml"),
            "[project]\ndata = \"data\"\n",
        )
        .unwrap();
        fs::write(
            shop.path("project/data/profiles.jsonl"),
            "{\"id\": \"F\", \"email\": \"folder@example.com\", \"first_name\": \"Fay\"}\n",
        )
        .unwrap();
        fs::write(
            shop.path("project/hello.txt"),
            "Hello {{ person.first_name }}",
        )
        .unwrap();
        people(&shop.path("first/profiles.jsonl"), 0, 2_000);
        events(&shop.path("first/events.jsonl"), 0, 2_000);
        people(&shop.path("second/profiles.jsonl"), 1_000, 12_000);
        events(&shop.path("second/events.jsonl"), 1_000, 15_000);
        shop
    }

    fn path(&self, within: &str) -> PathBuf {
        self.folder.path().join(within)
    }

    fn store(&self) -> PathBuf {
        self.path("project/.letterpress/shop.sqlite")
    }

    fn start(&self, words: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_letterpress"))
            .args(words)
            .arg("--project")
            .arg(self.path("project"))
            .current_dir(self.folder.path())
            .env("NO_COLOR", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn run(&self, words: &[&str]) -> String {
        ended(self.start(words))
    }

    fn import(&self, what: &str) -> String {
        self.run(&["data", "import", what])
    }

    /// All that an import changes: people, events, and somebody whom only the second import has. The database is whole.
    fn state(&self) -> (usize, usize, bool) {
        let database = rusqlite::Connection::open(self.store()).unwrap();
        let check: String = database
            .pragma_query_value(None, "integrity_check", |row| row.get(0))
            .unwrap();
        assert_eq!(check, "ok");
        drop(database);
        let store = Store::open(&self.store()).unwrap();
        let sought = "person.11999@example.com";
        let found = store.search(sought, 5).unwrap().people.len();
        let known = store.profile_by_email(sought).unwrap().is_some();
        assert_eq!(found == 1, known);
        (
            store.profile_count().unwrap(),
            store.event_count().unwrap(),
            known,
        )
    }
}

/// What it said, if it ended well.
fn ended(child: Child) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{text}");
    text
}

const BEFORE: (usize, usize, bool) = (2_001, 2_000, false);
const AFTER: (usize, usize, bool) = (12_001, 15_000, true);

#[test]
fn an_import_that_is_killed_is_there_whole_or_not_at_all() {
    let shop = Shop::new();
    shop.import("first");
    assert_eq!(shop.state(), BEFORE);
    // A closed store is one file, and copying it back is what was before.
    let kept = shop.path("kept.sqlite");
    fs::copy(shop.store(), &kept).unwrap();
    let begin = Instant::now();
    shop.import("second");
    let whole = begin.elapsed();
    assert_eq!(shop.state(), AFTER);

    let mut dice = 0x1e77_e795_u64;
    let (mut before, mut after, mut partly) = (0, 0, 0);
    let mut is_after = true;
    for kill in 0..KILLS {
        if is_after {
            for name in ["shop.sqlite", "shop.sqlite-wal", "shop.sqlite-shm"] {
                let _ = fs::remove_file(shop.store().with_file_name(name));
            }
            fs::copy(&kept, shop.store()).unwrap();
        }
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        let part = (f64::from(kill) + (dice % 1_000) as f64 / 1_000.0) / f64::from(KILLS);
        let log = shop.store().with_file_name("shop.sqlite-wal");
        let mut child = shop.start(&["data", "import", "second"]);
        // Every other one at a moment of the whole time and somewhat beyond its end, every other one when the log is
        // being written, which is a short time near the end.
        let delay = match kill % 2 {
            0 => whole.mul_f64(part * 1.15),
            _ => {
                while fs::metadata(&log).map_or(0, |log| log.len()) == 0
                    && child.try_wait().unwrap().is_none()
                {
                    sleep(Duration::from_millis(1));
                }
                whole.mul_f64((dice >> 32) as f64 / f64::from(u32::MAX) * 0.3)
            }
        };
        sleep(delay);
        let had_ended = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        child.wait().unwrap();
        partly += u32::from(!had_ended && fs::metadata(&log).is_ok_and(|log| log.len() > 0));
        let state = shop.state();
        is_after = state == AFTER;
        match is_after {
            true => after += 1,
            false => before += 1,
        }
        assert!(
            is_after || state == BEFORE,
            "killed after {delay:?} of {whole:?}: {state:?}"
        );
        assert!(
            is_after || !had_ended,
            "it had ended, and nothing was kept after {delay:?}"
        );
        if !is_after && kill % 10 == 0 {
            shop.import("second");
            assert_eq!(shop.state(), AFTER);
            is_after = true;
        }
    }
    println!("{whole:?}: {before} before, {after} after, {partly} while it was being written");
    assert!(
        before >= 5 && after >= 1 && partly >= 5,
        "{before} before, {after} after, {partly} partly"
    );

    if !is_after {
        assert!(!shop.import("second").is_empty());
        assert_eq!(shop.state(), AFTER);
    }
    // And there is nothing left to import.
    let again = shop.run(&["data", "import", "second", "--format", "json"]);
    assert!(
        again.contains("\"new\": 0") || again.contains("\"new\":0"),
        "{again}"
    );
    assert_eq!(shop.state(), AFTER);
}

/// An import that reads standard input and waits there: it has begun to write and cannot end.
fn waiting_import(shop: &Shop) -> (Child, std::process::ChildStdin) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_letterpress"))
        .args(["data", "import", "-", "--project"])
        .arg(shop.path("project"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // More than one chunk, so that some is in tables already.
    let text = fs::read(shop.path("second/profiles.jsonl")).unwrap();
    let mut sent = 0;
    while sent < 3 * text.len() {
        stdin.write_all(&text).unwrap();
        sent += text.len();
    }
    stdin.flush().unwrap();
    // It holds the lock when nobody else gets it.
    let database = rusqlite::Connection::open(shop.store()).unwrap();
    database.busy_timeout(Duration::ZERO).unwrap();
    let begin = Instant::now();
    while database.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_ok() {
        assert!(begin.elapsed() < Duration::from_secs(30), "it never began");
        sleep(Duration::from_millis(5));
    }
    (child, stdin)
}

#[test]
fn while_an_import_writes_all_others_read_what_was_before() {
    let shop = Shop::new();
    shop.import("first");
    let (child, mut stdin) = waiting_import(&shop);
    let begin = Instant::now();
    let count = |shop: &Shop| shop.run(&["data", "profiles", "-n", "1", "--format", "json"]);
    let before = count(&shop);
    assert!(before.contains("2001"), "{before}");
    let hello = |who: &str| shop.start(&["render", "project/hello.txt", "--profile", who]);
    assert!(ended(hello("person.7@example.com")).contains("Hello First7"));
    let unknown = hello("person.11999@example.com")
        .wait_with_output()
        .unwrap();
    assert!(!unknown.status.success());
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(5), "they waited: {took:?}");
    // The last of it, and its end.
    writeln!(
        stdin,
        r#"{{"type":"profile","id":"LAST","attributes":{{"email":"last@example.com"}}}}"#
    )
    .unwrap();
    drop(stdin);
    ended(child);
    let after = count(&shop);
    assert!(after.contains("12002"), "{after}");
    assert!(ended(hello("person.11999@example.com")).contains("Hello First11999"));
}

#[test]
fn a_second_import_waits_for_the_first() {
    let shop = Shop::new();
    shop.import("first");
    let (first, stdin) = waiting_import(&shop);
    let mut second = shop.start(&["data", "import", "second"]);
    sleep(Duration::from_millis(700));
    assert!(second.try_wait().unwrap().is_none(), "it did not wait");
    drop(stdin);
    ended(first);
    ended(second);
    assert_eq!(shop.state(), AFTER);
}

/// Nobody has made the store yet, and all make it.
#[test]
fn many_may_begin_at_once() {
    for _ in 0..5 {
        let shop = Shop::new();
        let mut all = vec![shop.start(&["data", "import", "first"])];
        all.extend((0..3).map(|_| shop.start(&["data", "profiles"])));
        all.push(shop.start(&["data", "import", "first"]));
        all.push(shop.start(&[
            "render",
            "project/hello.txt",
            "--profile",
            "folder@example.com",
        ]));
        for one in all {
            ended(one);
        }
        assert_eq!(shop.state(), BEFORE);
    }
}
