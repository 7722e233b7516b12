//! Batches: the same bytes on any number of threads and in either order, bounded memory, cancelling, progress.

#[path = "../benches/support/mod.rs"]
mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use letterpress::email::{Email, FixedWorld, Outcome, Recipient};
use rayon::{ThreadPool, ThreadPoolBuilder};

const PEOPLE: usize = 700;

struct Setting {
    email: Email,
    world: FixedWorld,
    people: Vec<Recipient>,
}

impl Setting {
    fn new() -> Setting {
        Setting {
            email: support::engine().email("cart").unwrap(),
            world: support::world(),
            people: support::people(PEOPLE),
        }
    }

    /// The outcomes of a batch as JSON, in the order they were handed over.
    fn outcomes(&self, threads: usize, chunk: usize, ordered: bool) -> Vec<(usize, String)> {
        let pool = pool(threads);
        let batch = self.email.batch(&self.world).pool(&pool).chunk(chunk);
        let batch = if ordered { batch } else { batch.as_they_come() };
        let mut outcomes = Vec::new();
        let summary = batch.run(self.people.iter().cloned(), |turn| {
            assert_eq!(turn.recipient.key(), self.people[turn.index].key());
            outcomes.push((turn.index, json(&turn.outcome)));
        });
        assert_eq!(
            (summary.rendered, summary.total(), summary.cancelled),
            (PEOPLE, PEOPLE, false)
        );
        outcomes
    }
}

fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap()
}

fn json(outcome: &Outcome) -> String {
    serde_json::to_string(outcome).unwrap()
}

#[test]
fn any_number_of_threads_and_either_order_give_the_same_bytes() {
    let setting = Setting::new();
    let one_by_one: Vec<(usize, String)> = setting
        .people
        .iter()
        .map(|person| json(&setting.email.render(person, &setting.world)))
        .enumerate()
        .collect();
    for (threads, chunk) in [(1, 256), (2, 256), (5, 1), (5, 3), (5, 64), (5, 10_000)] {
        let ordered = setting.outcomes(threads, chunk, true);
        assert!(
            ordered == one_by_one,
            "{threads} threads, chunks of {chunk}"
        );
        let mut as_they_come = setting.outcomes(threads, chunk, false);
        as_they_come.sort();
        assert!(
            as_they_come == one_by_one,
            "{threads} threads, chunks of {chunk}, as they come"
        );
    }
}

#[test]
fn a_cancelled_batch_hands_over_whom_it_rendered() {
    let setting = Setting::new();
    for ordered in [true, false] {
        let (cancel, progress) = (AtomicBool::new(false), AtomicUsize::new(0));
        let batch = setting.email.batch(&setting.world).chunk(50);
        let batch = batch.cancelled_by(&cancel).progress(&progress);
        let batch = if ordered { batch } else { batch.as_they_come() };
        let mut turns = 0;
        let summary = batch.run(setting.people.iter().cloned(), |_| {
            turns += 1;
            cancel.store(true, Ordering::Relaxed);
        });
        assert!(summary.cancelled);
        assert_eq!(summary.rendered, turns);
        assert_eq!(progress.load(Ordering::Relaxed), turns);
        assert!((50..=150).contains(&turns), "{turns} of {PEOPLE}");
    }
    // Before it starts.
    let batch = setting.email.batch(&setting.world);
    let nobody = batch
        .cancelled_by(&AtomicBool::new(true))
        .run(setting.people.iter().cloned(), |_| {
            panic!("somebody had a turn")
        });
    assert!(nobody.cancelled && nobody.total() == 0);
}

#[test]
fn progress_counts_everybody() {
    let setting = Setting::new();
    let progress = AtomicUsize::new(0);
    let mut seen = 0;
    let batch = setting.email.batch(&setting.world).chunk(100);
    batch
        .progress(&progress)
        .run(setting.people.iter().cloned(), |turn| {
            let now = progress.load(Ordering::Relaxed);
            assert!(now > turn.index && now >= seen);
            seen = now;
        });
    assert_eq!(progress.load(Ordering::Relaxed), PEOPLE);
}

