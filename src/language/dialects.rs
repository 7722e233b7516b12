//! What is said to people who write as they do in another template language, or as an editor made them: Liquid, Jinja,
//! Handlebars, smart quotes. Each function is given what cannot be read, and says what to write instead.

mod stray;

pub(super) use stray::stray;

use super::words::{is_space, quoted_length};

/// Help for a tag that does not exist; `content` is the inside of the tag.
pub(super) fn tag(name: &str, content: &str) -> Option<String> {
    let rest = content.strip_prefix(name).unwrap_or_default().trim();
    let rewritten = match name {
        "elsif" | "elseif" if !rest.is_empty() => Some(format!("here it is {{% elif {rest} %}}")),
        "elsif" | "elseif" => Some("here it is {% elif … %}".into()),
        "unless" if !rest.is_empty() && !rest.contains(is_space) => {
            Some(format!("here it is {{% if not {rest} %}} … {{% endif %}}"))
        }
        "assign" | "set" => Some(assignment(rest)),
        "echo" if !rest.is_empty() => {
            Some(format!("a value is printed by {{{{ {} }}}}", joined(rest)))
        }
        "include_relative" | "render" | "section" | "partial" | "snippet" => {
            Some(match rest.split(is_space).next() {
                Some(file) if quoted_length(file) == Some(file.len()) => {
                    format!("here it is {{% include {file} %}}")
                }
                _ => "here it is {% include \"_partials/name.html\" %}".into(),
            })
        }
        _ => None,
    };
    let is_value = content == name && (name.contains(['.', '|']) || ROOTS.contains(&name));
    let printed = || format!("a value is printed with two braces: {{{{ {content} }}}}");
    rewritten
        .or_else(|| other_tag(name).map(str::to_owned))
        .or_else(|| is_value.then(printed))
}

/// Names that everybody prints.
const ROOTS: &[&str] = &[
    "first_name",
    "last_name",
    "full_name",
    "email",
    "person",
    "event",
    "organization",
    "item",
];

fn other_tag(name: &str) -> Option<&'static str> {
    Some(match name {
        "unless" => {
            "here it is {% if not … %} … {% endif %}; not binds to one comparison, so repeat it for each"
        }
        "endunless" => "here it is {% endif %}",
        "capture" | "endcapture" => {
            "a text cannot be kept; a value can, for the inside of a block: {% with name=value %} … {% endwith %}"
        }
        "endset" => "here it is {% endwith %}",
        "case" | "when" | "switch" | "endcase" | "endswitch" => {
            "here it is {% if x == 'a' %} … {% elif x == 'b' %} … {% else %} … {% endif %}"
        }
        "break" | "continue" => {
            "loops have no break; shorten the list: {% for x in list|slice:':3' %}"
        }
        "tablerow" | "endtablerow" => {
            "here it is {% for x in list %}, with {% if forloop.counter|divisibleby:3 %} where a row ends"
        }
        "increment" | "decrement" => {
            "there are no counters; in a loop {{ forloop.counter }} counts"
        }
        "raw" => "here it is {% verbatim %} … {% endverbatim %}",
        "endraw" => "here it is {% endverbatim %}",
        "macro" | "endmacro" | "call" | "endcall" | "import" | "from" => {
            "there are no macros; put it into a file of its own: {% include \"_partials/name.html\" with a=b %}"
        }
        "layout" | "paginate" | "form" | "schema" | "style" | "javascript" | "stylesheet" => {
            "this belongs to Shopify's themes; an email has no such thing"
        }
        "liquid" => "one tag for each statement: {% if … %}, {% with … %}",
        "do" => "there are no statements; a tag prints, repeats, chooses or names",
        "url" | "static" | "trans" | "translate" | "blocktrans" | "blocktranslate" => {
            "this belongs to Django's web sites; an email has no such thing: write the address or text"
        }
        "catalog_lookup" | "catalog_item" => {
            "here it is {% catalog event.ProductID %}{{ catalog_item.title }}{% endcatalog %}"
        }
        "unsubscribe_url" => "here it is {% unsubscribe_link %}",
        "manage_preferences_url" | "preferences_link" | "preferences_url" => {
            "here it is {% manage_preferences_link %}"
        }
        "web_view_url" | "webview" | "view_in_browser" => "here it is {% web_view_link %}",
        "coupon" => "here it is {% coupon_code 'Name' %}",
        "currency" | "money" => "here it is {% currency_format item.price %}",
        _ => return None,
    })
}

/// `assign x = y | upcase` as a block.
fn assignment(rest: &str) -> String {
    let whole = rest.split_once('=').and_then(|(name, value)| {
        let (name, value) = (name.trim(), joined(value));
        let is_whole = !has_blank(name)
            && !has_blank(&value)
            && !value.is_empty()
            && !value.contains(['[', '(']);
        is_whole.then(|| format!("{name}={value}"))
    });
    let named = whole.as_deref().unwrap_or("name=value");
    format!("a value has a name inside a block: {{% with {named} %}} … {{% endwith %}}")
}

