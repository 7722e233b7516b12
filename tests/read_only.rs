//! A project whose `.letterpress` cannot be made or written works from memory.

use std::fs;
use std::process::Command;

#[test]
fn a_project_that_cannot_be_written_to_is_read_into_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for (name, text) in [
        (
            "letterpress.toml",
            "[links]\nunsubscribe = \"https://tea.example/u/{{ token }}\"\n",
        ),
        (
            "templates/hello/email.toml",
            "kind = \"campaign\"\nsubject = \"Hello\"\nfrom = \"Tea <tea@tea.example>\"\n",
        ),
        (
            "templates/hello/body.html",
            "{{ first_name }} {% unsubscribe_link %}",
        ),
        (
            "shop/profiles.jsonl",
            "{\"email\": \"ada@example.com\", \"first_name\": \"Ada\"}\n",
        ),
        // Permissions mean nothing to root; a file where the folder should be does.
        (".letterpress", ""),
    ] {
        fs::create_dir_all(path(name).parent().unwrap()).unwrap();
        fs::write(path(name), text).unwrap();
    }
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_letterpress"))
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    let (code, html, told) = run(&["render", "hello", "--profile", "ada@example.com"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(html.starts_with("Ada https://tea.example/u/"), "{html}");
    assert!(told.contains("warning[spare-keys]"), "{told}");
    let (code, table, told) = run(&["data", "profiles"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(table.contains("ada@example.com"), "{table}");
    // What would be lost is refused.
    fs::write(path("more.csv"), "Email\nbo@example.com\n").unwrap();
    let (code, _, told) = run(&["data", "import", "more.csv"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("nothing was changed"), "{told}");
}
