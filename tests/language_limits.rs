//! Templates and data that want too much: each ends with an error of its own, and soon.

use std::time::{Duration, Instant};

use letterpress::email::{EmailError, Engine};
use letterpress::language::Template;
use letterpress::value::{self, Value};

/// What takes longer than this hangs; all of these take a second or two, on a slow machine without optimisation ten.
const SOON: Duration = Duration::from_secs(200);

/// What comes of a template: the codes of its errors, or `printed`.
fn outcome(source: &str, context: &Value) -> Vec<&'static str> {
    let start = Instant::now();
    let codes = match Template::from_source(source) {
        Err(errors) => errors.iter().map(|e| e.code).collect(),
        Ok(template) => match template.render_html(context) {
            Ok(_) => vec!["printed"],
            Err(error) => vec![error.code],
        },
    };
    let took = start.elapsed();
    assert!(
        took < SOON,
        "{}… took {took:?}",
        &source[..source.len().min(60)]
    );
    codes
}

fn of_source(source: &str) -> Vec<&'static str> {
    outcome(source, &value::from_json("{}").unwrap())
}

fn list(n: usize) -> Value {
    let json = format!("{{\"l\": [{}]}}", vec!["1"; n].join(","));
    value::from_json(&json).unwrap()
}

#[test]
fn a_billion_turns() {
    let depth = 9;
    let source = "{% for x in l %}".repeat(depth) + "x" + &"{% endfor %}".repeat(depth);
    assert_eq!(outcome(&source, &list(10)), ["limit-loop-turns"]);
    // Without anything in the innermost loop, too.
    let source = "{% for x in l %}".repeat(depth) + &"{% endfor %}".repeat(depth);
    assert_eq!(outcome(&source, &list(10)), ["limit-loop-turns"]);
    assert_eq!(
        outcome("{% for x in l %}{% endfor %}", &list(1_000_001)),
        ["limit-loop-turns"]
    );
}

#[test]
fn a_large_output() {
    let source = "{% for x in l %}".to_owned() + &"0123456789".repeat(1000) + "{% endfor %}";
    assert_eq!(outcome(&source, &list(10_000)), ["limit-output"]);
    assert_eq!(of_source("{{ 'x'|center:2000000000 }}"), ["limit-output"]);
    assert_eq!(of_source("{{ 'x'|ljust:99999999999999999999 }}").len(), 1);
    let doubled = "{% with a=a|add:a %}".repeat(60) + &"{% endwith %}".repeat(60);
    let context = value::from_json("{\"a\": \"abcdefghij\"}").unwrap();
    assert_eq!(outcome(&doubled, &context), ["limit-output"]);
}

#[test]
fn lists_that_hold_the_same_again_and_again() {
    let context = format!("{{\"l\": [\"{}\"], \"k\": {{}}}}", "x".repeat(20_000));
    let context = value::from_json(&context).unwrap();
    for (filter, use_of_it) in [
        ("add", "{{ l }}"),
        ("add", "{{ l|pprint }}"),
        ("add", "{{ k|lookup:l }}"),
        ("add", "{{ l|stringformat:'r' }}"),
        ("concat", "{{ l|length }}"),
    ] {
        let doubled = |times| {
            let open = format!("{{% with l=l|{filter}:l %}}").repeat(times);
            open + use_of_it + &"{% endwith %}".repeat(times)
        };
        assert_eq!(outcome(&doubled(6), &context), ["printed"], "{use_of_it}");
        assert_eq!(
            outcome(&doubled(14), &context),
            ["limit-output"],
            "{use_of_it}"
        );
    }
}

#[test]
fn work_without_output() {
    // A condition that compares two large lists at every turn.
    let source = "{% for x in l %}{% if l == l %}{% endif %}{% if 2 in l %}{% endif %}{% endfor %}";
    assert_eq!(outcome(source, &list(100_000)), ["limit-fuel"]);
    // Ever more names.
    let mut source = String::new();
    for n in 0..200_000 {
        source += &format!("{{% firstof 1 as n{n} %}}");
    }
    assert_eq!(of_source(&source), ["limit-fuel"]);
}

