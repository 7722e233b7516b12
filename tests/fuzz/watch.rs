//! Runs one case after the other under a watch: time, memory, panics; and keeps what fails.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::grammar::Dice;

/// No case may take longer, on the fastest of three tries; where the system counts it, the time that it had a
/// processor for itself.
const TIME: Duration = Duration::from_secs(2);
/// A case that takes this long ends the whole test: it hangs.
const HANGS: Duration = Duration::from_secs(60);
/// No case may hold more at once.
const MEMORY: isize = 256 << 20;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

/// The system's allocator, which counts what the thread holds.
pub struct Counting;

fn count(bytes: isize) {
    let _ = HELD.try_with(|held| {
        let now = held.get() + bytes;
        held.set(now);
        let _ = MOST.try_with(|most| most.set(most.get().max(now)));
    });
}

// SAFETY: everything is the system's allocator's; only numbers are kept besides.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        unsafe { System.dealloc(at, layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as isize - layout.size() as isize);
        unsafe { System.realloc(at, layout, size) }
    }
}

/// One input: texts by name, such as `template` and `context`.
#[derive(Clone)]
pub struct Case(pub Vec<(&'static str, String)>);

impl Case {
    pub fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(known, _)| *known == name)
            .map_or("", |(_, text)| text)
    }

    fn print(&self) -> String {
        self.0
            .iter()
            .map(|(name, text)| format!("--- {name}\n{text}\n"))
            .collect()
    }

    fn parse(text: &str, names: &[&'static str]) -> Case {
        let mut case = Case(Vec::new());
        for line in text.split_inclusive('\n') {
            let name = line
                .strip_prefix("--- ")
                .and_then(|name| names.iter().find(|known| **known == name.trim_end()));
            match (name, case.0.last_mut()) {
                (Some(name), _) => case.0.push((name, String::new())),
                (None, Some((_, text))) => text.push_str(line),
                (None, None) => {}
            }
        }
        for (_, text) in &mut case.0 {
            text.pop();
        }
        case
    }
}

/// What is done with a case; `Err` says what does not hold.
pub type Check = fn(&Case) -> Result<(), String>;

/// What is fuzzed: its name, the texts of its cases, where they come from, and what must hold.
pub struct Target {
    pub name: &'static str,
    pub parts: &'static [&'static str],
    pub make: fn(&mut Dice) -> Case,
    pub check: Check,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/found")
}

