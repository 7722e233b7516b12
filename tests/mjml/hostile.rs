//! Documents that nobody writes in good faith: each ends in HTML or in errors, soon, and never in a panic.

use super::Files;
use super::twin::{Dice, document};

#[test]
fn mad_nesting_is_an_error_or_harmless() {
    let deep = |open: &str, close: &str| {
        let n = 100_000;
        format!(
            "<mjml><mj-body>{}{}</mj-body></mjml>",
            open.repeat(n),
            close.repeat(n)
        )
    };
    for (open, close) in [
        ("<mj-section>", "</mj-section>"),
        ("<mj-section>", ""),
        ("<mj-column>", "</mj-column>"),
        ("<mj-text>", "</mj-text>"),
        ("<mj-text>", ""),
        ("<div>", "</div>"),
        ("<mj-foo>", "</mj-foo>"),
        ("<q/>", ""),
        ("</mj-text>", ""),
        ("<!--", ""),
        ("{% comment %}\n", ""),
        ("{% if a %}\n", ""),
        ("{% if a %}\n", "{% endif %}\n"),
        ("<mj-text><mj-text></mj-text>", ""),
        ("<", ""),
        ("x <", ""),
        ("<mj-image ", ""),
        ("<mj-image a=\"", ""),
    ] {
        let outcome = Files::one(&deep(open, close)).compile();
        assert!(
            outcome.errors.len() <= 400,
            "{open}: {}",
            outcome.errors.len()
        );
    }
    let b = "<b>".repeat(100_000) + &"</b>".repeat(100_000);
    let mjml = format!(
        "<mjml><mj-body><mj-section><mj-column><mj-text>{b}</mj-text></mj-column></mj-section></mj-body></mjml>"
    );
    assert!(Files::one(&mjml).compile().text().contains(&b));
}

#[test]
fn mad_styles_are_errors_or_harmless() {
    let document = |css: &str, html: &str| {
        let mjml = format!(
            "<mjml><mj-head><mj-style inline=\"inline\">{css}</mj-style></mj-head><mj-body><mj-section><mj-column>\
             <mj-text>{html}</mj-text></mj-column></mj-section></mj-body></mjml>"
        );
        Files::one(&mjml).compile()
    };
    let rule = "b, p > b { color: red }";
    let n = 40_000;
    let nested = "<b>".repeat(n) + &"</b>".repeat(n);
    assert!(
        document(rule, &nested)
            .text()
            .contains("style=\"color: red;\"")
    );
    for html in [
        "<p><b>",
        "<b></p>",
        "<td><a>",
        "<b style='",
        "<!--",
        "<style>",
        "</",
    ] {
        let outcome = document(rule, &html.repeat(20_000));
        assert!(outcome.errors.len() <= 1, "{html}");
    }
    assert_eq!(
        document(rule, &"<b>".repeat(200_000)).errors[0].code,
        "too-large"
    );
    assert_eq!(
        document(&"b{c:d}".repeat(50_000), &"<b></b>".repeat(1_000)).errors[0].code,
        "too-large"
    );
    for css in [
        "{",
        "}",
        "@media {",
        "/*",
        "a[href=\"",
        "b{color:red",
        "b{:;;:}",
        "\\",
        "a,,b{x:y}",
    ] {
        document(&css.repeat(10_000), "<b>a</b>");
    }
}

#[test]
fn documents_that_grow_too_large_are_errors() {
    let text = "x".repeat(11 << 20);
    let mjml = format!(
        "<mjml><mj-body><mj-section><mj-column><mj-text>{text}</mj-text></mj-column></mj-section></mj-body></mjml>"
    );
    assert_eq!(Files::one(&mjml).compile().errors[0].code, "too-large");
    for open in ["<mj-spacer />", "{% if a %}\n"] {
        let mjml = format!("<mjml><mj-body>{}</mj-body></mjml>", open.repeat(100_000));
        assert_eq!(Files::one(&mjml).compile().errors[0].code, "too-large");
    }
    // Thirty levels, each of which includes the next one twice.
    let mut files = Files::one("<mjml><mj-body>{% include 'p0.mjml' %}</mj-body></mjml>");
    for n in 0..30 {
        let next = n + 1;
        let twice = format!("{{% include 'p{next}.mjml' %}}<mj-include path='p{next}.mjml' />");
        files.files.push((format!("p{n}.mjml"), twice));
    }
    files.files.push(("p30.mjml".to_owned(), String::new()));
    assert_eq!(files.compile().errors[0].code, "too-large");
    // Fifty levels.
    let mut files = Files::one("<mjml><mj-body>{% include 'p0.mjml' %}</mj-body></mjml>");
    for n in 0..50 {
        files.files.push((
            format!("p{n}.mjml"),
            format!("{{% include 'p{}.mjml' %}}", n + 1),
        ));
    }
    assert_eq!(files.compile().errors[0].code, "include-depth");
}

