//! `feeds.toml`, and what is wrong with it.

use letterpress::diagnostic::Source;
use letterpress::feeds::FeedDefinition;

#[test]
fn what_is_wrong_in_feeds_toml_is_told_with_its_place() {
    let (feeds, findings) = FeedDefinition::from_toml(&Source::new(
        "feeds.toml",
        r#"[_A]
order = "newest"
[B]
order = "trendng"
[C]
order = "trending"
window_days = 0
[D]
order = "trending"
fallback = { order = "also_like" }
[E]
order = "trending"
filters = { categories_include = {} }
[F]
pool = 3
[G]
order = "trending"
exclude_purchased = "90"
[H]
order = "trending"
exclude_purchased = "90d"
[I]
order = "trending"
fallback = { order = "newest", pool = 3 }
[J]
order = "recently_viewed"
[K]
order = "random"
[L]
order = "also_like"
fallback = { order = "price_drop" }
"#,
    ));
    assert_eq!(
        feeds.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(),
        ["H", "K", "L"]
    );
    let told: Vec<String> = findings
        .iter()
        .map(|f| format!("{f} | {}", f.help.join(" ")))
        .collect();
    let expected = [
        "feeds.toml:1:2: error[feed-definition]: '_A' is no name of a feed | letters, digits and underscores, none of them at the start or end",
        "feeds.toml:4:9: error[feed-definition]: 'order' cannot be 'trendng' | did you mean 'trending'?",
        "feeds.toml:7:15: error[feed-definition]: 'window_days' must be a whole number from 1 to 3650 | ",
        "feeds.toml:10:12: error[feed-definition]: a fallback cannot be personal, as also_like is | ",
        "feeds.toml:13:13: error[feed-definition]: 'categories_include' is no key of filters | did you mean 'category_include'?",
        "feeds.toml:14:2: error[feed-definition]: a feed needs an 'order' | one of trending, best_selling, most_viewed, newest, recently_viewed, added_to_cart, also_like, bought_together, price_drop, random, static",
        "feeds.toml:18:21: error[feed-definition]: 'exclude_purchased' cannot be '90' | \"all_time\", \"off\", or a number of days such as \"90d\"",
        "feeds.toml:24:32: error[feed-definition]: 'pool' is no key of a fallback | the keys of a fallback: order, metrics, window_days, half_life_days, preset, by, decay, items",
        "feeds.toml:26:9: error[feed-definition]: the order 'recently_viewed' is one person's: the feed needs a fallback | add what people see who did nothing yet: fallback = { order = \"best_selling\" }",
    ];
    assert_eq!(told, expected);
    let (none, findings) = FeedDefinition::from_toml(&Source::new("feeds.toml", "[A\n"));
    assert!(
        none.is_empty()
            && findings[0]
                .to_string()
                .starts_with("feeds.toml:1:3: error[feed-definition]: this is no TOML"),
        "{findings:?}"
    );
}
