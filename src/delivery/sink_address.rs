//! Where messages shall go, as a person writes it: `dir:out`, `smtp://localhost:25`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::eml_files::EmlFiles;
use super::error::shown;
use super::maildir::Maildir;
use super::mbox::Mbox;
use super::null::Null;
use super::smtp_address::SmtpAddress;
use super::{Sink, SinkError};
use crate::diagnostic::nearest;

/// Where messages shall go. It is read from text and written as text, also in JSON and TOML, and holds no password.
///
/// | written | goes |
/// |---|---|
/// | `dir:PATH` | into a folder, an `.eml` file a letter |
/// | `maildir:PATH` | into a maildir |
/// | `mbox:FILE` | to the end of an mbox file |
/// | `null:` | nowhere |
/// | `smtp://[user@]host[:port][?…]` | to a server; options: `tls`, `connections`, `ca`, `hello`, `pipelining`, `timeout`, `dot-timeout` |
/// | `smtps://…` | the same, encrypted from the first byte on |
///
/// ```
/// use letterpress::delivery::SinkAddress;
/// let address: SinkAddress = "smtp://ada@mail.example.com:587?connections=8".parse()?;
/// assert_eq!(address.to_string(), "smtp://ada@mail.example.com:587?connections=8");
/// assert_eq!(address.user(), Some("ada")); // so a password is wanted
///
/// let error = "smtp://localhost:25?conections=8".parse::<SinkAddress>().unwrap_err();
/// assert!(error.to_string().contains("did you mean `connections`?"));
/// # Ok::<(), letterpress::delivery::SinkAddressError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum SinkAddress {
    /// A folder of `.eml` files.
    Dir(PathBuf),
    /// A maildir.
    Maildir(PathBuf),
    /// An mbox file.
    Mbox(PathBuf),
    /// Nowhere: what is sent is counted.
    Null,
    /// A mail server.
    Smtp(Box<SmtpAddress>),
}

impl SinkAddress {
    /// The same with its paths under `base`, where they are relative.
    pub fn under(self, base: &Path) -> SinkAddress {
        match self {
            SinkAddress::Dir(path) => SinkAddress::Dir(base.join(path)),
            SinkAddress::Maildir(path) => SinkAddress::Maildir(base.join(path)),
            SinkAddress::Mbox(path) => SinkAddress::Mbox(base.join(path)),
            SinkAddress::Null => SinkAddress::Null,
            SinkAddress::Smtp(mut address) => {
                address.ca = address.ca.map(|path| base.join(path));
                SinkAddress::Smtp(address)
            }
        }
    }

    /// Whom the server shall know us as: a password is wanted.
    pub fn user(&self) -> Option<&str> {
        match self {
            SinkAddress::Smtp(address) => address.user.as_deref(),
            _ => None,
        }
    }

    /// Makes the sink: folders and files are made where they are missing, what a killed process left half written is cut
    /// off. No server is connected to yet. `password` is asked for [`SinkAddress::user`] alone.
    ///
    /// ```
    /// use letterpress::delivery::{Letter, SinkAddress, Verdict};
    /// # let folder = tempfile::tempdir()?;
    /// let address: SinkAddress = "dir:out".parse()?;
    /// let sink = address.under(folder.path()).open(None)?;
    /// let mut connection = sink.connect()?;
    /// let letter = Letter {
    ///     id: "00112233445566778899aabbccddeeff".into(),
    ///     from: "hello@tea.example".into(),
    ///     to: "ada@example.com".into(),
    ///     bytes: b"Subject: Tea\r\n\r\nHello\r\n".to_vec(),
    /// };
    /// let verdict = connection.put(&letter, &mut || Ok(()));
    /// assert!(matches!(verdict, Verdict::Accepted(_)));
    /// assert_eq!(sink.holds(&letter.id), Some(true));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A folder or file cannot be written, or is in use; the password is missing; the certificates cannot be read.
    pub fn open(&self, password: Option<&str>) -> Result<Box<dyn Sink>, SinkError> {
        Ok(match self {
            SinkAddress::Dir(path) => Box::new(EmlFiles::open(path)?),
            SinkAddress::Maildir(path) => Box::new(Maildir::open(path)?),
            SinkAddress::Mbox(path) => Box::new(Mbox::open(path)?),
            SinkAddress::Null => Box::new(Null::default()),
            SinkAddress::Smtp(address) => return open_smtp(address, password),
        })
    }
}

#[cfg(feature = "smtp")]
fn open_smtp(address: &SmtpAddress, password: Option<&str>) -> Result<Box<dyn Sink>, SinkError> {
    Ok(Box::new(super::smtp::Smtp::open(address, password)?))
}

#[cfg(not(feature = "smtp"))]
fn open_smtp(_: &SmtpAddress, _: Option<&str>) -> Result<Box<dyn Sink>, SinkError> {
    Err(SinkError::NoSmtp)
}

const SCHEMES: [&str; 6] = ["dir", "maildir", "mbox", "null", "smtp", "smtps"];

