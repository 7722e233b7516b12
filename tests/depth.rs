//! What may stand in each other, as deep as it may, goes through the stack of an ordinary thread: 2 MiB, in a debug build
//! too, with room left for the program that calls.

use letterpress::diagnostic::Source;
use letterpress::language::{Dialect, Library, Limits, Registry, Sources, Template, Token, lex};
use letterpress::mjml::{Loader, compile};
use letterpress::value::{self, Value};
use std::sync::Arc;

/// The stack of the threads here: that of an ordinary thread without what the caller may have used.
const KIB: usize = 1536;

fn in_a_small_thread(run: impl FnOnce() + Send + 'static) {
    let kib = std::env::var("DEPTH_KIB")
        .ok()
        .and_then(|k| k.parse().ok())
        .unwrap_or(KIB);
    std::thread::Builder::new()
        .stack_size(kib << 10)
        .spawn(run)
        .expect("a thread")
        .join()
        .expect("no panic");
}

/// What comes of `main`: the codes of its errors, or `printed`.
fn outcome(files: &[(String, String)], context: &Value) -> Vec<&'static str> {
    let mut library = Library::new(Registry::standard(), Limits::default());
    for (name, source) in files {
        library.add(name.as_str(), Source::new(name.as_str(), source.as_str()));
    }
    match Arc::new(library).template("main") {
        Err(errors) => errors.iter().map(|e| e.code).collect(),
        Ok(template) => match template.render_html(context) {
            Ok(_) => vec!["printed"],
            Err(error) => vec![error.code],
        },
    }
}

fn of_source(source: String, context: &Value) -> Vec<&'static str> {
    outcome(&[("main".to_owned(), source)], context)
}

const BLOCKS: &[(&str, &str)] = &[
    ("{% if l %}", "{% endif %}"),
    ("{% if not l %}{% elif l %}", "{% else %}{% endif %}"),
    ("{% for x in l %}", "{% endfor %}"),
    ("{% for x, y in p %}", "{% endfor %}"),
    ("{% for x in nothing %}{% empty %}", "{% endfor %}"),
    ("{% with a=l %}", "{% endwith %}"),
    ("{% autoescape off %}", "{% endautoescape %}"),
    ("{% filter upper %}", "{% endfilter %}"),
    ("{% spaceless %}", "{% endspaceless %}"),
    ("{% ifchanged %}x", "{% endifchanged %}"),
    ("{% ifchanged l %}", "{% endifchanged %}"),
];

