//! Folders of messages and their galleries.

use std::fs;
use std::path::{Path, PathBuf};

use letterpress::data::{Profile, Shop};
use letterpress::delivery::{DeliveryError, DirSink, FolderOptions, eml};
use letterpress::email::{Engine, FixedWorld, Outcome, Recipient, SkipReason, Summary};
use letterpress::language::Money;
use letterpress::links::{Keys, LinkTemplate, Links};
use serde_json::{Value, json};

use crate::messages::{mailbox, rendered};

fn create(folder: &Path) -> Result<DirSink, DeliveryError> {
    DirSink::create(folder, FolderOptions::new("spring_sale"))
}

fn person(profile: Value) -> Recipient {
    Recipient::new(Profile::from_json(&profile.to_string()).expect("a profile"))
}

fn mail(address: &str, name: Option<&str>) -> Outcome {
    let to = Some(mailbox(name, address));
    Outcome::Rendered(Box::new(rendered(
        "Hi",
        "Tea <hello@tea.example>",
        to,
        "text",
        "<p>html</p>",
    )))
}

/// A message that nobody sends.
fn unsendable() -> Outcome {
    let to = Some(mailbox(None, "ada@example.com"));
    Outcome::Rendered(Box::new(rendered("Hi", "", to, "text", "<p>html</p>")))
}

/// The names of the files in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

/// The rows and facts of a gallery.
fn read_index(folder: &Path) -> (Vec<Value>, Value) {
    let page = fs::read_to_string(folder.join("index.html")).expect("a page");
    let block = |id: &str| -> Value {
        let start = page.find(&format!("id=\"{id}\">")).expect("a block");
        let text = page[start..].split_once('>').expect("its start").1;
        serde_json::from_str(text.split("</script>").next().expect("its end")).expect("JSON")
    };
    (
        block("data").as_array().expect("rows").clone(),
        block("run"),
    )
}

#[test]
fn a_folder_has_a_file_a_message_and_a_gallery() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path().join("a/b");
    let mut sink = create(&folder).expect("a sink");
    let unfinished = fs::read_to_string(folder.join("index.html")).expect("a page");
    assert!(unfinished.contains("has not finished"));
    let preparer = sink.preparer();
    let ada = person(json!({"email": "ada@example.com", "first_name": "Ada"}));
    let hello = mail("ada@example.com", Some("Ada"));
    let expected = hello.rendered().map(|mail| eml(mail).expect("bytes"));
    sink.put(0, preparer.prepare(&ada, hello)).expect("written");
    // A person whose address mail cannot carry is skipped, a message that cannot be made fails, and the rest goes on.
    let li = person(json!({"email": "李娜@example.com"}));
    sink.put(1, preparer.prepare(&li, mail("李娜@example.com", None)))
        .expect("written");
    sink.put(2, preparer.prepare(&ada, unsendable()))
        .expect("written");
    let summary = sink
        .finish(&Summary {
            rendered: 3,
            cancelled: true,
            ..Summary::default()
        })
        .expect("finished");
    assert_eq!(
        (summary.rendered, summary.failed, summary.cancelled),
        (1, 1, true)
    );
    assert_eq!(summary.skipped[&SkipReason::InvalidEmail], 1);
    assert_eq!(
        names(&folder),
        ["000001-ada-example.com.eml", "index.html", "parts"]
    );
    assert_eq!(names(&folder.join("parts")), ["000001.js", "000003.js"]);
    let written = fs::read(folder.join("000001-ada-example.com.eml")).ok();
    assert_eq!(written, expected);
    let (rows, run) = read_index(&folder);
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0][3], "ada@example.com");
    assert_eq!(
        (&rows[1][1], &rows[1][5]),
        (&json!(1), &json!("Invalid Email"))
    );
    let reason = rows[2][5].as_str();
    assert!(reason.is_some_and(|reason| reason.contains("no sender")));
    assert_eq!((&run["rendered"], &run["failed"]), (&json!(1), &json!(1)));
}

