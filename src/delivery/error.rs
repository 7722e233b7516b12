//! Why a message could not be made or kept.

use std::io;
use std::path::PathBuf;

use crate::email::SkipReason;

/// Why a message could not be made or kept. Each says what to do next.
///
/// ```
/// use letterpress::delivery::DeliveryError;
/// let error = DeliveryError::NoFrom { email: "winback".into() };
/// assert_eq!(error.code(), "missing-from");
/// assert!(error.to_string().contains("set `from` in winback/email.toml"));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// Nobody to send from.
    #[error("the email '{email}' has no sender; set `from` in {email}/email.toml")]
    NoFrom {
        /// The email.
        email: String,
    },
    /// Nobody to send to.
    #[error(
        "the email '{email}' was rendered without a profile, so there is nobody to send it to; render it for a profile"
    )]
    NoRecipient {
        /// The email.
        email: String,
    },
    /// What stands where an address should be is none.
    #[error("{header}: '{value}' is not an address that mail can be sent to; write `Name <user@example.com>`", value = shown(.value))]
    Address {
        /// The header it was for.
        header: &'static str,
        /// What stands there.
        value: String,
    },
    /// Letters beyond ASCII before the `@` travel only between servers that agreed on it (SMTPUTF8).
    #[error("{header}: '{address}' has letters before the @ that most mail servers do not take; ask the person for another address", address = shown(.address))]
    LocalPart {
        /// The header it was for.
        header: &'static str,
        /// The address.
        address: String,
    },
    /// An international domain that has no ASCII form.
    #[error("{header}: the domain of '{address}' has no ASCII form (IDNA), so it cannot exist; correct the address", address = shown(.address))]
    Domain {
        /// The header it was for.
        header: &'static str,
        /// The address.
        address: String,
    },
    /// A further header that no message may carry.
    #[error("the header '{name}' {reason}", name = shown(.name))]
    Header {
        /// Its name.
        name: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A date that mail cannot carry.
    #[error(
        "{date} cannot be the date of a message; choose a `--now` between the years 1900 and 9999"
    )]
    Date {
        /// The date.
        date: jiff::Timestamp,
    },
    /// A message without identity would get a random one.
    #[error("the message has no id of letters and digits; keep the `id` that rendering gave it")]
    Id,
    /// A folder that holds something else.
    #[error("'{}' is not empty and was not made by letterpress; name another folder, or empty it yourself", shown(&.path.to_string_lossy()))]
    Foreign {
        /// The folder.
        path: PathBuf,
    },
    /// A file or folder that cannot be written.
    #[error("cannot write '{}': {source}; {}", shown(&.path.to_string_lossy()), advice(.source))]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The message builder refused for a reason of its own.
    #[error("the message cannot be built: {0}; this is a mistake of letterpress, please report it")]
    Build(String),
}

impl DeliveryError {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            DeliveryError::NoFrom { .. } => "missing-from",
            DeliveryError::NoRecipient { .. } => "missing-recipient",
            DeliveryError::Address { .. } => "invalid-address",
            DeliveryError::LocalPart { .. } => "international-local-part",
            DeliveryError::Domain { .. } => "invalid-domain",
            DeliveryError::Header { .. } => "invalid-header",
            DeliveryError::Date { .. } => "invalid-date",
            DeliveryError::Id => "missing-id",
            DeliveryError::Foreign { .. } => "foreign-folder",
            DeliveryError::Unwritable { .. } => "unwritable",
            DeliveryError::Build(_) => "unbuildable-message",
        }
    }
}

impl DeliveryError {
    /// Why the person is skipped, if it is their address that mail cannot be sent to: nothing else is broken then.
    ///
    /// ```
    /// use letterpress::delivery::DeliveryError;
    /// use letterpress::email::SkipReason;
    /// let error = DeliveryError::LocalPart { header: "To", address: "李娜@example.com".into() };
    /// assert_eq!(error.skip_reason(), Some(SkipReason::InvalidEmail));
    /// let error = DeliveryError::LocalPart { header: "From", address: "李娜@example.com".into() };
    /// assert_eq!(error.skip_reason(), None);
    /// ```
    pub fn skip_reason(&self) -> Option<SkipReason> {
        match self {
            DeliveryError::Address { header, .. }
            | DeliveryError::LocalPart { header, .. }
            | DeliveryError::Domain { header, .. }
                if *header == "To" =>
            {
                Some(SkipReason::InvalidEmail)
            }
            _ => None,
        }
    }
}

/// What to do when a file cannot be written.
pub(super) fn advice(error: &io::Error) -> &'static str {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => {
            "make room there, or name a folder on another disk"
        }
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem => "name a folder that you may write to",
        Kind::NotADirectory | Kind::AlreadyExists | Kind::IsADirectory => {
            "something else stands there; name another folder"
        }
        _ => "name another folder, or try again",
    }
}

/// Data in a message for a terminal: one short line without control characters.
pub(super) fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(120).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    crate::diagnostic::printable(&short.replace('\t', " "))
}
