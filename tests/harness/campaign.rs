//! A project with a small email and many people, and the program run on its campaign.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use letterpress::campaign::{Delivery, Run, State};

pub struct Shop {
    folder: tempfile::TempDir,
}

impl Shop {
    /// A project with so many people who all said yes, and a campaign of these further lines.
    pub fn new(people: usize, campaign: &str) -> Shop {
        let shop = Shop {
            folder: tempfile::tempdir().unwrap(),
        };
        for folder in ["shop", "templates/sale", "campaigns"] {
            fs::create_dir_all(shop.path(folder)).unwrap();
        }
        shop.write("letterpress.toml", "[project]\ndata = \"shop\"\n[links]\nunsubscribe = \"https://tea.example/u/{{ token }}\"\n");
        shop.write(
            "templates/sale/email.toml",
            "kind = \"campaign\"\nsubject = \"For {{ first_name }}\"\nfrom = \"Tea <hello@tea.example>\"\n",
        );
        shop.write(
            "templates/sale/body.html",
            "<p>Hello {{ first_name }}, number {{ person.Number }}.</p>\n<p>.a line that begins with a dot</p>\n<a href=\"{% unsubscribe_link %}\">Unsubscribe</a>\n",
        );
        shop.write(
            "campaigns/sale.toml",
            &format!("email = \"sale\"\n{campaign}"),
        );
        let mut text = String::new();
        for number in 0..people {
            writeln!(text, "{}", person(number, "SUBSCRIBED")).unwrap();
        }
        shop.write("shop/profiles.jsonl", &text);
        shop
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        fs::write(self.path(path), text).unwrap();
    }

    /// The program with these arguments of `campaign`.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_letterpress"));
        command
            .arg("campaign")
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs it, and says what it said when it ends with another status.
    #[track_caller]
    pub fn expect(&self, status: i32, arguments: &[&str]) -> Output {
        let output = self.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(status),
            "{arguments:?}\n{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        output
    }

    /// Plans the campaign for a sink.
    #[track_caller]
    pub fn plan(&self, run: &str, sink: &str) -> Output {
        let arguments = ["plan", "campaigns/sale.toml", "--to", sink, "--run", run];
        self.expect(0, &arguments)
    }

    /// Plans the campaign and sends it to a sink, with further arguments.
    #[track_caller]
    pub fn send(&self, status: i32, run: &str, sink: &str, more: &[&str]) -> Output {
        let mut arguments = vec!["send", "campaigns/sale.toml", "--to", sink];
        arguments.extend(["--run", run, "--yes"]);
        arguments.extend(more);
        self.expect(status, &arguments)
    }

    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    pub fn opened(&self, run: &str) -> Run {
        Run::open(&self.path(".letterpress/runs"), run).unwrap()
    }

    /// The rows of a run by address.
    pub fn rows(&self, run: &str) -> BTreeMap<String, Delivery> {
        let mut rows = BTreeMap::new();
        self.opened(run)
            .each(None, |row| {
                rows.insert(row.address.clone(), row);
                true
            })
            .unwrap();
        rows
    }

    pub fn count(&self, run: &str, state: State) -> u64 {
        self.opened(run)
            .counts()
            .unwrap()
            .get(&state)
            .copied()
            .unwrap_or(0)
    }

    pub fn has_run(&self, run: &str) -> bool {
        Path::new(&self.path(".letterpress/runs"))
            .join(run)
            .join("run.json")
            .exists()
    }
}

/// A person's line.
pub fn person(number: usize, consent: &str) -> String {
    format!(
        r#"{{"id":"P{number:06}","email":"person.{number}@example.com","first_name":"First{number}","properties":{{"Number":{number}}},"subscriptions":{{"email":{{"marketing":{{"consent":"{consent}"}}}}}}}}"#
    )
}