fn context() -> Value {
    value::from_json(r#"{"l": [1], "p": [[1, 2]], "n": "1"}"#).expect("JSON")
}

#[test]
fn blocks_in_blocks() {
    in_a_small_thread(|| {
        for (open, close) in BLOCKS {
            let source = |n| open.repeat(n) + "{{ l }}" + &close.repeat(n);
            assert_eq!(of_source(source(199), &context()), ["printed"], "{open}");
            assert_eq!(
                of_source(source(201), &context()),
                ["limit-nesting"],
                "{open}"
            );
        }
        let open: String = (0..199).map(|n| format!("{{% block b{n} %}}")).collect();
        let source = open + &"{% endblock %}".repeat(199);
        assert_eq!(of_source(source, &context()), ["printed"]);
    });
}

#[test]
fn includes_in_blocks() {
    in_a_small_thread(|| {
        for (open, close) in BLOCKS {
            for n in [0, 5, 7, 12, 30] {
                let source = open.repeat(n) + "{% include 'main' with a=l %}" + &close.repeat(n);
                let codes = of_source(source, &context());
                assert!(codes[0].starts_with("limit-"), "{open}: {codes:?}");
            }
        }
    });
}

/// Layouts of layouts, each with this in its block.
fn layouts(levels: usize, inside: &str) -> Vec<(String, String)> {
    let block = format!("{{% block b %}}{inside}{{% endblock %}}");
    (0..levels)
        .map(|level| {
            let name = if level == 0 {
                "main".to_owned()
            } else {
                format!("l{level}")
            };
            let next = level + 1;
            let source = if next < levels {
                format!("{{% extends 'l{next}' %}}{block}")
            } else {
                block.clone()
            };
            (name, source)
        })
        .collect()
}

#[test]
fn layouts_of_layouts() {
    in_a_small_thread(|| {
        let nots = |n| format!("{{% if {}block.super %}}{{% endif %}}", "not ".repeat(n));
        // What reads the block above twice at every level is without end.
        for (inside, expected) in [
            ("{{ block.super }}", "printed"),
            (&nots(20), "printed"),
            (&nots(498), "printed"),
            (
                "{% filter upper %}{% with a=block.super|default:block.super %}{{ a }}{% endwith %}{% endfilter %}",
                "limit-fuel",
            ),
            (
                "{% for x in l %}{% ifchanged %}{% if 1 in block.super %}{% endif %}{% endifchanged %}{% endfor %}",
                "limit-fuel",
            ),
        ] {
            assert_eq!(
                outcome(&layouts(33, inside), &context()),
                [expected],
                "{inside}"
            );
        }
    });
}

#[test]
fn long_conditions() {
    in_a_small_thread(|| {
        for (piece, n, expected) in [
            ("not ", 499, "printed"),
            ("a or ", 249, "printed"),
            ("a and ", 249, "printed"),
            ("a == ", 249, "printed"),
            ("a or not ", 166, "printed"),
            ("a == not ", 10, "printed"),
            ("a == not ", 11, "condition"),
            ("a in not ", 166, "condition"),
            ("a or b and c == not ", 70, "printed"),
        ] {
            let source = format!("{{% if {}a %}}{{% endif %}}", piece.repeat(n));
            assert_eq!(of_source(source, &context()), [expected], "{piece} {n}");
        }
    });
}

#[test]
fn values_in_values() {
    in_a_small_thread(|| {
        for (open, close) in [("[", "]"), ("{\"a\": ", "}"), ("[{\"a\": ", "}]")] {
            let data = |n| {
                let inside = open.repeat(n) + "1" + &close.repeat(n);
                value::from_json(&format!("{{\"a\": {inside}, \"b\": {inside}}}"))
            };
            // serde_json reads 128 levels and no more.
            assert!(data(128).is_err() && data(100_000).is_err());
            for n in [60, 126 / open.matches(['[', '{']).count()] {
                let context = data(n).expect("JSON");
                for source in [
                    "{{ a }}",
                    "{% if a == b %}{% endif %}",
                    "{% if a < b %}{% endif %}",
                    "{% if a in b %}{% endif %}",
                    "{{ a|pprint }}",
                    "{{ a|json_script }}",
                    "{{ a|unordered_list }}",
                    "{{ a|join:',' }}",
                    "{{ a|stringformat:'r' }}",
                    "{{ a|length }}",
                    "{{ a|dictsort:0 }}",
                    "{% ifchanged a %}{% endifchanged %}",
                    "{% for x in 'ab' %}{% ifchanged a %}{% endifchanged %}{% endfor %}",
                    "{{ a|safeseq }}",
                    "{{ a|escapeseq }}",
                    "{{ a|default:b|add:b }}",
                    "{{ a|first|last }}",
                ] {
                    // Python raises for members of a mapping by number.
                    let expected = match (open, source) {
                        ("[{\"a\": ", "{{ a|dictsort:0 }}")
                        | ("{\"a\": " | "[{\"a\": ", "{{ a|first|last }}") => "render-error",
                        _ => "printed",
                    };
                    let codes = of_source(source.to_owned(), &context);
                    assert_eq!(codes, [expected], "{open} {n} {source}");
                }
            }
        }
    });
}

#[test]
fn groups_of_groups() {
    in_a_small_thread(|| {
        for end in [
            "",
            "{{ g }}",
            "{% if g == g %}{% endif %}",
            "{{ g|pprint }}",
            "{{ g|json_script }}",
            "{{ g|unordered_list }}",
            "{% if g < g %}{% endif %}",
            "{{ g|safeseq|join:'x' }}",
            "{% for x in 'ab' %}{% ifchanged g %}{% endifchanged %}{% endfor %}",
        ] {
            let groups = |n| {
                let regroup = "{% regroup g by n as g %}".repeat(n);
                of_source(
                    format!("{{% regroup l by n as g %}}{regroup}{end}"),
                    &context(),
                )
            };
            assert_eq!(groups(9), ["printed"], "{end}");
            assert_eq!(groups(10), ["render-error"], "{end}");
            assert_eq!(groups(20_000), ["render-error"], "{end}");
        }
    });
}

/// What is inside these is HTML, and no element of MJML; so it is in what MJML does not know.
const OPAQUE: &[&str] = &[
    "mj-text",
    "mj-raw",
    "mj-button",
    "mj-table",
    "div",
    "mj-foo",
];

#[test]
fn elements_in_elements() {
    in_a_small_thread(|| {
        for name in [
            "mj-section",
            "mj-column",
            "mj-wrapper",
            "mj-group",
            "mj-hero",
            "mj-text",
            "mj-raw",
            "mj-accordion",
            "mj-accordion-element",
            "mj-navbar",
            "mj-carousel",
            "mj-social",
            "mj-button",
            "mj-table",
            "mj-head",
            "mj-body",
            "mjml",
            "div",
            "mj-foo",
        ] {
            for tag in ["", "{% if a %}"] {
                for n in [40, 90, 97, 98, 99, 100, 101] {
                    let end = if tag.is_empty() { "" } else { "{% endif %}" };
                    let mjml = format!(
                        "<mjml><mj-body>{}{}</mj-body></mjml>",
                        format!("{tag}<{name}>").repeat(n),
                        format!("</{name}>{end}").repeat(n)
                    );
                    let expected = if n > 98 && !OPAQUE.contains(&name) {
                        "too-deep"
                    } else {
                        "compiled"
                    };
                    let found = compile_mjml(&[("body.mjml".to_owned(), mjml)]);
                    assert_eq!(found, expected, "{tag} {name} {n}");
                }
            }
        }
        let mut all = String::new();
        let mut ends = String::new();
        for n in 0..97 {
            let name = ["mj-wrapper", "mj-section", "mj-column", "mj-group"][n % 4];
            all += &format!("<{name}>");
            ends = format!("</{name}>{ends}");
        }
        let mjml = format!("<mjml><mj-body>{all}{ends}</mj-body></mjml>");
        assert_eq!(compile_mjml(&[("body.mjml".to_owned(), mjml)]), "compiled");
    });
}

#[test]
fn includes_in_elements() {
    in_a_small_thread(|| {
        for include in ["<mj-include path='NEXT' />", "{% include 'NEXT' %}"] {
            let mut files = vec![(
                "body.mjml".to_owned(),
                format!(
                    "<mjml><mj-body>{}</mj-body></mjml>",
                    include.replace("NEXT", "p0.mjml")
                ),
            )];
            for n in 0..31 {
                let next = include.replace("NEXT", &format!("p{}.mjml", n + 1));
                files.push((format!("p{n}.mjml"), format!("<mj-wrapper><mj-section><mj-column>{next}</mj-column></mj-section></mj-wrapper>")));
            }
            files.push(("p31.mjml".to_owned(), "<mj-text>x</mj-text>".to_owned()));
            assert_eq!(compile_mjml(&files), "compiled", "{include}");
        }
    });
}

/// What comes of an MJML document: the code of its first error, or `compiled`.
fn compile_mjml(files: &[(String, String)]) -> &'static str {
    let mut sources = Sources::new();
    let files: Vec<_> = files
        .iter()
        .map(|(name, text)| {
            let source = Source::new(name.clone(), text.clone());
            (name, source.clone(), sources.add(source))
        })
        .collect();
    let load = |wanted: &str| -> Option<Vec<Token<'_>>> {
        let (_, source, id) = files.iter().find(|(name, ..)| *name == wanted)?;
        Some(lex(source.text(), *id))
    };
    let loader = Loader {
        sources: &sources,
        name: files[0].0,
        dialect: Dialect::Klaviyo,
        load: &load,
        names: &Vec::new,
        picked: None,
    };
    match compile(load(files[0].0).expect("a file"), &loader) {
        Ok(_) => "compiled",
        Err(errors) => errors[0].code,
    }
}

#[test]
fn html_in_html() {
    in_a_small_thread(|| {
        for (open, close) in [
            ("<b>", "</b>"),
            ("<table><tr><td>", "</td></tr></table>"),
            ("<ul><li>", "</li></ul>"),
            ("{% if a %}<p>", "</p>{% endif %}"),
            ("<a href='x'>", "</a>"),
        ] {
            let html = open.repeat(20_000) + "x" + &close.repeat(20_000);
            let source = Source::new("x".to_owned(), html);
            let mut sources = Sources::new();
            let id = sources.add(source.clone());
            letterpress::plaintext::from_html(&lex(source.text(), id));
            let template = Template::from_source("{{ x|striptags }}{{ x|truncatewords_html:3 }}{{ x|truncatechars_html:3 }}{{ x|urlize }}").expect("it is right");
            let context =
                value::from_serialize(&std::collections::BTreeMap::from([("x", source.text())]))
                    .expect("JSON");
            let _ = template.render_html(&context);
        }
    });
}
