//! Addresses that belong to one recipient: templates with a signed token, and the check of a token that comes back.
//!
//! A token says which person, which email and what for, and is signed with HMAC-SHA-256. Keys have ids, so that links
//! outlive a change of key: new links are signed with the first key, old ones are checked with the one they name.
//!
//! ```
//! use letterpress::links::{Claim, Keys, Purpose};
//! let keys = Keys::parse("k2:c2Vjb25kIHNlY3JldCBvZiAzMiBieXRlcyBsb25nISE=").unwrap();
//! let claim = Claim { purpose: Purpose::Unsubscribe, person: "01JD3T6M9Q".into(), email: "winback".into() };
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

/// What a token carries.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Claim {
    /// What for.
    pub purpose: Purpose,
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
        let payload = format!(
            "{}\n{}\n{}",
            claim.purpose.letter(),
            claim.person,
            claim.email
        );
        let mut token = format!("{}.{}", key.id, URL_SAFE_NO_PAD.encode(payload));
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
        let mut parts = payload.splitn(3, '\n');
        let purpose = parts
            .next()
            .and_then(Purpose::from_letter)
            .ok_or(LinkError::Malformed)?;
        match (parts.next(), parts.next()) {
            (Some(person), Some(email)) => Ok(Claim {
                purpose,
                person: person.to_owned(),
                email: email.to_owned(),
            }),
            _ => Err(LinkError::Malformed),
        }
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
                purpose,
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

    #[test]
    fn a_changed_token_is_refused() {
        let keys = Keys::one("a", b"0123456789abcdef").unwrap();
        let claim = Claim {
            purpose: Purpose::WebView,
            person: "李\nna".replace('\n', ""),
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
    fn templates_hold_a_token_and_nothing_else() {
        let t = LinkTemplate::parse("https://x.test/u/{{token}}?t={{ token }}").unwrap();
        assert_eq!(t.fill(|| "T".into()), "https://x.test/u/T?t=T");
        assert!(LinkTemplate::parse("https://x.test/{{ email }}").is_err());
        assert!(LinkTemplate::parse("https://x.test/{% now %}").is_err());
    }
}
