//! Room for one person's feed, used again for the next: a campaign makes thousands, and a shop has thousands of items.

use std::cell::RefCell;

/// Numbers for every item.
#[derive(Default)]
pub(super) struct Scratch {
    /// All 0 between two feeds.
    pub(super) scores: Vec<u64>,
    /// Room for numbers.
    pub(super) touched: Vec<u32>,
    /// An item is marked if it has the number of this feed.
    marks: Vec<u32>,
    feed: u32,
}

impl Scratch {
    /// Runs with the scratch of this thread, nothing marked.
    pub(super) fn with<T>(items: usize, run: impl FnOnce(&mut Scratch) -> T) -> T {
        thread_local! {
            static SCRATCH: RefCell<Scratch> = RefCell::default();
        }
        SCRATCH.with_borrow_mut(|scratch| {
            if scratch.scores.len() < items {
                scratch.scores.resize(items, 0);
                scratch.marks.resize(items, 0);
            }
            if scratch.feed == u32::MAX {
                scratch.marks.fill(0);
                scratch.feed = 0;
            }
            scratch.feed += 1;
            run(scratch)
        })
    }

    /// Marks an item; tells whether it was not marked before.
    pub(super) fn mark(&mut self, item: u32) -> bool {
        let mark = &mut self.marks[item as usize];
        let fresh = *mark != self.feed;
        *mark = self.feed;
        fresh
    }

    pub(super) fn is_marked(&self, item: u32) -> bool {
        self.marks[item as usize] == self.feed
    }
}
