//! No filter panics, whatever it is given, and none makes much of little.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use letterpress::language::{Argument, Registry, Template};
use letterpress::value::{Moment, Pairs, Value};

/// splitmix64: the same cases each time.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.throw(from.len())].clone()
    }
}

const TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "é",
    "\u{301}",
    "e\u{301}",
    "ß",
    "ΑΣ",
    "İ",
    "\u{1F600}",
    "\u{200b}",
    "\0",
    "\u{ffff}",
    "日本",
    "\u{fdfa}",
    "<",
    ">",
    "</",
    "<a",
    "<a b='",
    "<!--",
    "<![",
    "<![CDATA[",
    "<!DOCTYPE",
    "<?",
    "&",
    "&#",
    "&#x",
    "&#99999999999;",
    "&amp;",
    "&notit;",
    "<script>",
    "</script",
    "www.",
    "http://",
    "http://[",
    "http://[::1]",
    "@",
    "a@b.co",
    ".com",
    "(",
    ")",
    "[",
    "]",
    ";",
    "'",
    "\"",
    "\\",
    "\n",
    "\r",
    "\t",
    "%",
    "%(",
    "%z",
    "*",
    "d",
    ".",
    "-",
    "+",
    "e",
    "1",
    "0",
    "9",
    "_",
    ",",
    "|",
    ":",
    "=",
    ">=",
    "a=b",
    "a>2",
    "old|new",
    "2016-02-11T16:46:08-05:00",
    "2016-13-41",
    "99/99/9999",
    "0000-00-00",
    "Y-m-d",
    "\\",
    "inf",
    "nan",
    "1e999",
    "1e-999",
    "999999999999999999999999999999999999999999",
    "(?:",
    "(a|b)*",
    "\\s+",
    "[",
    "a{1000}",
    "{\"a\": [1, {\"b\": null}]}",
    "a.b.c",
    "-1",
    ":3",
    "::-1",
    "::0",
    "5:",
    "5g",
    "gu",
    "999999999",
    "*.*f",
    "99999999d",
    "#x",
    "yes,no",
];

fn text(dice: &mut Dice) -> String {
    let parts = [1, 1, 1, 2, 3, 8, 40][dice.throw(7)];
    (0..parts).map(|_| dice.pick(TEXTS)).collect()
}

fn value(dice: &mut Dice, depth: usize) -> Value {
    match dice.throw(if depth > 4 { 9 } else { 14 }) {
        0 => Value::from(()),
        1 => Value::from(dice.throw(2) == 0),
        2 => Value::from(dice.pick(&[0i64, 1, -1, 7, 200, 100_000, i64::MAX, i64::MIN])),
        3 => Value::from(dice.pick(&[i128::MAX, i128::MIN, 1 << 70])),
        4 => Value::from(dice.pick(&[
            0.0,
            -0.0,
            1.5,
            -2.5,
            1e16,
            1e-7,
            1e300,
            5e-324,
            1.7e308,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            1e18,
            123.456,
        ])),
        5 => Value::from_safe_string(text(dice)),
        6 => dice
            .pick(&[
                Moment::Date(jiff::civil::date(2024, 2, 29)),
                Moment::Date(jiff::civil::Date::MIN),
                Moment::Naive(jiff::civil::DateTime::MAX),
                Moment::Naive(jiff::civil::DateTime::MIN),
                Moment::Aware(jiff::Timestamp::MAX.to_zoned_datetime(jiff::tz::TimeZone::UTC)),
                Moment::Aware(jiff::Timestamp::MIN.to_zoned_datetime(jiff::tz::TimeZone::UTC)),
            ])
            .into(),
        7 | 8 => Value::from(text(dice)),
        9 | 10 => {
            let length = dice.pick(&[0usize, 1, 2, 3, 30]);
            Value::from_object(
                (0..length)
                    .map(|_| value(dice, depth + 1))
                    .collect::<Vec<_>>(),
            )
        }
        11 => Value::from((value(dice, depth + 1), value(dice, depth + 1))),
        12 => {
            let mut deep = value(dice, 9);
            for _ in 0..dice.pick(&[10usize, 120, 300]) {
                deep = Value::from_object(vec![Value::from("x"), deep]);
            }
            deep
        }
        _ => {
            let length = dice.pick(&[0usize, 1, 2, 5]);
            let keys = ["a", "b", "a.b", "title", "<k>"];
            Pairs::new(
                (0..length)
                    .map(|i| (Value::from(keys[i]), value(dice, depth + 1)))
                    .collect(),
            )
            .into()
        }
    }
}

