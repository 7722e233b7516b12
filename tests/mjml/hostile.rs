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
