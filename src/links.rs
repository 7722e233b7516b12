//! Addresses that belong to one recipient: templates with a signed token, and the check of a token that comes back.
//!
//! A token says which person, which email and what for, and is signed with HMAC-SHA-256. Keys have ids, so that links
//! outlive a change of key: new links are signed with the first key, old ones are checked with the one they name.
//!
//! ```
//! use letterpress::links::{Asks, Claim, Keys, Purpose};
//! let keys = Keys::parse("k2:c2Vjb25kIHNlY3JldCBvZiAzMiBieXRlcyBsb25nISE=").unwrap();
//! let asks = Asks::Link(Purpose::Unsubscribe);
//! let claim = Claim { asks, person: "01JD3T6M9Q".into(), email: "winback".into() };
//! let token = keys.sign(&claim);
//! assert_eq!(keys.verify(&token).unwrap(), claim);
//! assert!(keys.verify(&token.replace("k2", "k1")).is_err());
//! ```

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Ending the subscription.
    Unsubscribe,
    /// Managing it.
    Preferences,
    /// Seeing the message in a browser.
    WebView,
}

impl Purpose {
    fn letter(self) -> &'static str {
        match self {
            Purpose::Unsubscribe => "u",
            Purpose::Preferences => "p",
            Purpose::WebView => "v",
        }
    }

    fn from_letter(letter: &str) -> Option<Purpose> {
        [Purpose::Unsubscribe, Purpose::Preferences, Purpose::WebView]
            .into_iter()
            .find(|p| p.letter() == letter)
    }
}

/// What a click asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Asks {
    /// What one of the links asks for that every message has.
    Link(Purpose),
    /// A property of the profile to be set, and to be led on.
    Property(Setting),
}

/// What a property link sets, and where it leads.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Setting {
    /// The property.
    pub property: String,
    /// What it is set to.
    pub value: String,
    /// Where the click leads on to.
    pub url: String,
}

/// What a token carries.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Claim {
    /// What for.
    pub asks: Asks,
    /// Who: the profile's key.
    pub person: String,
    /// In which email.
    pub email: String,
}

/// Why a token or a list of keys is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The text is no token.
    #[error("this is no token of a link")]
    Malformed,
    /// The token names a key that is not known here.
    #[error("the token is signed with the key '{0}', which is not known here")]
    UnknownKey(String),
    /// Somebody changed it, or the key is another one.
    #[error("the token's signature is wrong")]
    WrongSignature,
    /// A list of keys is not `id:base64,…`.
    #[error("keys are written id:base64,id:base64 with at least 16 bytes each; this is wrong: {0}")]
    BadKeys(String),
    /// A template of an address holds something other than `{{ token }}`.
    #[error("an address of a link may hold {{{{ token }}}} and no other tag: {0}")]
    BadTemplate(String),
}

/// Secrets to sign with; the first signs, all are checked.
#[derive(Clone)]
pub struct Keys(Vec<Key>);

#[derive(Clone)]
struct Key {
    id: String,
    mac: Hmac<Sha256>,
}

impl fmt::Debug for Keys {
    // Never the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|k| &k.id))
            .finish()
    }
}

impl Keys {
    /// Reads `id:base64,id:base64`.
    ///
    /// # Errors
    /// There is no key, an id is no plain word, or a secret is shorter than 16 bytes.
    pub fn parse(text: &str) -> Result<Keys, LinkError> {
        let bad =
            |part: &str| LinkError::BadKeys(part.split(':').next().unwrap_or_default().to_owned());
        let keys = text
            .trim()
            .split(',')
            .map(|part| {
                let (id, secret) = part.trim().split_once(':').ok_or_else(|| bad(part))?;
                let plain = !id.is_empty()
                    && id
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
                let secret = STANDARD
                    .decode(secret.trim())
                    .ok()
                    .filter(|s| plain && s.len() >= 16)
                    .ok_or_else(|| bad(part))?;
                Keys::one(id, &secret)
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Keys(keys.into_iter().flat_map(|k| k.0).collect()))
    }

    /// One key.
    ///
    /// # Errors
    /// The secret cannot be used.
    pub fn one(id: &str, secret: &[u8]) -> Result<Keys, LinkError> {
        let mac = Hmac::<Sha256>::new_from_slice(secret)
            .map_err(|_| LinkError::BadKeys(id.to_owned()))?;
        Ok(Keys(vec![Key {
            id: id.to_owned(),
            mac,
        }]))
    }

    /// The token of a claim.
    pub fn sign(&self, claim: &Claim) -> String {
        let Some(key) = self.0.first() else {
            return String::new();
        };
        let mut token = format!("{}.{}", key.id, URL_SAFE_NO_PAD.encode(claim.payload()));
        let signature = signature(key, &token);
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(signature));
        token
    }

