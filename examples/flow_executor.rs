//! A flow executor as a program of one's own: events come in, messages go out, days pass in a moment.
//!
//! `cargo run --example flow_executor`
//!
//! What it shows, from top to bottom:
//!
//! - flows and emails from memory; [`Flow`] decides who enters, what becomes of an action, and what comes next;
//! - a clock that the program drives: a queue of what is due, the earliest first, and events in between;
//! - what an executor has to remember: who is where in which flow, who entered when, what was sent;
//! - what is slow or cannot be done twice (a coupon code is used up) happens before a render, as `needs()` says;
//! - three outcomes of a render: a message, a skip with its reason, a failure with its place in the template.
//!
//! A real one keeps the queue and the history in its database, reads the data of one person there, and hands messages to
//! `letterpress::delivery`. The decisions are the same: they are functions of what it hands in, and read no clock.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::error::Error;
use std::sync::Arc;

use jiff::{Timestamp, ZonedDateTime};
use letterpress::audience::{ActionKind, Audience, Entry, Flow, History, Person, Start, Verdict};
use letterpress::data::{Event, Profile, Shop};
use letterpress::diagnostic::Source;
use letterpress::email::{Engine, FixedWorld, Outcome, Recipient};

fn main() -> Result<(), Box<dyn Error>> {
    let engine = Engine::builder()
        .template("cart/email.toml", CART)
        .template("cart/body.mjml", CART_BODY)
        .template("birthday/email.toml", BIRTHDAY)
        .template("birthday/body.mjml", BIRTHDAY_BODY)
        .build()?;
    let customers: Vec<Arc<Profile>> = CUSTOMERS
        .lines()
        .map(|line| Profile::from_json(line).map(Arc::new))
        .collect::<Result<_, _>>()?;
    let events: Vec<Arc<Event>> = EVENTS
        .lines()
        .map(|line| Event::from_json(line).map(Arc::new))
        .collect::<Result<_, _>>()?;

    // Definitions name metrics; the shop knows which there are.
    let known = events
        .iter()
        .fold(Shop::builder(), |shop, event| shop.event((**event).clone()));
    let (audience, findings) = Audience::builder()
        .flow("cart", Source::new("cart.json", CART_FLOW))
        .flow("birthday", Source::new("birthday.json", BIRTHDAY_FLOW))
        .zone(jiff::tz::TimeZone::get("America/New_York")?)
        .build(&known.build().0)?;
    for finding in &findings {
        eprintln!("{}", finding.to_text(false));
    }

    let mut executor = Executor {
        engine,
        flows: audience.flows().to_vec(),
        customers,
        done: HashMap::new(),
        histories: HashMap::new(),
        queue: BinaryHeap::new(),
        codes: ["TEA-4712", "TEA-4711"].map(str::to_owned).into(),
        number: 0,
        counts: [0; 3],
    };
    executor.schedule_dates("2026-11-20T00:00:00Z".parse()?);
    for event in &events {
        // What is due before the event comes first: it may not know of it.
        executor.run_until(event.time)?;
        executor.take(event);
    }
    executor.run_until("2026-11-24T00:00:00Z".parse()?)?;

    let [rendered, skipped, failed] = executor.counts;
    println!("{rendered} rendered, {skipped} skipped, {failed} failed");
    assert_eq!(executor.counts, [3, 2, 0]);
    Ok(())
}

/// What is to be done at some time.
enum Task {
    /// A date comes: somebody may enter a flow.
    Start {
        flow: usize,
        customer: usize,
        start: Start,
    },
    /// Somebody has come to an action.
    Action {
        flow: usize,
        customer: usize,
        entry: Entry,
        action: String,
    },
}

struct Executor {
    engine: Engine,
    flows: Vec<Arc<Flow>>,
    customers: Vec<Arc<Profile>>,
    /// What each customer did so far, newest first.
    done: HashMap<usize, Vec<Arc<Event>>>,
    histories: HashMap<usize, History>,
    /// The earliest first; of two at the same time the one that was put in first.
    queue: BinaryHeap<Reverse<Due>>,
    codes: Vec<String>,
    number: usize,
    /// Rendered, skipped, failed.
    counts: [usize; 3],
}

impl Executor {
    fn put(&mut self, at: Timestamp, task: Task) {
        self.number += 1;
        self.queue.push(Reverse(Due {
            at,
            number: self.number,
            task,
        }));
    }

    /// The next start of every flow that begins with a date, for everybody.
    fn schedule_dates(&mut self, after: Timestamp) {
        for flow in 0..self.flows.len() {
            for customer in 0..self.customers.len() {
                self.schedule_date(flow, customer, after);
            }
        }
    }

    fn schedule_date(&mut self, flow: usize, customer: usize, after: Timestamp) {
        if let Some(fire) = self.flows[flow].next_fire(&self.customers[customer], after) {
            let start = Start::Date(fire);
            self.put(
                fire.at,
                Task::Start {
                    flow,
                    customer,
                    start,
                },
            );
        }
    }

