//! What the benches, the test of the slow twin and `examples/bench_line.rs` share: the cart email, the people it goes
//! to, a world, and the naive way to render it.

// Each of them uses its own part of this.
#![allow(dead_code)]

use std::borrow::Cow;
use std::sync::Arc;

use letterpress::diagnostic::{Diagnostic, Source};
use letterpress::email::{Engine, FixedWorld, Recipient};
use letterpress::language::{
    Channel, Library, Limits, Nowhere, Options, Registry, Template, Token,
};
use letterpress::mjml;
use letterpress::value::{Value, from_json};

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The abandoned-cart email that the peers render too.
pub const CART: &str = include_str!("../cart.mjml");

const MANIFEST: &str = "\
kind = \"flow\"
subject = \"{{ first_name|default:'Hello' }}, your {{ event.extra.line_items.0.title }} is waiting\"
from = \"Northwind Tea <tea@northwind.example>\"
";

/// Whom a bench goes through, again and again.
pub const PEOPLE: usize = 1000;

/// An engine with one email, `cart`.
pub fn engine() -> Engine {
    Engine::builder()
        .template("cart/email.toml", MANIFEST)
        .template("cart/body.mjml", CART)
        .build()
        .expect("templates in memory can be read")
}

/// A world that holds a clock: all that the cart email shows is in the contexts.
pub fn world() -> FixedWorld {
    FixedWorld::at("2026-11-20T12:00:00[UTC]".parse().expect("a date"))
}

/// Contexts of `n` people as JSON lines: in shape those of `peers/contexts.py`, and the same at every call.
pub fn contexts(n: usize) -> Vec<String> {
    let mut dice = Dice(7);
    (0..n).map(|person| context(person, &mut dice)).collect()
}

/// The people of [`contexts`].
pub fn people(n: usize) -> Vec<Recipient> {
    contexts(n)
        .iter()
        .map(|line| Recipient::from_context(from_json(line).expect("a generated line is JSON")))
        .collect()
}

fn context(person: usize, dice: &mut Dice) -> String {
    const NAMES: [&str; 10] = [
        "Ada", "Grace", "José", "Zoë", "<script>", "李娜", "Olu", "Mary-Ann", "O'Neil", "",
    ];
    const TEAS: [&str; 8] = [
        "Oolong",
        "Sencha",
        "Lapsang & Pine",
        "Earl Grey \\\"No. 5\\\"",
        "Jasmine Pearls",
        "Pu'er",
        "Rooibos",
        "Matcha",
    ];
    const VARIANTS: [&str; 3] = ["\"250 g\"", "\"100 g\"", "null"];
    let items: Vec<String> = (0..dice.between(1, 6))
        .map(|_| {
            let (tea, variant) = (dice.one_of(&TEAS), dice.one_of(&VARIANTS));
            let quantity = dice.between(1, 4);
            let cents = dice.between(500, 6000);
            let price = cents as f64 / 100.0;
            let (product, picture) = (dice.between(1, 999), dice.between(1, 999));
            format!(
                "{{\"title\": \"{tea}\", \"variant\": {variant}, \"quantity\": {quantity}, \"price\": {price:?}, \
                 \"url\": \"https://shop.example/p/{product}?a=1&b=2\", \
                 \"image\": \"https://cdn.example/p/{picture}.jpg\"}}"
            )
        })
        .collect();
    let name = dice.one_of(&NAMES);
    let first_name = match name {
        "" => "null".to_owned(),
        name => format!("\"{name}\""),
    };
    let vip = dice.between(0, 9) < 3;
    let points = dice.between(0, 900);
    let items = items.join(", ");
    format!(
        "{{\"first_name\": {first_name}, \"email\": \"p{person}@example.com\", \
         \"unsubscribe_url\": \"https://u.example/{person}\", \
         \"person\": {{\"VIP\": {vip}, \"first_name\": \"{name}\", \"Points\": {points}}}, \
         \"organization\": {{\"name\": \"Northwind Tea\", \"url\": \"https://tea.example\", \
         \"full_address\": \"1 Long Wharf, Boston\"}}, \
         \"event\": {{\"$value\": 10, \"extra\": {{\"checkout_url\": \"https://shop.example/c/{person}\", \
         \"line_items\": [{items}]}}}}}}"
    )
}

/// Chance that falls the same way every time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.roll() % (most - least + 1)
    }

    fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.roll() as usize % choices.len()]
    }
}

/// One template by itself, without subject, sender and text part: what the peers render.
pub struct Page {
    template: Template,
    outside: Nowhere,
}

impl Page {
    /// Compiles MJML once for everybody.
    pub fn of_mjml(source: &str) -> Page {
        let library = library("page.mjml", source);
        let tokens = library.tokens("page.mjml").expect("the file was added");
        let compiled = mjml::compile(tokens, &mjml::Loader::none(library.sources()))
            .expect("the cart email is sound");
        assert!(compiled.per_recipient.is_empty());
        Page::new(library.compile("page.mjml", &compiled.tokens))
    }

    /// Takes HTML, or any other text, as it is.
    pub fn of_html(source: &str) -> Page {
        let library = library("page.html", source);
        let tokens = library.tokens("page.html").expect("the file was added");
        Page::new(library.compile("page.html", &tokens))
    }

    fn new(template: Result<Template, Vec<Diagnostic>>) -> Page {
        Page {
            template: template.expect("the cart email is sound"),
            outside: Nowhere::default(),
        }
    }

    /// Renders into `out`, whose room is used again.
    pub fn render(&self, data: &Value, out: &mut String) {
        out.clear();
        let options = Options {
            host: &self.outside,
            channel: Channel::Html,
            limits: self.template.library().limits(),
            html_to_text: |html| Cow::Borrowed(html),
        };
        self.template
            .render_into(std::slice::from_ref(data), options, out)
            .expect("the cart email renders for everybody");
    }

    /// From a line of JSON.
    pub fn render_line(&self, line: &str, out: &mut String) {
        self.render(&from_json(line).expect("the line is JSON"), out);
    }
}

/// The naive twin: the tags of the MJML run first, then the MJML they give is compiled, for every person.
pub struct Naive(Page);

impl Naive {
    /// Reads the MJML as a template; its tags are parsed once.
    pub fn of_mjml(source: &str) -> Naive {
        Naive(Page::of_html(source))
    }

    /// The person's MJML.
    pub fn mjml(&self, data: &Value) -> String {
        let mut out = String::new();
        self.0.render(data, &mut out);
        out
    }

    /// Compiled by `mrml` alone.
    pub fn render_by_mrml(&self, data: &Value) -> String {
        mrml(&self.mjml(data))
    }

    /// Compiled by our own reader in front of `mrml`'s components.
    pub fn render(&self, data: &Value) -> String {
        let token = Token::text(self.mjml(data), Default::default());
        let sources = self.0.template.library().sources();
        mjml::compile(vec![token], &mjml::Loader::none(sources))
            .expect("the cart email is sound for everybody")
            .tokens
            .iter()
            .map(|token| &*token.text)
            .collect()
    }
}

/// HTML by `mrml`'s own parser and components.
pub fn mrml(mjml: &str) -> String {
    mrml::parse(mjml)
        .expect("mrml can read the cart email")
        .element
        .render(&mrml::prelude::render::RenderOptions::default())
        .expect("mrml can render the cart email")
}

fn library(name: &str, source: &str) -> Arc<Library> {
    let mut library = Library::new(Registry::standard(), Limits::default());
    library.add(name, Source::new(name, source));
    Arc::new(library)
}
