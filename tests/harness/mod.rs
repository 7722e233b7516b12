//! What the conformance tests and Django's judges share: a case with its own small world, rendered.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::ZonedDateTime;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use letterpress::diagnostic::{Diagnostic, Source};
use letterpress::language::{
    Barcode, CatalogAnswer, CatalogQuery, Channel, Host, Library, Limits, Link, Money, Options,
    Registry, Stop,
};
use letterpress::value::{self, Moment, Pairs, Value};

/// How a render ends.
#[derive(Debug)]
pub enum Outcome {
    /// With a text.
    Text(String),
    /// With errors.
    Error(Vec<Diagnostic>),
    /// With a skip, its reason and detail.
    Skip(String),
}

/// The outside that a case describes in `env`.
pub struct World {
    now: ZonedDateTime,
    money: Money,
    catalog: Option<Value>,
    coupons: Option<Value>,
}

impl World {
    /// The world of a case.
    pub fn of(case: &Value) -> World {
        let env = value::key(case, "env");
        let text = |name: &str| {
            env.as_ref()
                .and_then(|env| value::key(env, name))
                .map(|v| value::text(&v))
        };
        let zone = text("timezone")
            .and_then(|name| TimeZone::get(&name).ok())
            .unwrap_or(TimeZone::UTC);
        let now: DateTime = text("now")
            .and_then(|now| now.trim_end_matches('Z').parse().ok())
            .unwrap_or(jiff::civil::date(2026, 11, 20).at(18, 4, 10, 0));
        World {
            now: zone
                .to_zoned_datetime(now)
                .expect("the time of a case exists in its zone"),
            money: Money::new(
                text("currency_locale").as_deref().unwrap_or("en-US"),
                text("currency").as_deref().unwrap_or("USD"),
            ),
            catalog: env.as_ref().and_then(|env| value::key(env, "catalog")),
            coupons: env.as_ref().and_then(|env| value::key(env, "coupons")),
        }
    }
}

impl Host for World {
    fn now(&self) -> &ZonedDateTime {
        &self.now
    }
    fn money(&self) -> &Money {
        &self.money
    }
    fn link(&self, link: Link) -> Cow<'_, str> {
        Cow::Borrowed(match link {
            Link::Unsubscribe => "{unsubscribe_url}",
            Link::Preferences => "{preferences_url}",
            Link::WebView => "{web_view_url}",
        })
    }
    fn catalog_item(&self, query: &CatalogQuery<'_>) -> Option<CatalogAnswer> {
        let item = value::key(self.catalog.as_ref()?, query.id)?;
        let published = value::key(&item, "published").is_none_or(|p| value::truthy(&p));
        Some(CatalogAnswer { item, published })
    }
    fn property_link(&self, _: &str, _: &str, url: &str) -> Cow<'_, str> {
        Cow::Owned(url.to_owned())
    }
    fn barcode(&self, barcode: &Barcode<'_>) -> Cow<'_, str> {
        Cow::Owned(format!("https://barcode.invalid/{}", barcode.value))
    }
    fn coupon(&self, name: &str) -> Option<Cow<'_, str>> {
        value::key(self.coupons.as_ref()?, name).map(|code| Cow::Owned(value::text(&code)))
    }
    fn missing_image(&self) -> &str {
        "https://placeholder.invalid/no-image.png"
    }
    fn seed(&self) -> u64 {
        7
    }
}

/// Renders a case: `template`, or `templates` and `entry`, with `context` and `env`.
pub fn render(case: &Value, registry: &Arc<Registry>) -> Outcome {
    let mut sources: BTreeMap<String, String> = BTreeMap::new();
    let mut entry = "case.html".to_owned();
    match value::key(case, "templates") {
        Some(templates) => {
            for (name, source) in value::pairs(&templates) {
                sources.insert(value::text(&name), value::text(&source));
            }
            entry = value::key(case, "entry").map_or(entry, |name| value::text(&name));
        }
        None => {
            let source = value::key(case, "template").map_or(String::new(), |t| value::text(&t));
            sources.insert(entry.clone(), source);
        }
    }
    let context = value::key(case, "context").map_or_else(
        || Value::from(Pairs::new(Vec::new())),
        |context| revived(&context),
    );
    let mut library = Library::new(registry.clone(), Limits::default());
    for (name, source) in sources {
        library.add(name.clone(), Source::new(name, source));
    }
    let library = Arc::new(library);
    let template = match library.template(&entry) {
        Ok(template) => template,
        Err(errors) => return Outcome::Error(errors),
    };
    let world = World::of(case);
    let options = Options {
        host: &world,
        channel: Channel::Html,
        limits: library.limits(),
        html_to_text: |html| Cow::Borrowed(html),
    };
    let mut out = String::new();
    let data = std::slice::from_ref(&context);
    let result = template.render_into(data, options, &mut out);
    // The traced render is the twin of the untraced one.
    let mut twin = String::new();
    let (twin_result, _) = template.render_traced(data, options, &mut twin);
    assert_eq!(out, twin, "traced, a render prints something else");
    assert_eq!(format!("{result:?}"), format!("{twin_result:?}"));
    match result {
        Ok(()) => Outcome::Text(out),
        Err(Stop::Skip(skip)) => Outcome::Skip(format!("{}: {}", skip.wording, skip.detail)),
        Err(stop) => Outcome::Error(vec![template.explain(&stop)]),
    }
}

/// A context with what JSON cannot say written as `{"__safe__": text}`, `{"__date__": …}`, `{"__datetime__": …}`,
/// `{"__aware__": [time, zone]}`, `{"__float__": "nan"}` and `{"__tuple__": […]}`.
pub fn revived(v: &Value) -> Value {
    match v.kind() {
        value::ValueKind::Map => {
            let pairs = value::pairs(v);
            if let [(name, inside)] = &pairs[..]
                && let Some(special) = name.as_str().and_then(|name| special(name, inside))
            {
                return special;
            }
            Pairs::new(
                pairs
                    .into_iter()
                    .map(|(name, inside)| (name, revived(&inside)))
                    .collect(),
            )
            .into()
        }
        value::ValueKind::Seq => Value::from_object(
            value::items(v)
                .unwrap_or_default()
                .iter()
                .map(revived)
                .collect::<Vec<_>>(),
        ),
        _ => v.clone(),
    }
}

fn special(name: &str, inside: &Value) -> Option<Value> {
    let text = value::text(inside);
    Some(match name {
        "__safe__" => Value::from_safe_string(text),
        "__float__" => Value::from(text.parse::<f64>().ok()?),
        "__date__" => Moment::Date(text.parse().ok()?).into(),
        "__datetime__" => Moment::Naive(text.parse().ok()?).into(),
        "__aware__" => {
            let parts = value::items(inside)?;
            let time: DateTime = value::text(parts.first()?).parse().ok()?;
            let zone = TimeZone::get(&value::text(parts.get(1)?)).ok()?;
            Moment::Aware(zone.to_zoned_datetime(time).ok()?).into()
        }
        "__tuple__" => {
            let members: Vec<Value> = value::items(inside)?.iter().map(revived).collect();
            Value::from(minijinja::value::Tuple::from(members))
        }
        _ => return None,
    })
}
