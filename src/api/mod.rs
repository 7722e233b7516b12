//! A project as a JSON API: what the page asks for under `/api`, one file a noun.
//!
//! The nouns are plain functions of a [`Snapshot`], the project as it was last read; [`router`] hangs them on addresses. [`Live`]
//! keeps a project open while its files change, and goes on with the last good state while they are broken.
//!
//! ```
//! use letterpress::api::{Asked, Live, What};
//! # let folder = tempfile::tempdir()?;
//! # std::fs::write(folder.path().join("letterpress.toml"), "[project]\n")?;
//! # std::fs::create_dir_all(folder.path().join("templates/hello"))?;
//! # std::fs::write(folder.path().join("templates/hello/email.toml"), "subject = \"Hi {{ first_name }}\"")?;
//! # std::fs::write(folder.path().join("templates/hello/body.html"), "<p>Hi {{ first_name }}</p>")?;
//! # std::fs::create_dir(folder.path().join("shop"))?;
//! # std::fs::write(folder.path().join("shop/profiles.jsonl"), r#"{"email": "ada@example.com", "first_name": "Ada"}"#)?;
//! let live = Live::open(Some(folder.path()), None); // never fails: what is wrong stands in `problems`
//! let snapshot = live.snapshot();
//! assert_eq!(snapshot.emails().emails[0].name, "hello");
//! assert_eq!(snapshot.people("ad", 20)?.people[0].selector, "ada@example.com");
//! let view = snapshot.view(&Asked { email: "hello".into(), ..Asked::default() })?;
//! assert_eq!(view.mail.unwrap().html, "<p>Hi Ada</p>");
//!
//! std::fs::write(folder.path().join("templates/hello/body.html"), "<p>Ho {{ first_name }}</p>")?;
//! let snapshot = live.reload(&[What::Template]);
//! # let view = snapshot.view(&Asked { email: "hello".into(), ..Asked::default() })?;
//! # assert_eq!(view.mail.unwrap().html, "<p>Ho Ada</p>");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod emails;
mod error;
mod events;
mod live;
mod people;
mod problems;
mod render;
mod routes;

pub use crate::data::{Node, Tree};
pub use emails::{EmailEntry, Emails};
pub use error::ApiError;
pub use events::{EventEntry, Events};
pub use live::{Change, Live, Snapshot, What};
pub use people::{People, Person};
pub use problems::{Place, Problem};
pub use render::{Answer, Asked, MailView, SizesView, View};
pub use routes::{router, work};