/// Counts how many of its kind there are.
struct Live<'c>(&'c AtomicUsize);

impl<'c> Live<'c> {
    fn born(live: &'c AtomicUsize, peak: &AtomicUsize) -> Live<'c> {
        let now = live.fetch_add(1, Ordering::SeqCst) + 1;
        peak.fetch_max(now, Ordering::SeqCst);
        Live(live)
    }
}

impl Drop for Live<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn at_most_two_chunks_of_outcomes_are_held_at_once() {
    const CHUNK: usize = 40;
    let setting = Setting::new();
    for ordered in [true, false] {
        let (live, peak, taken) = (
            AtomicUsize::new(0),
            AtomicUsize::new(0),
            AtomicUsize::new(0),
        );
        let mut most_ahead = 0;
        let batch = setting.email.batch(&setting.world).chunk(CHUNK);
        let batch = if ordered { batch } else { batch.as_they_come() };
        let people = setting.people.iter().cloned().inspect(|_| {
            taken.fetch_add(1, Ordering::SeqCst);
        });
        let mut done = 0;
        batch.run_with(
            people,
            |_, _| Live::born(&live, &peak),
            |turn| {
                done += 1;
                most_ahead = most_ahead.max(taken.load(Ordering::SeqCst) - done);
                // A sink slower than the renders: they have to wait for it.
                if turn.index % CHUNK == 0 {
                    std::thread::sleep(Duration::from_millis(2));
                }
            },
        );
        let peak = peak.load(Ordering::SeqCst);
        assert!(peak <= 2 * CHUNK, "{peak} outcomes at once");
        assert!(most_ahead <= 3 * CHUNK, "{most_ahead} people taken ahead");
        assert_eq!(live.load(Ordering::SeqCst), 0);
    }
}

#[test]
fn a_batch_inside_a_pool_does_not_wait_for_itself() {
    for threads in [1, 2] {
        for ordered in [true, false] {
            for of_its_own in [true, false] {
                in_time(move || {
                    let setting = Setting::new();
                    let (outer, inner) = (pool(threads), pool(1));
                    outer.install(|| {
                        // All workers of the pool at once.
                        rayon::broadcast(|_| {
                            let batch = setting.email.batch(&setting.world).chunk(64);
                            let batch = if ordered { batch } else { batch.as_they_come() };
                            let batch = if of_its_own {
                                batch.pool(&inner)
                            } else {
                                batch
                            };
                            let summary = batch.run(setting.people.iter().cloned(), |_| ());
                            assert_eq!(summary.rendered, PEOPLE);
                        });
                    });
                });
            }
        }
    }
}

#[test]
fn a_sink_that_panics_ends_the_batch() {
    for ordered in [true, false] {
        in_time(move || {
            let setting = Setting::new();
            let batch = setting.email.batch(&setting.world).chunk(64);
            let batch = if ordered { batch } else { batch.as_they_come() };
            let people = setting.people.iter().cloned();
            let ended = catch_unwind(AssertUnwindSafe(|| {
                batch.run(people, |turn| {
                    assert!(turn.index < 100, "the sink's own trouble")
                });
            }));
            assert!(ended.is_err());
        });
    }
}

#[test]
fn a_panic_of_the_work_comes_through() {
    for ordered in [true, false] {
        in_time(move || {
            let setting = Setting::new();
            let batch = setting.email.batch(&setting.world).chunk(64);
            let batch = if ordered { batch } else { batch.as_they_come() };
            let people = setting.people.iter().cloned();
            let work = |person: &Recipient, _| assert_ne!(person.key(), "p100@example.com");
            let ended = catch_unwind(AssertUnwindSafe(|| batch.run_with(people, work, |_| ())));
            assert!(ended.is_err());
        });
    }
}

/// Fails instead of hanging.
#[track_caller]
fn in_time(work: impl FnOnce() + Send + 'static) {
    let (done, finished) = mpsc::channel();
    let worker = std::thread::spawn(move || {
        work();
        let _ = done.send(());
    });
    match finished.recv_timeout(Duration::from_secs(60)) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        _ => worker.join().unwrap(),
    }
}
