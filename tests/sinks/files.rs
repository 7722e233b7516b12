//! Folders, maildirs and mbox files: what is there whole, and what is not there.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use letterpress::delivery::{Connection, Letter, Sink, SinkAddress, SinkError, Verdict};

use crate::{foreign, letter, shown};

fn open(kind: &str, path: &Path) -> Result<Box<dyn Sink>, SinkError> {
    let address: SinkAddress = format!("{kind}:{}", path.display()).parse().unwrap();
    address.open(None)
}

fn put(connection: &mut dyn Connection, letter: &Letter) -> Verdict {
    let mut marks = 0;
    let verdict = connection.put(letter, &mut || {
        marks += 1;
        Ok(())
    });
    if matches!(verdict, Verdict::Accepted(_)) {
        assert_eq!(marks, 1);
    }
    verdict
}

fn accept(sink: &dyn Sink, letter: &Letter) {
    let verdict = put(sink.connect().unwrap().as_mut(), letter);
    assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:?}");
}

/// Names of files under a folder, and what they hold.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn a_folder_has_a_file_a_letter_with_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a/b");
    let sink = open("dir", &out).unwrap();
    assert!(sink.connections() > 1);
    let letters = [letter(1, 5000), letter(2, 100)];
    assert_eq!(sink.holds(&letters[0].id), Some(false));
    for letter in &letters {
        accept(sink.as_ref(), letter);
        accept(sink.as_ref(), letter);
        assert_eq!(sink.holds(&letter.id), Some(true));
    }
    let expected: Vec<_> = letters
        .iter()
        .map(|letter| {
            let name = format!("{}-example.com-{}.eml", &letter.to[..1], letter.id);
            (out.join(name), letter.bytes.clone())
        })
        .collect();
    assert_eq!(files(&out), expected);
    let again = open("dir", &out).unwrap();
    assert_eq!(again.holds(&letters[1].id), Some(true));
    assert_eq!(again.holds(&letter(3, 0).id), Some(false));
    assert_eq!(again.holds("../x"), None);
}

#[test]
fn a_maildir_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("Mail");
    let sink = open("maildir", &out).unwrap();
    let letters = [letter(1, 5000), letter(2, 100)];
    for letter in &letters {
        accept(sink.as_ref(), letter);
    }
    // The first has been read.
    let name = format!("{}.letterpress", letters[0].id);
    let read = out.join("cur").join(format!("{name}:2,S"));
    fs::rename(out.join("new").join(&name), &read).unwrap();
    let again = open("maildir", &out).unwrap();
    assert_eq!(again.holds(&letters[0].id), Some(true));
    assert_eq!(again.holds(&letters[1].id), Some(true));
    assert_eq!(again.holds(&letter(3, 0).id), Some(false));
    let lines = |letter: &Letter| String::from_utf8_lossy(&letter.bytes).replace("\r\n", "\n");
    let found = files(&out);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0], (read, lines(&letters[0]).into_bytes()));
    assert_eq!(found[1].1, lines(&letters[1]).into_bytes());
}

#[test]
fn nothing_is_kept_nowhere() {
    let sink = "null:".parse::<SinkAddress>().unwrap().open(None).unwrap();
    accept(sink.as_ref(), &letter(1, 1000));
    assert_eq!(sink.holds(&letter(1, 0).id), None);
}

#[test]
fn without_a_mark_no_file_appears() {
    let folder = tempfile::tempdir().unwrap();
    for kind in ["dir", "maildir", "mbox"] {
        let out = folder.path().join(kind);
        let sink = open(kind, &out).unwrap();
        let mut connection = sink.connect().unwrap();
        let mut stops = || Err(io::Error::other("no journal"));
        let verdict = connection.put(&letter(1, 1000), &mut stops);
        assert_eq!(shown(&verdict), "stopped no journal");
        assert_eq!(sink.holds(&letter(1, 0).id), Some(false));
        if kind == "mbox" {
            assert_eq!(fs::read(&out).unwrap(), b"");
        } else {
            assert_eq!(files(&out), []);
        }
        assert!(matches!(
            put(connection.as_mut(), &letter(2, 1000)),
            Verdict::Accepted(_)
        ));
        assert_eq!(sink.holds(&letter(1, 0).id), Some(false));
        assert_eq!(sink.holds(&letter(2, 0).id), Some(true));
    }
}

