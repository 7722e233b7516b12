//! Work on many things in parallel, in bounded memory, handed over in order if asked.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use rayon::ThreadPool;

/// How many things a thread works on in one go: few, so that no thread waits long for another; several, because waking
/// the calling thread for every outcome would cost as much as rendering a message.
const BUNCH: usize = 16;

/// Works on things in parallel and hands what became of them over on the calling thread.
#[derive(Default)]
pub(crate) struct Bunches<'b> {
    /// Half of how many are worked on ahead of the sink.
    pub(crate) ahead: usize,
    /// Whether they are handed over in their order.
    pub(crate) ordered: bool,
    /// Where the work is done; None: rayon's global pool.
    pub(crate) pool: Option<&'b ThreadPool>,
    /// Ends early when this becomes true; what has been begun is still handed over.
    pub(crate) cancel: Option<&'b AtomicBool>,
}

impl Bunches<'_> {
    /// Runs to the end of `things`; whether it was cancelled. While `sink` works, the next are worked on.
    pub(crate) fn run<I, T>(
        &self,
        things: impl Iterator<Item = I>,
        work: impl Fn(I) -> T + Sync,
        mut sink: impl FnMut(T),
    ) -> bool
    where
        I: Send,
        T: Send,
    {
        let work = &work;
        let mut things = things.fuse();
        let mut cancelled = false;
        let size = self.ahead.clamp(1, BUNCH);
        let most = 2 * self.ahead.max(1) / size;
        let (sender, receiver) = mpsc::channel();
        // Bunches are numbered; those that came before their turn wait here.
        let mut waiting = BTreeMap::new();
        let (mut begun, mut handed_over) = (0, 0);
        in_scope(self.pool, |scope| {
            loop {
                while begun - handed_over < most && !cancelled {
                    let bunch: Vec<I> = things.by_ref().take(size).collect();
                    if bunch.is_empty() {
                        break;
                    }
                    if self
                        .cancel
                        .is_some_and(|cancel| cancel.load(Ordering::Relaxed))
                    {
                        cancelled = true;
                        break;
                    }
                    let (number, sender) = (begun, sender.clone());
                    scope.spawn(move |_| {
                        let done = catch_unwind(AssertUnwindSafe(|| {
                            bunch.into_iter().map(work).collect::<Vec<_>>()
                        }));
                        // Nobody receives only when the sink panicked.
                        let _ = sender.send((number, done));
                    });
                    begun += 1;
                }
                if begun == handed_over {
                    break;
                }
                let (number, done) = receive(&receiver);
                let done = done.unwrap_or_else(|panic| resume_unwind(panic));
                waiting.insert(if self.ordered { number } else { handed_over }, done);
                while let Some(done) = waiting.remove(&handed_over) {
                    done.into_iter().for_each(&mut sink);
                    handed_over += 1;
                }
            }
        });
        cancelled
    }
}

/// Waits for the next message; the sender must be alive.
fn receive<T>(receiver: &mpsc::Receiver<T>) -> T {
    if rayon::current_thread_index().is_none() {
        return receiver.recv().expect("the batch holds a sender");
    }
    // A worker of a pool renders while it waits: to wait for another worker could be to wait for itself.
    loop {
        match receiver.try_recv() {
            Ok(message) => return message,
            Err(_) if rayon::yield_now() == Some(rayon::Yield::Executed) => {}
            Err(_) => std::thread::yield_now(),
        }
    }
}

fn in_scope<'scope, R>(
    pool: Option<&ThreadPool>,
    inside: impl FnOnce(&rayon::Scope<'scope>) -> R,
) -> R {
    match pool {
        Some(pool) => pool.in_place_scope(inside),
        None => rayon::in_place_scope(inside),
    }
}
