//! The npm package mjml compiles what we compile; `html_equiv.py` says what of the difference can be seen.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use letterpress::diagnostic::{Diagnostic, Source};
use letterpress::language::{Dialect, Sources, Token, lex};
use letterpress::mjml::{Loader, compile};

use crate::{foreign, given, here, installed, script};

#[test]
fn mjml_4() {
    compare("mjml_4", here("documents"));
}

/// Every component with every attribute that it has, one at a time, and together.
#[test]
fn mjml_4_attributes() {
    compare_written("mjml_4_attributes", script("python3", "mjml_documents.py"));
}

/// The documents in the READMEs of mjml's packages.
#[test]
fn mjml_4_readmes() {
    let mut readmes = script("python3", "mjml_readmes.py");
    readmes.arg(installed(""));
    compare_written("mjml_4_readmes", readmes);
}

/// Compares documents that a script writes into a folder.
fn compare_written(test: &str, mut script: Command) {
    if !installed("node_modules/mjml").is_dir() {
        return foreign::skip(test, "no Node.js with mjml 4");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let differences = "DIFFERENCES.txt";
    fs::copy(
        here("documents").join(differences),
        folder.path().join(differences),
    )
    .expect("it can be copied");
    match script.arg(folder.path()).status() {
        Ok(status) => assert!(status.success(), "{test}: nothing was written"),
        Err(_) => return foreign::skip(test, "no Python"),
    }
    compare(test, folder.path().to_owned());
}

#[test]
#[ignore = "needs a folder: JUDGE_FOLDER"]
fn mjml_4_on_a_folder() {
    compare("mjml_4_on_a_folder", given("JUDGE_FOLDER", "").into());
}

/// A document without product blocks, which are ours and written out before MJML is read.
fn without_ours(mjml: &str) -> String {
    let mut parts = mjml.split("<lp-products");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once("/>").expect("it closes itself").1
    })
}

/// mjml's own validator, in its strictest setting, has nothing to say about the sample emails.
#[test]
fn mjml_4_strict() {
    const STRICT: &str = "
        const fs = require('fs'), mjml = require('mjml');
        for (const file of process.argv.slice(1))
          try { (mjml.default || mjml)(fs.readFileSync(file, 'utf8'), { validationLevel: 'strict' }); }
          catch (error) { console.log(file + ': ' + error.message); }";
    if !mjml_is_there() {
        return foreign::skip("mjml_4_strict", "no Node.js with mjml 4");
    }
    let templates = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("templates");
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new("node");
    let mut samples = 0;
    command.current_dir(installed("")).args(["-e", STRICT]);
    for sample in fs::read_dir(&templates).expect("the samples").flatten() {
        let Ok(body) = fs::read_to_string(sample.path().join("body.mjml")) else {
            continue;
        };
        let name = sample.file_name().to_string_lossy().into_owned();
        let file = folder.path().join(name).with_extension("mjml");
        let mjml = without_ours(&in_place(&templates, &body));
        fs::write(&file, mjml).expect("it can be written");
        command.arg(file);
        samples += 1;
    }
    let output = command.output().expect("Node.js ran");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(
        samples > 0 && output.status.success() && said.is_empty(),
        "\n{said}"
    );
}

/// A template with the partials in place of the tags that include them: mjml knows no tags, and passes over all others.
fn in_place(templates: &Path, text: &str) -> String {
    let file = Sources::new().add(Source::new("body.mjml", text));
    let mut out = String::new();
    for token in lex(text, file) {
        let partial = token.text.split('"').nth(1);
        match partial.filter(|_| token.tag_name() == "include") {
            None => out.push_str(&token.text),
            Some(partial) => {
                let partial = fs::read_to_string(templates.join(partial)).expect("the partial");
                out.push_str(&in_place(templates, &partial));
            }
        }
    }
    out
}

fn there(program: &str) -> bool {
    let status = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

fn mjml_is_there() -> bool {
    installed("node_modules/mjml").is_dir() && there("node")
}

fn compare(test: &str, folder: PathBuf) {
    if !mjml_is_there() {
        return foreign::skip(test, "no Node.js with mjml 4");
    }
    if !there("python3") {
        return foreign::skip(test, "no Python");
    }
    let ours = tempfile::tempdir().expect("a folder");
    for file in fs::read_dir(&folder).expect("the folder is there") {
        let path = file.expect("a file").path();
        if path.extension().is_none_or(|extension| extension != "mjml") {
            continue;
        }
        let name = path.file_stem().expect("a name");
        match html(&path) {
            Ok(html) => fs::write(
                ours.path().join(format!("{}.html", name.to_string_lossy())),
                html,
            )
            .expect("it can be written"),
            Err(errors) => errors.iter().for_each(|e| println!("{}", e.to_text(false))),
        }
    }
    let output = script("python3", "mjml_4.py")
        .arg(installed(""))
        .arg(&folder)
        .arg(ours.path())
        .output()
        .expect("Python ran");
    let verdict = [output.stdout, output.stderr].concat();
    let verdict = String::from_utf8_lossy(&verdict);
    assert!(output.status.success(), "\n{verdict}");
    println!("{verdict}");
}

/// The document as HTML, its template tags kept.
fn html(path: &Path) -> Result<String, Vec<Diagnostic>> {
    let own = path.file_name().expect("a name").to_string_lossy();
    // Spans point into files that are known beforehand, so that all files beside it are read.
    let mut files = Vec::new();
    let mut sources = Sources::new();
    let folder = path.parent().expect("a folder");
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Ok(text) = fs::read_to_string(entry.path()) {
            let source = Source::new(name.clone(), text);
            let id = sources.add(source.clone());
            files.push((name, source, id));
        }
    }
    let tokens = |wanted: &str| -> Option<Vec<Token<'_>>> {
        let (_, source, id) = files.iter().find(|(name, ..)| name == wanted)?;
        Some(lex(source.text(), *id))
    };
    let loader = Loader {
        sources: &sources,
        name: &own,
        dialect: Dialect::Klaviyo,
        load: &tokens,
        names: &|| files.iter().map(|(name, ..)| name.clone()).collect(),
        picked: None,
    };
    let compiled = compile(tokens(&own).expect("UTF-8"), &loader)?;
    Ok(compiled.tokens.iter().map(|token| &*token.text).collect())
}