    /// What a token carries.
    ///
    /// # Errors
    /// It is no token, names an unknown key, or was changed.
    pub fn verify(&self, token: &str) -> Result<Claim, LinkError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(LinkError::Malformed)?;
        let (id, payload) = signed.split_once('.').ok_or(LinkError::Malformed)?;
        let key = self
            .0
            .iter()
            .find(|k| k.id == id)
            .ok_or_else(|| LinkError::UnknownKey(id.to_owned()))?;
        let given = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| LinkError::Malformed)?;
        if given.len() != SIGNATURE_BYTES {
            return Err(LinkError::WrongSignature);
        }
        let mut mac = key.mac.clone();
        mac.update(signed.as_bytes());
        mac.verify_truncated_left(&given)
            .map_err(|_| LinkError::WrongSignature)?;
        let payload = URL_SAFE_NO_PAD
            .decode(payload)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or(LinkError::Malformed)?;
        Claim::of(&payload).ok_or(LinkError::Malformed)
    }
}

/// The letter of property links.
const PROPERTY: &str = "s";

impl Claim {
    /// What is signed: three lines for the links of every message, which keeps them short; a list in JSON where a line end
    /// could be taken for the end of a part.
    fn payload(&self) -> String {
        let Claim { person, email, .. } = self;
        match &self.asks {
            Asks::Link(purpose) if !person.contains('\n') => {
                format!("{}\n{person}\n{email}", purpose.letter())
            }
            Asks::Link(purpose) => serde_json::json!([purpose.letter(), person, email]).to_string(),
            Asks::Property(Setting {
                property,
                value,
                url,
            }) => serde_json::json!([PROPERTY, person, email, property, value, url]).to_string(),
        }
    }

    fn of(payload: &str) -> Option<Claim> {
        let parts: Vec<String> = match payload.starts_with('[') {
            true => serde_json::from_str(payload).ok()?,
            false => payload.splitn(3, '\n').map(str::to_owned).collect(),
        };
        let mut parts = parts.into_iter();
        let letter = parts.next()?;
        let (person, email) = (parts.next()?, parts.next()?);
        let asks = match &*letter {
            PROPERTY => Asks::Property(Setting {
                property: parts.next()?,
                value: parts.next()?,
                url: parts.next()?,
            }),
            letter => Asks::Link(Purpose::from_letter(letter)?),
        };
        parts.next().is_none().then_some(Claim {
            asks,
            person,
            email,
        })
    }
}

/// 128 bits are far beyond guessing and keep addresses short.
const SIGNATURE_BYTES: usize = 16;

fn signature(key: &Key, signed: &str) -> Vec<u8> {
    let mut mac = key.mac.clone();
    mac.update(signed.as_bytes());
    mac.finalize().into_bytes()[..SIGNATURE_BYTES].to_vec()
}

/// Checks a token that came back: the same as [`Keys::verify`].
///
/// # Errors
/// As [`Keys::verify`].
pub fn verify(keys: &Keys, token: &str) -> Result<Claim, LinkError> {
    keys.verify(token)
}

/// An address with `{{ token }}` where the token goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkTemplate {
    /// The texts between which the token stands.
    pieces: Vec<String>,
}

impl LinkTemplate {
    /// Reads a template such as `https://shop.example/u/{{ token }}`.
    ///
    /// # Errors
    /// It holds another tag.
    pub fn parse(text: &str) -> Result<LinkTemplate, LinkError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("{{") {
            let bad = || LinkError::BadTemplate(text.to_owned());
            let end = rest[start..].find("}}").ok_or_else(bad)? + start;
            if rest[start + 2..end].trim() != "token" {
                return Err(bad());
            }
            pieces.push(rest[..start].to_owned());
            rest = &rest[end + 2..];
        }
        if rest.contains("{%") {
            return Err(LinkError::BadTemplate(text.to_owned()));
        }
        pieces.push(rest.to_owned());
        Ok(LinkTemplate { pieces })
    }

    /// The address with this token.
    pub fn fill(&self, token: impl FnOnce() -> String) -> String {
        match &self.pieces[..] {
            [] => String::new(),
            [whole] => whole.clone(),
            pieces => pieces.join(&token()),
        }
    }

    /// The token in an address that this template made.
    ///
    /// ```
    /// use letterpress::links::LinkTemplate;
    /// let template = LinkTemplate::parse("https://shop.example/u/{{ token }}?via=mail")?;
    /// assert_eq!(template.token_in("https://shop.example/u/k1.abc.def?via=mail"), Some("k1.abc.def"));
    /// assert_eq!(template.token_in("https://other.example/u/k1.abc.def?via=mail"), None);
    /// # Ok::<(), letterpress::links::LinkError>(())
    /// ```
    pub fn token_in<'a>(&self, address: &'a str) -> Option<&'a str> {
        let (first, rest) = self.pieces.split_first()?;
        let next = rest.first()?;
        let rest_of_address = address.strip_prefix(first.as_str())?;
        let end = match next.is_empty() {
            true => rest_of_address
                .find(|c| !is_of_token(c))
                .unwrap_or(rest_of_address.len()),
            false => rest_of_address.find(next.as_str())?,
        };
        let token = &rest_of_address[..end];
        (!token.is_empty() && self.fill(|| token.to_owned()) == address).then_some(token)
    }
}

