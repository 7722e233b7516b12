//! A flow executor as a program of one's own: events come in, messages go out.
//!
//! `cargo run --example flow_executor`
//!
//! What it shows, from top to bottom:
//!
//! - templates from a folder and from memory, read again while events keep coming;
//! - the caller's own database behind [`World`], the only thing besides the recipient that a render sees;
//! - what is slow or cannot be done twice (a coupon code is used up) happens before a render, as `needs()` says;
//! - three outcomes: a message, a skip with its reason, a failure with its place in the template;
//! - the caller's own threads: the library starts none for a single render, and takes no lock in it.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use jiff::ZonedDateTime;
use jiff::tz::TimeZone;
use letterpress::data::{Event, Profile};
use letterpress::email::{Engine, Outcome, Recipient, World};
use letterpress::language::{CatalogAnswer, CatalogQuery, Money};
use letterpress::links::Purpose;
use letterpress::value::{Value, from_json};

const WORKERS: usize = 2;

fn main() -> Result<(), Box<dyn Error>> {
    // One email lives in a folder that marketers edit, the other one is part of this program.
    let folder = tempfile::tempdir()?;
    let cart = folder.path().join("abandoned_cart");
    fs::create_dir(&cart)?;
    fs::write(cart.join("email.toml"), ABANDONED_CART)?;
    fs::write(cart.join("body.mjml"), ABANDONED_CART_BODY)?;
    let engine = Engine::builder()
        .templates(folder.path())
        .template("back_in_stock/email.toml", BACK_IN_STOCK)
        .template("back_in_stock/body.mjml", BACK_IN_STOCK_BODY)
        .build()?;

    // Compiled now, so that a broken template ends the program here and not at the first event. Each email says itself
    // which metric starts its flow.
    let mut flows = HashMap::new();
    for name in engine.emails() {
        if let Some(metric) = &engine.email(&name)?.manifest().metric {
            flows.insert(metric.clone(), name);
        }
    }

    let database = Database::open()?;
    let (events, inbox) = sync_channel(16);
    let (reports, done) = channel();
    let inbox = Mutex::new(inbox);
    let (mut rendered, mut skipped, mut failed) = (0, 0, 0);

    thread::scope(|scope| -> Result<(), Box<dyn Error>> {
        let (reloaded, go_on) = channel();
        scope.spawn(|| play(events, go_on));
        for _ in 0..WORKERS {
            let reports = reports.clone();
            scope.spawn(|| work(&inbox, &flows, &engine, &database, reports));
        }
        // Only the workers' own senders are left: when all workers have ended, so does the loop below.
        drop(reports);

        for (number, Report { person, outcome }) in done.iter().enumerate() {
            match outcome {
                Outcome::Rendered(mail) => {
                    // A message now has everything: hand it to `letterpress::delivery`, or to a mailer of your own.
                    println!("to {person}: {} ({} bytes)", mail.subject, mail.sizes.html);
                    rendered += 1;
                }
                Outcome::Skipped(skip) => {
                    println!("to {person}: skipped, {}: {}", skip.klaviyo, skip.detail);
                    skipped += 1;
                }
                Outcome::Failed(failure) => {
                    println!("to {person}: failed");
                    for diagnostic in &failure.diagnostics {
                        println!("{}", diagnostic.to_text(false));
                    }
                    failed += 1;
                }
            }
            // A marketer saves a new subject in the middle of it all. Renders under way finish with the old one.
            if number == 1 {
                let subject = "Your {{ event.extra.line_items.0.title }} is waiting";
                let manifest = ABANDONED_CART.replace("You left something behind", subject);
                fs::write(cart.join("email.toml"), manifest)?;
                engine.reload()?;
                println!("-- reloaded --");
                reloaded.send(())?;
            }
        }
        Ok(())
    })?;

    println!("{rendered} rendered, {skipped} skipped, {failed} failed");
    assert_eq!((rendered, skipped, failed), (5, 2, 1));
    Ok(())
}

/// What became of an event.
struct Report {
    person: String,
    outcome: Outcome,
}