#[test]
fn bytes_that_are_no_message_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for kind in ["dir", "maildir", "mbox", "null"] {
        let out = folder.path().join(kind);
        let sink = if kind == "null" {
            "null:".parse::<SinkAddress>().unwrap().open(None)
        } else {
            open(kind, &out)
        };
        let mut connection = sink.unwrap().connect().unwrap();
        for (id, bytes) in [
            ("00000000000000000000000000000001", "a\r\n\nFrom x\r\n"),
            ("../../../../../../../../tmp/pwnd", "a\r\n"),
            ("00000000000000000000000000000001", "a\0\r\n"),
        ] {
            let letter = Letter {
                id: id.into(),
                bytes: bytes.into(),
                ..letter(1, 0)
            };
            let verdict = connection.put(&letter, &mut || panic!("marked"));
            assert!(
                matches!(verdict, Verdict::Refused(_)),
                "{kind}: {verdict:?}"
            );
        }
    }
}

#[test]
fn where_nothing_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    // Permissions mean nothing to root; a file where the folder should be does.
    for (kind, path) in [
        ("dir", file.clone()),
        ("maildir", file.clone()),
        ("mbox", file.join("box")),
    ] {
        let error = open(kind, &path).unwrap_err();
        assert_eq!(error.code(), "unwritable", "{error}");
        assert!(!error.may_pass());
    }
    // A folder that goes away.
    let out = folder.path().join("out");
    let sink = open("dir", &out).unwrap();
    fs::remove_dir(&out).unwrap();
    let mut connection = sink.connect().unwrap();
    let verdict = connection.put(&letter(1, 1000), &mut || panic!("marked"));
    assert!(
        shown(&verdict).starts_with("unavailable File - No such file"),
        "{verdict:?}"
    );
    assert!(connection.usable());
    fs::create_dir(&out).unwrap();
    assert!(matches!(
        put(connection.as_mut(), &letter(1, 1000)),
        Verdict::Accepted(_)
    ));
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_may_only_be_read() {
    // Where nobody may write, not even root.
    let error = open("dir", Path::new("/proc/letterpress")).unwrap_err();
    assert_eq!(error.code(), "unwritable", "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_mbox_on_a_full_disk() {
    let sink = open("mbox", Path::new("/dev/full")).unwrap();
    let mut connection = sink.connect().unwrap();
    let verdict = connection.put(&letter(1, 1000), &mut || panic!("marked"));
    assert!(
        shown(&verdict).starts_with("unavailable File - No space left"),
        "{verdict:?}"
    );
}

/// Files of this process may not grow beyond what a child of the next test is told.
#[test]
#[ignore = "run by the next"]
fn child_that_fills_the_disk() {
    let folder = PathBuf::from(std::env::var_os("SINKS_CHILD").unwrap());
    for kind in ["dir", "maildir", "mbox"] {
        let out = folder.join(kind);
        let sink = open(kind, &out).unwrap();
        let mut connection = sink.connect().unwrap();
        assert!(matches!(
            put(connection.as_mut(), &letter(1, 1000)),
            Verdict::Accepted(_)
        ));
        let verdict = connection.put(&letter(2, 200_000), &mut || panic!("marked"));
        assert!(
            shown(&verdict).starts_with("unavailable File - File too large"),
            "{verdict:?}"
        );
        assert_eq!(sink.holds(&letter(2, 0).id), Some(false));
        assert!(matches!(
            put(connection.as_mut(), &letter(3, 1000)),
            Verdict::Accepted(_)
        ));
        drop((connection, sink));
        if kind == "mbox" {
            let text = fs::read_to_string(&out).unwrap();
            assert_eq!(ids(&text).len(), 2, "{text}");
            assert!(!text.contains('\0'));
        } else {
            assert_eq!(files(&out).len(), 2);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_disk_that_is_full_half_way_through_a_letter() {
    let folder = tempfile::tempdir().unwrap();
    // 64 KiB a file; the signal for more is not heard.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 128; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "files::child_that_fills_the_disk",
            "--ignored",
            "--nocapture",
        ])
        .env("SINKS_CHILD", folder.path())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&said)
    );
    assert!(String::from_utf8_lossy(&said).contains("1 passed"));
}

/// The messages of an mbox file, as somebody reads them who knows nothing of us.
fn messages(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut blank = true;
    for line in text.split_inclusive('\n') {
        if blank && line.starts_with("From ") {
            found.push(String::new());
        } else if let Some(message) = found.last_mut() {
            let quoted = line.trim_start_matches('>').starts_with("From ");
            message.push_str(line.strip_prefix('>').filter(|_| quoted).unwrap_or(line));
        } else {
            panic!("before the first message: {line:?}");
        }
        blank = line == "\n";
    }
    for message in &mut found {
        assert_eq!(
            message.pop(),
            Some('\n'),
            "a blank line stands behind a message"
        );
    }
    found
}