#[test]
fn hostile_data_stays_data() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path().join("out");
    let hostile = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\u{2028}\r\n";
    let mut sink = DirSink::create(&folder, FolderOptions::new(hostile)).expect("a sink");
    let preparer = sink.preparer();
    for (index, address) in [
        "../../x@example.com",
        "con",
        "ليلى",
        "A@example.com",
        "a@example.com",
        "a.",
        "\0",
    ]
    .iter()
    .enumerate()
    {
        let recipient = person(json!({"id": format!("{address}{hostile}"), "first_name": hostile}));
        let to = Some(mailbox(Some(hostile), "a@example.com"));
        let mail = rendered(hostile, "hello@tea.example", to, hostile, hostile);
        let outcome = Outcome::Rendered(Box::new(mail));
        sink.put(index, preparer.prepare(&recipient, outcome))
            .expect("written");
    }
    sink.finish(&Summary::default()).expect("finished");
    let page = fs::read_to_string(folder.join("index.html")).expect("a page");
    assert!(!page.contains("<script>alert") && !page.contains("<img"));
    for name in names(&folder.join("parts")) {
        let part = fs::read_to_string(folder.join("parts").join(name)).expect("a part");
        assert!(!part.contains('<') && part.lines().count() == 1, "{part}");
        let json = part
            .split_once(',')
            .and_then(|(_, json)| json.trim_end().strip_suffix(");"));
        let json: Value = serde_json::from_str(json.expect("a call")).expect("JSON");
        assert_eq!(json["html"], hostile);
    }
    let (rows, run) = read_index(&folder);
    assert_eq!(rows.len(), 7);
    assert_eq!(
        (&rows[0][4], &run["title"]),
        (&json!(hostile), &json!(hostile))
    );
}

#[test]
fn a_folder_that_is_not_ours_is_left_alone() {
    let scratch = tempfile::tempdir().expect("a folder");
    for (name, text) in [
        ("thesis.txt", "three years"),
        ("index.html", "<!doctype html>\nmy page"),
    ] {
        let folder = scratch.path().join(name.replace('.', "-"));
        fs::create_dir(&folder).expect("made");
        fs::write(folder.join(name), text).expect("written");
        let error = create(&folder).expect_err("not ours");
        assert_eq!(error.code(), "foreign-folder");
        assert!(error.to_string().contains("name another folder"), "{error}");
        assert_eq!(names(&folder), [name]);
        assert_eq!(
            fs::read_to_string(folder.join(name)).ok().as_deref(),
            Some(text)
        );
    }
}

#[test]
fn a_folder_of_ours_is_made_anew_and_other_files_stay() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path().join("out");
    let ada = person(json!({"email": "ada@example.com"}));
    let run = |addresses: &[&str], finish: bool| {
        let mut sink = create(&folder).expect("a sink");
        let preparer = sink.preparer();
        for (index, address) in addresses.iter().enumerate() {
            sink.put(index, preparer.prepare(&ada, mail(address, None)))
                .expect("written");
        }
        if finish {
            sink.finish(&Summary::default()).expect("finished");
        }
    };
    run(
        &["ada@example.com", "bo@example.com", "cy@example.com"],
        true,
    );
    fs::write(folder.join("notes.txt"), "mine").expect("written");
    fs::write(folder.join("2026-03-01.eml"), "mine").expect("written");
    run(&["bo@example.com"], true);
    let mine = [
        "000001-bo-example.com.eml",
        "2026-03-01.eml",
        "index.html",
        "notes.txt",
        "parts",
    ];
    assert_eq!(names(&folder), mine);
    assert_eq!(names(&folder.join("parts")), ["000001.js"]);
    // A run that was killed leaves a folder that is still ours, and says so.
    run(&["ada@example.com", "bo@example.com"], false);
    let page = fs::read_to_string(folder.join("index.html")).expect("a page");
    assert!(page.contains("has not finished"));
    run(&["bo@example.com"], true);
    assert_eq!(names(&folder), mine);
}

#[test]
fn what_cannot_be_written_is_named() {
    let scratch = tempfile::tempdir().expect("a folder");
    let file = scratch.path().join("file");
    fs::write(&file, "x").expect("written");
    for folder in [file.clone(), file.join("below")] {
        let error = create(&folder).expect_err("a file stands there");
        assert_eq!(error.code(), "unwritable");
        let text = error.to_string();
        assert!(
            text.contains("file") && text.contains("name another folder"),
            "{text}"
        );
    }
    // The folder goes away under the run.
    let folder = scratch.path().join("out");
    let mut sink = create(&folder).expect("a sink");
    let preparer = sink.preparer();
    fs::remove_dir_all(&folder).expect("removed");
    let ada = person(json!({"email": "ada@example.com"}));
    let error = sink
        .put(0, preparer.prepare(&ada, mail("ada@example.com", None)))
        .expect_err("gone");
    assert!(
        error.to_string().contains("000001-ada-example.com.eml"),
        "{error}"
    );
    assert!(sink.finish(&Summary::default()).is_err());
}