/// For how long each target is fuzzed.
fn seconds() -> f64 {
    std::env::var("LETTERPRESS_FUZZ_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(5.0)
}

/// The first seed: `LETTERPRESS_FUZZ_SEED` goes on where another run ended.
fn first_seed() -> u64 {
    std::env::var("LETTERPRESS_FUZZ_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1)
}

impl Target {
    /// Everything that was once found, then new cases until the time is over. Each case has a seed of its own.
    pub fn run(&self) {
        let mut failures = Vec::new();
        for (name, case) in self.found() {
            if let Err(what) = self.watched(&case) {
                failures.push(format!("{name}: {what}"));
            }
        }
        let turn = Arc::new(AtomicU64::new(0));
        let over = Arc::new(AtomicU64::new(0));
        let dog = self.watchdog(turn.clone(), over.clone());
        let (start, first) = (Instant::now(), first_seed());
        let (mut slowest, mut largest) = ((Duration::ZERO, 0), (0, 0));
        let mut seed = first;
        while start.elapsed().as_secs_f64() < seconds() && failures.len() < 20 {
            turn.store(seed, Ordering::Relaxed);
            let case = (self.make)(&mut Dice::new(seed));
            match self.watched(&case) {
                Ok((time, bytes)) => {
                    slowest = slowest.max((time, seed));
                    largest = largest.max((bytes, seed));
                }
                Err(what) => {
                    let small = self.smaller(case, &what);
                    let path = keep(self.name, &small, seed);
                    failures.push(format!("seed {seed}, kept as {}: {what}", path.display()));
                }
            }
            seed += 1;
        }
        over.store(1, Ordering::Relaxed);
        let _ = dog.join();
        println!(
            "{}: {} cases; slowest {:?} (seed {}); largest {} KB (seed {})",
            self.name,
            seed - first,
            slowest.0,
            slowest.1,
            largest.0 / 1024,
            largest.1
        );
        assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    }

    /// Runs a case; gives time and bytes, or says what is wrong.
    fn watched(&self, case: &Case) -> Result<(Duration, isize), String> {
        quiet();
        let mut fastest = Duration::MAX;
        let mut bytes = 0;
        for _ in 0..3 {
            let before = HELD.get();
            MOST.set(before);
            let (start, worked) = (Instant::now(), processor_time());
            let result = catch_unwind(AssertUnwindSafe(|| (self.check)(case)));
            let took = match (worked, processor_time()) {
                (Some(before), Some(after)) => after.saturating_sub(before),
                _ => start.elapsed(),
            };
            fastest = fastest.min(took);
            bytes = MOST.get() - before;
            match result {
                Ok(Ok(())) => {}
                Ok(Err(what)) => return Err(what),
                Err(panic) => {
                    let text = panic
                        .downcast_ref::<String>()
                        .map(String::as_str)
                        .or_else(|| panic.downcast_ref::<&str>().copied());
                    return Err(format!("panic: {}", text.unwrap_or("?")));
                }
            }
            // Another process may have had the processor.
            if fastest < TIME {
                break;
            }
        }
        if bytes > MEMORY {
            Err(format!("memory: {} MB", bytes >> 20))
        } else if fastest >= TIME {
            Err(format!("time: {fastest:?}"))
        } else {
            Ok((fastest, bytes))
        }
    }

    /// The same failure from less text, if that is quickly found.
    fn smaller(&self, mut case: Case, what: &str) -> Case {
        let kind = |what: &str| what.chars().take(12).collect::<String>();
        let start = Instant::now();
        for part in 0..case.0.len() {
            let mut step = case.0[part].1.len() / 2;
            while step > 0 {
                let mut at = 0;
                while at < case.0[part].1.len() {
                    if start.elapsed() > Duration::from_secs(40) {
                        return case;
                    }
                    let mut less = case.clone();
                    let text = &mut less.0[part].1;
                    let end = (at + step).min(text.len());
                    if text.is_char_boundary(at) && text.is_char_boundary(end) {
                        text.replace_range(at..end, "");
                        if self
                            .watched(&less)
                            .is_err_and(|found| kind(&found) == kind(what))
                        {
                            case = less;
                            continue;
                        }
                    }
                    at += step;
                }
                step /= 2;
            }
        }
        case
    }

    fn found(&self) -> Vec<(String, Case)> {
        let mut found: Vec<(String, Case)> = fs::read_dir(folder())
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let text = fs::read_to_string(entry.path()).ok()?;
                name.starts_with(self.name)
                    .then(|| (name, Case::parse(&text, self.parts)))
            })
            .collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    }

    /// Ends the process with the seed of a case that hangs.
    fn watchdog(&self, turn: Arc<AtomicU64>, over: Arc<AtomicU64>) -> std::thread::JoinHandle<()> {
        let (name, make) = (self.name, self.make);
        std::thread::spawn(move || {
            let mut last = (0, Instant::now());
            while over.load(Ordering::Relaxed) == 0 {
                std::thread::sleep(Duration::from_millis(100));
                let now = turn.load(Ordering::Relaxed);
                if now != last.0 {
                    last = (now, Instant::now());
                } else if last.1.elapsed() > HANGS {
                    let path = keep(name, &make(&mut Dice::new(now)), now);
                    eprintln!("{name}: seed {now} hangs, kept as {}", path.display());
                    std::process::abort();
                }
            }
        })
    }
}

/// How long this thread has had a processor, where the system says so.
fn processor_time() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

fn keep(name: &str, case: &Case, seed: u64) -> PathBuf {
    let path = folder().join(format!("{name}-{seed}.txt"));
    fs::write(&path, case.print()).expect("the folder of what was found can be written");
    path
}

/// Panics are caught and told once; nothing else is printed about them.
fn quiet() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let own = panic
                .location()
                .is_some_and(|place| place.file().contains("tests/"));
            if own {
                usual(panic);
            }
        }));
    });
}
