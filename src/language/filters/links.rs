//! `urlize`: addresses in a text become links.

use std::net::{Ipv4Addr, Ipv6Addr};

use unicode_normalization::UnicodeNormalization;

use super::convert::{count, strict_int, text};
use super::markup::decode;
use super::urls::{quote, quote_plus, unquote};
use crate::language::escape::escape;
use crate::language::frame::Frame;
use crate::language::registry::{Argument, Filter, Input};
use crate::language::stop::Stop;
use crate::value::{self, Value};

pub(super) const FILTERS: &[Filter] = &[
    Filter {
        name: "urlize",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "Web and mail addresses in the text become links.",
        example: (
            "{{ 'See shop.com.'|urlize }}",
            "See <a href=\"http://shop.com\" rel=\"nofollow\">shop.com</a>.",
        ),
        call: |frame, v, _| urlize(frame, v, None),
    },
    Filter {
        name: "urlizetrunc",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: true,
        doc: "`urlize`, with what is shown of an address cut to so many characters.",
        example: (
            "{{ 'www.shop.test/oolong'|urlizetrunc:9 }}",
            "<a href=\"http://www.shop.test/oolong\" rel=\"nofollow\">www.shop…</a>",
        ),
        call: |frame, v, argument| {
            let limit = count(strict_int(argument)?);
            urlize(frame, v, Some(limit))
        },
    },
];

/// How a word is written.
#[derive(Clone, Copy)]
struct Style {
    /// Whether the text is HTML already.
    safe: bool,
    /// Whether text is escaped at this place.
    escapes: bool,
    /// How many characters of an address are shown.
    limit: Option<usize>,
}

impl Style {
    fn plain(self, s: &str) -> String {
        if self.escapes && !self.safe {
            escape(s)
        } else {
            s.to_owned()
        }
    }
}

fn urlize(frame: &mut Frame<'_>, v: &Value, limit: Option<usize>) -> Result<Value, Stop> {
    let style = Style {
        safe: v.is_safe(),
        escapes: frame.escapes(),
        limit,
    };
    let separates = |c: char| value::is_space(c) || matches!(c, '<' | '>' | '"' | '\'');
    let mut out = String::new();
    let mut rest = text(v);
    while let Some(first) = rest.chars().next() {
        let gap = separates(first);
        let end = rest.find(|c| separates(c) != gap).unwrap_or(rest.len());
        let word = &rest[..end];
        rest = &rest[end..];
        let written = if word.contains(['.', '@', ':']) {
            linked(frame, word, style)?
        } else {
            style.plain(word)
        };
        frame.allocate(written.len())?;
        out.push_str(&written);
    }
    Ok(Value::from_safe_string(out))
}

/// A word, as a link when it holds an address.
fn linked(frame: &mut Frame<'_>, word: &str, style: Style) -> Result<String, Stop> {
    let (lead, middle, trail) = trimmed(frame, word)?;
    let short = middle.chars().nth(MAX_URL_LENGTH).is_none();
    let (address, rel) = if short && is_web_address(middle) {
        (quoted_address(&decode(middle)), " rel=\"nofollow\"")
    } else if short && is_bare_address(middle) {
        (
            quoted_address(&format!("http://{}", decode(middle))),
            " rel=\"nofollow\"",
        )
    } else {
        match middle.rsplit_once('@') {
            Some((local, domain)) if !middle.contains(':') && is_mail(middle, local, domain) => {
                let address = format!("mailto:{}@{}", quote(local, b""), quote(domain, b""));
                (address, "")
            }
            _ => return Ok(style.plain(word)),
        }
    };
    let shown = match style.limit {
        Some(limit) if middle.chars().nth(limit).is_some() => {
            let keep = limit.saturating_sub(1);
            let end = middle
                .char_indices()
                .nth(keep)
                .map_or(middle.len(), |(at, _)| at);
            format!("{}…", &middle[..end])
        }
        _ => middle.to_owned(),
    };
    Ok(format!(
        "{}<a href=\"{}\"{rel}>{}</a>{}",
        style.plain(lead),
        escape(&address),
        style.plain(&shown),
        style.plain(&trail),
    ))
}

