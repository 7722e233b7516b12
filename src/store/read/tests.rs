//! The cases of `tests/data/read`, and what is easier to make than to keep in files: archives, large files.

use std::fs;
use std::io::{Cursor, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::source::Text;
use super::*;

type Outcome = (Vec<Read>, Result<Summary, ReadError>);

fn read_bytes(name: &str, bytes: Vec<u8>, kind: Option<Kind>, maps: &Maps) -> Outcome {
    let input = Input::File(name.into());
    let mut all = Vec::new();
    let mut each = |chunk: Chunk| {
        all.extend(chunk.records);
        ControlFlow::Continue(())
    };
    let text = Text::of_reader(input.name(), Box::new(Cursor::new(bytes)));
    let done = text.and_then(|text| read_text(text, &input, kind, maps, &mut each));
    (all, done)
}

fn read_str(name: &str, text: &str) -> Outcome {
    read_bytes(name, text.as_bytes().to_vec(), None, &Maps::default())
}

/// The records as lines and JSON, the rejections as `line: reason`.
fn shown(outcome: &Outcome) -> Vec<String> {
    let line = |read: &Read| match read {
        Read::Raw(raw) => {
            let along = if raw.along { " along" } else { "" };
            format!("{} {}{along} {}", raw.line, raw.kind, raw.json)
        }
        Read::Rejected(rejected) => format!("{}! {}", rejected.line, rejected.reason),
    };
    outcome.0.iter().map(line).collect()
}

fn error_of(outcome: Outcome) -> String {
    outcome.1.unwrap_err().to_string()
}

#[test]
fn cases() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/read"));
    let update = std::env::var_os("LETTERPRESS_UPDATE_CASES").is_some();
    let (mut failed, mut seen) = (Vec::new(), 0);
    for input in files(root) {
        let short = input.strip_prefix(root).unwrap().display().to_string();
        let expected_path = PathBuf::from(format!("{}.expected", input.display()));
        let found = case(&input).replace(&format!("{}/", root.display()), "");
        if update {
            fs::write(&expected_path, &found).unwrap();
        }
        let expected = fs::read_to_string(&expected_path).unwrap_or_default();
        if normal(&expected) != normal(&found) {
            failed.push(format!("{short}: expected\n{expected}\nfound\n{found}"));
        }
        seen += 1;
    }
    assert!(seen > 10, "the cases are gone");
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            files.extend(files_of(&path));
        } else if !name.ends_with(".expected")
            && !name.ends_with(".map.toml")
            && name != "README.md"
        {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    files(folder)
}

