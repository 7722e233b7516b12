//! Whole screens of the program: the cases of `tests/cli/*.md`; `tests/cli/README.md` says how they are written.

#[test]
fn screens() {
    trycmd::TestCases::new()
        .case("tests/cli/*.md")
        .skip("tests/cli/README.md")
        // Keys that sign links are made at first use; these are fixed, so that links are the same everywhere.
        .env(
            "LETTERPRESS_LINK_KEYS",
            "test:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        )
        .env("NO_COLOR", "1");
}

/// A file is replaced whole; what is no file must not be replaced by one.
#[cfg(unix)]
#[test]
fn output_into_a_pipe_leaves_the_pipe() {
    use std::os::unix::fs::FileTypeExt;
    let folder = tempfile::tempdir().expect("a folder");
    let (pipe, template) = (folder.path().join("pipe"), folder.path().join("t.txt"));
    std::fs::write(&template, "hello").expect("written");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_letterpress"))
        .arg("render")
        .arg(&template)
        .arg("-o")
        .arg(&pipe)
        .current_dir(folder.path())
        .spawn()
        .expect("it runs");
    // Waits for the writer; a program that put a file in the pipe's place has ended, and nothing is read from it.
    let read = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read_to_string(pipe)
    });
    assert!(program.wait().expect("it ends").success());
    let kind = std::fs::metadata(&pipe).expect("it is there").file_type();
    assert!(kind.is_fifo(), "the pipe was replaced");
    assert_eq!(read.join().expect("read").expect("read"), "hello");
}
