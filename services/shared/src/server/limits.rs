use axum::response::Response;
use commerce::Invalid;
use http::HeaderMap;
use listener::{Hooks, Limits, Notice, Refusal};

use crate::{Settings, SettingsError, settings::standard};

/// The limits of the server that the settings give.
pub fn limits(settings: &Settings) -> Result<Limits, SettingsError> {
    Ok(Limits {
        head: settings.get(&standard::HEAD_MS)?,
        body: settings.get(&standard::BODY_MS)?,
        body_rate: settings.get(&standard::BODY_RATE)?,
        idle: settings.get(&standard::IDLE_MS)?,
        connections: settings.get(&standard::CONNECTIONS)?,
        body_bytes: settings.get(&standard::BODY_BYTES)?,
    })
}

/// Refuses in the envelope, and reports to the log.
pub(super) const HOOKS: Hooks = Hooks {
    refuse,
    notice: |notice| match notice {
        Notice::Expired(_) => tracing::info!("{notice}"),
        Notice::Accept(_) | Notice::Full(_) => tracing::warn!("{notice}"),
    },
};

fn refuse(refusal: Refusal, headers: &HeaderMap) -> Response {
    match refusal {
        Refusal::Host => {
            let seen: Vec<_> = headers.get_all(http::header::HOST).iter().collect();
            let seen = match seen.as_slice() {
                [] => "absent".into(),
                [one] => String::from_utf8_lossy(one.as_bytes()),
                _ => "given more than once".into(),
            };
            let wanted = "one host, with a port if need be (RFC 9112, section 3.2)";
            commerce::http::invalid(Invalid::new("Host", seen, wanted), headers)
        }
        Refusal::TransferEncoding => {
            let seen = headers.get(http::header::TRANSFER_ENCODING);
            let seen = seen.map_or("".into(), |value| String::from_utf8_lossy(value.as_bytes()));
            let wanted = Invalid::new("Transfer-Encoding", seen, "chunked by itself, or none");
            commerce::http::not_implemented(wanted.to_string(), headers)
        }
        Refusal::Busy => commerce::http::overloaded("all connections are being worked on", headers),
        Refusal::Memory => commerce::http::overloaded("bodies of requests hold all the memory that they may", headers),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_of_the_settings_are_those_of_the_listener() {
        let settings = Settings::from_pairs(&[], []).unwrap();
        assert_eq!(limits(&settings).unwrap(), Limits::default());
    }
}
