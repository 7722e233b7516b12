//! The slow twin: MJML compiled once with its tags kept must give what the naive way gives, which runs the tags first
//! and then compiles the MJML that is left, for every person.
//!
//! Where the two differ is part of what is tested: see [`differences_that_are_meant`].

#[path = "../benches/support/mod.rs"]
mod support;

use letterpress::value::{Value, from_json};
use support::{CART, Naive, Page};

/// Byte for byte, where no tag stands at the edge of an element's content.
#[test]
fn the_cart_email_is_the_same_for_200_people() {
    let inside = CART
        .replace("\n      {% for", "<!-- cart -->{% for")
        .replace("{% endfor %}\n", "{% endfor %}<!-- cart -->\n");
    assert_ne!(inside, CART);
    same(&inside, &support::contexts(200), str::to_owned);
}

/// MJML drops white space at the edges of an element's content. Where a tag stands there, the white space behind it is at
/// the edge only when the tag has run, so compiled once it stays: in HTML it shows as nothing.
#[test]
fn differences_that_are_meant() {
    same(CART, &support::contexts(200), |html| {
        let words: Vec<&str> = html.split_whitespace().collect();
        words.join(" ").replace("> <", "><")
    });
    let page = Page::of_mjml(CART);
    let naive = Naive::of_mjml(CART);
    let person = from_json(&support::contexts(1)[0]).unwrap();
    assert_ne!(html(&page, &person), naive.render(&person));
}

#[track_caller]
fn same(mjml: &str, lines: &[String], reading: impl Fn(&str) -> String) {
    let (once, naive) = (Page::of_mjml(mjml), Naive::of_mjml(mjml));
    let mut differing = 0;
    let mut first = None;
    for line in lines {
        let data = from_json(line).unwrap();
        let (fast, slow) = (reading(&html(&once, &data)), reading(&naive.render(&data)));
        if fast != slow {
            differing += 1;
            first.get_or_insert_with(|| difference(&fast, &slow, line));
        }
    }
    assert!(
        differing == 0,
        "{differing} of {} people differ; the first:\n{}",
        lines.len(),
        first.unwrap_or_default()
    );
}

fn html(page: &Page, data: &Value) -> String {
    let mut out = String::new();
    page.render(data, &mut out);
    out
}

/// The surroundings of the first byte that differs.
fn difference(fast: &str, slow: &str, line: &str) -> String {
    let at = fast
        .bytes()
        .zip(slow.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let around = |html: &str| {
        let from = boundary(html, at.saturating_sub(80));
        let to = boundary(html, (at + 80).min(html.len()));
        html[from..to].to_owned()
    };
    format!(
        "compiled once: {}\nnaive:         {}\nfor {line}",
        around(fast),
        around(slow)
    )
}

/// The nearest place at or before `at` where `text` can be cut.
fn boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