/// The longest address that becomes a link.
const MAX_URL_LENGTH: usize = 2048;

/// A word without brackets before it and punctuation behind it, and these.
fn trimmed<'w>(frame: &mut Frame<'_>, word: &'w str) -> Result<(&'w str, &'w str, String), Stop> {
    let mut middle = word.trim_start_matches(['(', '[']);
    let lead = &word[..word.len() - middle.len()];
    let mut trail = String::new();
    let number = |c: char| middle.matches(c).count();
    let mut brackets = [
        (number('('), ')', number(')')),
        (number('['), ']', number(']')),
    ];
    let mut changed = true;
    while changed && !middle.is_empty() {
        frame.spend(1 + (middle.len() + trail.len()) as u64 / 64)?;
        changed = false;
        for (opening, close, closing) in &mut brackets {
            if *opening < *closing && middle.ends_with(*close) {
                let surplus = *closing - *opening;
                let from = middle
                    .char_indices()
                    .nth_back(surplus - 1)
                    .map_or(0, |(at, _)| at);
                middle[from..].clone_into(&mut trail);
                middle = &middle[..from];
                changed = true;
                *closing -= surplus;
            }
        }
        let amp = middle.rfind('&');
        let end = match amp {
            None => middle.trim_end_matches(['.', ',', ':', ';', '!']).len(),
            Some(_) => middle.trim_end_matches(['.', ',', ':', '!']).len(),
        };
        if end < middle.len() {
            trail.insert_str(0, &middle[end..]);
            middle = &middle[..end];
            changed = true;
        }
        let Some(amp) = amp.filter(|_| middle.ends_with(';')) else {
            continue;
        };
        // The semicolon may end a character reference.
        let reference = &middle[amp..];
        let decoded = decode(reference);
        if decoded == reference || decoded.ends_with(';') {
            let bare = middle.trim_end_matches(['.', ',', ':', ';', '!']).len();
            let semicolons = middle.len() - middle.trim_end_matches(';').len();
            let end = match middle[bare..].find(';') {
                Some(first) if semicolons > 1 => bare + first + 1,
                _ => bare,
            };
            trail.insert_str(0, &middle[end..]);
            middle = &middle[..end];
            changed = true;
        }
    }
    Ok((lead, middle, trail))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// `http://…` and `https://…`.
fn is_web_address(s: &str) -> bool {
    let starts = |with: &str| {
        s.get(..with.len())
            .filter(|p| p.eq_ignore_ascii_case(with))
            .map(|_| &s[with.len()..])
    };
    let Some(rest) = starts("https://").or_else(|| starts("http://")) else {
        return false;
    };
    rest.strip_prefix('[').unwrap_or(rest).starts_with(is_word) || rest.starts_with(is_word)
}

