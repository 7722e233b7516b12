//! What may stand in each other, as deep as it may, goes through the stack of an ordinary thread: 2 MiB, in a debug build
//! too, with room left for the program that calls.

use letterpress::diagnostic::Source;
use letterpress::language::{Library, Limits, Registry, Sources, Template, Token, lex};
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
        for inside in ["{{ block.super }}".to_owned(), format!("{{% if {}block.super %}}{{% endif %}}", "not ".repeat(20)),
            format!("{{% if {}block.super %}}{{% endif %}}", "not ".repeat(498)),
            "{% filter upper %}{% with a=block.super|default:block.super %}{{ a }}{% endwith %}{% endfilter %}".to_owned(),
            "{% for x in l %}{% ifchanged %}{% if 1 in block.super %}{% endif %}{% endifchanged %}{% endfor %}".to_owned(),
        ] {
            let codes = outcome(&layouts(33, &inside), &context());
            println!("{codes:?}");
        }
    });
}

#[test]
fn long_conditions() {
    in_a_small_thread(|| {
        for (piece, n) in [
            ("not ", 499),
            ("a or ", 249),
            ("a and ", 249),
            ("a == ", 249),
            ("a or not ", 166),
            ("a == not ", 166),
            ("a in not ", 166),
            ("a or b and c == not ", 70),
        ] {
            let source = format!("{{% if {}a %}}{{% endif %}}", piece.repeat(n));
            println!("{piece} {:?}", of_source(source, &context()));
        }
    });
}

#[test]
fn values_in_values() {
    in_a_small_thread(|| {
        for (open, close) in [("[", "]"), ("{\"a\": ", "}"), ("[{\"a\": ", "}]")] {
            for n in [127, 128, 63, 100_000] {
                let inside = open.repeat(n) + "1" + &close.repeat(n);
                let json = format!("{{\"a\": {inside}, \"b\": {inside}}}");
                let Ok(context) = value::from_json(&json) else {
                    continue;
                };
                println!("{open} {n}");
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
                    let codes = of_source(source.to_owned(), &context);
                    if codes != ["printed"] {
                        println!("{source} {codes:?}");
                    }
                }
            }
        }
    });
}

#[test]
fn groups_of_groups() {
    in_a_small_thread(|| {
        let n = std::env::var("DEPTH_N")
            .ok()
            .and_then(|k| k.parse().ok())
            .unwrap_or(20_000);
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
            let source = "{% regroup l by n as g %}".to_owned()
                + &"{% regroup g by n as g %}".repeat(n)
                + end;
            println!("{end} {:?}", of_source(source, &context()));
        }
    });
}

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
                    compile_mjml(&[("body.mjml".to_owned(), mjml)]);
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
        compile_mjml(&[(
            "body.mjml".to_owned(),
            format!("<mjml><mj-body>{all}{ends}</mj-body></mjml>"),
        )]);
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
            compile_mjml(&files);
        }
    });
}

fn compile_mjml(files: &[(String, String)]) {
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
        load: &load,
        names: &Vec::new,
    };
    if let Err(errors) = compile(load(files[0].0).expect("a file"), &loader)
        && std::env::var("DEPTH_SHOW").is_ok()
    {
        println!("{}", errors[0].title);
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
