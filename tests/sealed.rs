//! Compiling and rendering open no socket, and read no file outside the project: seen from the system's side, by
//! `strace`, and link by link.

#[path = "harness/foreign.rs"]
mod foreign;

#[cfg(unix)]
use std::fs;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::process::{Command, Output};

#[cfg(unix)]
use letterpress::email::{EmailError, Engine};

/// What the program itself is started with, wherever it runs.
#[cfg(target_os = "linux")]
const OF_THE_SYSTEM: &[&str] = &[
    // The dynamic loader: which libraries there are, and these (libc, libm, libgcc_s).
    "/etc/ld.so.cache",
    "/lib/",
    "/lib64/",
    "/usr/lib/",
    "/usr/lib64/",
    // The allocator: how the system gives memory out.
    "/proc/sys/vm/overcommit_memory",
    "/sys/kernel/mm/transparent_hugepage/",
    // The standard library: where the stack ends, how many processors this process may use.
    "/proc/self/maps",
    "/proc/self/cgroup",
    "/proc/self/mountinfo",
    "/sys/fs/cgroup/",
    // SQLite: where its random numbers begin.
    "/dev/urandom",
];

/// A project whose documents name all there is outside of it, and what stands there.
#[cfg(unix)]
struct Place {
    folder: tempfile::TempDir,
}

#[cfg(unix)]
impl Place {
    fn new() -> Place {
        let place = Place {
            folder: tempfile::tempdir().expect("a folder"),
        };
        place.write("outside.mjml", "<mj-text>secret</mj-text>");
        place.write("outside.css", "b { color: secret }");
        place.write("shop/letterpress.toml", "");
        place.email("remote", REMOTE);
        let secret = place.path("outside").display().to_string();
        let ways = [
            &*secret,
            "../outside",
            "../../outside",
            "../../../outside",
            "/etc/passwd",
            "file:///etc/passwd",
            "http://127.0.0.1:9/a",
        ];
        let mut document = String::from("<mjml><mj-head>");
        for way in ways {
            document += &format!(
                "<mj-include path=\"{way}.css\" type=\"css\" /><mj-include path=\"{way}.css\" type=\"css\" css-inline=\"inline\" />"
            );
        }
        document += "</mj-head><mj-body>";
        for way in ways {
            document += &format!(
                "<mj-include path=\"{way}.mjml\" /><mj-include path=\"{way}\" type=\"html\" />{{% include \"{way}.mjml\" %}}\
                 <mj-section><mj-column><mj-text>{{% include \"{way}.mjml\" %}}</mj-text></mj-column></mj-section>"
            );
        }
        document += "</mj-body></mjml>";
        place.email("outside", &document);
        place.write("alone/d.mjml", &REMOTE.replace("_near", "d"));
        place.write("alone/o.mjml", &document);
        place.write("alone/context.json", "{\"name\": \"Ada\"}");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        let folder = path.parent().expect("a folder");
        fs::create_dir_all(folder).expect("made");
        fs::write(path, text).expect("written");
    }

    fn email(&self, name: &str, body: &str) {
        self.write(
            &format!("shop/templates/{name}/email.toml"),
            "subject = \"Tea\"",
        );
        self.write(&format!("shop/templates/{name}/body.mjml"), body);
    }

    /// The program in this folder, with no environment but what a test needs.
    fn run(&self, folder: &str, before: &[&str], arguments: &[&str]) -> Output {
        let mut all = before.to_vec();
        all.push(env!("CARGO_BIN_EXE_letterpress"));
        all.extend(arguments);
        Command::new(all[0])
            .args(&all[1..])
            .current_dir(self.path(folder))
            .env_remove("LD_LIBRARY_PATH")
            .stdin(std::process::Stdio::null())
            .output()
            .expect("it runs")
    }
}

