//! Lists the files of the sample project for `letterpress init`: everything that is a project here, and what only a
//! new project has, from `src/cli/init/`. Cargo runs it again when one of them changes, comes or goes.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// What makes this repository a project.
const PROJECT: [&str; 4] = ["letterpress.toml", "campaigns", "shop", "templates"];
/// What a new project has besides: here, and there. A `.gitignore` in the sources would hide files from git.
const NEW: [(&str, &str); 2] = [
    ("src/cli/init/README.md", "README.md"),
    ("src/cli/init/gitignore", ".gitignore"),
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_CLI").is_none() {
        return Ok(());
    }
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut files = Vec::new();
    for name in PROJECT {
        println!("cargo::rerun-if-changed={name}");
        collect(&root, Path::new(name), &mut files)?;
    }
    for (here, there) in NEW {
        println!("cargo::rerun-if-changed={here}");
        files.push((PathBuf::from(here), there.to_owned()));
    }
    files.sort_by(|a, b| a.1.cmp(&b.1));

    let mut table = String::from("&[\n");
    for (here, there) in files {
        let here = root.join(here);
        // `include_bytes` also tells the compiler to look at the file's content.
        writeln!(
            table,
            "    SampleFile {{ path: {there:?}, bytes: include_bytes!({here:?}) }},"
        )?;
    }
    table.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("sample.rs"), table)?;
    Ok(())
}

/// Files below `path`, without the scripts that made them and what tools and systems leave lying about.
fn collect(
    root: &Path,
    path: &Path,
    files: &mut Vec<(PathBuf, String)>,
) -> Result<(), Box<dyn Error>> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name.starts_with('.') || name == "__pycache__" || name.ends_with(".py") {
        return Ok(());
    }
    if !root.join(path).is_dir() {
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        files.push((path.to_owned(), parts.join("/")));
        return Ok(());
    }
    for entry in fs::read_dir(root.join(path))? {
        collect(root, &path.join(entry?.file_name()), files)?;
    }
    Ok(())
}