/// Help for the trim marks of Liquid and Jinja.
pub(super) const TRIM_MARKS: &str =
    "white space is not trimmed here: write {% and %}, {{ and }} without the hyphens";

/// Help for a tag that ends or divides a block that is not open.
pub(super) fn not_open(name: &str) -> Option<String> {
    let opener = match name {
        "else" | "elif" => "if",
        "empty" => "for",
        _ => name.strip_prefix("end")?,
    };
    Some(format!(
        "no {{% {opener} %}} is open here: open one before this, or delete this"
    ))
}

/// Help for a filter that does not exist.
pub(super) fn filter(name: &str) -> Option<&'static str> {
    Some(match name {
        "money"
        | "money_with_currency"
        | "money_without_currency"
        | "money_without_trailing_zeros"
        | "currency"
        | "currency_format"
        | "format_currency"
        | "price" => "money is a tag: {% currency_format item.price %}",
        "img_url"
        | "image_url"
        | "product_img_url"
        | "asset_url"
        | "file_url"
        | "img_tag"
        | "image_tag"
        | "shopify_asset_url"
        | "payment_type_img_url" => "addresses come with the data: {{ item.image }}",
        "t" | "translate" | "trans" => {
            "texts are written out, for each language by {% if person.Language == 'fr' %}"
        }
        "date_format" | "format_date" | "strftime" | "to_date" => {
            "here it is format_date_string|date:'Y-m-d'"
        }
        "format_address" => "an address is printed part by part: {{ address.city }}",
        "divided_by" => "here it is divide",
        "handle" | "handleize" | "parameterize" => "here it is slugify",
        "nl2br" => "here it is linebreaksbr",
        "trim" => "here it is strip",
        "ltrim" => "here it is lstrip",
        "rtrim" => "here it is rstrip",
        "d" => "here it is default",
        "e" | "h" | "html" => {
            "values are escaped by themselves; to print HTML as it is, write safe"
        }
        "raw" | "unescape" => "here it is safe",
        "ucfirst" => "here it is capfirst",
        "uppercase" | "to_upper" | "toUpperCase" => "here it is upper",
        "lowercase" | "to_lower" | "toLowerCase" => "here it is lower",
        "titleize" | "title_case" | "capitalize_all" => "here it is title",
        "url_encode" | "url_escape" | "url_param_escape" | "encode_uri" => "here it is urlencode",
        "url_decode" => "here it is urldecode",
        "len" => "here it is length",
        "where" | "selectattr" => "here it is list_where:'key=value'",
        "pluck" | "collect" => "here it is map:'key'",
        "unique" => "here it is uniq",
        "sum" => "here it is sum_list",
        "batch" | "in_groups_of" => {
            "there is no such filter; {% if forloop.counter|divisibleby:2 %} ends a row"
        }
        "number_format"
        | "number_with_delimiter"
        | "number"
        | "format_number"
        | "decimal"
        | "toFixed" => "here it is floatformat:2, with separators floatformat:'2g'",
        "int" | "integer" | "to_i" => "here it is floatformat:0",
        "float" | "to_f" | "to_number" => "numeric filters read numbers in texts: multiply:1",
        "string" | "to_s" | "str" => "values print as text by themselves",
        "json" | "tojson" | "to_json" | "dump" => {
            "there is no such filter; to look at a value, print it"
        }
        "format" | "sprintf" => "a number is written by floatformat:2 or stringformat:'05d'",
        "contains" | "includes" => "here it is an operator: {% if 'x' in list %}",
        "items" | "keys" | "values" => {
            "here it stands behind a dot: {% for key, value in x.items %}"
        }
        "lookup_value" | "get" | "attr" | "dig" => "here it is lookup:'key'",
        "ternary" | "iif" => "here it is {% if x %}a{% else %}b{% endif %}, or yesno:'a,b'",
        _ => return None,
    })
}

/// Help for a name with a part that begins with an underscore.
pub(super) fn underscore(name: &str) -> String {
    let mut parts = name.split('.');
    let first = parts.next().unwrap_or_default();
    let mut looked_up = first.starts_with('_');
    let mut written = match looked_up {
        true => format!("event|lookup:'{first}'"),
        false => first.to_owned(),
    };
    for part in parts {
        looked_up |= part.starts_with('_');
        written.push_str(&match looked_up {
            true => format!("|lookup:'{part}'"),
            false => format!(".{part}"),
        });
    }
    format!("a name that begins with _ is read by lookup: {written}")
}

/// Help where a filter lacks its argument; `rest` is what stands behind its name.
pub(super) fn argument(name: &str, rest: &str) -> String {
    let inner = rest
        .strip_prefix(':')
        .or_else(|| rest.strip_prefix('('))
        .unwrap_or_default();
    if let Some(written) = stray::unusual_characters(inner) {
        let value = literal(&written.plain).unwrap_or("'…'");
        return format!("{}: write {name}:{value}", written.names);
    }
    let value = literal(inner);
    if let Some(old) = value.filter(|_| name.contains("replace"))
        && let Some(new) = inner.split_once(',').and_then(|(_, new)| literal(new))
    {
        let text = |quoted: &str| quoted.trim_matches(['"', '\'']).to_owned();
        let both = format!("{}|{}", text(old), text(new));
        return format!("an argument holds both texts: write find_replace:'{both}'");
    }
    match value {
        Some(value) if rest.starts_with('(') => {
            format!("an argument follows a colon: write {name}:{value}")
        }
        Some(value) if inner.starts_with(is_space) => {
            format!("no space may stand behind the colon: write {name}:{value}")
        }
        _ => format!("write {name}:'…'"),
    }
}

