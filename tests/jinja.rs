//! Emails in Jinja: `dialect = "jinja"`.

use std::collections::BTreeSet;

use letterpress::email::{Email, EmailError, Engine, FixedWorld, Outcome, Recipient};
use letterpress::language::{Dialect, Library, Limits, ReadState, Registry};
use letterpress::value::from_json;

const MANIFEST: &str = r#"
kind = "flow"
dialect = "jinja"
subject = "{{ name.upper() }}{% if event %}: {{ event.items|length }} {{ 'item' if event.items|length == 1 else 'items' }}{% endif %}"
preheader = "{{ event.items|map(attribute='title')|join(', ') }}"
from = "{{ organization.name|default('Tea') }} <tea@example.com>"
reply_to = "{{ 'care' ~ '@example.com' }}"
"#;

const BODY: &str = r#"<mjml>
  <mj-body>
    {%- from "_partials/macros.html" import price -%}
    {% include "_partials/header.mjml" %}
    {% for item in event.items %}
    <mj-section><mj-column>
      <mj-text>{{ loop.index }}. {{ item.title }} {{ price(item.price) }}</mj-text>
      <mj-button href="{{ item.url }}?n={{ item.price|floatformat(0) }}">Buy {% raw %}{{ it }}{% endraw %}</mj-button>
    </mj-column></mj-section>
    {%- endfor %}
    <mj-section><mj-column>
      <mj-text>{{ coupon_code('Welcome') }} {{ catalog_item(event.id).title }} {{
        unsubscribe('Stop')
      }}</mj-text>
    </mj-column></mj-section>
  </mj-body>
</mjml>"#;

const HEADER: &str =
    "<mj-section><mj-column><mj-text>Hello {{ name }}</mj-text></mj-column></mj-section>";

const MACROS: &str = "{% macro price(of) %}<b>{{ currency_format(of) }}</b>{% endmacro %}";

fn engine(body: &str) -> Engine {
    Engine::builder()
        .template("cart/email.toml", MANIFEST)
        .template("cart/body.mjml", body)
        .template("_partials/header.mjml", HEADER)
        .template("_partials/macros.html", MACROS)
        .build()
        .unwrap()
}

fn world() -> FixedWorld {
    FixedWorld::at("2026-11-20T18:00:00[America/New_York]".parse().unwrap()).with_catalog_item(
        "T-1",
        from_json(r#"{"title": "Kettle & cup"}"#).unwrap(),
        true,
    )
}

fn recipient(json: &str) -> Recipient {
    Recipient::from_context(from_json(json).unwrap())
}

const ADA: &str = r#"{"name": "<Ada>", "event": {"id": "T-1", "items": [
    {"title": "Oolong", "price": 19.9, "url": "https://shop.example/o"},
    {"title": "Tea & <b>", "price": 4, "url": "https://shop.example/t"}]}}"#;

fn with_coupon() -> FixedWorld {
    world().with_coupon("Welcome", "TEA-1")
}

fn rendered(email: &Email, json: &str) -> letterpress::email::Rendered {
    match email.render(&recipient(json), &with_coupon()) {
        Outcome::Rendered(mail) => *mail,
        other => panic!("{other:?}"),
    }
}

#[test]
fn all_parts_of_an_email_are_jinja() {
    let engine = engine(BODY);
    let email = engine.email("cart").unwrap();
    assert!(!email.compiled_for_each());
    let mail = rendered(&email, ADA);
    assert_eq!(mail.subject, "<ADA>: 2 items");
    assert_eq!(mail.preheader, "Oolong, Tea & <b>");
    assert_eq!(mail.from, "Tea <tea@example.com>");
    assert_eq!(mail.reply_to.as_deref(), Some("care@example.com"));
    for part in [
        "Hello &lt;Ada&gt;",
        "1. Oolong <b>$19.90</b>",
        "2. Tea &amp; &lt;b&gt; <b>$4.00</b>",
        "href=\"https://shop.example/o?n=20\"",
        "Buy {{ it }}",
        "TEA-1 Kettle &amp; cup <a href=\"#unsubscribe\">Stop</a>",
        "Oolong, Tea &amp; &lt;b&gt;</div>",
    ] {
        assert!(mail.html.contains(part), "no {part} in\n{}", mail.html);
    }
    for part in ["Hello <Ada>", "2. Tea & <b> $4.00", "TEA-1 Kettle & cup"] {
        assert!(mail.text.contains(part), "no {part} in\n{}", mail.text);
    }
    assert!(!mail.text.contains("<b>$"), "{}", mail.text);
}

#[test]
fn what_an_email_needs_is_read_from_its_tags() {
    let engine = Engine::builder()
        .template("a/email.toml", "dialect = \"jinja\"\nsubject = \"{{ feeds.BEST[0].title }}\"")
        .template(
            "a/body.html",
            "{% if false %}{{ event.x }}{{ catalog_item('1').title }}{% endif %}{{ feeds['NEW']|first }}\
             {% include 'p.html' %}{{ barcode('Bar', coupon=true) }}{{ feeds|lookup('OLD') }}",
        )
        .template("p.html", "{{ coupon_code('Welcome') }}")
        .build()
        .unwrap();
    let email = engine.email("a").unwrap();
    let needs = email.needs();
    let set = |names: &[&str]| {
        names
            .iter()
            .map(|n| (*n).to_owned())
            .collect::<BTreeSet<_>>()
    };
    assert!(needs.event && needs.catalog);
    assert_eq!(needs.feeds, set(&["BEST", "NEW", "OLD"]));
    assert_eq!(needs.coupons, set(&["Bar", "Welcome"]));
}