/// The code of the only error, or nothing.
fn refused(mjml: &str) -> &'static str {
    let outcome = Files::one(mjml).compile();
    let errors: Vec<_> = outcome
        .errors
        .iter()
        .filter(|error| error.is_error())
        .collect();
    for error in &errors {
        assert!(
            error.primary.is_some() && !error.help.is_empty(),
            "{error:?}"
        );
    }
    assert!(errors.len() <= 1, "{errors:?}");
    errors.first().map_or("", |error| error.code)
}

fn column(head: &str, rows: &str) -> String {
    format!(
        "<mjml><mj-head>{head}</mj-head><mj-body><mj-section><mj-column>{rows}</mj-column></mj-section></mj-body></mjml>"
    )
}

#[test]
fn what_grows_with_its_square_is_refused() {
    let carousel = |images: usize| {
        let images = "<mj-carousel-image src='x' />".repeat(images);
        format!("<mj-carousel>{images}</mj-carousel>")
    };
    assert_eq!(refused(&column("", &carousel(100))), "");
    assert_eq!(refused(&column("", &carousel(3_000))), "too-large");
    assert_eq!(refused(&column("", &carousel(100).repeat(30))), "too-large");
    let fonts = |number: usize| "<mj-font name='x' href='y' />".repeat(number);
    assert_eq!(refused(&column(&fonts(500), "")), "");
    assert_eq!(refused(&column(&fonts(501), "")), "too-large");
    let attributes: String = (0..100).map(|n| format!("a{n}='' ")).collect();
    let row = format!("<mj-text {attributes}/>");
    assert_eq!(refused(&column("", &row.repeat(1_000))), "");
    assert_eq!(refused(&column("", &row.repeat(2_001))), "too-large");
    // Of one element so many are looked at, and no more kept.
    let many = format!("<mj-text {}>a</mj-text>", "color='red' ".repeat(500_000));
    assert_eq!(refused(&column("", &many)), "");
}

#[test]
fn what_is_set_on_all_elements_is_bounded() {
    let long = "x".repeat(100_000);
    let rows = |times: usize| "<mj-text mj-class='c'>a</mj-text>".repeat(times);
    for setting in ["mj-all", "mj-text", "mj-class name='c'"] {
        for attribute in ["font-family", "css-class", "padding"] {
            let head = format!("<mj-attributes><{setting} {attribute}='{long}' /></mj-attributes>");
            assert_eq!(refused(&column(&head, &rows(1))), "", "{setting}");
            assert_eq!(
                refused(&column(&head, &rows(1_000))),
                "too-large",
                "{setting}"
            );
        }
    }
    let head = format!(
        "<mj-attributes><mj-class name='c'><mj-social-element color='{long}' /></mj-class></mj-attributes>"
    );
    let elements = "<mj-social-element>a</mj-social-element>".repeat(1_000);
    let social = format!("<mj-social mj-class='c'>{elements}</mj-social>");
    assert_eq!(refused(&column(&head, &social)), "too-large");
    // The same class again and again, whose CSS classes are joined each time.
    let head = "<mj-attributes><mj-class name='c' css-class='k' /></mj-attributes>";
    let text = format!("<mj-text mj-class='{}'>a</mj-text>", "c ".repeat(1_000_000));
    assert_eq!(refused(&column(head, &text)), "too-large");
    // A long list of classes, which each element below looks through.
    let mjml = format!(
        "<mjml><mj-body><mj-section mj-class='{}'><mj-column>{}</mj-column></mj-section></mj-body></mjml>",
        "d ".repeat(50_000),
        "<mj-text>a</mj-text>".repeat(1_000)
    );
    assert_eq!(refused(&mjml), "too-large");
}

#[test]
fn html_that_grows_too_large_is_refused() {
    let text = |inner: &str, head: &str| column(head, &format!("<mj-text>{inner}</mj-text>"));
    assert_eq!(refused(&text(&"<b>x".repeat(400_000), "")), "");
    assert_eq!(refused(&text(&"<b>x".repeat(600_000), "")), "too-large");
    let rows = "<mj-button href='é' css-class='a b'>a</mj-button>".repeat(15_000);
    assert_eq!(refused(&column("", &rows)), "too-large");
    let long = "x".repeat(100_000);
    let inline = |css: &str| format!("<mj-style inline='inline'>{css}</mj-style>");
    let b = "<b>x</b>".repeat(1_000);
    assert_eq!(
        refused(&text(&b, &inline(&format!("b {{ color: {long} }}")))),
        "too-large"
    );
    let attribute = format!(
        "<mj-html-attributes><mj-selector path='b'><mj-html-attribute name='a'>{long}</mj-html-attribute></mj-selector></mj-html-attributes>"
    );
    assert_eq!(refused(&text(&b, &attribute)), "too-large");
}

