//! Where a server is: `http://`, `https://` and `libsql://`.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::error::Error;

/// An address that is safe to print: what is secret in it has been taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// `https://host:port/path`, without a slash at the end.
    pub(crate) base: String,
    /// Where its own machine is meant: no proxy is asked then.
    pub(crate) is_loopback: bool,
    pub(crate) is_secure: bool,
    /// Which database of the server, where it has several and the host's name does not say it.
    pub(crate) namespace: Option<String>,
}

/// What stands in a query as it is.
const PLAIN: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What else an address may hold.
#[derive(Default)]
pub(crate) struct Secrets {
    pub(crate) token: Option<String>,
    /// `user:password`
    pub(crate) user: Option<String>,
}

impl Address {
    /// `libsql://` is https, and http with `?tls=0`. A token may stand in the address (`?authToken=…`), and so may a user
    /// and a namespace (`?namespace=…`).
    pub(crate) fn parse(text: &str) -> Result<(Address, Secrets), Error> {
        let wrong = |why: &'static str| Error::Address { address: without_secrets(text), why };
        let (scheme, rest) = text.trim().split_once("://").ok_or_else(|| wrong("it has no `://`"))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut secrets = Secrets::default();
        let (mut tls, mut namespace) = (true, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("authToken", token)) => secrets.token = Some(token.to_owned()),
                Some(("namespace", name)) if !name.is_empty() => {
                    let name = percent_decode_str(name).decode_utf8();
                    namespace = Some(name.map_err(|_| wrong("the namespace does not decode to UTF-8"))?.into_owned());
                }
                Some(("tls", "0")) => tls = false,
                Some(("tls", "1")) => {}
                _ => return Err(wrong("of what follows `?` only `authToken`, `namespace` and `tls` are known")),
            }
        }
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => "http",
            "https" => "https",
            "libsql" if tls => "https",
            "libsql" => "http",
            "ws" | "wss" => return Err(wrong("web sockets are not spoken here: write `http` or `https`")),
            _ => return Err(wrong("it begins with none of `http://`, `https://` and `libsql://`")),
        };
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = match host.rsplit_once('@') {
            Some((user, host)) => {
                secrets.user = Some(user.to_owned());
                host
            }
            None => host,
        };
        if host.is_empty() || host.contains(char::is_whitespace) {
            return Err(wrong("it names no host"));
        }
        let path = path.trim_matches('/');
        let base = if path.is_empty() { format!("{scheme}://{host}") } else { format!("{scheme}://{host}/{path}") };
        let name = host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).map_or(host, |(name, _)| name);
        let name = name.to_ascii_lowercase();
        let is_loopback =
            name.starts_with("127.") || name == "[::1]" || name == "localhost" || name.ends_with(".localhost");
        Ok((Address { base, is_loopback, is_secure: scheme == "https", namespace }, secrets))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)?;
        match &self.namespace {
            Some(name) => write!(f, "/?namespace={}", utf8_percent_encode(name, &PLAIN)),
            None => Ok(()),
        }
    }
}

/// An address that could not be read, without what may be a token or a password.
fn without_secrets(text: &str) -> String {
    let text = text.split('?').next().unwrap_or_default();
    match text.rsplit_once('@') {
        Some((before, host)) => match before.split_once("://") {
            Some((scheme, _)) => format!("{scheme}://…@{host}"),
            None => format!("…@{host}"),
        },
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn base(text: &str) -> String {
        Address::parse(text).map_or_else(|error| error.to_string(), |(address, _)| address.base)
    }

    #[test]
    fn schemes() {
        assert_eq!(base("libsql://db.example.org"), "https://db.example.org");
        assert_eq!(base("libsql://127.0.0.1:8080/?tls=0"), "http://127.0.0.1:8080");
        assert_eq!(base("HTTP://127.0.0.1:8080/proxied/"), "http://127.0.0.1:8080/proxied");
        assert!(base("ws://x").contains("web sockets"));
        assert!(base("app.db").contains("no `://`"));
        assert!(base("http://").contains("no host"));
    }

    #[test]
    fn no_secret_is_printed() {
        let (address, secrets) = Address::parse("https://me:secret@host/?authToken=secret").unwrap();
        assert_eq!(address.to_string(), "https://host");
        assert_eq!(secrets.token.as_deref(), Some("secret"));
        assert_eq!(secrets.user.as_deref(), Some("me:secret"));
        for wrong in
            ["ftp://me:secret@host?authToken=secret", "https://me:secret@host?token=secret", "secret@host?secret"]
        {
            assert!(!base(wrong).contains("secret"), "{}", base(wrong));
        }
    }

    #[test]
    fn a_namespace_is_shown_as_it_is_written() {
        let (address, secrets) = Address::parse("http://host:80/?namespace=some%20one&authToken=secret").unwrap();
        assert_eq!((address.base.as_str(), address.namespace.as_deref()), ("http://host:80", Some("some one")));
        assert_eq!(address.to_string(), "http://host:80/?namespace=some%20one");
        assert_eq!(secrets.token.as_deref(), Some("secret"));
        assert_eq!(Address::parse(&address.to_string()).unwrap().0, address);
        for wrong in ["http://host?namespace=", "http://host?namespace=%ff"] {
            assert!(base(wrong).contains("namespace"), "{}", base(wrong));
        }
    }

    #[test]
    fn its_own_machine() {
        for (text, is) in [
            ("http://[::1]:80", true),
            ("http://tenant.localhost", true),
            ("http://127.1:9", true),
            ("http://a.b", false),
        ] {
            assert_eq!(Address::parse(text).unwrap().0.is_loopback, is, "{text}");
        }
    }
}
