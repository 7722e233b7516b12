//! Tells pages what changed on disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::broadcast::Sender;

use crate::api::{Change, Live, What};
use crate::project::FILE;

/// One save is several events: so long nothing more has to come …
const QUIET: Duration = Duration::from_millis(6);
/// … but a folder that is written to all the time is shown at least so often.
const LONGEST: Duration = Duration::from_millis(100);
/// Where the system tells of no changes, files are looked at so often.
const POLL: Duration = Duration::from_millis(400);

/// What is watched, and what a change there means.
#[derive(Debug, Clone, PartialEq)]
struct Target {
    folder: PathBuf,
    deep: bool,
    what: What,
}

/// Watches the project's files for as long as the process lives; changes are read again and told to `changes`.
pub(super) fn start(live: Arc<Live>, changes: Sender<Change>) -> notify::Result<()> {
    let (tell, heard) = mpsc::channel();
    let handler = {
        let tell = tell.clone();
        move |event| {
            let _ = tell.send(event);
        }
    };
    let mut watcher: Box<dyn Watcher + Send> =
        match RecommendedWatcher::new(handler.clone(), notify::Config::default()) {
            Ok(watcher) => Box::new(watcher),
            Err(_) => polling(handler.clone())?,
        };
    let mut watched = Vec::new();
    if !follow(&mut *watcher, &mut watched, &live) {
        // Too many files for the system to tell of.
        watcher = polling(handler)?;
        watched.clear();
        follow(&mut *watcher, &mut watched, &live);
    }
    std::thread::Builder::new()
        .name("watch".into())
        .spawn(move || {
            let mut watcher = watcher;
            while let Some((what, files)) = next_change(&heard, &watched) {
                let snapshot = match what.as_slice() {
                    [What::Image] => live.snapshot(),
                    what => live.reload(what),
                };
                // Nobody listens while no page is open.
                let _ = changes.send(Change {
                    generation: snapshot.generation(),
                    what,
                    files,
                });
                follow(&mut *watcher, &mut watched, &live);
            }
        })
        .map_err(notify::Error::io)?;
    Ok(())
}

fn polling(
    handler: impl Fn(notify::Result<Event>) + Send + 'static,
) -> notify::Result<Box<dyn Watcher + Send>> {
    let config = notify::Config::default().with_poll_interval(POLL);
    Ok(Box::new(PollWatcher::new(handler, config)?))
}

/// What there is to watch now: a folder may have come, `letterpress.toml` may name another.
fn targets(live: &Live) -> Vec<Target> {
    let snapshot = live.snapshot();
    let target = |folder: PathBuf, deep, what| {
        let folder = std::fs::canonicalize(folder).ok()?;
        Some(Target { folder, deep, what })
    };
    let Ok(project) = snapshot.project() else {
        let folder = target(live.folder(), false, What::Config);
        return folder.into_iter().collect();
    };
    let root = match project.root().as_os_str().is_empty() {
        true => Path::new("."),
        false => project.root(),
    };
    let mut found = Vec::new();
    // The narrowest come first: pictures may lie in the data folder.
    let images = &project.config().preview_images;
    found.extend(
        images
            .iter()
            .map(|(_, folder)| target(root.join(folder), true, What::Image)),
    );
    found.push(target(project.templates_folder(), true, What::Template));
    found.push(target(project.data_folder(), true, What::Data));
    found.push(target(root.to_owned(), false, What::Config));
    found.into_iter().flatten().collect()
}

/// Watches what there is to watch now; says whether the system could.
fn follow(watcher: &mut dyn Watcher, watched: &mut Vec<Target>, live: &Live) -> bool {
    let wanted = targets(live);
    if *watched == wanted {
        return true;
    }
    for gone in watched.iter().filter(|old| !wanted.contains(old)) {
        let _ = watcher.unwatch(&gone.folder);
    }
    let mut all = true;
    for new in wanted.iter().filter(|new| !watched.contains(new)) {
        let mode = match new.deep {
            true => RecursiveMode::Recursive,
            false => RecursiveMode::NonRecursive,
        };
        all &= watcher.watch(&new.folder, mode).is_ok();
    }
    *watched = wanted;
    all
}

/// Waits for a change that matters, and for what belongs to it; None when nobody watches any more.
fn next_change(
    heard: &Receiver<notify::Result<Event>>,
    watched: &[Target],
) -> Option<(Vec<What>, Vec<String>)> {
    let (mut what, mut files) = (Vec::new(), Vec::new());
    let mut first: Option<Instant> = None;
    loop {
        let event = match first {
            None => heard.recv().ok()?,
            Some(first) if first.elapsed() > LONGEST => break,
            Some(_) => match heard.recv_timeout(QUIET) {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return None,
            },
        };
        let Ok(event) = event else { continue };
        if !is_change(&event.kind) {
            continue;
        }
        for path in &event.paths {
            let Some(kind) = meaning(path, watched) else {
                continue;
            };
            first = first.or_else(|| Some(Instant::now()));
            if !what.contains(&kind) {
                what.push(kind);
            }
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if !files.contains(&name) {
                files.push(name);
            }
        }
    }
    Some((what, files))
}

/// Reading is no change.
fn is_change(kind: &EventKind) -> bool {
    match kind {
        EventKind::Access(access) => *access == AccessKind::Close(AccessMode::Write),
        EventKind::Modify(ModifyKind::Metadata(_)) | EventKind::Other => false,
        _ => true,
    }
}

/// What a change of a file means; None where it means nothing.
fn meaning(path: &Path, watched: &[Target]) -> Option<What> {
    let name = path.file_name()?.to_str()?;
    let scratch = name.starts_with(['.', '#']) || name.ends_with('~') || name == "4913";
    if scratch || name.ends_with(".tmp") || name.ends_with(".swp") {
        return None;
    }
    let target = watched
        .iter()
        .find(|target| path.starts_with(&target.folder))?;
    if target.what != What::Config || name == FILE {
        return Some(target.what);
    }
    // A folder of the project itself that comes or goes; a file beside them is none of ours.
    let known = watched.iter().any(|other| other.folder == path);
    (known || name == "templates" || path.is_dir()).then_some(What::Config)
}
