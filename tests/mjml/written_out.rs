//! Layouts that depend on a person, written out for everybody: what `letterpress compile` prints renders what the email
//! renders.

use letterpress::email::{Email, EmailError, Engine, FixedWorld, Outcome, Recipient};
use letterpress::value::from_json;

use super::twin::{Dice, apart};

/// Every column width and every font that the documents may use, so that the head lists all of them either way.
const FIRST: &str = "\
    <mj-section><mj-column></mj-column></mj-section>\
    <mj-section><mj-column></mj-column><mj-column></mj-column></mj-section>\
    <mj-section><mj-column></mj-column><mj-column></mj-column><mj-column></mj-column></mj-section>\
    <mj-section><mj-column width=\"25%\"></mj-column><mj-column width=\"20%\"></mj-column></mj-section>\
    <mj-section><mj-column width=\"16.666666666666668%\"></mj-column><mj-column width=\"14.285714285714286%\"></mj-column></mj-section>\
    <mj-section><mj-column width=\"200px\"></mj-column><mj-column width=\"30%\"></mj-column><mj-column width=\"12.5%\"></mj-column></mj-section>\
    <mj-section><mj-column><mj-image src=\"i\" /><mj-text>x</mj-text></mj-column></mj-section>";

fn engine(mjml: &str) -> Engine {
    Engine::builder()
        .template("hello/email.toml", "subject = \"Hi\"")
        .template("hello/body.mjml", mjml)
        .build()
        .expect("the templates are read")
}

/// The HTML and the text of an email, or the sentence why there is none.
fn parts(email: &Email, context: &str) -> Result<[String; 2], String> {
    let world = FixedWorld::at("2026-11-20T18:00:00[UTC]".parse().expect("a time"));
    let recipient = Recipient::from_context(from_json(context).expect("JSON"));
    match email.render(&recipient, &world) {
        Outcome::Rendered(mail) => Ok([mail.html, words(&mail.text)]),
        Outcome::Failed(failed) => Err(failed.diagnostics[0].title.clone()),
        Outcome::Skipped(skipped) => Err(skipped.detail),
    }
}

/// The words of a text part. One that is made from finished HTML has no blank where a tag printed nothing, and no line
/// for a divider at its end.
fn words(text: &str) -> String {
    let words = text
        .split_whitespace()
        .filter(|word| !word.starts_with("---"));
    words.collect::<Vec<_>>().join(" ")
}

/// Every context that the generated documents may turn out differently for.
fn contexts() -> Vec<String> {
    let mut all = Vec::new();
    for bits in 0..8 {
        let [a, b, c] = [1, 2, 4].map(|bit| bits & bit != 0);
        let items = [
            "{\"big\": 1, \"t\": \"<1>\"}",
            "{\"t\": \"{{ 2 }}\"}",
            "{\"big\": 1}",
            "{\"t\": \"4\"}",
        ];
        let items = items[..(bits + 1) % 5].join(", ");
        all.push(format!(
            "{{\"a\": {a}, \"b\": {b}, \"c\": {c}, \"n\": {bits}, \"name\": \"Ada <&\\\"'\", \"items\": [{items}]}}"
        ));
    }
    all
}