impl FromStr for SinkAddress {
    type Err = SinkAddressError;

    fn from_str(text: &str) -> Result<SinkAddress, SinkAddressError> {
        let Some((scheme, rest)) = text.split_once(':') else {
            return Err(SinkAddressError::NoScheme(text.to_owned()));
        };
        let path = || {
            if rest.is_empty() || rest.contains('\0') {
                return Err(SinkAddressError::NoPath(scheme.to_owned()));
            }
            Ok(PathBuf::from(rest))
        };
        match scheme {
            "dir" => path().map(SinkAddress::Dir),
            "maildir" => path().map(SinkAddress::Maildir),
            "mbox" => path().map(SinkAddress::Mbox),
            "null" if rest.is_empty() => Ok(SinkAddress::Null),
            "null" => Err(SinkAddressError::NotNull),
            "smtp" | "smtps" => {
                let rest = rest
                    .strip_prefix("//")
                    .ok_or_else(|| SinkAddressError::NoSlashes(scheme.to_owned()))?;
                let address = SmtpAddress::parse(rest, scheme == "smtps")?;
                Ok(SinkAddress::Smtp(Box::new(address)))
            }
            _ => Err(SinkAddressError::Scheme {
                scheme: scheme.to_owned(),
                nearest: nearest(scheme, SCHEMES).map(str::to_owned),
            }),
        }
    }
}

impl fmt::Display for SinkAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SinkAddress::Dir(path) => write!(f, "dir:{}", path.display()),
            SinkAddress::Maildir(path) => write!(f, "maildir:{}", path.display()),
            SinkAddress::Mbox(path) => write!(f, "mbox:{}", path.display()),
            SinkAddress::Null => f.write_str("null:"),
            SinkAddress::Smtp(address) => address.fmt(f),
        }
    }
}

impl TryFrom<String> for SinkAddress {
    type Error = SinkAddressError;

    fn try_from(text: String) -> Result<SinkAddress, SinkAddressError> {
        text.parse()
    }
}

impl From<SinkAddress> for String {
    fn from(address: SinkAddress) -> String {
        address.to_string()
    }
}

/// Why a text is no address of a sink. Each says what to write. None repeats what may be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SinkAddressError {
    /// Nothing says what kind it is.
    #[error("'{}' does not say where messages go; write dir:PATH, maildir:PATH, mbox:FILE, null: or smtp://host:port", shown(.0))]
    NoScheme(String),
    /// A kind that there is not.
    #[error("there is no sink '{}:'{}; write dir:PATH, maildir:PATH, mbox:FILE, null: or smtp://host:port", shown(.scheme), did_you_mean(.nearest))]
    Scheme {
        /// What stands there.
        scheme: String,
        /// The nearest that there is.
        nearest: Option<String>,
    },
    /// A folder or file without a name.
    #[error("{0}: names no path; write {0}:PATH")]
    NoPath(String),
    /// `null:` with something behind it.
    #[error("null: takes nothing behind it; write null: alone")]
    NotNull,
    /// `smtp:host`.
    #[error("{0}: is followed by two slashes; write {0}://host:port")]
    NoSlashes(String),
    /// A password where everybody sees it.
    #[error(
        "an address holds no password, because it is shown, stored and logged; put it in LETTERPRESS_SMTP_PASSWORD and write smtp://user@host:port"
    )]
    Password,
    /// What stands before the `@` is no name.
    #[error(
        "what stands before the @ is no user's name; write smtp://user@host:port, with odd characters as %40"
    )]
    User,
    /// What stands there is no host.
    #[error("'{}' is no host; write a name, an IPv4 address or [an IPv6 address], then :port", shown(.0))]
    Host(String),
    /// What stands behind the colon is no port.
    #[error("what stands behind the host's colon is no port; write a number from 1 to 65535")]
    Port,
    /// An option that there is not.
    #[error("there is no option '{}'{}; there are tls, connections, ca, hello, pipelining, timeout and dot-timeout", shown(.option), did_you_mean(.nearest))]
    Option {
        /// What stands there.
        option: String,
        /// The nearest that there is.
        nearest: Option<String>,
    },
    /// An option that is said twice.
    #[error("the option '{}' is given twice; give it once", shown(.0))]
    Twice(String),
    /// A value that an option does not take.
    #[error("{option}={} is nothing that `{option}` takes; write {wants}", shown(.value))]
    Value {
        /// The option.
        option: String,
        /// What stands there.
        value: String,
        /// What to write.
        wants: &'static str,
    },
    /// A user whose password would go over a connection that anybody may read or pretend to be the end of.
    #[error("a password is sent over verified TLS only; write tls=required, or leave the user out")]
    Clear,
    /// Certificates that nobody looks at.
    #[error(
        "ca= is asked with tls=required only, because certificates are verified there only; write tls=required, or leave ca= out"
    )]
    UnusedCa,
}

fn did_you_mean(nearest: &Option<String>) -> String {
    match nearest {
        Some(nearest) => format!(", did you mean `{nearest}`?"),
        None => String::new(),
    }
}
