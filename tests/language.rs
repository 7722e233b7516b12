//! The cases of `tests/language/*.txt`; `tests/language/README.md` says how they are written.

#[path = "harness/case_files.rs"]
mod case_files;

use std::borrow::Cow;
use std::fs;
use std::sync::Arc;

use letterpress::diagnostic::{Diagnostic, Location, Source};
use letterpress::language::{
    Barcode, CatalogAnswer, CatalogQuery, Channel, Dialect, Event, Host, Library, Limits, Link,
    Money, Options, ReadState, Registry, Stop, Template, Trace,
};
use letterpress::value::{self, Value};

#[test]
fn every_case_holds() {
    assert!(hold("tests/language", Dialect::Klaviyo) > 100);
}

/// The cases of `tests/jinja/*.txt` are written in the same way.
#[test]
fn every_case_in_jinja_holds() {
    assert!(hold("tests/jinja", Dialect::Jinja) > 50);
}

/// Checks the cases of a folder; how many there are.
fn hold(folder: &str, dialect: Dialect) -> usize {
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in case_files::files(folder, "txt") {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for case in cases(&text) {
            count += 1;
            if let Err(what) = case.check(dialect) {
                wrong.push(format!("{name}:{}: {}\n{what}", case.line, case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n\n"));
    count
}

#[test]
fn needs_are_read_without_rendering() {
    let template = Template::from_source(
        "{% if 0 %}{{ event.x }}{% catalog 'T1' %}{% endcatalog %}{% coupon_code 'Welcome' %}{% endif %}\
         {% for item in feeds.BEST|slice:':3' %}{% endfor %}{{ feeds|lookup:'NEW' }}{% barcode 'Bar' coupon=True %}",
    )
    .unwrap();
    let needs = template.needs();
    let names = |set: &std::collections::BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
    assert!(needs.event && needs.catalog);
    assert_eq!(names(&needs.feeds), ["BEST", "NEW"]);
    assert_eq!(names(&needs.coupons), ["Bar", "Welcome"]);
    assert_eq!(
        Template::from_source("{{ events.x }}").unwrap().needs(),
        &Default::default()
    );
}

/// One case: `=== name` and its sections.
struct Case<'t> {
    name: &'t str,
    line: usize,
    sections: Vec<(&'t str, String)>,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if let Some(name) = line.strip_prefix("=== ") {
            cases.push(Case {
                name,
                line: number + 1,
                sections: Vec::new(),
            });
            continue;
        }
        // What stands before the first case is for readers.
        let Some(case) = cases.last_mut() else {
            continue;
        };
        if let Some(name) = line.strip_prefix("--- ") {
            case.sections.push((name.trim(), String::new()));
        } else if let Some((_, section)) = case.sections.last_mut() {
            section.push_str(line);
            section.push('\n');
        }
    }
    for case in &mut cases {
        let last = case.sections.len().saturating_sub(1);
        for (at, (_, text)) in case.sections.iter_mut().enumerate() {
            // The newline before the next section, and the empty line before the next case, are no part of a text.
            text.pop();
            if at == last && text.ends_with('\n') {
                text.pop();
            }
        }
    }
    cases
}

impl Case<'_> {
    fn section(&self, name: &str) -> Option<&str> {
        self.sections
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, text)| text.as_str())
    }

    fn check(&self, dialect: Dialect) -> Result<(), String> {
        for (name, _) in &self.sections {
            let known = [
                "template", "context", "channel", "limits", "catalog", "prints", "fails", "raises",
                "skips", "trace",
            ];
            if !known.contains(name) && !name.starts_with("file ") {
                return Err(format!("there is no section '{name}'"));
            }
        }
        let json = |name: &str| {
            let text = self.section(name).unwrap_or("{}");
            value::from_json(text).map_err(|error| format!("{name}: {error}"))
        };
        let context = json("context")?;
        let host = TestHost {
            now: "2026-03-18T13:05:09-04:00[America/New_York]"
                .parse()
                .map_err(|e| format!("{e}"))?,
            money: Money::default(),
            catalog: json("catalog")?,
        };
        let limits = self.limits(&json("limits")?);
        let mut library = Library::new(Registry::standard(), limits);
        for (name, text) in &self.sections {
            if let Some(file) = name.strip_prefix("file ") {
                library.add(file, Source::new(file, text.as_str()));
            }
        }
        library.add(
            "main.html",
            Source::new("main.html", self.section("template").unwrap_or("")),
        );
        let channel = match self.section("channel") {
            None | Some("html") => Channel::Html,
            Some("plain") => Channel::Plain,
            Some("text of html") => Channel::TextOfHtml,
            Some(other) => return Err(format!("there is no channel '{other}'")),
        };
        let got = match Arc::new(library).template_in(dialect, "main.html") {
            Err(errors) => Got::Fails(errors),
            Ok(template) => {
                let mut out = String::new();
                let options = Options {
                    host: &host,
                    channel,
                    limits: &limits,
                    html_to_text: |html| Cow::Owned(format!("«{html}»")),
                };
                let result = render(&template, &context, options, &mut out);
                self.check_trace(&template, &context, options, &out, &result)?;
                match result {
                    Ok(()) => Got::Prints(out),
                    Err(stop @ Stop::Skip(_)) => Got::Skips(template.explain(&stop)),
                    Err(stop) => Got::Raises(template.explain(&stop)),
                }
            }
        };
        let lines = |errors: &[Diagnostic]| {
            errors
                .iter()
                .map(place_and_title)
                .collect::<Vec<_>>()
                .join("\n")
        };
        let (kind, text) = match &got {
            Got::Prints(text) => ("prints", text.clone()),
            Got::Fails(errors) => ("fails", lines(errors)),
            Got::Raises(error) => ("raises", lines(std::slice::from_ref(error))),
            Got::Skips(error) => ("skips", lines(std::slice::from_ref(error))),
        };
        match self.section(kind) {
            Some(expected) if expected == text => Ok(()),
            Some(expected) => Err(format!("expected:\n{expected}\ngot:\n{text}")),
            None => Err(format!("it {kind}:\n{text}")),
        }
    }

    /// A traced render does the same, its places are in the text, and it is what the case says, if it says so.
    fn check_trace(
        &self,
        template: &Template,
        context: &Value,
        options: Options<'_>,
        printed: &str,
        result: &Result<(), Stop>,
    ) -> Result<(), String> {
        let mut twin = String::new();
        let (twin_result, trace) =
            template.render_traced(std::slice::from_ref(context), options, &mut twin);
        if twin != printed || format!("{result:?}") != format!("{twin_result:?}") {
            return Err(format!("traced, it prints: {twin}\n{twin_result:?}"));
        }
        let got = described(&trace, printed)?;
        match self.section("trace") {
            Some(expected) if expected != got => {
                Err(format!("expected the trace:\n{expected}\ngot:\n{got}"))
            }
            _ => Ok(()),
        }
    }

    fn limits(&self, given: &Value) -> Limits {
        let number = |name: &str| value::key(given, name).and_then(|v| v.as_usize());
        let mut limits = Limits::default();
        if let Some(n) = number("loop_turns") {
            limits.loop_turns = n as u64;
        }
        if let Some(n) = number("fuel") {
            limits.fuel = n as u64;
        }
        if let Some(n) = number("output") {
            limits.output = n;
        }
        if let Some(n) = number("nesting") {
            limits.nesting = n as u16;
        }
        if let Some(n) = number("include_depth") {
            limits.include_depth = n as u16;
        }
        limits
    }
}