/// All that an email may have of elsewhere and is right all the same.
#[cfg(unix)]
const REMOTE: &str = "<mjml><mj-head>\
    <mj-font name=\"Raleway\" href=\"https://fonts.example/css?family=Raleway\" />\
    <mj-attributes><mj-all font-family=\"Raleway, Roboto\" /></mj-attributes>\
    <mj-style>@import url(https://css.example/a.css); @import \"file:///etc/passwd\"; b { background: url(http://127.0.0.1:9/b.png) }</mj-style>\
    <mj-style inline=\"inline\">@import url(https://css.example/a.css); b { color: red; background-image: url(/etc/passwd) }</mj-style>\
    <mj-raw><link rel=\"stylesheet\" href=\"http://127.0.0.1:9/a.css\"><link rel=\"stylesheet\" href=\"/etc/passwd\"></mj-raw>\
    <mj-include path=\"http://127.0.0.1:9/a.css\" type=\"css\" /><mj-include path=\"file:///etc/passwd\" type=\"css\" />\
    </mj-head><mj-body><mj-include path=\"http://127.0.0.1:9/a.mjml\" /><mj-section background-url=\"http://127.0.0.1:9/a.png\"><mj-column>\
    <mj-image src=\"http://127.0.0.1:9/a.png\" /><mj-image src=\"/etc/passwd\" />\
    <mj-text><b>{{ name }}</b><img src=\"file:///etc/passwd\"><link rel=\"stylesheet\" href=\"http://127.0.0.1:9/a.css\"></mj-text>\
    </mj-column></mj-section></mj-body></mjml>";

#[test]
#[cfg(target_os = "linux")]
fn compiling_opens_no_socket_and_reads_no_file_outside_the_project() {
    if Command::new("strace").arg("-V").output().is_err() {
        return foreign::skip(
            "compiling_opens_no_socket_and_reads_no_file_outside_the_project",
            "no strace",
        );
    }
    let place = Place::new();
    // A link that leads out: the whole project is refused, and what it leads to is not read.
    for (folder, arguments, fails) in [
        ("shop", &["compile", "remote"][..], false),
        ("shop", &["render", "remote"], false),
        ("shop", &["compile", "outside"], true),
        ("shop", &["render", "outside"], true),
        ("alone", &["compile", "d.mjml"], false),
        (
            "alone",
            &["render", "d.mjml", "--context", "context.json"],
            false,
        ),
        ("alone", &["compile", "o.mjml"], true),
        ("alone", &["render", "o.mjml", "--template-dir", "."], true),
    ] {
        let said = traced(&place, folder, arguments);
        assert_eq!(!said.status.success(), fails, "{arguments:?}: {said:?}");
        let printed = String::from_utf8_lossy(&said.stdout);
        assert!(
            !printed.contains("secret") && !printed.contains("root:"),
            "{printed}"
        );
    }
    std::os::unix::fs::symlink("../../outside.mjml", place.path("shop/templates/link.mjml"))
        .expect("linked");
    let said = traced(&place, "shop", &["compile", "remote"]);
    assert_eq!(said.status.code(), Some(2));
}

/// Runs the program under `strace` in a folder; no call may be one to the network, and no file that is opened may
/// stand outside of this folder.
#[cfg(target_os = "linux")]
fn traced(place: &Place, folder: &str, arguments: &[&str]) -> Output {
    let logs = tempfile::tempdir().expect("a folder");
    let log = logs.path().join("log").display().to_string();
    // A file for each thread, so that no call is cut in two.
    let strace = [
        "strace",
        "-ff",
        "-o",
        &log,
        "-e",
        "trace=%network,open,openat,openat2,creat",
    ];
    let said = place.run(folder, &strace, arguments);
    let root = fs::canonicalize(place.path(folder)).expect("it is there");
    let mut opened = 0;
    for entry in fs::read_dir(logs.path()).expect("logs") {
        let log = fs::read_to_string(entry.expect("a log").path()).expect("a log");
        for call in log.lines().filter(|line| !line.starts_with(['+', '-'])) {
            assert!(
                ["open(", "openat(", "openat2(", "creat("]
                    .iter()
                    .any(|name| call.starts_with(name)),
                "{arguments:?} calls {call}"
            );
            let succeeded = call
                .rsplit_once(" = ")
                .is_some_and(|(_, result)| !result.starts_with('-'));
            let path = Path::new(call.split('"').nth(1).expect("a path"));
            let of_the_system = OF_THE_SYSTEM
                .iter()
                .any(|known| match known.ends_with('/') {
                    true => {
                        path.to_string_lossy().starts_with(known)
                            && !path.to_string_lossy().contains("..")
                    }
                    false => path == Path::new(known),
                });
            if !succeeded || of_the_system {
                continue;
            }
            let opened_at = root.join(path);
            // The store's log is gone with the process: its folder stands for it.
            let real = fs::canonicalize(&opened_at)
                .or_else(|_| fs::canonicalize(opened_at.parent().expect("a folder")))
                .expect("it was opened");
            assert!(
                real.starts_with(&root),
                "{arguments:?} opens {}",
                real.display()
            );
            opened += 1;
        }
    }
    assert!(opened > 0, "nothing was seen: {said:?}");
    said
}

