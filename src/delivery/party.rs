//! A name with an address that any mail server takes.

use lettre::Address;

use super::DeliveryError;
use super::header;
use crate::email::{Mailbox, is_address, parse_mailbox};

/// A name with an address in ASCII.
pub(super) struct Party {
    pub(super) name: Option<String>,
    pub(super) address: Address,
}

impl Party {
    pub(super) fn parse(header: &'static str, text: &str) -> Result<Party, DeliveryError> {
        let mailbox =
            parse_mailbox(&header::clean(text)).ok_or_else(|| DeliveryError::Address {
                header,
                value: text.to_owned(),
            })?;
        Party::new(header, &mailbox)
    }

    pub(super) fn new(header: &'static str, mailbox: &Mailbox) -> Result<Party, DeliveryError> {
        let text = mailbox.address.as_str();
        let not_one = || DeliveryError::Address {
            header,
            value: text.to_owned(),
        };
        if !is_address(text) {
            return Err(not_one());
        }
        let (local, domain) = text.rsplit_once('@').ok_or_else(not_one)?;
        if !local.is_ascii() {
            return Err(DeliveryError::LocalPart {
                header,
                address: text.to_owned(),
            });
        }
        let no_ascii = || DeliveryError::Domain {
            header,
            address: text.to_owned(),
        };
        let domain = ascii_domain(domain).ok_or_else(no_ascii)?;
        if !is_address(&format!("{local}@{domain}")) {
            return Err(no_ascii());
        }
        Ok(Party {
            name: mailbox
                .name
                .as_deref()
                .map(header::clean_name)
                .filter(|name| !name.is_empty()),
            address: Address::new(local, domain).map_err(|_| not_one())?,
        })
    }
}

/// The form of a domain that servers look up (IDNA); None when there is none.
pub(super) fn ascii_domain(domain: &str) -> Option<String> {
    if domain.is_ascii() {
        return Some(domain.to_owned());
    }
    idna::domain_to_ascii(domain)
        .ok()
        .filter(|domain| domain.is_ascii())
}