fn render(
    template: &Template,
    context: &Value,
    options: Options<'_>,
    out: &mut String,
) -> Result<(), Stop> {
    template.render_into(std::slice::from_ref(context), options, out)
}

/// A trace as `tests/language/README.md` writes it.
fn described(trace: &Trace, printed: &str) -> Result<String, String> {
    let output = |output: &Option<(usize, usize)>| match output {
        None => Ok(String::new()),
        Some((start, end)) => match printed.get(*start..*end) {
            Some(text) => Ok(format!(" @{start} {text:?}")),
            None => Err(format!("{start}..{end} is no place in {printed:?}")),
        },
    };
    let mut lines = Vec::new();
    for event in &trace.events {
        lines.push(match event {
            Event::Read(read) => {
                let data = match &read.data {
                    Some(data) if *data == read.path => String::new(),
                    Some(data) => format!(" = {data}"),
                    None => " = ?".into(),
                };
                let state = match read.state {
                    ReadState::Found => "",
                    ReadState::Missing => " missing",
                    ReadState::Defaulted => " defaulted",
                };
                let value = read.value.iter().map(|v| format!(" {v:?}"));
                let filters = read.filters.iter();
                let filters = filters.map(|f| format!(" |{} {:?}", f.name, f.value));
                let made: String = value.chain(filters).collect();
                let at = place(&read.at);
                let output = output(&read.output)?;
                format!("read {at} {}{data}{state}{made}{output}", read.path)
            }
            Event::Branch(branch) => {
                let taken = match (&branch.clause, &branch.taken) {
                    (Some(clause), Some(at)) => format!("{clause} {}", place(at)),
                    _ => "none".into(),
                };
                let at = place(&branch.at);
                let output = output(&branch.output)?;
                format!("branch {at} {} {taken}{output}", branch.tag)
            }
            Event::Loop(turns) => {
                let output = output(&turns.output)?;
                format!("loop {} {}{output}", place(&turns.at), turns.turns)
            }
            Event::Include(include) => {
                let output = output(&include.output)?;
                format!(
                    "include {} {}{output}",
                    place(&include.at),
                    include.template
                )
            }
            Event::Skip { at, reason, detail } => {
                format!("skip {} {}: {detail}", place(at), reason.code())
            }
            Event::Error { at, message } => format!("error {} {message}", place(at)),
        });
    }
    Ok(lines.join("\n"))
}