    /// Drives the clock.
    fn run_until(&mut self, now: Timestamp) -> Result<(), Box<dyn Error>> {
        while self.queue.peek().is_some_and(|Reverse(due)| due.at <= now) {
            let Some(Reverse(Due { at, task, .. })) = self.queue.pop() else {
                break;
            };
            match task {
                Task::Start {
                    flow,
                    customer,
                    start,
                } => {
                    self.enter(flow, customer, &start, at);
                    self.schedule_date(flow, customer, at);
                }
                Task::Action {
                    flow,
                    customer,
                    entry,
                    action,
                } => {
                    self.act(flow, customer, entry, &action, at)?;
                }
            }
        }
        Ok(())
    }

    /// An event has happened: it may let its person into flows.
    fn take(&mut self, event: &Arc<Event>) {
        let id = event.profile.id.as_ref();
        let Some(customer) = self.customers.iter().position(|one| one.id.as_ref() == id) else {
            return; // Nobody we know.
        };
        self.done
            .entry(customer)
            .or_default()
            .insert(0, event.clone());
        for flow in 0..self.flows.len() {
            if self.flows[flow].trigger_metric() == Some(&event.metric.name) {
                self.enter(flow, customer, &Start::Event(event.clone()), event.time);
            }
        }
    }

    fn person(&self, customer: usize) -> Person {
        let events = self.done.get(&customer).cloned().unwrap_or_default();
        Person::new(self.customers[customer].clone(), events, Vec::new())
    }

    fn enter(&mut self, number: usize, customer: usize, start: &Start, now: Timestamp) {
        let (flow, person) = (self.flows[number].clone(), self.person(customer));
        let history = self.histories.entry(customer).or_default();
        let admission = flow.enters(start, &person, history, now);
        let who = person.profile().key();
        let Some(entry) = admission.entry else {
            println!(
                "{now}  {who} does not enter {}: {}",
                flow.file,
                admission.reason.unwrap_or_default()
            );
            return;
        };
        println!("{now}  {who} enters {}", flow.file);
        history.entered(&flow.file, entry.at);
        if let Some(action) = flow.entry_action() {
            let action = action.id.clone();
            self.put(
                now,
                Task::Action {
                    flow: number,
                    customer,
                    entry,
                    action,
                },
            );
        }
    }

    fn act(
        &mut self,
        number: usize,
        customer: usize,
        entry: Entry,
        action: &str,
        now: Timestamp,
    ) -> Result<(), Box<dyn Error>> {
        let (flow, person) = (self.flows[number].clone(), self.person(customer));
        let Some(action) = flow.action(action) else {
            return Ok(()); // The flow was edited, and the action is gone.
        };
        let history = self.histories.entry(customer).or_default().clone();
        let kept = flow.keeps(action, &entry, &person, &history, now);
        match kept.verdict {
            Verdict::Do => {
                if let ActionKind::SendEmail(message) = &action.kind {
                    let email = message.template_id.as_deref().unwrap_or_default();
                    self.send(email, customer, &entry, now)?;
                }
            }
            Verdict::Skip => {
                println!(
                    "{now}  {} skipped for {}: {}",
                    action.id,
                    person.profile().key(),
                    kept.reason.unwrap_or_default()
                );
                self.counts[1] += 1;
            }
            Verdict::Leave => return Ok(()),
        }
        let next = flow.next(action, &entry, &person, &history, now);
        if let Some(action) = next.action {
            let action = action.id.clone();
            self.put(
                next.at.max(now),
                Task::Action {
                    flow: number,
                    customer,
                    entry,
                    action,
                },
            );
        }
        Ok(())
    }

    fn send(
        &mut self,
        name: &str,
        customer: usize,
        entry: &Entry,
        now: Timestamp,
    ) -> Result<(), Box<dyn Error>> {
        let email = self.engine.email(name)?;
        let mut recipient = Recipient::new(self.customers[customer].clone());
        if let Some(event) = &entry.event {
            recipient = recipient.event(event.clone());
        }
        // A code that is handed out is gone, so it is drawn here: a render itself changes nothing.
        for coupon in &email.needs().coupons {
            if let Some(code) = self.codes.pop() {
                recipient = recipient.coupon(coupon, code);
            }
        }
        let now: ZonedDateTime = now.to_zoned_datetime(jiff::tz::TimeZone::UTC);
        let world = FixedWorld::at(now.clone());
        let who = self.customers[customer].key().to_owned();
        match email.render(&recipient, &world) {
            Outcome::Rendered(mail) => {
                // A message now has everything: hand it to `letterpress::delivery`, or to a mailer of your own.
                println!("{}  to {who}: {}", now.timestamp(), mail.subject);
                self.histories
                    .entry(customer)
                    .or_default()
                    .sent("email", now.timestamp());
                self.counts[0] += 1;
            }
            Outcome::Skipped(skip) => {
                println!(
                    "{}  to {who}: skipped, {}: {}",
                    now.timestamp(),
                    skip.klaviyo,
                    skip.detail
                );
                self.counts[1] += 1;
            }
            Outcome::Failed(failure) => {
                println!("{}  to {who}: failed", now.timestamp());
                for diagnostic in &failure.diagnostics {
                    println!("{}", diagnostic.to_text(false));
                }
                self.counts[2] += 1;
            }
        }
        Ok(())
    }
}