/// A document in which tags stand where its layout depends on them.
fn document(dice: &mut Dice) -> String {
    fn condition(dice: &mut Dice) -> &'static str {
        dice.pick(&[
            "a",
            "b and n < 6",
            "not c",
            "n|add:\"1\" > 3",
            "name == \"<mj-column>'\" or c",
            "items",
        ])
    }
    fn chosen(dice: &mut Dice, one: String, other: String) -> String {
        let test = condition(dice);
        match dice.below(4) {
            0 => format!("{{% if {test} %}}{one}{{% endif %}}"),
            1 => format!("{{% if {test} %}}{one}{{% else %}}{other}{{% endif %}}"),
            2 => {
                let second = condition(dice);
                format!("{{% if {test} %}}{one}{{% elif {second} %}}{other}{{% endif %}}")
            }
            _ => format!("<mj-raw>{{% if {test} %}}</mj-raw>{one}<mj-raw>{{% endif %}}</mj-raw>"),
        }
    }
    fn leaf(dice: &mut Dice) -> String {
        let width = dice.pick(&[
            "80px",
            "{% if a %}40px{% else %}60px{% endif %}",
            "{% if n > 3 %}40px{% endif %}",
        ]);
        match dice.below(7) {
            0 => format!("<mj-image src=\"{{{{ name }}}}\" width=\"{width}\" />"),
            1 => "<mj-social>{% if a %}<mj-social-element name=\"web\">w</mj-social-element>{% endif %}<mj-social-element name=\"x\" /></mj-social>".to_owned(),
            2 => "<mj-divider {% if b %}border-width=\"{% if a %}1{% else %}2{% endif %}px\"{% endif %} />".to_owned(),
            3 => "<mj-text>{% for i in items %}{{ forloop.counter }}{{ i.t|default:'<b>' }}{% endfor %}</mj-text>".to_owned(),
            4 => "<mj-text>{% if a %}x</mj-text><mj-text>{% endif %}y</mj-text>".to_owned(),
            _ => "<mj-text>{{ name }} {{ i.t }} {{ forloop.counter }}.</mj-text>".to_owned(),
        }
    }
    fn column(dice: &mut Dice) -> String {
        let width = dice.pick(&[
            "",
            "",
            " width=\"30%\"",
            " width=\"{% if a %}25%{% else %}20%{% endif %}\"",
            " width=\"{% if i.big %}30%{% else %}200px{% endif %}\"",
        ]);
        let leaves: String = (0..dice.below(3)).map(|_| leaf(dice)).collect();
        format!("<mj-column{width}>{leaves}</mj-column>")
    }
    fn columns(dice: &mut Dice) -> String {
        match dice.below(6) {
            0 | 1 => {
                let (one, other) = (column(dice), column(dice));
                chosen(dice, one, other)
            }
            2 => {
                let list = dice.pick(&[
                    "items|slice:\":2\"",
                    "items|slice:\"1:3\"",
                    "items|slice:':1' reversed",
                    "nothing|slice:\":2\"",
                ]);
                let empty = dice.pick(&["", "{% empty %}<mj-column></mj-column>"]);
                format!(
                    "{{% for i in {list} %}}{}{empty}{{% endfor %}}",
                    column(dice)
                )
            }
            3 => format!("{{% with a=n b=name %}}{}{{% endwith %}}", {
                let one = column(dice);
                chosen(dice, one, String::new())
            }),
            _ => column(dice),
        }
    }
    let mut body = String::from(FIRST);
    for _ in 0..1 + dice.below(3) {
        let columns: String = (0..1 + dice.below(2)).map(|_| columns(dice)).collect();
        let attribute = dice.pick(&[
            "",
            " full-width=\"{% if b %}full-width{% endif %}\"",
            " padding=\"{% if c %}0{% else %}5px{% endif %}\"",
            " background-color=\"{{ name }}\"",
        ]);
        let section = format!("<mj-section{attribute}>{columns}</mj-section>");
        body.push_str(&match dice.below(5) {
            0 => format!("<mj-wrapper>{}{section}</mj-wrapper>", leaf_section(dice)),
            1 => {
                let other = leaf_section(dice);
                chosen(dice, section, other)
            }
            2 => format!("{{% for i in items %}}{section}{{% endfor %}}"),
            _ => section,
        });
    }
    fn leaf_section(dice: &mut Dice) -> String {
        format!(
            "<mj-section><mj-column>{}</mj-column></mj-section>",
            leaf(dice)
        )
    }
    format!("<mjml><mj-body>{body}</mj-body></mjml>")
}

/// The number of documents that were written out, of those that were refused, and of pairs that were compared.
fn compare(documents: usize, seed: u64) -> [usize; 3] {
    let mut dice = Dice(seed);
    let contexts = contexts();
    let [mut written, mut refused, mut pairs] = [0; 3];
    for number in 0..documents {
        let mjml = document(&mut dice);
        let engine = engine(&mjml);
        let email = engine
            .email("hello")
            .unwrap_or_else(|error| panic!("{mjml}\n{error:?}"));
        let upload = match engine.upload("hello") {
            Ok(upload) => upload,
            Err(EmailError::Invalid { diagnostics, .. }) => {
                assert_eq!(diagnostics[0].code, "alternatives", "{mjml}");
                refused += 1;
                continue;
            }
            Err(error) => panic!("{mjml}\n{error}"),
        };
        written += usize::from(email.compiled_for_each());
        assert!(!upload.compiled_for_each());
        for context in &contexts {
            let (each, once) = (parts(&email, context), parts(&upload, context));
            let differs = || format!("document {number}, {context}: {mjml}");
            match (each, once) {
                (Ok(each), Ok(once)) => {
                    for (each, once) in each.iter().zip(&once) {
                        let [each, once] = apart(each, once);
                        assert!(each == once, "{}\n{each:?}\n{once:?}", differs());
                    }
                }
                (each, once) => assert_eq!(each.err(), once.err(), "{}", differs()),
            }
            pairs += 1;
        }
    }
    [written, refused, pairs]
}

#[test]
fn what_is_written_out_renders_what_is_compiled_for_each_person() {
    let [written, refused, pairs] = compare(900, 0xa17e);
    println!("{written} written out, {refused} refused, {pairs} pairs");
    assert!(
        pairs >= 5_000 && written >= 500,
        "{written} written out, {pairs} pairs"
    );
}

#[test]
#[ignore = "minutes: LETTERPRESS_SEED"]
fn many_are_written_out() {
    let seed = std::env::var("LETTERPRESS_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    println!("{:?}", compare(20_000, seed.unwrap_or(1)));
}