#[cfg(unix)]
fn unreadable(engine: Result<Engine, EmailError>) -> String {
    match engine {
        Err(EmailError::Unreadable { reason, .. }) => reason,
        Err(error) => panic!("{error}"),
        Ok(engine) => panic!("it reads {engine:?}"),
    }
}

#[test]
#[cfg(unix)]
fn links_among_templates_stay_in_the_project() {
    let place = Place::new();
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(to, place.path(name)).expect("linked");
    };
    let templates = place.path("shop/templates");
    let engine = || Engine::builder().templates(&templates);
    place.write("shop/shared/a.mjml", "<mj-text>a</mj-text>");
    link("../shared", "shop/templates/shared");
    assert!(unreadable(engine().build()).contains("leads out of"));
    let project = engine().links_within(place.path("shop")).build();
    assert!(project.is_ok());
    // Folders that hold themselves are entered once.
    link("..", "shop/templates/up");
    link(".", "shop/templates/here");
    let project = engine()
        .links_within(place.path("shop"))
        .build()
        .expect("it reads");
    assert!(project.emails().contains(&"remote".to_owned()));
    // A folder, and a file, that lead out.
    link("../..", "shop/templates/out");
    assert!(unreadable(engine().links_within(place.path("shop")).build()).contains("leads out of"));
    fs::remove_file(place.path("shop/templates/out")).expect("removed");
    link("../../outside.mjml", "shop/templates/out.mjml");
    assert!(unreadable(engine().links_within(place.path("shop")).build()).contains("leads out of"));
}

#[test]
#[cfg(unix)]
fn pipes_and_devices_are_no_templates_and_large_ones_are_refused() {
    let place = Place::new();
    let pipe = |name: &str| {
        let made = Command::new("mkfifo").arg(place.path(name)).status();
        assert!(made.expect("mkfifo").success());
    };
    pipe("shop/templates/pipe.mjml");
    let engine = Engine::builder().templates(place.path("shop/templates"));
    assert!(engine.build().is_ok());
    place.write("shop/templates/large.csv", &"x".repeat(10_000_001));
    let engine = Engine::builder().templates(place.path("shop/templates"));
    assert!(engine.build().is_ok());
    place.write("shop/templates/remote/body.mjml", &"x".repeat(10_000_001));
    let engine = Engine::builder().templates(place.path("shop/templates"));
    assert!(unreadable(engine.build()).contains("10000001 bytes, and a template at most 10000000"));

    // A file that is named: a pipe, a device, a folder, one that is too large.
    pipe("alone/pipe.mjml");
    std::os::unix::fs::symlink("/dev/zero", place.path("alone/zero.mjml")).expect("linked");
    fs::create_dir(place.path("alone/folder.mjml")).expect("made");
    place.write("alone/large.mjml", &"x".repeat(10_000_001));
    place.write("alone/latin.mjml", "x");
    fs::write(place.path("alone/latin.mjml"), b"\xe9").expect("written");
    for (file, why) in [
        ("pipe.mjml", "it is a named pipe"),
        ("zero.mjml", "more than 10000000 bytes"),
        ("folder.mjml", "name a file in it"),
        ("large.mjml", "more than 10000000 bytes"),
        ("latin.mjml", "templates are UTF-8 text"),
    ] {
        let said = place.run("alone", &[], &["compile", file]);
        let told = String::from_utf8_lossy(&said.stderr);
        assert_eq!(said.status.code(), Some(2), "{file}: {told}");
        assert!(told.contains(why), "{file}: {told}");
    }
}
