//! Columns that say who may be mailed. To guess here is to mail somebody who said no.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::data::Consent;

/// Words of a head after which nothing is guessed, alone or as part of a longer head; English, German, French, Spanish,
/// Italian and Dutch, without accents.
const WORDS: &[&str] = &[
    "accepts",
    "acceptsmarketing",
    "blacklist",
    "blacklisted",
    "blocklist",
    "blocklisted",
    "bounce",
    "bounced",
    "bounces",
    "cleaned",
    "complained",
    "complaint",
    "complaints",
    "consent",
    "consented",
    "consents",
    "contactable",
    "dnc",
    "dnm",
    "donotcall",
    "donotcontact",
    "donotemail",
    "donotmail",
    "emailstatus",
    "gdpr",
    "hardbounce",
    "isactive",
    "issubscribed",
    "mailable",
    "marketing",
    "nomail",
    "opted",
    "optedin",
    "optedout",
    "optin",
    "optins",
    "optout",
    "optouts",
    "permission",
    "permissions",
    "softbounce",
    "spam",
    "subscribe",
    "subscribed",
    "subscriber",
    "subscribers",
    "subscription",
    "subscriptions",
    "suppress",
    "suppressed",
    "suppression",
    "suppressions",
    "unsub",
    "unsubbed",
    "unsubs",
    "unsubscribe",
    "unsubscribed",
    "unsubscribes",
    "undeliverable",
    "newsletter",
    // German
    "abbestellt",
    "abgemeldet",
    "abmeldung",
    "abonnent",
    "abonniert",
    "angemeldet",
    "anmeldung",
    "dsgvo",
    "einwilligung",
    "gesperrt",
    "sperrliste",
    "werbeeinwilligung",
    "werbesperre",
    "werbung",
    "widerruf",
    "widerrufen",
    "widerspruch",
    "zustimmung",
    // French
    "abonne",
    "abonnee",
    "consentement",
    "desabonne",
    "desabonnee",
    "desabonnement",
    "desinscrit",
    "desinscription",
    "inscrit",
    "rgpd",
    // Spanish, Italian
    "baja",
    "cancelado",
    "consentimiento",
    "consenso",
    "disiscritto",
    "iscritto",
    "rebotado",
    "suscripcion",
    "suscripto",
    "suscrito",
    // Dutch
    "aangemeld",
    "afgemeld",
    "ingeschreven",
    "toestemming",
    "uitgeschreven",
];

/// Two or three words that say it together.
const PHRASES: &[&[&str]] = &[
    &["opt", "in"],
    &["opt", "out"],
    &["do", "not"],
    &["dont", "mail"],
    &["no", "mail"],
    &["no", "email"],
    &["no", "emails"],
    &["mail", "ok"],
    &["email", "ok"],
    &["mail", "allowed"],
    &["email", "allowed"],
    &["can", "email"],
    &["can", "mail"],
    &["may", "mail"],
    &["may", "email"],
    &["can", "receive"],
    &["email", "status"],
    &["member", "status"],
    &["subscriber", "status"],
    &["mailing", "list"],
    &["sign", "up"],
    &["no", "enviar"],
    &["nicht", "mailen"],
    &["keine", "werbung"],
    &["keine", "mails"],
    &["ne", "pas"],
];

/// Names of files of people who must not be mailed.
const AGAINST: &[&str] = &[
    "blacklist",
    "blacklisted",
    "blocklist",
    "blocklisted",
    "bounced",
    "bounces",
    "cleaned",
    "complaints",
    "optout",
    "optouts",
    "suppressed",
    "suppression",
    "suppressions",
    "unsubscribed",
    "unsubscribes",
    "unsubs",
    "abgemeldet",
    "sperrliste",
    "desabonnes",
    "desinscrits",
    "bajas",
];

/// Klaviyo's own words about a person's consent that say nothing about yes or no.
const DETAILS: &[&str] = &[
    "$consent_method",
    "$consent_form_id",
    "$consent_form_version",
    "$consent_timestamp",
];

/// The reasons of Klaviyo's suppressions.
const REASONS: [&str; 5] = [
    "HARD_BOUNCE",
    "INVALID_EMAIL",
    "SPAM_COMPLAINT",
    "UNSUBSCRIBE",
    "USER_SUPPRESSED",
];

/// Whether a column's head looks as if its cells said who may be mailed.
pub(super) fn looks_like_it(head: &str) -> bool {
    if DETAILS.contains(&head.trim()) {
        return false;
    }
    says(head, WORDS)
}

/// Whether a file's name says that its people must not be mailed.
pub(super) fn is_against(stem: &str) -> bool {
    let words = words(stem);
    words.iter().any(|word| AGAINST.contains(&word.as_str()))
        || words
            .windows(2)
            .any(|pair| pair == ["opt", "out"] || pair == ["do", "not"])
}