/// One worker: takes events until there are no more.
fn work(
    inbox: &Mutex<Receiver<Event>>,
    flows: &HashMap<String, String>,
    engine: &Engine,
    database: &Database,
    reports: Sender<Report>,
) {
    loop {
        // The lock is held while this worker waits for an event, not while it renders.
        let next = inbox.lock().expect("no worker panics").recv();
        let Ok(event) = next else {
            return;
        };
        let Some(name) = flows.get(&event.metric.name) else {
            continue; // No flow starts with this.
        };
        // Asking by name costs a lookup, and gives the newest after a reload.
        let email = match engine.email(name) {
            Ok(email) => email,
            Err(error) => {
                eprintln!("{name}: {error}");
                continue;
            }
        };
        let Some(profile) = event
            .profile
            .id
            .as_ref()
            .and_then(|id| database.customers.get(id))
        else {
            continue; // Nobody we know.
        };

        let world = AtTheTimeOf {
            now: event.time.to_zoned_datetime(database.zone.clone()),
            database,
        };
        let person = profile.key().to_owned();
        let mut recipient = Recipient::new(profile.clone()).event(event);
        // A code that is handed out is gone, so it is drawn here: a render itself changes nothing.
        let coupons = &email.needs().coupons;
        for coupon in coupons {
            if let Some(code) = database.draw_code(coupon) {
                recipient = recipient.coupon(coupon, code);
            }
        }
        let outcome = email.render(&recipient, &world);
        if outcome.rendered().is_none() {
            for coupon in coupons {
                if let Some(code) = recipient.coupon_code(coupon) {
                    database.give_back(coupon, code);
                }
            }
        }
        if reports.send(Report { person, outcome }).is_err() {
            return;
        }
    }
}

/// The caller's own data: here in memory, elsewhere a real database with a cache in front of it.
struct Database {
    customers: HashMap<String, Arc<Profile>>,
    products: HashMap<String, Value>,
    codes: Mutex<HashMap<String, Vec<String>>>,
    account: Value,
    feeds: Value,
    money: Money,
    zone: TimeZone,
}

impl Database {
    fn open() -> Result<Database, Box<dyn Error>> {
        let mut customers = HashMap::new();
        for line in CUSTOMERS.lines() {
            let profile = Profile::from_json(line)?;
            customers.insert(profile.id.clone().unwrap_or_default(), Arc::new(profile));
        }
        let oolong =
            from_json(r#"{"title": "Oolong", "price": 19.9, "url": "https://tea.example/p/11"}"#)?;
        Ok(Database {
            customers,
            products: HashMap::from([("P-11".to_owned(), oolong.clone())]),
            codes: Mutex::new(HashMap::from([(
                "COMEBACK".to_owned(),
                ["TEA-4711", "TEA-4712", "TEA-4713", "TEA-4714"]
                    .map(str::to_owned)
                    .into(),
            )])),
            account: from_json(r#"{"name": "Northwind Tea", "url": "https://tea.example"}"#)?,
            feeds: [("TRENDING", Value::from_object(vec![oolong]))]
                .into_iter()
                .collect(),
            money: Money::new("en-US", "USD"),
            zone: TimeZone::get("America/New_York")?,
        })
    }

    fn draw_code(&self, coupon: &str) -> Option<String> {
        let mut codes = self.codes.lock().expect("no worker panics");
        codes.get_mut(coupon)?.pop()
    }

    fn give_back(&self, coupon: &str, code: &str) {
        let mut codes = self.codes.lock().expect("no worker panics");
        codes
            .entry(coupon.to_owned())
            .or_default()
            .push(code.to_owned());
    }
}

/// The database at the time of one event. The clock is the caller's: the same event gives the same message on any day.
struct AtTheTimeOf<'d> {
    now: ZonedDateTime,
    database: &'d Database,
}

impl World for AtTheTimeOf<'_> {
    fn now(&self) -> &ZonedDateTime {
        &self.now
    }

    fn money(&self) -> &Money {
        &self.database.money
    }

    fn organization(&self) -> &Value {
        &self.database.account
    }

    fn feeds(&self) -> &Value {
        &self.database.feeds
    }

    fn catalog_item(&self, query: &CatalogQuery<'_>) -> Option<CatalogAnswer> {
        let item = self.database.products.get(query.id)?.clone();
        Some(CatalogAnswer {
            item,
            published: true,
        })
    }

    fn link(&self, purpose: Purpose, recipient: &Recipient, email: &str) -> Option<String> {
        let page = match purpose {
            Purpose::Unsubscribe => "unsubscribe",
            Purpose::Preferences => "preferences",
            _ => return None, // No page shows messages here.
        };
        // `letterpress::links::Keys` signs such addresses, so that nobody unsubscribes somebody else.
        let person = recipient.key();
        Some(format!(
            "https://tea.example/{page}?who={person}&from={email}"
        ))
    }