#[test]
fn selectors_and_declarations_that_take_too_long_are_refused() {
    let text = |inner: &str, css: &str| {
        let head = format!("<mj-style inline='inline'>{css}</mj-style>");
        column(&head, &format!("<mj-text>{inner}</mj-text>"))
    };
    let declarations =
        |number: usize| -> String { (0..number).map(|n| format!("c{n}:d;")).collect() };
    let b = "<b>x</b>".repeat(1_000);
    // Many declarations in one element: its own, of one rule, of many rules.
    let own = format!("<b style='{}'>x</b>", declarations(20_000));
    assert_eq!(refused(&text(&own, "b { c: d }")), "too-large");
    assert_eq!(
        refused(&text(&b, &format!("b {{ {} }}", declarations(1_000)))),
        "too-large"
    );
    let rules: String = (0..1_000).map(|n| format!("b {{ c{n}: d }}")).collect();
    assert_eq!(refused(&text(&b, &rules)), "too-large");
    assert_eq!(refused(&text("<b>x</b>", &rules)), "");
    // Many attributes, many classes, long values.
    let attributes: String = (0..1_000).map(|n| format!("a{n}='' ")).collect();
    assert_eq!(
        refused(&text(&format!("<b {attributes}>x</b>"), "b { c: d }")),
        "too-large"
    );
    let classes =
        |n: usize, with: &str| -> String { (0..n).map(|n| format!("{with}a{n}")).collect() };
    let classy = format!("<b class='{}'>x</b>", classes(20_000, " ")).repeat(10);
    assert_eq!(
        refused(&text(
            &classy,
            &format!("b{} {{ c: d }}", classes(20_000, "."))
        )),
        "too-large"
    );
    let titled = format!("<b title='{}'>x</b>", "a".repeat(20_000)).repeat(100);
    let rules: String = (0..5_000)
        .map(|n| format!("[title*='aab{n}'] {{ c: d }}"))
        .collect();
    assert_eq!(refused(&text(&titled, &rules)), "too-large");
    let siblings = "i ~ b:not(b:not(b:not(i))) ~ b:nth-child(2n+1) { c: d }".repeat(400);
    assert_eq!(
        refused(&text(&"<b>x</b>".repeat(10_000), &siblings)),
        "too-large"
    );
    // A long selector for many attributes is kept once.
    let path = "b, ".repeat(300_000);
    let set: String = (0..10_000)
        .map(|n| format!("<mj-html-attribute name='a{n}'>x</mj-html-attribute>"))
        .collect();
    let head = format!(
        "<mj-html-attributes><mj-selector path='{path}b'>{set}</mj-selector></mj-html-attributes>"
    );
    assert_eq!(
        refused(&column(&head, "<mj-text><b>x</b></mj-text>")),
        "too-large"
    );
}

#[test]
fn a_message_shows_little_of_what_it_is_about() {
    let outcome = Files::one(&"x\n\n".repeat(100_000)).compile();
    for message in outcome.errors.iter().chain(&outcome.findings) {
        let place = message.primary.as_ref().expect("a place");
        assert!(place.at.text().len() <= 2_000, "{message}");
    }
    assert_eq!(outcome.errors[0].code, "no-mjml");
}

#[test]
fn honest_large_emails_compile() {
    let row = "<mj-section padding='0 10px'><mj-column><mj-image src='https://x.example/a.png' alt='Tea' />\
               <mj-text mj-class='small' padding='0'>Hello {{ a }}, <b class='k'>tea</b> &amp; more</mj-text>\
               <mj-button href='https://x.example/{{ a }}'>Shop</mj-button></mj-column></mj-section>\n";
    let row = row.replace(
        "&amp; more",
        &"&amp; more of it, told at length ".repeat(30),
    );
    let rows = row.repeat((1 << 20) / row.len());
    let rules: String = (0..60)
        .map(|n| format!(".k{n}, td.k > b {{ color: #ab{n:02}cd; margin: {n}px }}"))
        .collect();
    let mjml = format!(
        "<mjml><mj-head><mj-attributes><mj-all font-family='Roboto, Arial' /><mj-class name='small' font-size='11px' />\
         </mj-attributes><mj-style inline='inline'>b {{ color: red }}{rules}</mj-style></mj-head><mj-body>{rows}</mj-body></mjml>"
    );
    assert_eq!(refused(&mjml), "");
}