struct Due {
    at: Timestamp,
    number: usize,
    task: Task,
}

impl Ord for Due {
    fn cmp(&self, other: &Due) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}
impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Due) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Due {
    fn eq(&self, other: &Due) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Due {}

const CART: &str = r#"
kind = "flow"
subject = "Your {{ event.extra.line_items.0.title }} is waiting"
from = "Northwind Tea <hello@tea.example>"
"#;

const CART_BODY: &str = r#"<mjml><mj-body><mj-section><mj-column>
  <mj-text>Hi {{ first_name|default:"there" }}, this is still in your cart:</mj-text>
  <mj-table>{% for item in event.extra.line_items %}
    <tr><td>{{ item.title }}</td></tr>{% endfor %}
  </mj-table>
</mj-column></mj-section></mj-body></mjml>"#;

const BIRTHDAY: &str = r#"
kind = "flow"
subject = "Many happy returns, {{ first_name|default:'friend' }}"
from = "Northwind Tea <hello@tea.example>"
"#;

const BIRTHDAY_BODY: &str = r#"<mjml><mj-body><mj-section><mj-column>
  <mj-text>Take 10% off with {% coupon_code "BIRTHDAY" %}.</mj-text>
</mj-column></mj-section></mj-body></mjml>"#;

/// Four hours after a checkout, unless somebody ordered since; carts of more than 100 get a second mail a day later.
const CART_FLOW: &str = r#"{"triggers": [{"type": "metric", "id": "Checkout Started"}],
  "profile_filter": {"condition_groups": [{"conditions": [{"type": "profile-metric", "metric_id": "Placed Order", "measurement": "count",
    "measurement_filter": {"type": "numeric", "operator": "equals", "value": 0}, "timeframe_filter": {"type": "date", "operator": "flow-start"}}]}]},
  "reentry_criteria": {"duration": 7, "unit": "day"}, "entry_action_id": "wait", "actions": [
  {"temporary_id": "wait", "type": "time-delay", "links": {"next": "first"}, "data": {"unit": "hours", "value": 4}},
  {"temporary_id": "first", "type": "send-email", "links": {"next": "large"}, "data": {"message": {"template_id": "cart"}, "status": "live"}},
  {"temporary_id": "large", "type": "trigger-split", "links": {"next_if_true": "day", "next_if_false": null}, "data": {"trigger_filter": {"condition_groups": [
    {"conditions": [{"type": "metric-property", "metric_id": "Checkout Started", "field": "$value", "filter": {"type": "numeric", "operator": "greater-than", "value": 100}}]}]}}},
  {"temporary_id": "day", "type": "time-delay", "links": {"next": "second"}, "data": {"unit": "days", "value": 1}},
  {"temporary_id": "second", "type": "send-email", "links": {"next": null}, "data": {"message": {"template_id": "cart"}, "status": "live"}}]}"#;

const BIRTHDAY_FLOW: &str = r#"{"triggers": [{"type": "date", "date_profile_property": "Birthday", "recurrence_frequency": "annually", "trigger_time": "09:00:00"}],
  "entry_action_id": "mail", "actions": [
  {"temporary_id": "mail", "type": "send-email", "links": {"next": null}, "data": {"message": {"template_id": "birthday"}, "status": "live"}}]}"#;

const CUSTOMERS: &str = r#"{"id": "1", "email": "ada@example.com", "first_name": "Ada"}
{"id": "2", "email": "jose@example.com", "first_name": "José", "properties": {"Birthday": "1984-11-22"}}
{"id": "3", "first_name": "Has no address"}"#;

const EVENTS: &str = r#"{"id": "e1", "metric": "Checkout Started", "profile": {"id": "1"}, "time": "2026-11-20T18:04:10Z", "properties": {"$value": 120, "$extra": {"line_items": [{"title": "Oolong"}]}}}
{"id": "e2", "metric": "Checkout Started", "profile": {"id": "3"}, "time": "2026-11-20T19:00:00Z", "properties": {"$value": 12, "$extra": {"line_items": [{"title": "Sencha"}]}}}
{"id": "e3", "metric": "Checkout Started", "profile": {"id": "2"}, "time": "2026-11-20T20:00:00Z", "properties": {"$value": 24, "$extra": {"line_items": [{"title": "Pu'er"}]}}}
{"id": "e4", "metric": "Placed Order", "profile": {"id": "2"}, "time": "2026-11-20T21:30:00Z", "properties": {"$value": 24}}
{"id": "e5", "metric": "Checkout Started", "profile": {"id": "1"}, "time": "2026-11-21T09:00:00Z", "properties": {"$value": 30, "$extra": {"line_items": [{"title": "Cups"}]}}}"#;
