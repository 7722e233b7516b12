//! `letterpress init`: the project it writes is the one in this repository, passes its own check and renders.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use letterpress::project::{Project, sample};

fn letterpress(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_letterpress"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program runs")
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_fresh_project_passes_its_check_and_every_email_renders() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = letterpress(folder.path(), &["init", "tea"]);
    assert_eq!(made.status.code(), Some(0), "{}", told(&made));
    let root = folder.path().join("tea");

    let check = letterpress(&root, &["check", "--now", "2026-11-20T18:00:00Z"]);
    assert_eq!(check.status.code(), Some(0), "{}", told(&check));

    let emails = Project::open(&root).expect("a project").engine().emails();
    assert_eq!(
        emails,
        [
            "abandoned_cart",
            "birthday",
            "order_confirmation",
            "spring_sale",
            "welcome",
            "winback"
        ]
    );
    for email in &emails {
        for person in ["ada", "noname", "layla", "bob", "big", "empty"] {
            let address = format!("{person}@example.com");
            for part in ["html", "text", "subject", "eml"] {
                let render = letterpress(
                    &root,
                    &["render", email, "--profile", &address, "--part", part],
                );
                let said = told(&render);
                assert_eq!(
                    render.status.code(),
                    Some(0),
                    "{email} {person} {part}: {said}"
                );
                assert!(
                    !said.contains("warning") && !said.contains("error"),
                    "{said}"
                );
                let printed = String::from_utf8_lossy(&render.stdout);
                assert!(
                    !printed.contains("{{") && !printed.contains("{%"),
                    "{email} {part}"
                );
                if part == "text" {
                    let markup = ["<a ", "<br", "&nbsp;", "<td"];
                    let left = markup.iter().find(|tag| printed.contains(*tag));
                    assert_eq!(left, None, "{email} {person}: {printed}");
                }
            }
        }
        let fixtures = fs::read_dir(root.join("templates").join(email).join("fixtures"));
        for fixture in fixtures.into_iter().flatten().flatten() {
            let path = fixture.path();
            let name = path.file_stem().expect("a name").to_string_lossy();
            let render = letterpress(&root, &["render", email, "--fixture", &name]);
            assert_eq!(
                render.status.code(),
                Some(0),
                "{email} {name}: {}",
                told(&render)
            );
        }
    }

    // What a first send would do, as README.md of the new project says.
    let campaign = [
        "campaign",
        "render",
        "campaigns/spring.toml",
        "--to",
        "dir:out",
    ];
    let sent = letterpress(&root, &campaign);
    assert_eq!(sent.status.code(), Some(0), "{}", told(&sent));
    assert!(root.join("out/index.html").is_file());
}

#[test]
fn an_event_of_ones_own_as_readme_says() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(letterpress(folder.path(), &["init"]).status.code(), Some(0));
    let readme = fs::read_to_string(folder.path().join("README.md")).expect("the README");
    let (_, behind) = readme.split_once("```json\n").expect("an event");
    let (json, _) = behind.split_once("```").expect("its end");
    let fixture = "templates/order_confirmation/fixtures/mine.json";
    fs::write(folder.path().join(fixture), json).expect("written");
    let arguments = ["render", "order_confirmation", "--fixture", "mine"];
    let render = letterpress(folder.path(), &arguments);
    assert_eq!(render.status.code(), Some(0), "{}", told(&render));
    assert!(String::from_utf8_lossy(&render.stdout).contains("Thank you, <bdi>Me</bdi>"));
}

/// The build script sees every change: what is embedded is what lies here.
#[test]
fn what_is_embedded_is_what_lies_here() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut here = BTreeSet::new();
    let mut open = ["campaigns", "shop", "templates"]
        .map(str::to_owned)
        .to_vec();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(root.join(&folder)).expect("a folder") {
            let entry = entry.expect("an entry");
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{folder}/{name}");
            if name.starts_with('.') || name == "__pycache__" || name.ends_with(".py") {
                continue;
            }
            if entry.path().is_dir() {
                open.push(path);
            } else {
                here.insert(path);
            }
        }
    }
    let embedded: BTreeSet<String> = sample::FILES
        .iter()
        .map(|file| file.path.to_owned())
        .filter(|path| path.contains('/'))
        .collect();
    assert_eq!(embedded, here);
    for file in sample::FILES.iter().filter(|file| file.path.contains('/')) {
        let bytes = fs::read(root.join(file.path)).expect("a file");
        assert!(bytes == file.bytes, "{}", file.path);
    }
}