fn ids(text: &str) -> BTreeSet<String> {
    let found: Vec<String> = messages(text)
        .iter()
        .map(|message| {
            let id = message.split("Message-ID: <").nth(1).unwrap();
            id.split('@').next().unwrap().to_owned()
        })
        .collect();
    let set: BTreeSet<String> = found.iter().cloned().collect();
    assert_eq!(found.len(), set.len(), "nobody twice");
    set
}

fn in_file(letter: &Letter) -> String {
    String::from_utf8_lossy(&letter.bytes).replace("\r\n", "\n")
}

#[test]
fn an_mbox_holds_letters_one_behind_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.mbox");
    let sink = open("mbox", &path).unwrap();
    assert_eq!(sink.connections(), 1);
    assert_eq!(sink.holds(&letter(1, 0).id), Some(false));
    let letters = [letter(1, 5000), letter(2, 0), letter(3, 100_000)];
    for letter in &letters {
        accept(sink.as_ref(), letter);
        assert_eq!(sink.holds(&letter.id), Some(true));
    }
    let busy = open("mbox", &path).unwrap_err();
    assert_eq!(busy.code(), "locked-sink", "{busy}");
    drop(sink);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("From hello@tea.example Fri Nov  6 18:00:01 2026\nDate: "));
    assert_eq!(messages(&text), letters.each_ref().map(in_file));
    let sink = open("mbox", &path).unwrap();
    for letter in &letters {
        assert_eq!(sink.holds(&letter.id), Some(true));
    }
    assert_eq!(sink.holds(&letter(4, 0).id), Some(false));
}

/// What others make of a mailbox: Python's own module, which knows nothing of us.
#[test]
fn mailboxes_are_read_by_others() {
    let script = "import mailbox, sys
box = mailbox.mbox(sys.argv[1]) if sys.argv[2] == 'mbox' else mailbox.Maildir(sys.argv[1])
for m in sorted(box, key=lambda m: m['Message-ID']):
    print(m['Message-ID'], m['Subject'], len(m.get_payload().splitlines()), len(m.defects))";
    let folder = tempfile::tempdir().unwrap();
    for kind in ["mbox", "maildir"] {
        let path = folder.path().join(kind);
        let sink = open(kind, &path).unwrap();
        let letters = [letter(1, 5000), letter(2, 0), letter(3, 100_000)];
        for letter in &letters {
            accept(sink.as_ref(), letter);
        }
        let Ok(output) = Command::new("python3")
            .args(["-c", script])
            .arg(&path)
            .arg(kind)
            .output()
        else {
            return foreign::skip("mailboxes_are_read_by_others", "no Python");
        };
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let expected: String = letters
            .iter()
            .map(|letter| {
                let text = in_file(letter);
                let (_, body) = text.split_once("\n\n").unwrap();
                let number = usize::from_str_radix(&letter.id, 16).unwrap();
                format!(
                    "<{}@tea.example> Letter {number} {} 0\n",
                    letter.id,
                    body.lines().count()
                )
            })
            .collect();
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{kind}");
    }
}

/// Wherever a message of an mbox is cut off, it is gone when the file is opened again, and what was before it is not.
#[test]
fn a_message_that_was_cut_off_is_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.mbox");
    let mine = |number| {
        let _ = fs::remove_file(&path);
        accept(open("mbox", &path).unwrap().as_ref(), &letter(number, 700));
        fs::read_to_string(&path).unwrap()
    };
    let (first, second) = (mine(1), mine(2));
    let begun = format!("\0{}", &second[1..]);
    for before in [
        "",
        &first,
        "From x\n\nforeign, without an end",
        "no mbox at all",
    ] {
        for cut in 1..=begun.len() {
            let blank = if before.is_empty() || before.ends_with("\n\n") {
                ""
            } else {
                "\n\n"
            };
            fs::write(&path, format!("{before}{blank}{}", &begun[..cut])).unwrap();
            drop(open("mbox", &path).unwrap());
            let left = fs::read_to_string(&path).unwrap();
            assert_eq!(left, format!("{before}{blank}"), "cut at {cut}");
        }
    }
    // A large one, and one with a large one before it: more than is looked at in one piece.
    let large = "A line\n".repeat(40_000);
    for before in [first.clone(), format!("{first}From x\n\n{large}\n")] {
        fs::write(&path, format!("{before}{begun}{large}")).unwrap();
        let sink = open("mbox", &path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), before);
        accept(sink.as_ref(), &letter(3, 700));
        drop(sink);
        assert_eq!(fs::read_to_string(&path).unwrap()[before.len()..], mine(3));
    }
    // What is whole stays, also when nothing of ours is in it.
    for whole in [first.as_str(), "From x\n\n\0\n\n", "x", "\n", "", &large] {
        fs::write(&path, whole).unwrap();
        drop(open("mbox", &path).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), whole);
    }
}

