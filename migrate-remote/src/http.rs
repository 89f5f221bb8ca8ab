//! One request over HTTP, and what it means where it fails.

use std::io;
use std::time::Duration;

use ureq::Agent;
use ureq::config::Config;

use crate::address::Address;
use crate::engine::Failure;

/// More than any answer has; a schema and a history are asked for, not an application's rows.
const LARGEST: u64 = 1 << 30;

/// How sqld says that it has no such namespace, around its name.
const NO_NAMESPACE: (&str, &str) = ("Namespace `", "` doesn't exist");

/// Whom to believe that it is the server; `None` for those that browsers believe.
#[cfg(feature = "tls")]
pub(crate) type Roots = Option<ureq::tls::RootCerts>;
#[cfg(not(feature = "tls"))]
pub(crate) type Roots = Option<std::convert::Infallible>;

pub(crate) fn agent(address: &Address, timeout: Duration, roots: &Roots) -> Agent {
    let mut config = Config::builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(timeout.min(Duration::from_secs(10))))
        .timeout_global(Some(timeout))
        .user_agent(concat!("migrate/", env!("CARGO_PKG_VERSION")));
    if address.is_loopback {
        config = config.proxy(None);
    }
    #[cfg(feature = "tls")]
    if let Some(roots) = roots {
        config = config.tls_config(ureq::tls::TlsConfig::builder().root_certs(roots.clone()).build());
    }
    #[cfg(not(feature = "tls"))]
    let _ = roots;
    config.build().into()
}

/// Posts JSON. `Lost` only where the request may have been carried out.
pub(crate) fn post(
    agent: &Agent,
    address: &Address,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Vec<u8>, Failure> {
    let mut request = agent.post(format!("{}{path}", address.base)).content_type("application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = request.send(body).map_err(|error| failure(address, &error))?;
    let status = response.status().as_u16();
    let moved = response.headers().get("location").and_then(|to| to.to_str().ok()).map(str::to_owned);
    let read = response.body_mut().with_config().limit(LARGEST).read_to_vec();
    let answer = match read {
        Ok(answer) => answer,
        Err(error) if status == 200 => return Err(Failure::Lost(format!("{address}: the answer broke off: {error}"))),
        Err(_) => Vec::new(),
    };
    if status == 200 {
        return Ok(answer);
    }
    let json: Option<serde_json::Value> = serde_json::from_slice(&answer).ok();
    let text = match json.as_ref().and_then(|json| json["error"].as_str()) {
        Some(error) => error.into(),
        None => String::from_utf8_lossy(&answer),
    };
    let text: String = text.trim().chars().take(200).collect();
    let text = if text.is_empty() { String::new() } else { format!(": {text}") };
    let said = format!("{address} answered with status {status}{text}");
    Err(match status {
        401 | 403 => Failure::Unauthorized(said),
        300..=399 => Failure::NoServer(match moved {
            Some(to) => format!("{said}; it points to `{}`", to.split('?').next().unwrap_or_default()),
            None => said,
        }),
        429 => Failure::Busy(said),
        400 | 422 => Failure::Refused(said),
        // Whoever stands in between may have passed the request on.
        500..=599 => Failure::Lost(said),
        404 if text.contains(NO_NAMESPACE.0) && text.contains(NO_NAMESPACE.1) => Failure::NoDatabase(said),
        _ => Failure::NoServer(said),
    })
}

fn failure(address: &Address, error: &ureq::Error) -> Failure {
    use ureq::Error as E;
    use ureq::Timeout;
    let said = format!("{address}: {error}");
    match error {
        E::HostNotFound
        | E::ConnectionFailed
        | E::ConnectProxyFailed(_)
        | E::Timeout(Timeout::Resolve | Timeout::Connect) => Failure::Unreachable(said),
        E::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => Failure::Unreachable(said),
        // The request is sent behind the handshake.
        E::Io(error) if error.kind() == io::ErrorKind::InvalidData && said.contains("peer certificate") => {
            Failure::NoServer(said)
        }
        E::BadUri(_) | E::Http(_) | E::InvalidProxyUrl => Failure::Refused(said),
        E::TlsRequired => Failure::NoServer(format!("{said}; this build has no TLS: turn on the feature `tls`")),
        #[cfg(feature = "tls")]
        E::Tls(_) | E::Rustls(_) => Failure::NoServer(said),
        E::Protocol(_) => Failure::Lost(said),
        _ => Failure::Lost(said),
    }
}
