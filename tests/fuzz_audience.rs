//! Whatever stands in a segment's or a flow's file: no panic, no hang, refused with a code and a place or evaluated, and the
//! same alone and together.
//!
//! Runs as `fuzz_language` does: for `LETTERPRESS_FUZZ_SECONDS` (5 unless told), beginning at `LETTERPRESS_FUZZ_SEED`; what
//! is found is made smaller, kept in `tests/fuzz/found` and run first from then on.

#[path = "fuzz/audience.rs"]
mod audience;
#[allow(
    dead_code,
    reason = "of the templates' grammar only the dice are thrown here"
)]
#[path = "fuzz/grammar.rs"]
mod grammar;
#[allow(dead_code, reason = "what the templates' grammar is made of")]
#[path = "fuzz/pieces.rs"]
mod pieces;
#[path = "fuzz/watch.rs"]
mod watch;

use std::sync::LazyLock;

use jiff::Timestamp;
use letterpress::audience::{Audience, History, Person, Start};
use letterpress::data::{Event, Profile, Shop};
use letterpress::diagnostic::{Diagnostic, Source};

use watch::{Case, Counting, Target};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static SHOP: LazyLock<Shop> = LazyLock::new(|| {
    let mut shop = Shop::builder();
    for profile in audience::PROFILES.lines() {
        shop = shop.profile(Profile::from_json(profile).expect("a profile"));
    }
    for event in audience::EVENTS.lines() {
        shop = shop.event(Event::from_json(event).expect("an event"));
    }
    shop.build().0
});

#[test]
fn definitions() {
    Target {
        name: "audience",
        parts: &["segment.json", "other.json", "flow.json", "now"],
        make: |dice| {
            Case(vec![
                ("segment.json", audience::segment(dice)),
                ("other.json", audience::segment(dice)),
                ("flow.json", audience::flow(dice)),
                ("now", audience::now(dice)),
            ])
        },
        check,
    }
    .run();
}

fn check(case: &Case) -> Result<(), String> {
    let now: Timestamp = case.get("now").trim().parse().unwrap_or_default();
    let codes = "US\t02110\t\t\t\t\t\t\t\t42.35\t-71.05\t\n";
    let builder = Audience::builder()
        .postal_codes(&Source::new("US.txt", codes))
        .segment(
            "segment",
            Source::new("segment.json", case.get("segment.json")),
        )
        .segment("other", Source::new("other.json", case.get("other.json")))
        .flow("flow", Source::new("flow.json", case.get("flow.json")));
    let (audience, findings) = builder.build(&*SHOP).map_err(|error| error.to_string())?;
    for finding in &findings {
        readable(finding)?;
    }
    for file in ["segment", "other"] {
        let (there, refused) = (
            audience.segment(file).is_some(),
            audience.broken(file).is_some(),
        );
        if there == refused {
            return Err(format!("{file} is there: {there}, refused: {refused}"));
        }
    }
    let people: Vec<Person> = SHOP
        .profiles()
        .iter()
        .map(|profile| Person::of(&*SHOP, profile.clone()).expect("nothing fails"))
        .collect();
    for segment in audience.segments() {
        let members = segment
            .members(&*SHOP, now)
            .map_err(|error| error.to_string())?
            .people;
        for person in &people {
            let together = members
                .iter()
                .any(|one| one.key() == person.profile().key());
            let alone = segment.holds(person, now);
            let told = segment.explain(person, now).holds;
            if together != alone || told != alone {
                return Err(format!(
                    "together {together}, alone {alone}, told {told}: {}",
                    segment.words()
                ));
            }
        }
        let again = Source::new("again.json", segment.definition().to_string());
        let again = Audience::builder()
            .postal_codes(&Source::new("US.txt", codes))
            .segment("other", Source::new("other.json", case.get("other.json")))
            .segment("again", again);
        let (again, _) = again.build(&*SHOP).map_err(|error| error.to_string())?;
        let asks_others = segment.words().contains("the segment");
        if segment.file != "other" && again.segment("again").is_none() && !asks_others {
            return Err(format!("written again it is refused: {}", segment.words()));
        }
    }
    for flow in audience.flows() {
        for person in &people {
            let history = History::default();
            let mut starts: Vec<Start> =
                person.events().iter().cloned().map(Start::Event).collect();
            starts.extend(flow.next_fire(person.profile(), now).map(Start::Date));
            for start in starts {
                let admission = flow.enters(&start, person, &history, now);
                if let Some(entry) = admission.entry {
                    flow.walk(&entry, person, &history, now);
                }
            }
        }
        flow.trigger_words();
        flow.filter_words();
        for action in flow.actions() {
            flow.ways(action);
            action.words();
        }
    }
    Ok(())
}

fn readable(finding: &Diagnostic) -> Result<(), String> {
    if finding.title.trim().is_empty() || finding.code.is_empty() {
        return Err("a finding says nothing".into());
    }
    if finding.is_error() && finding.primary.is_none() && !finding.title.contains("conditions") {
        return Err(format!("no place: {}", finding.title));
    }
    let text = finding.to_text(false);
    match text.contains('\u{1b}') {
        true => Err("a control character reaches the terminal".into()),
        false => Ok(()),
    }
}
