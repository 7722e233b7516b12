//! Klaviyo's tags as functions: `{{ coupon_code('Welcome') }}`, `{{ today('%Y') }}`.

use minijinja::value::Kwargs;
use minijinja::{Environment, Error, State};

use super::environment::raised;
use super::run::with_frame;
use crate::language::date_format;
use crate::language::frame::Frame;
use crate::language::host::{CatalogQuery, Link};
use crate::language::output::Channel;
use crate::language::stop::Stop;
use crate::language::tags::coupons::{self, LARGEST, Mode, Picture};
use crate::language::tags::dates::{Part, strftime};
use crate::language::tags::{catalog, links, money};
use crate::value::{self, Value};

/// The functions that print a link, the text of it, and those that give its address alone.
pub(super) const LINKS: [(&str, &str, &str, Link); 3] = [
    (
        "unsubscribe",
        "unsubscribe_link",
        "Unsubscribe",
        Link::Unsubscribe,
    ),
    (
        "manage_preferences",
        "manage_preferences_link",
        "Manage Preferences",
        Link::Preferences,
    ),
    (
        "web_view",
        "web_view_link",
        "View in Your Browser",
        Link::WebView,
    ),
];

const PARTS: [(&str, Part); 5] = [
    ("current_day", Part::Day),
    ("current_weekday", Part::Weekday),
    ("current_month", Part::Month),
    ("current_month_name", Part::MonthName),
    ("current_year", Part::Year),
];

/// Adds all of them.
pub(super) fn add(environment: &mut Environment<'static>) {
    for (name, address, own_text, link) in LINKS {
        environment.add_function(
            name,
            move |state: &mut State<'_, '_>, text: Option<Value>| {
                let text = text.unwrap_or_else(|| Value::from(own_text));
                printed(state, |frame| links::print_anchor(frame, link, &text))
            },
        );
        environment.add_function(address, move |state: &mut State<'_, '_>| {
            made(state, |frame| Ok(Value::from(frame.host().link(link))))
        });
    }
    for (name, part) in PARTS {
        environment.add_function(name, move |state: &mut State<'_, '_>| {
            made(state, |frame| Ok(Value::from(part.of(frame.host().now()))))
        });
    }
    environment.add_function("now", |state: &mut State<'_, '_>, pattern: String| {
        made(state, |frame| {
            let text = date_format::format_now(frame.host().now(), &pattern);
            Ok(Value::from(text))
        })
    });
    environment.add_function("today", |state: &mut State<'_, '_>, pattern: String| {
        made(state, |frame| {
            let text = strftime(&pattern, frame.host().now());
            let wrong = |reason| Stop::raise(format!("'today' cannot read its format: {reason}"));
            text.map(Value::from).map_err(wrong)
        })
    });
    environment.add_function(
        "currency_format",
        |state: &mut State<'_, '_>, amount: Value| {
            made(state, |frame| Ok(money::formatted(frame, &amount)))
        },
    );
    environment.add_function("has_category", |item: Value, text: String| {
        catalog::has_category(&item, &text)
    });
    environment.add_function("coupon_code", coupon_code);
    environment.add_function("barcode", barcode);
    environment.add_function("barcode_code", barcode_code);
    environment.add_function("catalog_item", catalog_item);
    environment.add_function("update_property_link", update_property_link);
}

