//! Product blocks as they are rendered: feeds that are short, picked items frozen and looked up, Klaviyo's own code.

use letterpress::email::{
    Compiling, Email, EmailError, Engine, FixedWorld, Layouts, Outcome, Recipient,
};
use letterpress::mjml::{BlockPlace, Picked, ProductBlock};
use letterpress::value::{Value, from_json, key};

fn json(text: &str) -> Value {
    from_json(text).expect("JSON")
}

/// Items whose values hold everything that could end a tag, a text or an attribute.
fn catalog() -> Value {
    json(
        r#"{
        "P-1": {"title": "Pot, 5\" & <b>blue</b> \\", "url": "https://shop.example/?a=1&amp;b=2&c=\"", "price": 24.0, "regular_price": 30.0,
                "description": "50 %} off, {{ no tag }} {# here #}\nand {% endwith %}", "metadata": {"price": 24.0, "rating": 4.5, "rating_count": 12},
                "featured_image": {"full": {"src": "https://shop.example/i.png?x=1&y=2"}}},
        "P-2": {"title": "شاي (أخضر)", "url": "https://shop.example/2", "metadata": {"price": "9.50"}, "regular_price": "19.50", "featured_image": {"full": {}}},
        "P-3": {"title": "&amp;", "url": "https://shop.example/3", "metadata": {"price": "on request"}, "regular_price": "12", "published": true},
        "P-4": {"title": "", "url": "", "metadata": {"price": 10}, "regular_price": 9}
    }"#,
    )
}

fn world() -> FixedWorld {
    let feeds = json(
        r#"{"TWO": [
        {"title": "Oolong & <i>co</i>", "url": "https://shop.example/1?a&b", "image_full_url": "https://shop.example/1.png", "price": "$9.00", "regular_price": "$12.00"},
        {"title": "Sencha", "url": "https://shop.example/2", "image_full_url": "", "price": "$8.00", "regular_price": ""}]}"#,
    );
    let mut world = FixedWorld::at("2026-11-20T18:00:00[UTC]".parse().expect("a time"))
        .with_feeds(feeds)
        .with_missing_image("https://shop.example/none.png");
    for id in ["P-1", "P-2", "P-3", "P-4"] {
        let item = key(&catalog(), id).expect("an item");
        world = world.with_catalog_item(id, item, true);
    }
    world
}

fn engine(body: &str, text: &str) -> Engine {
    Engine::builder()
        .template("it/email.toml", "subject = \"Hi\"")
        .template(format!("it/{body}"), text)
        .build()
        .expect("the templates are read")
}

fn mjml(body: &str) -> Engine {
    let text = format!("<mjml><mj-body>{body}</mj-body></mjml>");
    engine("body.mjml", &text)
}

