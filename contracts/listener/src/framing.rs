use http::{
    HeaderMap, Request, Version,
    header::{HOST, TRANSFER_ENCODING},
    uri::Authority,
};

use crate::Refusal;

/// Refuses framing that RFC 9112 forbids and hyper lets pass.
pub(crate) fn check<B>(request: &Request<B>) -> Result<(), Refusal> {
    if request.version() == Version::HTTP_11 && !has_one_host(request.headers()) {
        return Err(Refusal::Host);
    }
    if !is_plainly_chunked(request.headers()) {
        return Err(Refusal::TransferEncoding);
    }
    Ok(())
}

/// Section 3.2: one Host, which is an authority or empty. Its name is not compared with anything.
fn has_one_host(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let host = host.as_bytes();
    host.is_empty() || Authority::try_from(host).is_ok_and(|host| !host.as_str().contains('@') && has_port(&host))
}

/// `Authority` takes any text for a port.
fn has_port(host: &Authority) -> bool {
    let port = host.as_str().strip_prefix(host.host()).unwrap_or_default();
    port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Section 6.1: no transfer coding, or chunked by itself.
fn is_plainly_chunked(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(TRANSFER_ENCODING).iter();
    let mut codings = codings.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let first = codings.next();
    first.is_none_or(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"chunked")) && codings.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(version: Version, headers: &[(&str, &str)]) -> Result<(), Refusal> {
        let mut request = Request::builder().version(version);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        check(&request.body(()).unwrap())
    }

    #[test]
    fn one_host_is_wanted_from_http_1_1_on() {
        for host in ["", "shop", "shop:80", "127.0.0.1:8080", "[::1]:80"] {
            assert_eq!(checked(Version::HTTP_11, &[("host", host)]), Ok(()), "{host:?}");
        }
        assert_eq!(checked(Version::HTTP_10, &[]), Ok(()));
        assert_eq!(checked(Version::HTTP_11, &[]), Err(Refusal::Host));
        let two = [("host", "shop"), ("host", "shop")];
        assert_eq!(checked(Version::HTTP_11, &two), Err(Refusal::Host));
        for host in ["a b", "me@shop", "shop/", "shop:port"] {
            assert_eq!(
                checked(Version::HTTP_11, &[("host", host)]),
                Err(Refusal::Host),
                "{host:?}"
            );
        }
    }

    #[test]
    fn the_only_transfer_coding_is_chunked() {
        let host = ("host", "shop");
        assert_eq!(
            checked(Version::HTTP_11, &[host, ("transfer-encoding", " Chunked ")]),
            Ok(())
        );
        for coding in [
            "gzip, chunked",
            "chunked, chunked",
            "gzip",
            "identity",
            "chunked;q=1",
            "",
        ] {
            assert_eq!(
                checked(Version::HTTP_11, &[host, ("transfer-encoding", coding)]),
                Err(Refusal::TransferEncoding),
                "{coding:?}"
            );
        }
    }
}
