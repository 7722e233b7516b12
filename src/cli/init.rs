//! `letterpress init`

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::output::{Output, Trouble};
use crate::project::sample::{self, SampleError};

/// Arguments of `init`.
#[derive(Debug, Args)]
#[command(
    after_help = "Nothing is overwritten: if a file of the new project is there already, nothing is written."
)]
pub(super) struct InitArgs {
    /// Where the project goes; made if it is not there
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

pub(super) fn run(args: &InitArgs, output: &Output) -> Result<u8, Trouble> {
    let files = sample::write(&args.folder).map_err(trouble)?;
    if output.is_json() {
        let told = json!({"folder": args.folder.display().to_string(), "files": files});
        output.data(format!("{told}\n").as_bytes())?;
        return Ok(0);
    }
    let here = is_here(&args.folder);
    let place = if here {
        "this folder".to_owned()
    } else {
        args.folder.display().to_string()
    };
    output.say(&format!(
        "wrote a tea shop, its six emails and a campaign to {place} ({files} files); next:"
    ));
    output.say("");
    let mut next = vec![
        "letterpress preview".to_owned(),
        "letterpress render abandoned_cart --profile ada@example.com -o cart.html".to_owned(),
    ];
    if here {
        next.push("letterpress campaign render campaigns/spring.toml --to dir:out".to_owned());
    } else {
        next.insert(0, format!("cd {}", quoted(&args.folder)));
    }
    for command in next {
        output.say(&format!("  {command}"));
    }
    Ok(0)
}

fn trouble(error: SampleError) -> Trouble {
    let help = match &error {
        SampleError::Taken(paths) => match paths.len() - 1 {
            0 => "name another folder: letterpress init tea".to_owned(),
            more => format!("and {more} more; name another folder: letterpress init tea"),
        },
        SampleError::NotWritten { .. } => return Trouble::told(error.to_string()),
    };
    Trouble::with_help(error.to_string(), help)
}

fn is_here(folder: &Path) -> bool {
    folder
        .components()
        .all(|part| part == std::path::Component::CurDir)
}

/// A folder's name as a shell takes it.
fn quoted(folder: &Path) -> String {
    let name = folder.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/~+,:@%".contains(c);
    let name = if name.starts_with('-') {
        format!("./{name}")
    } else {
        name
    };
    if name.chars().all(plain) {
        name
    } else {
        format!("'{}'", name.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_for_the_shell() {
        let shown = |name: &str| quoted(Path::new(name));
        assert_eq!(
            [shown("tea"), shown("my tea"), shown("it's"), shown("-x")],
            ["tea", "'my tea'", r"'it'\''s'", "./-x"]
        );
        assert!(is_here(Path::new(".")) && is_here(Path::new("./.")) && !is_here(Path::new("tea")));
    }
}
