//! Prints the page of all tags, filters and codes: `cargo run --example reference > docs/reference.md`.

use letterpress::{language::Registry, reference};

fn main() {
    print!("{}", reference::page(&Registry::standard()));
}
