use std::{fmt, hint::black_box};

use http::{HeaderMap, HeaderValue, header};

/// The token of a server's operators, which a request has in `Authorization: Bearer TOKEN` (RFC 6750, section 2.1).
///
/// No `Debug` shows it.
#[derive(Clone)]
pub struct BearerToken(String);

/// A token that can be guessed, or that no header can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token has {seen} bytes, wanted 16 to 1000 visible ASCII characters; openssl rand -hex 32 makes one")]
pub struct WeakToken {
    /// Number of its bytes.
    pub seen: usize,
}

impl BearerToken {
    /// Takes a token of 16 to 1,000 visible ASCII characters.
    pub fn new(token: &str) -> Result<Self, WeakToken> {
        let is_strong = (16..=1_000).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
        if is_strong {
            Ok(Self(token.to_owned()))
        } else {
            Err(WeakToken { seen: token.len() })
        }
    }

    /// Returns `true` if the request with these headers has the token.
    pub fn admits(&self, headers: &HeaderMap) -> bool {
        let given = headers
            .get(header::AUTHORIZATION)
            .map(HeaderValue::as_bytes)
            .unwrap_or_default();
        match given.split_at_checked(7) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"Bearer ") => are_equal(token, self.0.as_bytes()),
            _ => false,
        }
    }
}

/// Compares in a time that depends on nothing but the lengths.
fn are_equal(given: &[u8], wanted: &[u8]) -> bool {
    let differ = given
        .iter()
        .zip(wanted)
        .fold(0, |differ, (one, other)| black_box(differ | (one ^ other)));
    given.len() == wanted.len() && differ == 0
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_can_be_guessed_or_stands_in_no_header_is_refused_with_its_length() {
        for weak in ["", "short", "a token with spaces in it", &"x".repeat(1_001)] {
            assert_eq!(BearerToken::new(weak).unwrap_err(), WeakToken { seen: weak.len() });
        }
    }

    #[test]
    fn a_request_is_admitted_with_the_whole_token_alone_and_no_debug_shows_it() {
        let token = BearerToken::new("a-token-of-a-test").unwrap();
        let admits = |value: &'static str| {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))]);
            token.admits(&headers)
        };
        assert!(admits("Bearer a-token-of-a-test") && admits("bearer a-token-of-a-test"));
        for other in [
            "Bearer a-token-of-a-tes",
            "Bearer a-token-of-a-test ",
            "Basic a-token-of-a-test",
            "Bearer",
        ] {
            assert!(!admits(other), "{other}");
        }
        assert!(!token.admits(&HeaderMap::new()));
        assert!(!format!("{token:?}").contains("a-token"));
    }
}
