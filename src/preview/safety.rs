//! Who may ask, and what a page may load.
//!
//! The page shows people's data, so nobody but the person at this machine may read it: another site's script that
//! calls a name of its own this machine (DNS rebinding) is known by its Host, and whoever else is on the network needs the
//! token that was printed.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// What the page may load: its own script, style and pictures, and emails in frames.
pub(super) const PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What anything else may load.
const NOTHING: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

/// What an email may load: nothing that runs, and nothing from elsewhere unless `remote` pictures were asked for. The page
/// may reach into the frame to keep its scroll, which is why it is of the same origin.
pub(super) fn email(remote: bool) -> HeaderValue {
    HeaderValue::from_static(match remote {
        false => {
            "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; font-src data:; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'self'; sandbox allow-same-origin"
        }
        true => {
            "default-src 'none'; img-src 'self' data: https: http:; style-src 'unsafe-inline' https: http:; \
             font-src data: https: http:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-same-origin"
        }
    })
}

/// Who may ask.
#[derive(Debug)]
pub(super) struct Guard {
    /// The name that was given to listen on.
    host: String,
    /// Whoever reaches this address from elsewhere shows this.
    token: Option<String>,
    /// Ports have no cookies of their own, so the port is in the name.
    cookie: String,
}

impl Guard {
    /// Guards what listens on `local`, for which `host` was given.
    pub(super) fn new(host: &str, local: SocketAddr) -> io::Result<Guard> {
        let token = match local.ip().is_loopback() {
            true => None,
            false => Some(random()?),
        };
        Ok(Guard {
            host: host.to_ascii_lowercase(),
            token,
            cookie: format!("letterpress-{}", local.port()),
        })
    }

    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Whether this Host is ours: a name that somebody else could point at this machine is not.
    fn knows(&self, host: &str) -> bool {
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => host.rsplit_once(':').map_or(host, |(name, _)| name),
        };
        let name = name.to_ascii_lowercase();
        match name.parse::<IpAddr>() {
            // No name, so nothing to be pointed elsewhere; the token is asked for where others reach us.
            Ok(address) => address.is_loopback() || self.token.is_some(),
            Err(_) => name == "localhost" || (self.token.is_some() && name == self.host),
        }
    }

    /// Whether the token is shown, as a cookie.
    fn admits(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else {
            return true;
        };
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .any(|(name, value)| name == self.cookie && same(value, token))
    }
}

/// Compares in a time that does not tell where the difference is.
fn same(given: &str, token: &str) -> bool {
    given.len() == token.len()
        && given
            .bytes()
            .zip(token.bytes())
            .fold(0, |all, (a, b)| all | (a ^ b))
            == 0
}

fn random() -> io::Result<String> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The `token` of an address, and the address without it.
fn token_of(uri: &Uri) -> Option<(&str, String)> {
    let query = uri.query()?;
    let token = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("token="))?;
    let rest: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.starts_with("token="))
        .collect();
    let place = match rest.is_empty() {
        true => uri.path().to_owned(),
        false => format!("{}?{}", uri.path(), rest.join("&")),
    };
    Some((token, place))
}

/// Lets in who may ask, and gives every answer its rules.
pub(super) async fn guarded(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    let host = request.headers().get(header::HOST);
    let known = host
        .and_then(|host| host.to_str().ok())
        .is_some_and(|host| guard.knows(host));
    let mut response = if !known {
        refusal("This is no name of this page. Use the address that letterpress printed.")
    } else if let Some((given, place)) = token_of(request.uri())
        && let Some(token) = &guard.token
        && same(given, token)
        // `//elsewhere` would be another site.
        && !place.starts_with("//")
    {
        // The token leaves the address, so that nobody reads it over a shoulder or in a history.
        let cookie = format!("{}={token}; Path=/; HttpOnly; SameSite=Lax", guard.cookie);
        (
            StatusCode::SEE_OTHER,
            [(header::SET_COOKIE, cookie), (header::LOCATION, place)],
        )
            .into_response()
    } else if !guard.admits(request.headers()) {
        refusal("Open the whole address that letterpress printed: it ends in a token.")
    } else {
        next.run(request).await
    };
    let rules = [
        (header::CONTENT_SECURITY_POLICY, NOTHING),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_DNS_PREFETCH_CONTROL, "off"),
    ];
    let headers = response.headers_mut();
    for (name, value) in rules {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    for name in ["cross-origin-resource-policy", "cross-origin-opener-policy"] {
        headers.insert(name, HeaderValue::from_static("same-origin"));
    }
    response
}

fn refusal(why: &'static str) -> Response {
    (StatusCode::FORBIDDEN, why).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(host: &str, address: &str) -> Guard {
        Guard::new(host, address.parse().unwrap()).unwrap()
    }

    #[test]
    fn at_home_only_names_of_this_machine_are_known() {
        let guard = guard("127.0.0.1", "127.0.0.1:3000");
        for host in [
            "127.0.0.1:3000",
            "localhost:3000",
            "LOCALHOST",
            "[::1]:3000",
            "127.0.0.1",
        ] {
            assert!(guard.knows(host), "{host}");
        }
        for host in [
            "evil.example:3000",
            "127.0.0.1.evil.example",
            "192.0.2.1:3000",
            "",
            "localhost.evil.example",
        ] {
            assert!(!guard.knows(host), "{host}");
        }
        assert!(guard.admits(&HeaderMap::new()));
    }

    #[test]
    fn from_elsewhere_a_token_is_asked_for() {
        let guard = guard("studio.lan", "0.0.0.0:3000");
        for host in ["192.0.2.1:3000", "studio.lan:3000", "localhost:3000"] {
            assert!(guard.knows(host), "{host}");
        }
        assert!(!guard.knows("evil.example:3000"));
        let mut headers = HeaderMap::new();
        assert!(!guard.admits(&headers));
        headers.insert(
            header::COOKIE,
            HeaderValue::from_static("letterpress-3000=00000000000000000000000000000000"),
        );
        assert!(!guard.admits(&headers));
        let cookie = format!("a=b; letterpress-3000={}", guard.token().unwrap());
        headers.insert(header::COOKIE, cookie.parse().unwrap());
        assert!(guard.admits(&headers));
    }
}
