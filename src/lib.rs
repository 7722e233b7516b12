//! Letterpress renders Klaviyo-style emails outside Klaviyo.
//!
//! Template tags are resolved against a profile, the event that started a flow and feeds of products; MJML becomes HTML;
//! one email renders for one person, or for a campaign in parallel.
//!
//! ```
//! use letterpress::data::Profile;
//! use letterpress::email::{Engine, FixedWorld, Outcome, Recipient};
//!
//! let engine = Engine::builder()
//!     .template("welcome/email.toml", r#"subject = "Welcome, {{ first_name|default:'friend' }}""#)
//!     .template("welcome/body.mjml", "<mjml><mj-body><mj-section><mj-column>
//!         <mj-text>Hello {{ first_name|default:'friend' }}!</mj-text>
//!       </mj-column></mj-section></mj-body></mjml>")
//!     .build()?;
//! let email = engine.email("welcome")?; // compiled once, shared by all threads
//!
//! let ada = Recipient::new(Profile::from_json(r#"{"email": "ada@example.com", "first_name": "Ada"}"#)?);
//! let world = FixedWorld::at("2026-11-20T18:00:00[America/New_York]".parse()?);
//! match email.render(&ada, &world) {
//!     Outcome::Rendered(mail) => {
//!         assert_eq!(mail.subject, "Welcome, Ada");
//!         assert!(mail.html.contains("Hello Ada!"));
//!     }
//!     Outcome::Skipped(skip) => println!("{}: {}", skip.klaviyo, skip.detail),
//!     Outcome::Failed(failed) => println!("{}", failed.diagnostics[0].to_text(false)),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The way through
//!
//! | room | is given | gives |
//! |---|---|---|
//! | [`diagnostic`] | places, sentences | one way to say what is wrong, as text and JSON |
//! | [`value`] | JSON | values under Python's rules |
//! | [`language`] | source in Klaviyo's (Django's) dialect | tokens, a compiled template |
//! | [`mod@reference`] | a word | what the tag, filter or code means; the page of all |
//! | [`mjml`] | tokens of MJML | tokens of HTML, the tags untouched |
//! | [`plaintext`] | tokens of HTML | tokens of the text part |
//! | [`data`] | JSON lines in Klaviyo's shapes | profiles, events, metrics, catalog |
//! | [`feeds`] | interactions and a catalog | ordered lists of products |
//! | [`audience`] | a definition, a person, a moment | in a segment or not, kept by a flow or not, and why |
//! | [`links`] | a secret, a claim | signed tokens, and their check |
//! | [`email`] | a folder of templates | an email that renders: [`email::Outcome`] |
//! | [`delivery`] | a rendered email | a message, a folder of messages, sinks (features `mail`, `smtp`) |
//! | [`store`] | data files | an embedded database behind `data`'s traits (feature `store`) |
//! | [`project`] | `letterpress.toml` | everything opened and wired |
//! | [`check`] | a project | findings: names nobody has, filters that cannot work, lookups that may skip |
//! | [`campaign`] | a campaign's file | a plan, a run that survives a kill, a report (sending: features `mail`, `store`) |
//! | [`api`] | a project | the JSON API of the page (feature `preview`) |
//! | [`preview`] | the API | the page: `letterpress preview` (feature `preview`) |
//!
//! Nothing imports from a room below it in this table. A render sees its program, its [`email::Recipient`] and the
//! [`email::World`], nothing else: no clock, no file, no network. The same inputs give the same bytes on any number of
//! threads.
//!
//! # Features
//!
//! `mail` (messages by lettre), `smtp` (sending by lettre), `store` (the database), `feedback` (bounces and complaints, part of `cli`), `cli` (the program) and `preview` (the page), all on by default. Without them the core
//! builds with neither lettre, rusqlite, clap, tokio nor axum.

#![warn(missing_docs)]
#![forbid(unsafe_code)]

#[cfg(feature = "preview")]
pub mod api;
pub mod audience;
pub mod campaign;
pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod data;
#[cfg(feature = "mail")]
pub mod delivery;
pub mod diagnostic;
pub mod email;
pub mod feeds;
mod files;
pub mod language;
pub mod links;
pub mod mjml;
pub mod plaintext;
#[cfg(feature = "preview")]
pub mod preview;
pub mod project;
pub mod reference;
mod settings;
#[cfg(feature = "store")]
pub mod store;
pub mod value;