/// What a function makes of the frame.
fn made(
    state: &mut State<'_, '_>,
    make: impl FnOnce(&mut Frame<'_>) -> Result<Value, Stop>,
) -> Result<Value, Error> {
    with_frame(state, |frame| {
        frame.spend(1)?;
        make(frame)
    })
    .map(|(made, _)| made)
}

/// What a function prints: HTML in an HTML part.
fn printed(
    state: &mut State<'_, '_>,
    print: impl FnOnce(&mut Frame<'_>) -> Result<(), Stop>,
) -> Result<Value, Error> {
    let (channel, text) = with_frame(state, |frame| {
        frame.spend(1)?;
        print(frame)?;
        Ok(frame.channel())
    })?;
    Ok(match channel {
        Channel::Html => Value::from_safe_string(text),
        _ => Value::from(text),
    })
}

/// `coupon_code('Welcome', cut='#')`
fn coupon_code(state: &mut State<'_, '_>, name: String, options: Kwargs) -> Result<Value, Error> {
    let cut: Option<String> = options.get("cut")?;
    options.assert_all_used()?;
    made(state, |frame| {
        let code = coupons::code(&name, frame)?;
        let kept = coupons::without(&code, cut.as_deref().unwrap_or_default());
        Ok(Value::from(kept))
    })
}

/// `barcode(person.member_id, mode='html', width=80)`
fn barcode(state: &mut State<'_, '_>, content: Value, options: Kwargs) -> Result<Value, Error> {
    let coupon = options.get::<Option<bool>>("coupon")?.unwrap_or(false);
    draw(state, &content, &options, coupon)
}

/// `barcode_code('Welcome', width=200)`
fn barcode_code(state: &mut State<'_, '_>, coupon: Value, options: Kwargs) -> Result<Value, Error> {
    draw(state, &coupon, &options, true)
}

fn draw(
    state: &mut State<'_, '_>,
    content: &Value,
    options: &Kwargs,
    coupon: bool,
) -> Result<Value, Error> {
    let pixels = |name: &str| match options.get::<Option<u32>>(name)? {
        Some(pixels) if !(1..=LARGEST).contains(&pixels) => Err(raised(format!(
            "{name} is a number of pixels, from 1 to {LARGEST}"
        ))),
        pixels => Ok(pixels),
    };
    let mut picture = Picture::default();
    if let Some(mode) = options.get::<Option<String>>("mode")? {
        picture.mode = Mode::named(&mode)
            .ok_or_else(|| raised("the mode of a barcode is url, html or rcs"))?;
    }
    picture.width = pixels("width")?.unwrap_or(picture.width);
    picture.height = pixels("height")?.unwrap_or(picture.height);
    picture.padded_width = pixels("padded_width")?;
    picture.padded_height = pixels("padded_height")?;
    options.assert_all_used()?;
    let is_html = picture.mode == Mode::Html;
    let text = value::text(content);
    let draw = |frame: &mut Frame<'_>| match coupon {
        true => {
            let code = coupons::code(&text, frame)?;
            picture.print(&code, frame)
        }
        false => picture.print(&text, frame),
    };
    match is_html {
        true => printed(state, draw).map(|v| Value::from_safe_string(value::text(&v))),
        // An address is escaped where it is printed.
        false => {
            let plain = |frame: &mut Frame<'_>| {
                frame.set_escapes(false);
                draw(frame)
            };
            printed(state, plain).map(|v| Value::from(value::text(&v)))
        }
    }
}

/// `catalog_item(event.ProductID, unpublished='cancel')`
fn catalog_item(state: &mut State<'_, '_>, id: Value, options: Kwargs) -> Result<Value, Error> {
    let text = |name: &str| options.get::<Option<String>>(name);
    let cancel = text("unpublished")?.as_deref() == Some("cancel");
    let integration = text("integration")?;
    let catalog_id = text("catalog_id")?;
    let language = text("language")?;
    let region = text("region")?;
    options.assert_all_used()?;
    made(state, |frame| {
        let query = CatalogQuery {
            id: "",
            integration: integration.as_deref(),
            catalog_id: catalog_id.as_deref(),
            language: language.as_deref(),
            region: region.as_deref(),
        };
        catalog::item(frame, &id, query, cancel)
    })
}

/// `update_property_link('Likes', 'Tea', 'https://shop.example/')`
fn update_property_link(
    state: &mut State<'_, '_>,
    property: String,
    value: String,
    url: String,
) -> Result<Value, Error> {
    if ![&property, &value, &url].iter().all(|text| text.is_ascii()) {
        return Err(raised("'update_property_link' takes ASCII only"));
    }
    made(state, |frame| {
        let link = frame.host().property_link(&property, &value, &url);
        Ok(Value::from(link))
    })
}