#[test]
fn blocks_in_blocks() {
    let n = 100_000;
    for (open, close) in [
        ("{% if a %}", "{% endif %}"),
        ("{% for x in l %}", "{% endfor %}"),
        ("{% spaceless %}", ""),
        ("{% block a %}", ""),
    ] {
        let source = open.repeat(n) + &close.repeat(n);
        assert_eq!(of_source(&source), ["limit-nesting"], "{open}");
    }
    let source = "{% extends 'a' %}".repeat(n);
    assert!(of_source(&source).contains(&"limit-nesting"));
}

#[test]
fn long_conditions_and_paths() {
    let ors = "a or ".repeat(100_000);
    assert_eq!(
        of_source(&format!("{{% if {ors}a %}}{{% endif %}}")),
        ["limit-tag"]
    );
    let ors = "a or ".repeat(5_000);
    assert_eq!(
        of_source(&format!("{{% if {ors}a %}}{{% endif %}}")),
        ["condition"]
    );
    let nots = "not ".repeat(450);
    assert_eq!(
        of_source(&format!("{{% if {nots}a %}}{{% endif %}}")),
        ["printed"]
    );
    let path = "a.".repeat(30_000);
    assert_eq!(of_source(&format!("{{{{ {path}a }}}}")), ["printed"]);
    let path = "a.".repeat(100_000);
    assert_eq!(of_source(&format!("{{{{ {path}a }}}}")), ["limit-tag"]);
    let filters = "|upper".repeat(10_000);
    assert_eq!(of_source(&format!("{{{{ a{filters} }}}}")), ["printed"]);
}

#[test]
fn many_branches_and_comments() {
    let source = "{% if a %}".to_owned() + &"{% elif a %}".repeat(200_000) + "{% endif %}";
    assert_eq!(of_source(&source), ["printed"]);
    assert_eq!(of_source(&"a{# c #}".repeat(500_000)), ["printed"]);
}

#[test]
fn nonsense_of_a_megabyte() {
    let n = 1_000_000;
    assert_eq!(of_source(&"{{".repeat(n)), ["printed"]);
    assert_eq!(of_source(&"{%".repeat(n)), ["printed"]);
    assert_eq!(of_source(&"{#{%{{".repeat(n)), ["printed"]);
    assert_eq!(of_source(&"{% nope %}".repeat(n / 2)).len(), 100);
    assert_eq!(of_source(&"{{ a|nope }}\n".repeat(n / 2)).len(), 100);
    assert_eq!(of_source(&"{% endif %}".repeat(n / 2)).len(), 100);
    // Inside one tag, as long as a tag may be.
    for piece in [
        " ", "|", "| ", "' ", "\\\" ", "a' ", "\"\\", "('", "a|b:", "é",
    ] {
        let inside = piece.repeat(65_000 / piece.len());
        of_source(&format!("{{{{ a{inside}b }}}}"));
        of_source(&format!("{{% cycle {inside} %}}"));
        of_source(&format!("{{% if {inside} %}}{{% endif %}}"));
        of_source(&format!("{{% with {inside} %}}{{% endwith %}}"));
    }
}

#[test]
fn templates_that_include_each_other() {
    assert_eq!(
        of_source("{% include 'template' %}"),
        ["limit-include-depth"]
    );
    assert_eq!(
        of_source("{% for x in 'ab' %}{% include 'template' %}{% endfor %}"),
        ["limit-include-depth"]
    );
    let wide = "{% include 'template' %}".repeat(50);
    assert_eq!(of_source(&wide), ["limit-include-depth"]);
    // Twice as many at every level: the end of the levels comes first.
    let halving = "{% if n %}{% include 'template' with n=n|slice:'1:' %}{% include 'template' with n=n|slice:'1:' %}{% endif %}";
    let context = value::from_json("{\"n\": \"123456789012345678901234567890\"}").unwrap();
    assert_eq!(outcome(halving, &context), ["limit-fuel"]);
}

#[test]
fn half_a_million_tags_are_no_email() {
    for name in ["a.txt", "a.html", "a.mjml"] {
        let engine = Engine::builder().template(name, "{{ a }}".repeat(500_001));
        match engine.build().expect("it is read").document(name) {
            Err(EmailError::Invalid { diagnostics, .. }) => {
                assert_eq!(diagnostics[0].code, "limit-source", "{name}");
            }
            other => panic!("{name}: {}", other.is_ok()),
        }
    }
}