#[test]
fn what_others_wrote_is_not_glued_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.mbox");
    for before in [
        "",
        "\n",
        "From x\n\nhello",
        "From x\n\nhello\n",
        "From x\n\nhello\n\n",
    ] {
        fs::write(&path, before).unwrap();
        let sink = open("mbox", &path).unwrap();
        accept(sink.as_ref(), &letter(1, 0));
        drop(sink);
        let text = fs::read_to_string(&path).unwrap();
        let last = messages(text.trim_start_matches('\n')).pop().unwrap();
        assert_eq!(last, in_file(&letter(1, 0)), "{before:?}");
    }
}

#[test]
#[ignore = "run by the next"]
fn child_that_writes_until_it_is_killed() {
    let place = std::env::var("SINKS_CHILD").unwrap();
    let (kind, path) = place.split_once(':').unwrap();
    let from: usize = std::env::var("SINKS_FROM").unwrap().parse().unwrap();
    let sink = open(kind, Path::new(path)).unwrap();
    let mut connection = sink.connect().unwrap();
    let mut out = io::stdout().lock();
    for number in from.. {
        assert!(matches!(
            put(connection.as_mut(), &letter(number, 40_000)),
            Verdict::Accepted(_)
        ));
        writeln!(out, "accepted {number}").unwrap();
    }
}

#[test]
fn whatever_is_killed_is_whole_or_not_there() {
    let folder = tempfile::tempdir().unwrap();
    for kind in ["mbox", "dir", "maildir"] {
        let path = folder.path().join(kind);
        let mut next = 1;
        let mut sure = BTreeSet::new();
        for kill in 0..12 {
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args([
                    "--exact",
                    "files::child_that_writes_until_it_is_killed",
                    "--ignored",
                    "--nocapture",
                ])
                .env("SINKS_CHILD", format!("{kind}:{}", path.display()))
                .env("SINKS_FROM", next.to_string())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let lines = BufReader::new(child.stdout.take().unwrap()).lines();
            for line in lines {
                let line = line.unwrap();
                // The harness says something on the first line.
                let Some((_, number)) = line.split_once("accepted ") else {
                    continue;
                };
                let number: usize = number.parse().unwrap();
                sure.insert(letter(number, 0).id);
                next = number + 1;
                if number % 5 == kill % 5 {
                    std::thread::sleep(std::time::Duration::from_micros(137 * kill as u64));
                    child.kill().unwrap();
                }
            }
            child.wait().unwrap();
            let sink = open(kind, &path).unwrap();
            // One may have become whole without a word: it is what a run calls uncertain, and settles by asking.
            if sink.holds(&letter(next, 0).id) == Some(true) {
                sure.insert(letter(next, 0).id);
                next += 1;
            }
            let there = match kind {
                "mbox" => messages(&fs::read_to_string(&path).unwrap()),
                _ => files(&path)
                    .into_iter()
                    .filter(|(path, _)| !path.to_string_lossy().ends_with(".tmp"))
                    .filter(|(path, _)| !path.to_string_lossy().contains("/tmp/0"))
                    .map(|(_, bytes)| String::from_utf8(bytes).unwrap().replace("\r\n", "\n"))
                    .collect(),
            };
            let found: BTreeSet<String> = there
                .iter()
                .map(|message| message.split(['<', '@']).nth(1).unwrap().to_owned())
                .collect();
            assert_eq!(found.len(), there.len());
            assert_eq!(found, sure, "{kind}, kill {kill}");
            for message in there {
                let number =
                    usize::from_str_radix(message.split(['<', '@']).nth(1).unwrap(), 16).unwrap();
                assert_eq!(message, in_file(&letter(number, 40_000)), "{kind}");
            }
        }
    }
}