/// Whether a character may stand in a token.
fn is_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')
}

/// What may be tokens in an address, whatever template made it: the longest first.
///
/// ```
/// let found: Vec<&str> = letterpress::links::tokens_in("https://shop.example/u?t=k1.abc.def&x=1").collect();
/// assert_eq!(found, ["k1.abc.def"]);
/// ```
pub fn tokens_in(address: &str) -> impl Iterator<Item = &str> {
    let mut found: Vec<&str> = address
        .split(|c| !is_of_token(c))
        .filter(|piece| piece.matches('.').count() == 2)
        .collect();
    found.sort_by_key(|piece| std::cmp::Reverse(piece.len()));
    found.into_iter()
}

/// The addresses of one account's links.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// Ends the subscription.
    pub unsubscribe: LinkTemplate,
    /// Manages it.
    pub preferences: LinkTemplate,
    /// Shows the message in a browser.
    pub web_view: LinkTemplate,
    /// Sets a property and leads on.
    pub property: LinkTemplate,
}

impl Links {
    /// The address for one person in one email, its token signed where there are keys; None where the account has none.
    pub fn address(
        &self,
        purpose: Purpose,
        keys: Option<&Keys>,
        person: &str,
        email: &str,
    ) -> Option<String> {
        let url = self.template(purpose).fill(|| match keys {
            Some(keys) => keys.sign(&Claim {
                asks: Asks::Link(purpose),
                person: person.to_owned(),
                email: email.to_owned(),
            }),
            None => String::new(),
        });
        (!url.is_empty()).then_some(url)
    }

    /// The address that sets a property of one person and leads on; None where the account has none.
    ///
    /// ```
    /// use letterpress::links::{Asks, Keys, LinkTemplate, Links, Setting};
    /// let links = Links { property: LinkTemplate::parse("https://shop.example/s/{{ token }}")?, ..Links::default() };
    /// let keys = Keys::parse("k1:c2Vjb25kIHNlY3JldCBvZiAzMiBieXRlcyBsb25nISE=")?;
    /// let likes = Setting { property: "Likes".into(), value: "Tea".into(), url: "https://shop.example/tea".into() };
    /// let address = links.property_address(Some(&keys), "01JD3T6M9Q", "winback", likes.clone()).unwrap();
    /// let token = links.property.token_in(&address).unwrap();
    /// assert_eq!(keys.verify(token)?.asks, Asks::Property(likes));
    /// # Ok::<(), letterpress::links::LinkError>(())
    /// ```
    pub fn property_address(
        &self,
        keys: Option<&Keys>,
        person: &str,
        email: &str,
        setting: Setting,
    ) -> Option<String> {
        let url = self.property.fill(|| match keys {
            Some(keys) => keys.sign(&Claim {
                asks: Asks::Property(setting),
                person: person.to_owned(),
                email: email.to_owned(),
            }),
            None => String::new(),
        });
        (!url.is_empty()).then_some(url)
    }