/// The text, number or name at the start.
fn literal(text: &str) -> Option<&str> {
    let text = text.trim_start_matches(is_space);
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
    let bare = || text.find(|c| !is_part(c)).unwrap_or(text.len());
    let length = quoted_length(text).unwrap_or_else(bare);
    (length > 0).then(|| &text[..length])
}

/// Help for a word in a condition that no operator precedes.
pub(super) fn condition(before: Option<&str>, word: &str, behind: Option<&str>) -> Option<String> {
    let left = before.unwrap_or("…");
    let right = behind.unwrap_or("…");
    Some(match word {
        "contains" | "includes" | "has" => format!("here it is {right} in {left}"),
        "eq" | "equals" => format!("here it is {left} == {right}"),
        "ne" | "neq" => format!("here it is {left} != {right}"),
        "gt" => format!("here it is {left} > {right}"),
        "gte" | "ge" => format!("here it is {left} >= {right}"),
        "lt" => format!("here it is {left} < {right}"),
        "lte" | "le" => format!("here it is {left} <= {right}"),
        "not" => format!("here it is {left} != {right}, or {left} not in {right}"),
        "then" => "a condition ends with the tag: {% if x %}".into(),
        _ if before.is_some() => {
            format!(
                "compare them, {left} == {word}, or join them with and or or; a text stands in quotes"
            )
        }
        _ => return None,
    })
}

/// Help for a loop of another form: `for x in xs limit:3`, `for x in xs | slice: ':3'`.
pub(super) fn for_loop(content: &str) -> Option<String> {
    let (name, list) = content.strip_prefix("for ")?.split_once(" in ")?;
    let sequence = list.split(is_space).find(|word| !word.is_empty())?;
    let option = |wanted: &str| -> Option<u64> {
        let digits = list[list.find(wanted)? + wanted.len()..].trim_start();
        let end = digits
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(digits.len());
        digits[..end].parse().ok()
    };
    let (limit, offset) = (option("limit:"), option("offset:"));
    if limit.is_some() || offset.is_some() {
        let from = offset.map_or_else(String::new, |n| n.to_string());
        let to = limit.map(|limit| limit.saturating_add(offset.unwrap_or(0)).to_string());
        let to = to.unwrap_or_default();
        return Some(format!(
            "here it is {{% for {name} in {sequence}|slice:'{from}:{to}' %}}"
        ));
    }
    let list = joined(list);
    (list.contains('|') && !has_blank(&list)).then(|| {
        format!(
            "in a tag no space may stand before or behind the bar: {{% for {name} in {list} %}}"
        )
    })
}

/// Help for an argument that is split by blanks: `{% currency_format x | floatformat:2 %}`.
pub(super) fn split_argument(content: &str) -> Option<String> {
    let (name, argument) = content.split_once(is_space)?;
    let argument = joined(argument);
    (argument.contains('|') && !has_blank(&argument)).then(|| {
        format!("in a tag no space may stand before or behind the bar: {{% {name} {argument} %}}")
    })
}

/// A filter expression without the blanks that Liquid has around bars and behind colons.
fn joined(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Blanks that may have to go.
    let mut blanks = String::new();
    for piece in outside_quotes(text.trim_matches(is_space)) {
        match piece {
            Ok(c) if is_space(c) => {
                blanks.push(c);
                continue;
            }
            Ok('|') => blanks.clear(),
            _ if out.ends_with(['|', ':']) => blanks.clear(),
            _ => {}
        }
        out.push_str(&std::mem::take(&mut blanks));
        match piece {
            Ok(c) => out.push(c),
            Err(quoted) => out.push_str(quoted),
        }
    }
    out
}

/// Whether white space stands outside of quotes.
fn has_blank(text: &str) -> bool {
    outside_quotes(text).any(|piece| piece.is_ok_and(is_space))
}

/// The characters outside of straight quotes, and the quoted texts between them.
fn outside_quotes(text: &str) -> impl Iterator<Item = Result<char, &str>> {
    let mut rest = text;
    // A quote that nothing closes is looked for once.
    let mut lone = Vec::new();
    std::iter::from_fn(move || {
        let c = rest.chars().next()?;
        let is_quote = matches!(c, '"' | '\'') && !lone.contains(&c);
        let length = if is_quote { quoted_length(rest) } else { None };
        if is_quote && length.is_none() {
            lone.push(c);
        }
        let (piece, behind) = rest.split_at(length.unwrap_or(c.len_utf8()));
        rest = behind;
        Some(length.map_or(Ok(c), |_| Err(piece)))
    })
}
