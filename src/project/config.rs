//! `letterpress.toml`.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::diagnostic::{Diagnostic, Location, Source};
use crate::language::Money;
use crate::links::{LinkTemplate, Links};
use crate::mjml::Validation;
use crate::settings::{Entry, Settings};

/// What `letterpress.toml` says.
#[derive(Debug, Clone)]
pub struct Config {
    /// The data folder, relative to the file.
    pub data: PathBuf,
    /// Where the file names it, if it does.
    pub(crate) data_at: Option<Location>,
    /// The account's zone.
    pub zone: TimeZone,
    /// The account's locale, BCP 47.
    pub locale: String,
    /// The account's currency, ISO 4217.
    pub currency: String,
    /// The addresses of links.
    pub links: Links,
    /// What becomes of what mjml's validator complains about, in emails that say nothing of it.
    pub validation: Validation,
    /// The picture shown where a product has none.
    pub missing_image: Option<String>,
    /// Where mail is sent by default: a sink.
    pub send_via: Option<String>,
    /// How fast: `50/s`.
    pub send_rate: Option<String>,
    /// How the preview opens an editor, with `{file}` and `{line}`.
    pub editor: Option<String>,
    /// Addresses of pictures and the folders they are shown from in framed views.
    pub preview_images: Vec<(String, PathBuf)>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            data: PathBuf::from("shop"),
            data_at: None,
            zone: TimeZone::UTC,
            locale: "en-US".into(),
            currency: "USD".into(),
            links: Links::default(),
            validation: Validation::default(),
            missing_image: None,
            send_via: None,
            send_rate: None,
            editor: None,
            preview_images: Vec::new(),
        }
    }
}

const SECTIONS: [&str; 5] = ["project", "links", "mjml", "send", "preview"];
const PROJECT: [&str; 5] = ["data", "timezone", "locale", "currency", "missing_image"];
const LINKS: [&str; 4] = ["unsubscribe", "preferences", "web_view", "property"];
const MJML: [&str; 1] = ["validation"];
const SEND: [&str; 2] = ["via", "rate"];
const PREVIEW: [&str; 2] = ["editor", "images"];

impl Config {
    /// Reads a `letterpress.toml`.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(source: &Arc<Source>) -> Result<Config, Vec<Diagnostic>> {
        let mut config = Config::default();
        Settings::read(
            source,
            "letterpress.toml",
            |settings, section, value, at| match section {
                "project" => settings.table(value, |settings, name, value, at| match name {
                    "data" => {
                        config.data_at = Some(settings.place(value));
                        set(&mut config.data, settings.text(value).map(PathBuf::from));
                    }
                    "timezone" => set(&mut config.zone, zone(settings, value)),
                    "locale" => set(&mut config.locale, settings.text(value)),
                    "currency" => set(&mut config.currency, settings.text(value)),
                    "missing_image" => config.missing_image = settings.text(value),
                    name => settings.unknown(name, &PROJECT, at),
                }),
                "links" => settings.table(value, |settings, name, value, at| match name {
                    "unsubscribe" => set(&mut config.links.unsubscribe, link(settings, value)),
                    "preferences" => set(&mut config.links.preferences, link(settings, value)),
                    "web_view" => set(&mut config.links.web_view, link(settings, value)),
                    "property" => set(&mut config.links.property, link(settings, value)),
                    name => settings.unknown(name, &LINKS, at),
                }),
                "mjml" => settings.table(value, |settings, name, value, at| match name {
                    "validation" => {
                        let word = settings.choice(value, &Validation::WORDS);
                        set(&mut config.validation, word.and_then(Validation::named));
                    }
                    name => settings.unknown(name, &MJML, at),
                }),
                "send" => settings.table(value, |settings, name, value, at| match name {
                    "via" => config.send_via = settings.text(value),
                    "rate" => config.send_rate = settings.text(value),
                    name => settings.unknown(name, &SEND, at),
                }),
                "preview" => settings.table(value, |settings, name, value, at| match name {
                    "editor" => config.editor = settings.text(value),
                    "images" => settings.table(value, |settings, prefix, value, _| {
                        if let Some(folder) = settings.text(value) {
                            config
                                .preview_images
                                .push((prefix.to_owned(), folder.into()));
                        }
                    }),
                    name => settings.unknown(name, &PREVIEW, at),
                }),
                section => settings.unknown(section, &SECTIONS, at),
            },
        )?;
        Ok(config)
    }

    /// How the account writes money.
    pub fn money(&self) -> Money {
        Money::new(&self.locale, &self.currency)
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn zone(settings: &mut Settings<'_>, value: &Entry<'_>) -> Option<TimeZone> {
    let name = settings.text(value)?;
    match TimeZone::get(&name) {
        Ok(zone) => Some(zone),
        Err(_) => {
            settings.error(
                &format!(
                    "'{name}' is no time zone; write one like \"America/New_York\" or \"UTC\""
                ),
                value.span(),
            );
            None
        }
    }
}

fn link(settings: &mut Settings<'_>, value: &Entry<'_>) -> Option<LinkTemplate> {
    let text = settings.text(value)?;
    LinkTemplate::parse(&text)
        .map_err(|error| settings.error(&error.to_string(), value.span()))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validation_is_one_of_three_words() {
        let read = |text: &str| Config::parse(&Source::new("letterpress.toml", text));
        assert_eq!(read("").unwrap().validation, Validation::Soft);
        for word in Validation::WORDS {
            let config = read(&format!("[mjml]\nvalidation = \"{word}\"\n")).unwrap();
            assert_eq!(Some(config.validation), Validation::named(word));
        }
        let errors = read("[mjml]\nvalidation = \"strickt\"\nlevel = 1\n").unwrap_err();
        let text: Vec<String> = errors.iter().map(|e| e.to_text(false)).collect();
        assert!(
            text[0].contains("expected \"strict\" or \"soft\" or \"skip\"")
                && text[0].contains("letterpress.toml:2:14")
                && text[0].contains("did you mean \"strict\"?"),
            "{}",
            text[0]
        );
        assert!(text[1].contains("keys: validation"), "{}", text[1]);
    }
}