    /// The template of a purpose.
    pub fn template(&self, purpose: Purpose) -> &LinkTemplate {
        match purpose {
            Purpose::Unsubscribe => &self.unsubscribe,
            Purpose::Preferences => &self.preferences,
            Purpose::WebView => &self.web_view,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD_UNSUBSCRIBE: &str = "a.dQowMUpEM1Q2TTlRCndpbmJhY2s.WN3yuPrv35FG4fuGO-atgA";
    const OLD_WEB_VIEW: &str = "a.dgowMUpEM1Q2TTlRCndpbmJhY2s.-zazd5Bc8qSnnDGlj0b1cw";

    #[test]
    fn a_changed_token_is_refused() {
        let keys = Keys::one("a", b"0123456789abcdef").unwrap();
        let claim = Claim {
            asks: Asks::Link(Purpose::WebView),
            person: "李na".into(),
            email: "x".into(),
        };
        let token = keys.sign(&claim);
        assert_eq!(keys.verify(&token), Ok(claim));
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            // The last character of base64 may hold bits that decode to nothing; those are refused as malformed.
            assert!(keys.verify(&changed).is_err(), "{changed}");
        }
    }

    #[test]
    fn any_text_comes_back_whole() {
        let keys = Keys::one("a", b"0123456789abcdef").unwrap();
        let odd = [
            "",
            "\n",
            "a\nb\r\nc",
            "[\"x\"]",
            "\u{0}\u{1b}\"\\",
            "李娜 🍵",
            "https://x.test/?a=b&c=%0A#.",
        ];
        for person in odd {
            for other in odd {
                let setting = Setting {
                    property: other.into(),
                    value: person.into(),
                    url: other.into(),
                };
                for asks in [Asks::Property(setting), Asks::Link(Purpose::Unsubscribe)] {
                    let claim = Claim {
                        asks,
                        person: person.into(),
                        email: other.into(),
                    };
                    let token = keys.sign(&claim);
                    assert!(token.chars().all(is_of_token), "{token}");
                    assert_eq!(keys.verify(&token), Ok(claim));
                }
            }
        }
    }

    #[test]
    fn tokens_of_before_still_verify() {
        // What this program printed before there were property links.
        let keys = Keys::one("a", b"0123456789abcdef").unwrap();
        let old = [
            (OLD_UNSUBSCRIBE, Purpose::Unsubscribe),
            (OLD_WEB_VIEW, Purpose::WebView),
        ];
        for (token, purpose) in old {
            let claim = Claim {
                asks: Asks::Link(purpose),
                person: "01JD3T6M9Q".into(),
                email: "winback".into(),
            };
            assert_eq!(keys.verify(token), Ok(claim.clone()));
            assert_eq!(keys.sign(&claim), token);
        }
    }

    #[test]
    fn what_is_signed_and_says_nothing_is_malformed() {
        let keys = Keys::one("a", b"0123456789abcdef").unwrap();
        let signed = |payload: &str| {
            let mut token = format!("a.{}", URL_SAFE_NO_PAD.encode(payload));
            let signature = signature(&keys.0[0], &token);
            token.push('.');
            token.push_str(&URL_SAFE_NO_PAD.encode(signature));
            token
        };
        assert!(keys.verify(&signed("u\nada\nx")).is_ok());
        for payload in [
            "",
            "u",
            "u\nada",
            "s\nada\nx",
            "q\nada\nx",
            "[",
            "[1,2,3]",
            r#"["u","ada"]"#,
            r#"["u","ada","x","y"]"#,
            r#"["s","ada","x","Likes","Tea"]"#,
            r#"["s","ada","x","Likes","Tea","https://x.test","more"]"#,
        ] {
            let found = keys.verify(&signed(payload));
            assert_eq!(found, Err(LinkError::Malformed), "{payload}");
        }
    }

    #[test]
    fn tokens_are_found_in_addresses() {
        let template = |text: &str| LinkTemplate::parse(text).unwrap();
        let t = template("https://x.test/u-{{token}}");
        assert_eq!(t.token_in("https://x.test/u-a.b-c.d"), Some("a.b-c.d"));
        for other in ["https://x.test/u-", "https://x.test/u-a.b.c/", "", "a.b.c"] {
            assert_eq!(t.token_in(other), None, "{other}");
        }
        let twice = template("{{token}}/{{token}}");
        assert_eq!(twice.token_in("a.b.c/a.b.c"), Some("a.b.c"));
        assert_eq!(twice.token_in("a.b.c/a.b.d"), None);
        assert_eq!(
            template("https://x.test/").token_in("https://x.test/"),
            None
        );
        assert_eq!(LinkTemplate::default().token_in(""), None);
        let found = tokens_in("https://x.test/a.b.c?t=long.er.one").collect::<Vec<_>>();
        assert_eq!(found, ["long.er.one", "a.b.c"]);
    }

    #[test]
    fn templates_hold_a_token_and_nothing_else() {
        let t = LinkTemplate::parse("https://x.test/u/{{token}}?t={{ token }}").unwrap();
        assert_eq!(t.fill(|| "T".into()), "https://x.test/u/T?t=T");
        assert!(LinkTemplate::parse("https://x.test/{{ email }}").is_err());
        assert!(LinkTemplate::parse("https://x.test/{% now %}").is_err());
    }
}