#[test]
fn text_that_looks_like_our_words_makes_them_no_longer() {
    let rows = "<mj-text css-class='é' color='é'>a</mj-text>".repeat(2_000);
    let like_ours = format!("<mj-text>Lp{}</mj-text>", "x".repeat(1_000_000));
    let text = Files::one(&column("", &(rows + &like_ours)))
        .compile()
        .text();
    assert!(text.len() < 4_000_000, "{}", text.len());
}

#[test]
fn mutated_documents_never_panic() {
    const BITS: &[&str] = &[
        "<",
        ">",
        "/",
        "\"",
        "'",
        "=",
        "<!--",
        "-->",
        "{%",
        "%}",
        "{{",
        "}}",
        "{% if a %}",
        "{% endif %}",
        "{% for a in b %}",
        "{% endfor %}",
        "{% include 'body.mjml' %}",
        "<mj-include path='body.mjml' />",
        "<mj-raw>",
        "</mj-raw>",
        "<mj-head><mj-style inline='inline'>td, p:first-child, .a > b { color: red; width: 1px }</mj-style></mj-head>",
        "<mj-head><mj-html-attributes><mj-selector path='td'><mj-html-attribute name='x'>y</mj-html-attribute>",
        "<mj-wrapper gap='1px'>",
        "<mj-social-element icon-position='right'>",
        "<p class='a' style=\"",
        "<mj-text>",
        "</mj-text>",
        "<mj-column>",
        "</mj-section>",
        "<mj-wrapper>",
        "<mj-hero mode='fluid-height'>",
        "<mj-carousel>",
        "<mj-carousel-image src='x' />",
        "<mj-navbar hamburger='hamburger'>",
        "<mj-navbar-link>",
        "<mj-accordion>",
        "<mj-accordion-element>",
        "<mj-accordion-title>",
        "<mj-group>",
        "width='0'",
        "padding='1 2 3 4'",
        "width='-5%'",
        "<mjml>",
        "</mjml>",
        "<mj-head>",
        "<mj-attributes><mj-all padding='{{ x }}'/></mj-attributes>",
        "\u{0}",
        "é",
        "\r\n",
        "<mj-style>",
        "Lpxw0z",
        "Lpxxw1z",
        "<![CDATA[",
        "]]>",
        "<?xml",
        "<mj-font name='x' href='y' />",
        "mj-class='a b'",
        "<mj-class name='a' css-class='x y' />",
        "background-url='u' background-position='left'",
        "<mj-spacer height='",
        " /",
    ];
    let mut dice = Dice(4242);
    for _ in 0..3_000 {
        let mut mjml = document(&mut dice);
        for _ in 0..1 + dice.below(6) {
            let place = |dice: &mut Dice, text: &str| {
                let mut at = dice.below(text.len() + 1);
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                at
            };
            let (a, b) = (place(&mut dice, &mjml), place(&mut dice, &mjml));
            match dice.below(3) {
                0 => mjml.replace_range(a.min(b)..a.max(b).min(a.min(b) + 20).max(a.min(b)), ""),
                1 => {
                    let piece = mjml[a.min(b)..a.max(b)].to_owned();
                    mjml.insert_str(a, &piece);
                }
                _ => mjml.insert_str(a, dice.pick(BITS)),
            }
        }
        let outcome = Files::one(&mjml).compile();
        let text = outcome.text();
        assert!(outcome.errors.is_empty() || text.is_empty());
        assert!(!text.contains("Lpxxxw"), "a word is left in {text}");
    }
}

#[test]
fn mad_layouts_are_not_written_out() {
    let section = |columns: String| {
        let mjml = format!("<mjml><mj-body><mj-section>{columns}</mj-section></mj-body></mjml>");
        Files::one(&mjml).compiled(true)
    };
    let nested = |open: &str| {
        format!(
            "{}<mj-column></mj-column>{}",
            open.repeat(150),
            "{% endif %}".repeat(150)
        )
    };
    for columns in [
        (0..5_000).map(|n| format!("{{% if a{n} %}}<mj-column></mj-column>{{% endif %}}")).collect(),
        nested("{% if a %}{% else %}"),
        format!("{{% if a %}}{}{{% endif %}}", "{% elif b %}<mj-column></mj-column>".repeat(5_000)),
        "{% for a in b|slice:\":15\" %}{% for c in a|slice:\":15\" %}<mj-column></mj-column>{% endfor %}{% endfor %}".to_owned(),
        "{% for a in b|slice:\":99999999999\" %}<mj-column></mj-column>{% endfor %}".to_owned(),
    ] {
        assert_eq!(section(columns).errors[0].code, "alternatives");
    }
    // The same condition is one, however often it is asked.
    let same = "{% if a %}<mj-column></mj-column>{% endif %}".repeat(5_000);
    assert!(section(same).errors.is_empty());
}