    fn missing_image(&self) -> &str {
        "https://tea.example/no-image.png"
    }

    fn seed(&self) -> u64 {
        2026
    }
}

/// Stands for the message queue: plays some events, waits for the reload, plays the rest.
fn play(events: SyncSender<Event>, go_on: Receiver<()>) {
    let (before, after) = EVENTS.split_once("---\n").expect("there are two parts");
    let send = |lines: &str| {
        for line in lines.lines() {
            match Event::from_json(line) {
                Ok(event) => events.send(event).expect("the workers wait for events"),
                Err(error) => eprintln!("no event: {error}"),
            }
        }
    };
    send(before);
    let _ = go_on.recv();
    send(after);
}

const ABANDONED_CART: &str = r#"
kind = "flow"
subject = "You left something behind"
from = "Northwind Tea <hello@tea.example>"

[trigger]
metric = "Checkout Started"
"#;

const ABANDONED_CART_BODY: &str = r#"<mjml><mj-body><mj-section><mj-column>
  <mj-text>Hi {{ first_name|default:"there" }}, this is still in your cart:</mj-text>
  <mj-table>{% for item in event.extra.line_items %}
    <tr><td>{{ item.title }}</td><td>{% currency_format item.price %}</td></tr>{% endfor %}
  </mj-table>
  <mj-text>Take 10% off with {% coupon_code "COMEBACK" %}. {% unsubscribe %}</mj-text>
</mj-column></mj-section></mj-body></mjml>"#;

const BACK_IN_STOCK: &str = r#"
kind = "flow"
subject = "It is back, {{ first_name|default:'friend' }}"
from = "Northwind Tea <hello@tea.example>"

[trigger]
metric = "Back in Stock"
"#;

const BACK_IN_STOCK_BODY: &str = r#"<mjml><mj-body><mj-section><mj-column>
  {% catalog event.ProductID %}
  <mj-text>{{ catalog_item.title }}: {{ event.quantity }} tins for {{ catalog_item.price|multiply:event.quantity }}</mj-text>
  {% endcatalog %}
  <mj-text>{% unsubscribe %}</mj-text>
</mj-column></mj-section></mj-body></mjml>"#;

const CUSTOMERS: &str = r#"{"id": "1", "email": "ada@example.com", "first_name": "Ada"}
{"id": "2", "email": "jose@example.com", "first_name": "José"}
{"id": "3", "first_name": "Has no address"}
{"id": "4", "email": "li@example.com", "first_name": "李娜"}"#;

const EVENTS: &str = r#"{"metric": "Checkout Started", "profile": {"id": "1"}, "time": "2026-11-20T18:04:10Z", "properties": {"$extra": {"line_items": [{"title": "Oolong", "price": 19.9}]}}}
{"metric": "Viewed Product", "profile": {"id": "1"}, "time": "2026-11-20T18:04:40Z", "properties": {}}
{"metric": "Back in Stock", "profile": {"id": "2"}, "time": "2026-11-20T18:05:00Z", "properties": {"ProductID": "P-11", "quantity": 2}}
---
{"metric": "Checkout Started", "profile": {"id": "2"}, "time": "2026-11-20T18:06:10Z", "properties": {"$extra": {"line_items": [{"title": "Sencha", "price": "12.00"}, {"title": "Pu'er", "price": 24}]}}}
{"metric": "Checkout Started", "profile": {"id": "3"}, "time": "2026-11-20T18:07:10Z", "properties": {"$extra": {"line_items": []}}}
{"metric": "Back in Stock", "profile": {"id": "1"}, "time": "2026-11-20T18:08:00Z", "properties": {"ProductID": "P-99", "quantity": 1}}
{"metric": "Back in Stock", "profile": {"id": "4"}, "time": "2026-11-20T18:09:00Z", "properties": {"ProductID": "P-11"}}
{"metric": "Checkout Started", "profile": {"id": "4"}, "time": "2026-11-20T18:09:30Z", "properties": {"$extra": {"line_items": [{"title": "<Matcha>", "price": 31.5}]}}}
{"metric": "Back in Stock", "profile": {"id": "4"}, "time": "2026-11-20T18:10:00Z", "properties": {"ProductID": "P-11", "quantity": 1}}"#;