fn place(at: &Location) -> String {
    match at.file() {
        "main.html" => format!("{}:{}", at.line(), at.column()),
        _ => at.to_string(),
    }
}

/// `line:column sentence`, with the file if it is another one.
fn place_and_title(error: &Diagnostic) -> String {
    match &error.primary {
        None => error.title.clone(),
        Some(label) if label.at.file() == "main.html" => {
            format!("{}:{} {}", label.at.line(), label.at.column(), error.title)
        }
        Some(label) => format!("{} {}", label.at, error.title),
    }
}

enum Got {
    Prints(String),
    Fails(Vec<Diagnostic>),
    Raises(Diagnostic),
    Skips(Diagnostic),
}

struct TestHost {
    now: jiff::ZonedDateTime,
    money: Money,
    catalog: Value,
}

impl Host for TestHost {
    fn now(&self) -> &jiff::ZonedDateTime {
        &self.now
    }
    fn money(&self) -> &Money {
        &self.money
    }
    fn link(&self, link: Link) -> Cow<'_, str> {
        Cow::Borrowed(match link {
            Link::Unsubscribe => "https://k.test/u?a=1&b=2",
            Link::Preferences => "https://k.test/p",
            Link::WebView => "https://k.test/w",
        })
    }
    fn catalog_item(&self, query: &CatalogQuery<'_>) -> Option<CatalogAnswer> {
        let item = value::key(&self.catalog, query.id)?;
        let published = value::key(&item, "published").is_none_or(|v| v.is_true());
        Some(CatalogAnswer { item, published })
    }
    fn property_link(&self, property: &str, value: &str, url: &str) -> Cow<'_, str> {
        Cow::Owned(format!("https://k.test/set?{property}={value}&to={url}"))
    }
    fn barcode(&self, barcode: &Barcode<'_>) -> Cow<'_, str> {
        Cow::Owned(format!("https://k.test/bar?{barcode:?}"))
    }
    fn coupon(&self, name: &str) -> Option<Cow<'_, str>> {
        (name == "Welcome").then_some(Cow::Borrowed("#GREATdoggo12345"))
    }
    fn missing_image(&self) -> &str {
        "https://k.test/none.png"
    }
    fn seed(&self) -> u64 {
        7
    }
}