#[test]
fn no_filter_panics_or_takes_long() {
    let registry = Registry::standard();
    let filters: Vec<_> = registry.filters().map(|f| (f.name, f.argument)).collect();
    let mut compiled: BTreeMap<String, Template> = BTreeMap::new();
    let mut dice = Dice(20_261_120);
    let mut slowest = (Duration::ZERO, String::new());
    for round in 0..12_000 {
        let mut source = String::from("{{ x");
        for _ in 0..dice.pick(&[1, 1, 2, 3]) {
            let (name, argument) = filters[(round + dice.throw(filters.len())) % filters.len()];
            let with = argument == Argument::Required
                || argument == Argument::Optional && dice.throw(3) > 0;
            source += &format!(
                "|{name}{}",
                if with { dice.pick(&[":a", ":b"]) } else { "" }
            );
        }
        source += " }}";
        if dice.throw(4) == 0 {
            source = format!("{{% autoescape off %}}{source}{{% endautoescape %}}");
        }
        let template = compiled.entry(source.clone()).or_insert_with(|| {
            Template::from_source(&source)
                .unwrap_or_else(|errors| panic!("{source}: {}", errors[0]))
        });
        let context: Value = Pairs::new(vec![
            (Value::from("x"), value(&mut dice, 0)),
            (Value::from("a"), value(&mut dice, 3)),
            (Value::from("b"), Value::from(text(&mut dice))),
        ])
        .into();
        let start = Instant::now();
        let _ = template.render_html(&context);
        if start.elapsed() > slowest.0 {
            slowest = (start.elapsed(), source);
        }
    }
    println!("slowest: {slowest:?}");
    assert!(slowest.0 < Duration::from_secs(5), "{slowest:?}");
}

#[test]
fn what_enlarges_its_input_asks_first() {
    let enlarging = [
        "{{ x|center:999999999999 }}",
        "{{ x|ljust:999999999999 }}",
        "{{ x|rjust:999999999999 }}",
        "{{ x|stringformat:'999999999d' }}",
        "{{ 1|stringformat:'.999999999d' }}",
        "{{ 1|stringformat:'.999999999f' }}",
        "{{ 1|stringformat:'.999999999e' }}",
        "{{ 1|stringformat:'#.999999999g' }}",
        "{{ 1.5|floatformat:1999999999 }}",
        "{{ 1.5|floatformat:1999999 }}{{ 1.5|floatformat:1999999 }}{{ 1.5|floatformat:1999999 }}",
        "{{ 1.5|percentize:999999999999 }}",
    ];
    let doubling = [
        "addslashes",
        "add:x",
        "unordered_list",
        "linebreaks",
        "urlencode",
        "escapejs",
        "stringformat:'r'",
        "pprint",
        "force_escape",
        "base64_encode",
        "json_script",
        "find_replace:'a|aa'",
        "replace:'a|aaaa'",
        "append:x",
        "concat:x",
        "make_list|join:'aaaa'",
        "linenumbers",
        "split:'a'|join:'aaa'",
        "escape_once",
        "urlize",
    ];
    let mut sources: Vec<String> = enlarging.iter().map(ToString::to_string).collect();
    for filter in doubling {
        // 2^200 bytes, were it not for the limits; what only adds a little each time prints it.
        sources.push(format!("{{{{ x{} }}}}", format!("|{filter}").repeat(200)));
    }
    let context = Pairs::new(vec![(Value::from("x"), Value::from("a\\'\"\n\n<a&%"))]).into();
    for source in sources {
        let start = Instant::now();
        let result = Template::from_source(&source)
            .unwrap()
            .render_html(&context);
        let shown = &source[..source.len().min(60)];
        match result {
            Ok(text) => assert!(text.len() < 10_000_000, "{shown}"),
            Err(error) => assert!(
                error.code.starts_with("limit") || error.to_text(false).contains("Invalid"),
                "{shown}: {}",
                error.to_text(false)
            ),
        }
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "{shown}: {:?}",
            start.elapsed()
        );
    }
}

#[test]
fn long_texts_take_time_in_proportion() {
    let long = |piece: &str| piece.repeat(120_000 / piece.len());
    let hard = [
        "<", "</", "<!--", "<a b='", "<a ", "&", "&#", "&;", "&#1", "(", ")", ");", "http://",
        "a.com ", "a@b.co ", "<![if ", "]]", "- -", "<script>", "</script", "a", " ", "\t", "\n",
        "a b ", "\u{301}", "é", "1", "\\",
    ];
    let mut late = Vec::new();
    let registry = Registry::standard();
    for filter in registry.filters() {
        let arguments: &[&str] = match filter.argument {
            Argument::None => &[""],
            _ => &[":3", ":'a'"],
        };
        for argument in arguments {
            let source = format!("{{{{ x|{}{argument} }}}}", filter.name);
            let Ok(template) = Template::from_source(&source) else {
                continue;
            };
            for piece in hard {
                let context = Pairs::new(vec![(Value::from("x"), Value::from(long(piece)))]).into();
                let start = Instant::now();
                let _ = template.render_html(&context);
                if start.elapsed() > Duration::from_millis(1500) {
                    late.push(format!("{source} of {piece:?}: {:?}", start.elapsed()));
                }
            }
        }
    }
    assert!(late.is_empty(), "{}", late.join("\n"));
}
