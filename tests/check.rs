//! Cases of `letterpress check`: `tests/check/*.toml`, of which `tests/check/README.md` says how they are written;
//! and the sample project, which has no findings.

#[path = "harness/case_files.rs"]
mod case_files;

use std::fs;
use std::time::Instant;

use letterpress::check::Checker;
use letterpress::project::Project;

#[test]
fn cases() {
    let mut wrong = Vec::new();
    for file in &case_files::files("tests/check", "toml") {
        let text = fs::read_to_string(file).unwrap();
        let cases: toml::Table = text.parse().unwrap();
        for (name, case) in &cases {
            let (wanted, got) = run(case);
            if wanted != got {
                wrong.push(format!(
                    "{} [{name}]\n  wanted {wanted:#?}\n  got    {got:#?}",
                    file.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn run(case: &toml::Value) -> (Vec<String>, Vec<String>) {
    let text = |name: &str| case.get(name).and_then(|v| v.as_str()).unwrap_or_default();
    let root = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("letterpress.toml", "[project]\n");
    write("templates/it/email.toml", text("email"));
    write("templates/it/body.html", text("body"));
    if let Some(files) = case.get("files").and_then(|v| v.as_table()) {
        for (name, text) in files {
            write(&format!("templates/{name}"), text.as_str().unwrap());
        }
    }
    for file in ["profiles", "events", "catalog"] {
        write(&format!("shop/{file}.jsonl"), text(file));
    }
    write("shop/feeds.toml", text("feeds"));
    if case.get("flow").is_some() {
        write("shop/flows/it.json", text("flow"));
    }
    let project = Project::open(root.path()).unwrap();
    let checker = Checker::new(&project, &"2026-11-20T18:00:00[UTC]".parse().unwrap()).unwrap();
    let got = checker.email("it").unwrap();
    let got = got
        .iter()
        .map(|finding| {
            let place = finding.primary.as_ref().unwrap();
            let mut line = format!("{} {}: {}", finding.code, place.at.text(), finding.title);
            for help in finding
                .help
                .iter()
                .filter(|help| help.starts_with("did you"))
            {
                line.push_str(&format!(" ({help})"));
            }
            line
        })
        .collect();
    let wanted = case["finds"].as_array().unwrap();
    let wanted = wanted
        .iter()
        .map(|v| v.as_str().unwrap().to_owned())
        .collect();
    (wanted, got)
}

#[test]
fn the_sample_has_no_findings_and_is_checked_quickly() {
    let project = Project::open(env!("CARGO_MANIFEST_DIR")).unwrap();
    let started = Instant::now();
    let checker = Checker::new(&project, &"2026-11-20T18:00:00[UTC]".parse().unwrap()).unwrap();
    for email in project.engine().emails() {
        let found = checker.email(&email).unwrap();
        let found: Vec<String> = found.iter().map(|f| f.to_text(false)).collect();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
    let took = started.elapsed();
    assert!(took.as_secs() < 10, "took {took:?}");
}