fn rendered(email: &Email) -> [String; 2] {
    let ada = Recipient::from_context(json(r#"{"first_name": "Ada"}"#));
    match email.render(&ada, &world()) {
        Outcome::Rendered(mail) => [mail.html, mail.text],
        other => panic!("{other:?}"),
    }
}

fn html(body: &str) -> String {
    let [html, _] = rendered(&mjml(body).email("it").expect("it compiles"));
    html
}

/// What stands in the body.
fn body(html: &str) -> &str {
    html.split("<body").last().unwrap_or_default()
}

fn picked(id: &str) -> Picked {
    match key(&catalog(), id) {
        Some(item) => Picked::Item(item),
        None => Picked::Missing,
    }
}

fn uploaded(engine: &Engine) -> Result<Email, EmailError> {
    let compiling = Compiling {
        layouts: Layouts::WrittenOut,
        picked: Some(&picked),
        ..Compiling::default()
    };
    engine.email_as("it", compiling)
}

#[test]
fn a_short_feed_leaves_columns_empty_and_rows_out() {
    let html = html("<lp-products feed='TWO' rows='2' columns='3' />");
    assert_eq!(html.matches("class=\"lp-products\"").count(), 1);
    assert_eq!(html.matches("per-33-333332 lp-item\"").count(), 3);
    assert_eq!(html.matches("<tbody></tbody>").count(), 1);
    assert_eq!(html.matches("lp-button\"").count(), 2);
    // The price that was stands only where there is one; where there is no image, the account's stands.
    assert_eq!(html.matches("<s class").count(), 1);
    assert_eq!(
        html.matches("src=\"https://shop.example/none.png\"")
            .count(),
        1
    );
    assert!(
        html.contains("alt=\"Oolong &amp; &lt;i&gt;co&lt;/i&gt;\""),
        "{html}"
    );
}

#[test]
fn a_feed_that_is_empty_or_not_there_prints_nothing() {
    for block in [
        "<lp-products feed='TWO' feed-offset='2' />",
        "<lp-products feed='NONE' rows='3' />",
        "<lp-products feed='NONE' layout='vertical-left-image' />",
    ] {
        assert_eq!(body(&html(block)), body(&html("")), "{block}");
    }
}

#[test]
fn picked_items_are_the_same_frozen_and_looked_up() {
    for attributes in [
        "columns='2' show-description='true' show-rating='true' show-rating-count='true' title-placeholder='A {{ first_name }}'",
        "layout='vertical-right-image' show-price='false' show-description='true'",
        "stack-on-mobile='false' item-max-height='90'",
    ] {
        let block = format!("<lp-products items='P-1,P-2,P-3,P-4' {attributes} />");
        let column = format!("<mj-section><mj-column>{block}</mj-column></mj-section>");
        for body in [block, column] {
            let own = mjml(&body);
            let upload = uploaded(&own).expect("it can be written out");
            assert!(!upload.source().contains("{% catalog"), "{body}");
            let elsewhere = engine("body.html", upload.source());
            let elsewhere = elsewhere.email("it").expect("it compiles");
            let looked_up = rendered(&own.email("it").expect("it compiles"));
            // A line break in a value is a blank in a literal.
            let looked_up = looked_up.map(|part| part.replace("}\nand", "} and"));
            assert_eq!(rendered(&elsewhere), looked_up, "{body}");
        }
    }
}

#[test]
fn what_a_picked_item_shows() {
    let html =
        html("<lp-products items='P-1,P-2,P-3,P-4' show-rating='true' show-rating-count='true' />");
    for shown in [
        "alt=\"Pot, 5&quot; &amp; &lt;b&gt;blue&lt;/b&gt; \\\"",
        "href=\"https://shop.example/?a=1&amp;amp;b=2&amp;c=&quot;\"",
        "&#9733;&nbsp;4.5 (12)</div>",
        ">$24.00</span>&nbsp; <s class=\"lp-original-price\" style=\"white-space:nowrap\">$30.00</s>",
        "<bdi>شاي (أخضر)</bdi>",
        ">$9.50</span>&nbsp; <s class=\"lp-original-price\" style=\"white-space:nowrap\">$19.50</s>",
        ">on request</span></div>",
        ">$10.00</span></div>",
    ] {
        assert!(html.contains(shown), "{shown}");
    }
    assert_eq!(html.matches("lp-rating\"").count(), 1);
}

#[test]
fn items_stay_lookups_where_they_are_localized_or_there_is_no_catalog() {
    let tag = "{% catalog \"P-1\" language=\"fr\" %}";
    let localized = mjml("<lp-products items='P-1' localize-for-recipient='true' language='fr' />");
    let localized = uploaded(&localized).expect("it can be written out");
    assert!(localized.source().contains(tag));
    let no_catalog = mjml("<lp-products items='P-1' language='fr' />");
    let no_catalog = no_catalog.upload("it").expect("it can be written out");
    assert!(no_catalog.source().contains(tag));
}

#[test]
fn an_item_that_is_gone_skips_the_message_and_cannot_be_frozen() {
    let gone = mjml("\n<lp-products items='P-1,P-9' />");
    let email = gone.email("it").expect("it compiles");
    let ada = Recipient::from_context(json("{}"));
    let Outcome::Skipped(skipped) = email.render(&ada, &world()) else {
        panic!("it is rendered");
    };
    assert_eq!(skipped.klaviyo, "Catalog Item Unavailable");
    let Err(EmailError::Invalid { diagnostics, .. }) = uploaded(&gone) else {
        panic!("it is written out");
    };
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].code, "missing-item");
    let place = diagnostics[0].primary.as_ref().expect("a place");
    assert_eq!(
        (place.at.to_string().as_str(), place.at.text()),
        ("it/body.mjml:2:25", "P-9")
    );
}

