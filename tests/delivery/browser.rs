//! A browser opens a gallery of hostile emails from disk: it shows them, runs nothing and asks for nothing.

use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use letterpress::data::Profile;
use letterpress::delivery::{DirSink, FolderOptions};
use letterpress::email::{Outcome, Recipient, Summary};

use crate::messages::{mailbox, rendered};

/// What the page's document is after its scripts have run. None: there is no browser here, which is allowed outside CI only.
fn dom_of(page: &Path) -> Option<String> {
    let scratch = tempfile::tempdir().expect("a folder");
    let output = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--dump-dom",
            "--timeout=20000",
            "--virtual-time-budget=5000",
        ])
        .arg(format!("--user-data-dir={}", scratch.path().display()))
        .arg(format!("file://{}", page.display()))
        .stderr(Stdio::null())
        .output();
    match output {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(error) => {
            let test = "a_browser_runs_nothing_and_asks_for_nothing";
            crate::foreign::skip(test, &format!("no Chromium: {error}"));
            None
        }
    }
}

#[test]
fn a_browser_runs_nothing_and_asks_for_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let there = format!("http://{}", listener.local_addr().expect("an address"));
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counter.fetch_add(1, Ordering::SeqCst);
            let _ = stream.map(|mut stream| stream.read(&mut [0; 64]));
        }
    });
    let html = include_str!("hostile.html").replace("THERE", &there);
    let hostile = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">";
    let scratch = tempfile::tempdir().expect("a folder");
    let mut sink =
        DirSink::create(scratch.path().join("out"), FolderOptions::new(hostile)).expect("a sink");
    let preparer = sink.preparer();
    let profile = Profile::from_json(r#"{"email": "ada@example.com"}"#).expect("a profile");
    let recipient = Recipient::new(profile);
    for index in 0..3 {
        let to = Some(mailbox(Some(hostile), "ada@example.com"));
        let mail = rendered(hostile, "hello@tea.example", to, hostile, &html);
        let outcome = Outcome::Rendered(Box::new(mail));
        sink.put(index, preparer.prepare(&recipient, outcome))
            .expect("written");
    }
    let index = sink.index();
    sink.finish(&Summary::default()).expect("finished");
    let Some(dom) = dom_of(&index) else {
        return;
    };
    assert_eq!(dom.matches("role=\"option\"").count(), 3, "{dom}");
    assert!(
        dom.contains("<iframe") && dom.contains("sandbox=\"\""),
        "no email is shown: {dom}"
    );
    assert!(
        dom.contains("What the email says"),
        "the email is not in its frame"
    );
    assert!(!dom.contains("<title>taken"), "a script ran");
    assert_eq!(
        asked.load(Ordering::SeqCst),
        0,
        "the gallery asked for something"
    );
}