/// `www.…`, and names that end in one of the old domains.
fn is_bare_address(s: &str) -> bool {
    let lower = s.to_ascii_lowercase();
    if lower.starts_with("www.") {
        return true;
    }
    if lower.starts_with("http") || !lower.starts_with(is_word) {
        return false;
    }
    let name = lower.find('@').unwrap_or(lower.len());
    ["com", "edu", "gov", "int", "mil", "net", "org"]
        .iter()
        .any(|domain| {
            lower.match_indices('.').any(|(at, _)| {
                // Something stands between the first character and the dot.
                at <= name
                    && lower[..at].chars().nth(1).is_some()
                    && lower[at + 1..]
                        .strip_prefix(domain)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        })
}

/// Django's email validator.
fn is_mail(whole: &str, local: &str, domain: &str) -> bool {
    if whole.chars().nth(320).is_some() {
        return false;
    }
    let atom = |c: char| {
        c.is_ascii_alphanumeric()
            || "-!#$%&'*+/=?^_`{}|~".contains(c)
            // Python's case-insensitive A-Z.
            || matches!(c, 'İ' | 'ı' | 'ſ' | '\u{212a}')
    };
    let local_ok = local
        .split('.')
        .all(|part| !part.is_empty() && part.chars().all(atom));
    local_ok && (is_domain(domain) || is_address_literal(domain))
}

fn is_domain(domain: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || matches!(c, '\u{a1}'..='\u{ffff}');
    let label = |s: &str, is: &dyn Fn(char) -> bool| {
        let length = s.chars().count();
        (1..=63).contains(&length)
            && !s.starts_with('-')
            && !s.ends_with('-')
            && s.chars().all(|c| is(c) || c == '-')
    };
    let Some((names, top)) = domain.rsplit_once('.') else {
        return false;
    };
    let names_ok = names
        .split('.')
        .all(|name| label(name, &|c| letter(c) || c.is_ascii_digit()));
    let top_ok = (label(top, &letter) && top.chars().count() >= 2)
        || top
            .get(..4)
            .filter(|p| p.eq_ignore_ascii_case("xn--"))
            .is_some_and(|_| {
                let code = &top[4..];
                (1..=59).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric())
            });
    names_ok && top_ok
}

fn is_address_literal(domain: &str) -> bool {
    domain
        .strip_prefix('[')
        .and_then(|d| d.strip_suffix(']'))
        .is_some_and(|ip| ip.parse::<Ipv4Addr>().is_ok() || ip.parse::<Ipv6Addr>().is_ok())
}

/// An address with each part quoted once, whether or not it was.
fn quoted_address(url: &str) -> String {
    let again = |part: &str| quote(&unquote(part), b"!$&'()*+,;=:/?#[]@~");
    let bare = url.replace(['\t', '\r', '\n'], "");
    let Some((scheme, netloc, path, query, fragment)) = split_address(&bare) else {
        return again(url);
    };
    let query: Vec<String> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, v) = pair.split_once('=').unwrap_or((pair, ""));
            let part = |s: &str| quote_plus(&unquote(&unquote(&s.replace('+', " "))));
            format!("{}={}", part(name), part(v))
        })
        .collect();
    let path = again(path);
    let slash = if path.is_empty() || path.starts_with('/') {
        ""
    } else {
        "/"
    };
    let mut out = format!("{scheme}://{}{slash}{path}", again(netloc));
    if !query.is_empty() {
        out.push('?');
        out.push_str(&query.join("&"));
    }
    if !fragment.is_empty() {
        out.push('#');
        out.push_str(&again(fragment));
    }
    out
}

/// Python's `urlsplit` for `http` and `https`: scheme, host, path, query, fragment; None where it raises.
fn split_address(url: &str) -> Option<(String, &str, &str, &str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (netloc, rest) = rest.split_at(end);
    if netloc.contains('[') != netloc.contains(']') {
        return None;
    }
    if let Some((_, inside)) = netloc.split_once('[') {
        let host = inside.split(']').next().unwrap_or_default();
        if !is_bracketed_host(host) {
            return None;
        }
    }
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if !netloc.is_ascii() {
        let bare: String = netloc
            .chars()
            .filter(|c| !matches!(c, '@' | ':' | '#' | '?'))
            .collect();
        let normal: String = bare.nfkc().collect();
        if normal != bare && normal.contains(['/', '?', '#', '@', ':']) {
            return None;
        }
    }
    Some((scheme.to_ascii_lowercase(), netloc, path, query, fragment))
}

fn is_bracketed_host(host: &str) -> bool {
    if let Some(version) = host.strip_prefix('v') {
        return version.split_once('.').is_some_and(|(digits, rest)| {
            !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit()) && !rest.is_empty()
        });
    }
    let (address, scope) = host.split_once('%').unwrap_or((host, "0"));
    !scope.is_empty() && !scope.contains('%') && address.parse::<Ipv6Addr>().is_ok()
}