#[test]
fn klaviyos_own_code_renders_alike() {
    let exported: String = (0..3)
        .map(|k| {
            format!(
                r#"{{% if feeds.TWO|index:{k} %}}{{% with item=feeds.TWO|index:{k} %}}
  {{% with Title=item.title|safe Price=item.price|default:"" Compare_at=item.regular_price|default:"" %}}
    <a href="{{{{ item.url }}}}"><img src="{{{{ item.image_full_url|missing_product_image }}}}" alt="{{{{ item.title }}}}" width="176"></a> {{{{ Title }}}} {{{{ Price }}}} {{{{ Compare_at }}}}
  {{% endwith %}}
{{% endwith %}}{{% endif %}}"#
            )
        })
        .collect();
    let exported = engine("body.html", &exported);
    let [exported, _] = rendered(&exported.email("it").expect("it compiles"));
    let block = ProductBlock::from_klaviyo_json(
        r#"{"type":"product","data":{"properties":{"dynamic":true,"feed":"TWO","show_title":true,"show_title_links":false,
            "show_button":false,"show_price":true,"show_original_price":true},"styles":{"num_columns":3}}}"#,
    );
    let ours = html(&block.expect("a block").to_mjml(BlockPlace::Body));
    // What a person sees: texts, pictures and links, in their order.
    let seen = |html: &str| -> Vec<String> {
        let parts = regex::Regex::new(r#"<!--.*?-->|(?:href|src|alt)="[^"]*"|>([^<>]+)"#)
            .expect("an expression");
        let parts = parts
            .find_iter(body(html))
            .filter(|part| !part.as_str().starts_with("<!--"));
        let words = parts.flat_map(|part| part.as_str().trim_start_matches('>').split_whitespace());
        words
            .map(|word| word.replace("&nbsp;", ""))
            .filter(|word| !word.is_empty())
            .collect()
    };
    let sorted = |html: &str| {
        let mut seen = seen(html);
        seen.sort();
        seen
    };
    assert_eq!(sorted(&ours), sorted(&exported));
    let texts = |html: &str| -> Vec<String> {
        let seen = seen(html).into_iter();
        seen.filter(|word| !word.contains('=') && !word.contains("&lt;"))
            .collect()
    };
    assert_eq!(texts(&ours), texts(&exported));
}

#[test]
fn in_jinja() {
    let jinja = |body: &str| {
        Engine::builder()
            .template("it/email.toml", "subject = \"Hi\"\ndialect = \"jinja\"")
            .template(
                "it/body.mjml",
                format!("<mjml><mj-body>{body}</mj-body></mjml>"),
            )
            .build()
            .expect("the templates are read")
    };
    let block = "<lp-products feed='TWO' columns='3' show-rating='true' button-text='For {{ first_name }}' />";
    let [ours, _] = rendered(&jinja(block).email("it").expect("it compiles"));
    let klaviyos = html(block);
    assert_eq!(ours.replace("&#x27;", "&#39;"), klaviyos);
    let [nothing, _] = rendered(
        &jinja("<lp-products feed='NONE' />")
            .email("it")
            .expect("it compiles"),
    );
    assert_eq!(body(&nothing), body(&html("")));
    let Err(error) = jinja("<lp-products items='P-1' />").email("it") else {
        panic!("it compiles");
    };
    assert_eq!(
        error.to_string(),
        "it/body.mjml:1:29: Picked items need {% catalog %}, which Jinja has not"
    );
}