#[test]
fn the_three_outcomes() {
    let engine = engine(BODY);
    let email = engine.email("cart").unwrap();
    match email.render(&recipient(ADA), &world()) {
        Outcome::Skipped(skip) => {
            assert_eq!(skip.reason.code(), "coupon_unavailable");
            assert_eq!(skip.at.unwrap().to_string(), "cart/body.mjml:12:19");
        }
        other => panic!("{other:?}"),
    }
    let unknown = ADA.replace("T-1", "T-9");
    match email.render(&recipient(&unknown), &with_coupon()) {
        Outcome::Skipped(skip) => {
            assert_eq!(skip.reason.code(), "catalog_item_unavailable");
            assert_eq!(skip.at.unwrap().to_string(), "cart/body.mjml:12:48");
        }
        other => panic!("{other:?}"),
    }
    let broken = engine_error(&BODY.replace("item.price|floatformat(0)", "item.title + 1"));
    assert!(broken.starts_with("cart/body.mjml:8:"), "{broken}");
}

fn engine_error(body: &str) -> String {
    let engine = engine(body);
    let email = engine.email("cart").unwrap();
    match email.render(&recipient(ADA), &with_coupon()) {
        Outcome::Failed(failed) => failed.diagnostics[0]
            .primary
            .as_ref()
            .unwrap()
            .at
            .to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn errors_name_their_line_in_the_file() {
    let errors = |body: &str| match engine(body).email("cart") {
        Err(EmailError::Invalid { diagnostics, .. }) => diagnostics,
        other => panic!("{other:?}"),
    };
    let found = errors(&BODY.replace("coupon_code('Welcome')", "name|shuot"));
    assert_eq!(found.len(), 1, "{found:?}");
    let text = found[0].to_text(false);
    assert!(text.contains("Invalid filter: 'shuot'"), "{text}");
    assert!(text.contains("cart/body.mjml:12:24"), "{text}");
    let found = errors(&BODY.replace("{{ item.title }}", "{{ item. }}"));
    let text = found[0].to_text(false);
    assert!(text.contains("cart/body.mjml:7:43"), "{text}");
    // The help for people who come from Jinja is not for those who stay.
    let found = errors(&BODY.replace("{{ item.title }}", "{% assign x = 1 %}"));
    assert!(!format!("{found:?}").contains("Liquid"), "{found:?}");
}

#[test]
fn a_batch_is_the_same_on_any_number_of_threads() {
    let engine = engine(BODY);
    let email = engine.email("cart").unwrap();
    let world = with_coupon();
    let people = || {
        (0..500).map(|n| {
            let id = if n % 7 == 0 { "T-9" } else { "T-1" };
            recipient(&format!(
                r#"{{"name": "P{n}", "event": {{"id": "{id}", "items": [{{"title": "x{n}", "price": {n}}}]}}}}"#
            ))
        })
    };
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let mut all = Vec::new();
        let summary = email
            .batch(&world)
            .pool(&pool)
            .run(people(), |turn| all.push(format!("{:?}", turn.outcome)));
        assert_eq!(
            (summary.rendered, summary.skipped.values().sum::<usize>()),
            (428, 72)
        );
        all
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn mjml_whose_structure_depends_on_tags_is_compiled_for_each() {
    let body = "<mjml><mj-body><mj-section>{% for c in columns %}<mj-column><mj-text>{{ c }}</mj-text></mj-column>{% endfor %}\
                </mj-section></mj-body></mjml>";
    let engine = engine(body);
    let email = engine.email("cart").unwrap();
    assert!(email.compiled_for_each());
    let mail = rendered(
        &email,
        r#"{"columns": ["{{ a }}", "b"], "event": {"items": []}}"#,
    );
    assert!(mail.html.contains("mj-column-per-50"), "{}", mail.html);
    assert!(mail.html.contains("{{ a }}") && mail.text.contains("{{ a }}"));
}

#[test]
fn an_own_text_part_and_a_trace() {
    let engine = Engine::builder()
        .template(
            "a/email.toml",
            "dialect = \"jinja\"\nsubject = \"{{ nobody }}\"",
        )
        .template("a/body.html", "<p>{{ name }} {{ nobody.x }}</p>")
        .template("a/body.txt", "{{ name }}: {{ unsubscribe() }}")
        .build()
        .unwrap();
    let email = engine.email("a").unwrap();
    let (outcome, trace) = email.render_traced(&recipient(r#"{"name": "<Ada>"}"#), &world());
    let mail = outcome.rendered().unwrap();
    assert_eq!(mail.text, "<Ada>: Unsubscribe (#unsubscribe)\n");
    let reads: Vec<(&str, ReadState)> = trace
        .html
        .iter()
        .flat_map(|part| part.reads())
        .map(|read| (&*read.path, read.state))
        .collect();
    assert_eq!(
        reads,
        [("name", ReadState::Found), ("nobody.x", ReadState::Missing)]
    );
}

#[test]
fn references_in_tags_are_read_but_not_in_raw() {
    let engine = Engine::builder()
        .template("a/email.toml", "dialect = \"jinja\"\nsubject = \"x\"")
        .template(
            "a/body.html",
            "{% if 2 &gt; 1 %}yes{% endif %}{% raw %}{{ a &gt; b }}{% endraw %}",
        )
        .build()
        .unwrap();
    let mail = rendered(&engine.email("a").unwrap(), "{}");
    assert_eq!(mail.html, "yes{{ a &gt; b }}");
}

#[test]
fn filters_of_the_caller_are_there_with_all_their_arguments() {
    let engine = Engine::builder()
        .filter(
            "wrap",
            |text: String, with: Option<String>, times: Option<u32>| {
                let with = with
                    .unwrap_or_else(|| "*".into())
                    .repeat(times.unwrap_or(1) as usize);
                format!("{with}{text}{with}")
            },
        )
        .template("a.txt", "{{ 'x'|wrap }} {{ 'x'|wrap('-', 2) }}")
        .build()
        .unwrap();
    let email = engine.document_in(Dialect::Jinja, "a.txt").unwrap();
    assert_eq!(rendered(&email, "{}").html, "*x* --x--");
}

#[test]
fn an_unknown_dialect_names_the_nearest() {
    let engine = Engine::builder()
        .template("a/email.toml", "dialect = \"jinjs\"")
        .template("a/body.html", "")
        .build()
        .unwrap();
    match engine.email("a") {
        Err(EmailError::Invalid { diagnostics, .. }) => {
            let text = diagnostics[0].to_text(false);
            assert!(text.contains("did you mean \"jinja\"?"), "{text}");
        }
        other => panic!("{other:?}"),
    }
}

/// A thread's stack is two megabytes, and nothing here may need more.
#[test]
fn depth_ends_with_an_error_not_with_the_stack() {
    let deep = |open: &str, close: &str, n: usize| open.repeat(n) + "x" + &close.repeat(n);
    let sources = [
        deep("{% if true %}", "{% endif %}", 100_000),
        format!("{{{{ {} }}}}", deep("(", ")", 100_000)),
        format!("{{{{ {} }}}}", deep("[", "]", 100_000)),
        format!("{{{{ {}x }}}}", "not ".repeat(100_000)),
        format!("{{{{ x{} }}}}", "|upper".repeat(100_000)),
        format!("{{{{ x{} }}}}", ".y".repeat(100_000)),
        format!("{{{{ x{} }}}}", " ~ x".repeat(100_000)),
        format!(
            "{{% if x %}}{}{{% endif %}}",
            "{% elif x %}".repeat(100_000)
        ),
        format!("{{{{ x{}", "|upper".repeat(100_000)),
        "{% include 'main.html' %}".into(),
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}".into(),
        "{% macro m() %}{% include 'main.html' %}{% endmacro %}{{ m() }}".into(),
        "{% for a in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}".into(),
        "{% extends 'main.html' %}".into(),
        "{% block a %}{% include 'main.html' %}{% endblock %}".into(),
    ];
    for source in sources {
        let shown = source[..30.min(source.len())].to_owned();
        let thread = std::thread::Builder::new()
            .stack_size(2 << 20)
            .spawn(move || {
                let mut library = Library::new(Registry::standard(), Limits::default());
                let source = letterpress::diagnostic::Source::new("main.html", source);
                library.add("main.html", source);
                let library = std::sync::Arc::new(library);
                match library.template_in(Dialect::Jinja, "main.html") {
                    Ok(template) => {
                        drop(template.render_html(&from_json(r#"{"x": "a"}"#).unwrap()))
                    }
                    Err(errors) => assert!(!errors.is_empty()),
                }
            });
        assert!(thread.unwrap().join().is_ok(), "{shown}");
    }
}

#[test]
fn check_says_nothing_of_names_in_jinja() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("letterpress.toml", "");
    write(
        "templates/a/email.toml",
        "dialect = \"jinja\"\nsubject = \"{{ nobody.x }}\"",
    );
    write(
        "templates/a/body.html",
        "{% set x = event.nothing %}{{ x.y|default(1) }}<a href=\"javascript:x\">x</a>",
    );
    let project =
        letterpress::project::Project::open(folder.path().join("letterpress.toml")).unwrap();
    let now = "2026-11-20T18:00:00[UTC]".parse().unwrap();
    let checker = letterpress::check::Checker::new(&project, &now).unwrap();
    let found = checker.email("a").unwrap();
    let codes: Vec<&str> = found.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["missing-unsubscribe", "javascript-link"]);
    assert!(
        found[0]
            .to_text(false)
            .contains("{{ unsubscribe('Unsubscribe') }}")
    );
}