fn says(head: &str, known: &[&str]) -> bool {
    let words = words(head);
    let joined = words.concat();
    known.contains(&joined.as_str())
        || words.iter().any(|word| known.contains(&word.as_str()))
        || PHRASES
            .iter()
            .any(|phrase| words.windows(phrase.len()).any(|part| part == *phrase))
}

/// The words of a head in small letters without accents: `acceptsMarketing`, `opt-in`, `Opt_In`.
fn words(head: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for character in head.nfd().filter(|c| !is_combining_mark(*c)) {
        let begins =
            !character.is_alphanumeric() || character.is_uppercase() && before.is_lowercase();
        if begins {
            words.push(String::new());
        }
        // "don't" is one word.
        if let Some(word) = words.last_mut()
            && character.is_alphanumeric()
        {
            word.extend(character.to_lowercase());
        }
        before = character;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What Klaviyo's own word says; none for any other.
pub(super) fn consent_of(word: &str) -> Option<Consent> {
    match word
        .trim()
        .to_ascii_uppercase()
        .replace([' ', '-'], "_")
        .as_str()
    {
        "SUBSCRIBED" | "SUBSCRIBE" => Some(Consent::Subscribed),
        "NEVER_SUBSCRIBED" => Some(Consent::NeverSubscribed),
        "UNSUBSCRIBED" | "UNSUBSCRIBE" => Some(Consent::Unsubscribed),
        _ => None,
    }
}

/// The word that data has for it.
pub(super) fn word_of(consent: Consent) -> &'static str {
    match consent {
        Consent::Subscribed => "SUBSCRIBED",
        Consent::NeverSubscribed => "NEVER_SUBSCRIBED",
        Consent::Unsubscribed => "UNSUBSCRIBED",
    }
}

/// The reasons that a cell of Klaviyo's names: `HARD_BOUNCE`, `["UNSUBSCRIBE", "USER_SUPPRESSED"]`, `[]`; none if one
/// of them is no reason of Klaviyo's.
pub(super) fn reasons_of(cell: &str) -> Option<Vec<&'static str>> {
    cell.split(['[', ']', ',', ';', '|', '"', '\''])
        .map(|part| part.trim().to_ascii_uppercase().replace([' ', '-'], "_"))
        .filter(|part| !part.is_empty())
        .map(|part| reason_of(&part))
        .collect()
}

pub(super) fn reason_of(word: &str) -> Option<&'static str> {
    let word = if word == "UNSUBSCRIBED" {
        "UNSUBSCRIBE"
    } else {
        word
    };
    REASONS.into_iter().find(|reason| *reason == word)
}

/// The reasons, for maps.
pub(super) const fn reasons() -> [&'static str; 5] {
    REASONS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_about_who_may_be_mailed_are_seen() {
        for head in [
            "consent",
            "$consent",
            "Accepts Marketing",
            "acceptsMarketing",
            "accepts_email_marketing",
            "SUBSCRIBED",
            "isSubscribed",
            "Opt-In",
            "opt_out",
            "OptIn",
            "OPTIN_TIME",
            "Email Marketing Consent",
            "unsubscribed_at",
            "Suppressed",
            "Hard Bounce",
            "bounced?",
            "Do not mail",
            "do_not_email",
            "DoNotMail",
            "Newsletter",
            "Email Permission Status",
            "Einwilligung",
            "Werbung erlaubt",
            "Désabonné",
            "Suscrito",
            "Dado de baja",
            "Mail ok",
            "MEMBER_STATUS",
            "uitgeschreven",
        ] {
            assert!(looks_like_it(head), "{head}");
        }
        for head in [
            "email",
            "First Name",
            "Points",
            "Favorite Tea",
            "Order Option",
            "Notes",
            "Description",
            "$source",
            "$consent_method",
            "Country",
            "Status",
            "Interests",
            "Options",
            "adopted",
            "In Store",
        ] {
            assert!(!looks_like_it(head), "{head}");
        }
        assert!(is_against("Suppressed_Profiles_2025") && is_against("unsubscribes"));
        assert!(!is_against("subscribers") && !is_against("profiles"));
    }

    #[test]
    fn only_klaviyos_own_words_are_known() {
        assert_eq!(
            consent_of("never subscribed"),
            Some(Consent::NeverSubscribed)
        );
        assert_eq!(consent_of("yes"), None);
        assert_eq!(reasons_of("[]"), Some(vec![]));
        assert_eq!(
            reasons_of(r#"["HARD_BOUNCE", 'unsubscribed']"#),
            Some(vec!["HARD_BOUNCE", "UNSUBSCRIBE"])
        );
        assert_eq!(reasons_of("true"), None);
    }
}
