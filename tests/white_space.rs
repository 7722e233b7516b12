//! `compile --minify` and `--beautify`: less or more white space, and the same email.

use letterpress::email::{Email, Engine};
use letterpress::language::Dialect::{self, Jinja, Klaviyo};
use letterpress::mjml::{beautify, minify};
use letterpress::plaintext;
use letterpress::project::Project;

/// The HTML of the sample's emails and of an email with everything that is delicate.
fn pages() -> Vec<(String, String)> {
    let project = Project::open("letterpress.toml").expect("the sample");
    let names = project.engine().emails();
    let mut pages: Vec<(String, String)> = names
        .iter()
        .map(|name| {
            let email = project.engine().email(name).expect("it is sound");
            (name.to_string(), email.source().to_owned())
        })
        .collect();
    assert!(pages.len() >= 3);
    pages.push(("delicate".into(), DELICATE.into()));
    pages
}

const DELICATE: &str = r#"<!DOCTYPE html>
<html><head><title> Two  words </title>
<style>
  @import url("a  b.css");
  .a  .b , p > a { color : red ; font: 1px / 2px "Two  words" }
  {% if dark %} body { background : #000 } {% endif %}
</style>
<!-- gone --> <!--[if mso]>  <xml> stays </xml> <![endif]-->
<!--[if !mso]><!--> <meta   name="x"
   content="a  b"> <!--<![endif]-->
</head>
<body  {% if wide  %} class="w  w" {% endif %} style="a: b"  >
  One <b>two</b>
  <i>three</i>&nbsp; <img src="x"> <img src="y">{{ a }}{{  b|default:"<  >"  }} {{ c }}
  <pre>  kept
     as it is </pre>
  <table  border="0">
    <!-- {{ x|lower }} -->
    {% for x in l %} <tr> <td> a <table style="display:inline-table"><tr><td>b</td></tr></table> c </td> <td>d</td> </tr> {% endfor %}
  </table>
  <textarea> t  t </textarea> <script> if (a  < b) {} </script> <a href='{{ u  }}' >l</a > &lt;x &lt; 3 < 4
</body></html>
"#;

fn without_comments_and_blanks(html: &str) -> String {
    let mut rest = html;
    let mut out = String::new();
    while let Some(at) = rest.find("<!-- ") {
        out.push_str(&rest[..at]);
        let end = rest[at..]
            .find("-->")
            .map_or(rest.len(), |end| at + end + 3);
        if rest[at..end].contains("{{") {
            out.push_str(&rest[at..end]);
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out.retain(|c| !c.is_ascii_whitespace());
    out
}

fn as_html_email(html: &str) -> Email {
    let engine = Engine::builder().template("page.html", html).build();
    engine
        .expect("in memory")
        .document("page.html")
        .expect("it is sound")
}

#[test]
fn nothing_but_white_space_and_comments_differs() {
    for (name, html) in pages() {
        let expected = without_comments_and_blanks(&html);
        for written in [minify(Klaviyo, &html), beautify(Klaviyo, &html)] {
            assert!(without_comments_and_blanks(&written) == expected, "{name}");
            // Done once more, nothing is left to do.
            let again = if written.len() < html.len() {
                minify(Klaviyo, &written)
            } else {
                beautify(Klaviyo, &written)
            };
            assert!(again == written, "{name}");
        }
        assert!(minify(Klaviyo, &html).len() < html.len(), "{name}");
    }
}

#[test]
fn the_text_part_is_the_same() {
    let text = |html: &str| {
        let email = as_html_email(html);
        let tokens = letterpress::language::lex(email.source(), letterpress::language::FileId(0));
        let text: String = plaintext::from_html(&tokens)
            .iter()
            .map(|token| &*token.text)
            .collect();
        plaintext::tidy(&text).into_owned()
    };
    for (name, html) in pages() {
        assert_eq!(text(&minify(Klaviyo, &html)), text(&html), "{name}");
        assert_eq!(text(&beautify(Klaviyo, &html)), text(&html), "{name}");
    }
}

#[test]
fn what_is_delicate_is_left_alone() {
    let dense = minify(Klaviyo, DELICATE);
    println!("{dense}\n\n{}", beautify(Klaviyo, DELICATE));
    for kept in [
        "<title> Two  words </title>",
        "url(\"a  b.css\")",
        "{% if dark %} body { background : #000 } {% endif %}",
        "<!--[if mso]>  <xml> stays </xml> <![endif]-->",
        "<meta name=\"x\" content=\"a  b\">",
        "<body {% if wide  %} class=\"w  w\" {% endif %} style=\"a: b\">",
        "One <b>two</b>\n<i>three</i>&nbsp; <img src=\"x\"> <img src=\"y\">",
        "{{ a }}{{  b|default:\"<  >\"  }} {{ c }}",
        "<pre>  kept\n     as it is </pre>",
        "a <table style=\"display:inline-table\"><tr><td>b</td></tr></table> c",
        "</td><td>d</td></tr>",
        "<textarea> t  t </textarea> <script> if (a  < b) {} </script>",
        "<!-- {{ x|lower }} -->",
    ] {
        assert!(dense.contains(kept), "{kept}");
    }
    assert!(!dense.contains("<!-- gone -->"));
    assert_eq!(
        minify(Klaviyo, "<p>Wait  —\n€  20</p>"),
        "<p>Wait —\n€ 20</p>"
    );
    assert_eq!(
        minify(Klaviyo, "<style> a ,b { c : d; }  e{f:g} </style>"),
        "<style>a,b{c :d;}e{f:g}</style>"
    );
}

#[test]
fn what_is_a_tag_is_the_dialects_to_say() {
    let both = |dialect: Dialect, html: &str| {
        let dense = minify(dialect, html);
        assert_eq!(minify(dialect, &dense), dense);
        (dense, beautify(dialect, html))
    };
    let html = "<table>\n<tr><td  class=\"{{ a\n  |  b }}\">{{ price\n    |  round }}  {% if wide\n\n  and   {'<td>':  1} %}x{% endif %}</td></tr>\n</table>";
    let cell = "<td class=\"{{ a\n  |  b }}\">{{ price\n    |  round }} {% if wide\n\n  and   {'<td>':  1} %}x{% endif %}</td>";
    let (dense, lines) = both(Jinja, html);
    assert_eq!(dense, format!("<table><tr>{cell}</tr></table>"));
    assert_eq!(
        lines,
        format!("<table>\n  <tr>\n    {cell}\n  </tr>\n</table>")
    );
    // In Klaviyo's language a tag ends on its line: these braces are text, and so is their white space.
    let html = "<p>{{ price\n    |  round }}  <b>{{ a  }}</b></p>";
    let (dense, _) = both(Klaviyo, html);
    assert_eq!(dense, "<p>{{ price\n| round }} <b>{{ a  }}</b></p>");
    let (dense, _) = both(Jinja, html);
    assert_eq!(dense, "<p>{{ price\n    |  round }} <b>{{ a  }}</b></p>");
}

#[test]
fn hostile_pages_are_read_in_one_pass() {
    // Quadratic, each of these would take minutes.
    for piece in [
        "<title>a</title>",
        "<a x={{ b }} y='{{ c }}'",
        "{{ a }} {{ b }}",
        "<style>a{{ b }}",
        "<!-- ",
    ] {
        let page = piece.repeat(100_000);
        assert!(minify(Klaviyo, &page).len() <= page.len());
        beautify(Klaviyo, &page);
    }
}