fn case(path: &Path) -> String {
    let mut lines = Vec::new();
    let mut each = |chunk: Chunk| {
        for record in chunk.records {
            lines.push(match record {
                Read::Raw(raw) => {
                    let record: Value = serde_json::from_str(&raw.json).unwrap();
                    let mut line =
                        json!({"line": raw.line, "kind": raw.kind.name(), "record": record});
                    if raw.along {
                        line["along"] = true.into();
                    }
                    line
                }
                Read::Rejected(rejected) => {
                    let mut line = json!({"line": rejected.line, "rejected": rejected.reason});
                    let at = rejected.text.get(rejected.at.clone()).unwrap();
                    if !at.is_empty() {
                        line["at"] = at.into();
                    }
                    if let Some(column) = rejected.column {
                        line["column"] = column.into();
                        line["value"] = rejected.value.into();
                    }
                    line
                }
            });
        }
        ControlFlow::Continue(())
    };
    let input = Input::File(path.to_owned());
    match read(&input, None, &Maps::default(), &mut each) {
        Ok(summary) => lines.extend(summary.notes.iter().map(|note| json!({"note": note}))),
        Err(error) => lines = vec![json!({"error": error.to_string()})],
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Each line as a value, so that blanks and the order of keys do not count.
fn normal(lines: &str) -> Vec<Value> {
    lines
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}")))
        .collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    ruzstd::encoding::compress_to_vec(Cursor::new(bytes), level)
}

const TWO: &str = "{\"email\":\"a@example.com\"}\n{\"email\":\"b@example.com\"}\n";

#[test]
fn archives_are_known_by_their_first_bytes() {
    let plain = shown(&read_str("x", TWO));
    assert_eq!(plain.len(), 2, "{plain:?}");
    let mut skippable = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd".to_vec();
    skippable.extend(zstd(TWO.as_bytes()));
    let halves = TWO.split_at(30);
    for packed in [
        gzip(TWO.as_bytes()),
        zstd(TWO.as_bytes()),
        [gzip(halves.0.as_bytes()), gzip(halves.1.as_bytes())].concat(),
        [zstd(halves.0.as_bytes()), zstd(halves.1.as_bytes())].concat(),
        skippable,
    ] {
        let read = read_bytes("people", packed.clone(), None, &Maps::default());
        assert_eq!(shown(&read), plain);
        assert_eq!(read.1.unwrap().bytes, packed.len() as u64);
    }
}

#[test]
fn archives_that_end_too_early_or_are_broken_are_told() {
    let text = TWO.repeat(500);
    for (packed, broken_at) in [(gzip(text.as_bytes()), 40), (zstd(text.as_bytes()), 40)] {
        for end in [5, packed.len() / 2, packed.len() - 1] {
            let read = read_bytes("people.gz", packed[..end].to_vec(), None, &Maps::default());
            let error = read.1.unwrap_err();
            assert!(
                matches!(error, ReadError::Truncated { .. }),
                "{end}: {error}"
            );
        }
        let mut broken = packed.clone();
        broken[broken_at] ^= 0x55;
        let last = broken.len() - 2;
        broken[last] ^= 0x55;
        let read = read_bytes("people.gz", broken, None, &Maps::default());
        let error = read.1.unwrap_err();
        assert!(
            matches!(
                error,
                ReadError::Corrupt { .. } | ReadError::Truncated { .. }
            ),
            "{error}"
        );
    }
}

#[test]
fn a_bomb_is_refused_before_it_is_in_memory() {
    // Lines of blanks, so that nothing is kept of what is unpacked.
    let line = [vec![b' '; (1 << 20) - 1], vec![b'\n']].concat();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..1100 {
        encoder.write_all(&line).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    let error = read_bytes("x.gz", bomb, None, &Maps::default())
        .1
        .unwrap_err();
    assert!(matches!(error, ReadError::Bomb { .. }), "{error}");
}

#[test]
fn a_line_without_an_end_is_refused() {
    let mut bytes = TWO.as_bytes().to_vec();
    bytes.extend(vec![b'x'; (64 << 20) + 10]);
    let error = error_of(read_bytes("x.jsonl", bytes, None, &Maps::default()));
    assert!(
        error.starts_with("x.jsonl: line 3 is longer than 64 MB"),
        "{error}"
    );
}

#[test]
fn a_row_without_an_end_and_a_huge_document_are_refused() {
    let row = [&b"email\n\"a"[..], &b"0123456789abcde\n".repeat(5 << 20)].concat();
    let error = error_of(read_bytes("x.csv", row, None, &Maps::default()));
    assert!(
        error.contains("the row that begins at line 2 is larger than 64 MB"),
        "{error}"
    );
    let member = format!("{{\"a\":\"{}\"}},\n", "x".repeat(1 << 20));
    let document = format!("{{\"data\":[\n{}", member.repeat(260));
    let error = error_of(read_bytes(
        "x.json",
        document.into_bytes(),
        None,
        &Maps::default(),
    ));
    assert!(
        error.contains("the document that begins at line 1 is larger than 256 MB"),
        "{error}"
    );
}

#[test]
fn what_is_no_text_is_named() {
    for (bytes, what) in [
        (&b"\x89PNG\r\n\x1a\n"[..], "a PNG picture"),
        (b"PK\x03\x04\x14\0[Content_Types].xml", "an Excel file"),
        (b"PK\x03\x04\x14\0a.csv", "a zip archive"),
        (b"\xff\xfe{\0", "UTF-16"),
        (b"email\0", "a binary file"),
    ] {
        for packed in [bytes.to_vec(), gzip(bytes)] {
            let error = error_of(read_bytes("x.csv", packed, None, &Maps::default()));
            assert!(error.contains(what), "{error}");
        }
    }
    let twice = gzip(&gzip(b"{}"));
    assert!(error_of(read_bytes("x", twice, None, &Maps::default())).contains("compressed twice"));
    for empty in ["", "\u{feff}", "\n \r\n"] {
        assert_eq!(read_str("x", empty).1.unwrap().records, 0, "{empty:?}");
    }
}

#[test]
fn chunks_keep_their_order_whatever_their_size() {
    // Larger than a window; some documents over many lines, some rows with line ends inside.
    let mut text = String::from("\u{feff}");
    let mut csv = String::from("email,Note\n");
    for number in 0..120_000 {
        let (a, b) = if number % 7 == 0 {
            ("\n ", "\n")
        } else {
            ("", "")
        };
        text += &format!("{{{a}\"email\":{a}\"{number}@example.com\"{b}}}\r\n");
        csv += &format!("{number}@example.com,\"some words{a} of it\"\n");
    }
    text += &" ".repeat(5 << 20);
    for (name, text) in [("x.jsonl", &text), ("x.csv", &csv)] {
        let input = Input::File(name.into());
        let mut chunks = 0;
        let mut next = 0;
        let mut line = 1;
        let mut each = |chunk: Chunk| {
            chunks += 1;
            for record in chunk.records {
                let Read::Raw(raw) = record else {
                    panic!("{record:?}")
                };
                assert!(raw.json.contains(&format!("\"{next}@example.com\"")));
                assert!(raw.line >= line);
                (next, line) = (next + 1, raw.line);
            }
            ControlFlow::Continue(())
        };
        let reader = Box::new(Cursor::new(text.clone().into_bytes()));
        let opened = Text::of_reader(name.into(), reader).unwrap();
        let summary = read_text(opened, &input, None, &Maps::default(), &mut each).unwrap();
        assert_eq!((summary.records, next), (120_000, 120_000));
        assert!(chunks > 1);
        let last = text.trim_end().matches('\n').count() as u64 + 1;
        assert!(last - line <= 2, "{last} {line}");
    }
}

#[test]
fn a_reader_that_wants_no_more_is_asked_no_more() {
    let text = TWO.repeat(100_000);
    let mut asked = 0;
    let mut each = |_: Chunk| {
        asked += 1;
        ControlFlow::Break(())
    };
    let input = Input::File("x.jsonl".into());
    let text = Text::of_reader("x".into(), Box::new(Cursor::new(text.into_bytes()))).unwrap();
    let summary = read_text(text, &input, None, &Maps::default(), &mut each).unwrap();
    assert_eq!((asked, summary.stopped), (1, true));
}

#[test]
fn a_column_about_consent_stops_the_import_and_is_shown() {
    let text = "email,Accepts Marketing\na@example.com,yes\nb@example.com,no\nc@example.com,no\n";
    let (records, done) = read_str("people.csv", text);
    assert_eq!(records, []);
    let ReadError::Consent {
        column,
        values,
        instead,
        ..
    } = done.unwrap_err()
    else {
        panic!("an error about consent")
    };
    assert_eq!(
        (column.as_str(), values.as_str()),
        ("Accepts Marketing", "'no' in 2 rows, 'yes' in 1 row")
    );
    assert!(instead.contains("people.map.toml"), "{instead}");
    assert!(
        instead.contains("[columns] \"Accepts Marketing\" = { consent = \"email\""),
        "{instead}"
    );
    // A list is no way around it, nor is one word that Klaviyo does not have.
    assert!(error_of(read_str("lists/vip.csv", text)).contains("Accepts Marketing"));
    let text = "Email,Email Marketing Consent\na@example.com,SUBSCRIBED\nb@example.com,maybe\n";
    let error = error_of(read_str("people.csv", text));
    assert!(
        error.contains("('maybe' in 1 row, 'SUBSCRIBED' in 1 row)"),
        "{error}"
    );
    // In an event it is a property like any other.
    let text = "metric,email,time,Accepts Marketing\nX,a@example.com,2025-01-01,no\n";
    assert!(read_str("events.csv", text).1.is_ok());
    let error = error_of(read_str("suppressed.csv", "email\na@example.com\n"));
    assert!(error.contains("people who must not be mailed"), "{error}");
}

fn named_map(text: &str) -> Maps {
    let source = crate::diagnostic::Source::new("m.toml", text);
    Maps {
        named: Some(Map::read(&source).unwrap()),
    }
}

#[test]
fn a_named_map_says_what_all_rows_are() {
    let maps = named_map("every_row = { suppression = \"USER_SUPPRESSED\" }");
    let read = read_bytes(
        "suppressed.csv",
        b"email\na@example.com\n".to_vec(),
        None,
        &maps,
    );
    assert_eq!(
        shown(&read),
        [
            r#"2 profiles {"email":"a@example.com","subscriptions":{"email":{"marketing":{"suppression":[{"reason":"USER_SUPPRESSED","timestamp":null}]}}}}"#
        ]
    );
    let maps = named_map("every_row = { consent = \"subscribed\" }");
    let text = b"Email,Email Marketing Consent\na@example.com,UNSUBSCRIBED\n".to_vec();
    let error = error_of(read_bytes("x.csv", text, None, &maps));
    assert!(
        error.contains("and so does the column 'Email Marketing Consent'"),
        "{error}"
    );
    let maps = named_map("[columns]\n\"Code\" = \"ignore\"\n\"Emial\" = \"email\"\n");
    let read = read_bytes(
        "x.csv",
        b"Email,Code\na@example.com,1\n".to_vec(),
        None,
        &maps,
    );
    let ReadError::Map(wrong) = read.1.unwrap_err() else {
        panic!("an error about the map")
    };
    assert!(
        wrong[0].to_string().starts_with("m.toml:3:1: error"),
        "{}",
        wrong[0]
    );
    assert_eq!(wrong[0].help, ["did you mean 'Email'?"]);
}

#[test]
fn mistakes_in_a_map_are_told_with_their_places() {
    let wrong = |text: &str| {
        let source = crate::diagnostic::Source::new("m.toml", text);
        let wrong = Map::read(&source).unwrap_err();
        wrong
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ")
    };
    for (text, told) in [
        (
            "kinds = \"events\"",
            "m.toml:1:1: error[unknown-key]: 'kinds'",
        ),
        (
            "kind = \"orders\"",
            "m.toml:1:8: error[setting]: expected \"profiles\"",
        ),
        (
            "[columns]\nA = \"emial\"",
            "m.toml:2:5: error[setting]: expected",
        ),
        (
            "[columns]\nA = { consent = \"email\" }",
            "which words mean what?",
        ),
        (
            "[columns]\nA = { consent = \"email\", subscribed = [\"Yes\"], unsubscribed = [\"yes \"] }",
            "'yes ' cannot mean two things",
        ),
        (
            "[columns]\nA = { property = \"A\", suppression = \"HARD_BOUNCE\" }",
            "a column is one thing",
        ),
        (
            "[columns]\nA = { type = \"numbre\" }",
            "expected \"text\" or \"number\"",
        ),
        (
            "[columns]\nA = { suppression = \"HARD_BOUNCE\" }",
            "which words mean it?",
        ),
        ("[columns]\nA = 7", "a table is expected here"),
        ("[columns]\nA = {}", "a column is one thing"),
    ] {
        let found = wrong(text);
        assert!(found.contains(told), "{text}: {found}");
    }
}

#[test]
fn a_proposed_map_is_a_map_and_leaves_consent_to_a_person() {
    let text = "E-Mail;Points;Born;Zip2;VIP;Opt-in;Tags;Quote \"x\"\n\
        a@example.com;3;28.02.1990;01234;yes;ja;[\"a\"];1\n\
        b@example.com;4.5;31.12.2001;01235;no;nein;[];x\n";
    let opened = Text::of_reader("x".into(), Box::new(Cursor::new(text.as_bytes().to_vec())));
    let (head, rows) = csv::sample(opened.unwrap(), &Input::Stdin, 100).unwrap();
    assert_eq!(rows.len(), 2);
    let draft = Map::propose(&head, &rows);
    for line in [
        "\"E-Mail\" = \"email\"",
        "\"Points\" = { type = \"number\" }",
        "\"Born\" = { type = \"text\" }  # days come first, which is no date to Klaviyo: write 2025-12-31 to have dates",
        "\"Zip2\" = { type = \"text\" }  # digits that are no amount",
        "\"VIP\" = { type = \"boolean\" }",
        "\"Tags\" = { type = \"list\" }",
        "\"Quote \\\"x\\\"\" = { type = \"text\" }",
        "# Its values: \"ja\" (1), \"nein\" (1)",
        "# \"Opt-in\" = { consent = \"email\", subscribed = [], unsubscribed = [], never_subscribed = [\"\"] }",
    ] {
        assert!(draft.lines().any(|l| l == line), "{line}\n{draft}");
    }
    let maps = named_map(&draft);
    let read = read_bytes("x.csv", text.as_bytes().to_vec(), None, &maps);
    assert!(error_of(read).contains("'Opt-in'"));
}

#[test]
fn what_no_case_tells_the_kind_of_is_an_error_with_the_choices() {
    let error = error_of(read_str("x.csv", "a,b\n1,2\n"));
    assert!(
        error.contains("--kind: profiles, events, metrics"),
        "{error}"
    );
    let error = error_of(read_str("x.jsonl", "{\"a\":1}\n"));
    assert!(error.contains("--kind"), "{error}");
    let forced = read_bytes(
        "x.jsonl",
        b"{\"a\":1}\n".to_vec(),
        Some(Kind::Metrics),
        &Maps::default(),
    );
    assert_eq!(shown(&forced), ["1 metrics {\"a\":1}"]);
}

#[test]
fn nothing_that_is_cut_or_changed_makes_it_panic() {
    let good = concat!(
        "{\"data\":[{\"type\":\"event\",\"id\":\"1\",\"attributes\":{\"x\":\"\\ud83d\"}}],\n\"included\":[{\"type\":\"profile\",\"id\":\"2\"}]}\n",
        "[\n{\"email\":\"é\"},\n{\"a\":[1,2]}]\n{\"data\":{\"type\":\"event\",\"attributes\":{\"profile\":{\"data\":{\"attributes\":{\"title\":\"x\"}}}}}}\n",
    );
    let csv = "email,\"Na\"\"me\",Points\r\n\"a,\n@example.com\",é,3\n\nx,\"y\n";
    for (name, text) in [
        ("profiles.jsonl", good),
        ("profiles.csv", csv),
        ("profiles", good),
    ] {
        for end in 0..text.len() {
            let bytes = text.as_bytes();
            let _ = read_bytes(name, bytes[..end].to_vec(), None, &Maps::default());
            for other in [b'"', b'{', b']', b'\n', 0xff, b','] {
                let mut changed = bytes.to_vec();
                changed[end] = other;
                let _ = read_bytes(name, changed, None, &Maps::default());
            }
        }
    }
}

/// One event after the other, without end in memory.
struct ManyEvents {
    block: Vec<u8>,
    at: usize,
    left: usize,
}

impl std::io::Read for ManyEvents {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let rest = &self.block[self.at..];
        let length = rest.len().min(buffer.len()).min(self.left);
        buffer[..length].copy_from_slice(&rest[..length]);
        self.at = (self.at + length) % self.block.len();
        self.left -= length;
        Ok(length)
    }
}

/// `cargo test --profile ci --lib store::read::tests::speed -- --ignored --nocapture`
#[test]
#[ignore = "measures a gigabyte"]
fn speed_of_small_events() {
    let line = |n: u64| {
        format!(
            "{{\"type\":\"event\",\"id\":\"e{n:08}\",\"attributes\":{{\"timestamp\":{},\"event_properties\":{{\"ProductID\":\"P-{}\",\"$value\":{}.5}}}},\
             \"relationships\":{{\"profile\":{{\"data\":{{\"type\":\"profile\",\"id\":\"01JK{n:022}\"}}}},\"metric\":{{\"data\":{{\"type\":\"metric\",\"id\":\"UxxK3p\"}}}}}}}}\n",
            1_700_000_000 + n,
            n % 97,
            n % 300
        )
    };
    let csv = |n: u64| {
        format!("Placed Order,person{n}@example.com,2026-11-20T18:04:10Z,{n}.5,{n},some text\n")
    };
    let head = "metric,email,time,value,unique_id,note\n";
    let blocks: [(&str, String, &str); 2] = [
        ("x.jsonl", (0..20_000).map(line).collect(), ""),
        ("x.csv", (0..20_000).map(csv).collect(), head),
    ];
    for (name, block, head) in blocks {
        let left = (1 << 30) / block.len() * block.len();
        let many = ManyEvents {
            block: block.into_bytes(),
            at: 0,
            left,
        };
        let whole = std::io::Read::chain(Cursor::new(head.as_bytes().to_vec()), many);
        let begun = std::time::Instant::now();
        let text = Text::of_reader(name.into(), Box::new(whole)).unwrap();
        let input = Input::File(name.into());
        let mut each = |chunk: Chunk| {
            std::hint::black_box(chunk.records.len());
            ControlFlow::Continue(())
        };
        let kind = Some(Kind::Events);
        let summary = read_text(text, &input, kind, &Maps::default(), &mut each).unwrap();
        let seconds = begun.elapsed().as_secs_f64();
        assert_eq!(summary.rejected, 0);
        eprintln!(
            "{name}: {} records, {:.0} MB/s",
            summary.records,
            left as f64 / 1e6 / seconds
        );
    }
}