/// A device that is always full.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_says_what_to_do() {
    let error = fs::write("/dev/full", "x").expect_err("full");
    let error = DeliveryError::Unwritable {
        path: PathBuf::from("out/000001.eml"),
        source: error,
    };
    assert!(error.to_string().contains("make room there"), "{error}");
}

#[test]
fn a_long_run_has_a_short_list() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path().join("out");
    let mut sink =
        DirSink::create(&folder, FolderOptions::new("many").list_at_most(3)).expect("a sink");
    let preparer = sink.preparer();
    let ada = person(json!({"email": "ada@example.com"}));
    for index in 0..8 {
        sink.put(index, preparer.prepare(&ada, mail("ada@example.com", None)))
            .expect("written");
    }
    sink.put(8, preparer.prepare(&ada, unsendable()))
        .expect("written");
    sink.finish(&Summary::default()).expect("finished");
    assert_eq!(names(&folder).len(), 8 + 2);
    assert_eq!(names(&folder.join("parts")).len(), 4);
    let (rows, run) = read_index(&folder);
    assert_eq!((rows.len(), &run["unlisted"]), (4, &json!(5)));
}

/// The sample's own emails, left in the build folder for whoever wants to look at them.
#[test]
fn the_sample_shop_makes_a_gallery() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (shop, _) = Shop::load(&root.join("shop")).expect("the sample shop");
    let engine = Engine::builder()
        .templates(root.join("templates"))
        .build()
        .expect("the templates");
    let link = |path: &str| {
        LinkTemplate::parse(&format!(
            "https://northwind-tea.example/{path}/{{{{ token }}}}"
        ))
        .expect("a link")
    };
    let world = FixedWorld::at(
        "2026-02-20T09:00:00[America/New_York]"
            .parse()
            .expect("a time"),
    )
    .with_money(Money::new("en-US", "USD"))
    .with_organization(shop.organization().value())
    .with_links(
        Links {
            unsubscribe: link("u"),
            preferences: link("p"),
            web_view: link("v"),
            property: Default::default(),
        },
        Keys::parse("k1:c2Vjb25kIHNlY3JldCBvZiAzMiBieXRlcyBsb25nISE=").ok(),
    );
    let email = engine.email("abandoned_cart").expect("the email");
    let people: Vec<Recipient> = shop
        .profiles()
        .iter()
        .map(|profile| {
            let recipient = Recipient::new(profile.clone());
            match shop.latest_event(profile, "Checkout Started") {
                Some(event) => recipient.event(event.clone()),
                None => recipient,
            }
        })
        .collect();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gallery");
    let options = FolderOptions::new("abandoned_cart")
        .images("https://northwind-tea.example/i/", root.join("shop/images"));
    let mut sink = DirSink::create(&folder, options).expect("a sink");
    let preparer = sink.preparer();
    let mut written = Ok(());
    let count = people.len();
    let summary = email.batch(&world).run_with(
        people,
        |recipient, outcome| preparer.prepare(recipient, outcome),
        |turn| {
            if written.is_ok() {
                written = sink.put(turn.index, turn.outcome);
            }
        },
    );
    written.expect("written");
    let summary = sink.finish(&summary).expect("finished");
    assert_eq!(summary.total(), count);
    assert!(summary.rendered >= 150, "{summary:?}");
    let messages: Vec<String> = names(&folder)
        .into_iter()
        .filter(|name| name.ends_with(".eml"))
        .collect();
    assert_eq!(messages.len(), summary.rendered);
    for name in &messages {
        let bytes = fs::read(folder.join(name)).expect("a message");
        crate::judge::check_lines(&bytes, name);
        assert!(
            mail_parser::MessageParser::default()
                .parse(&bytes)
                .is_some(),
            "{name}"
        );
    }
    let (rows, _) = read_index(&folder);
    assert_eq!(rows.len(), count);
    assert!(
        names(&folder.join("parts"))
            .iter()
            .any(|name| name.starts_with("image-")),
        "no picture from disk"
    );
}
