//! The heads of HTTP/1 requests and replies.

use std::ops::Range;

use bytes::Bytes;

use super::framing::Body;

/// Longest head that is read, in bytes; more is not taken for HTTP.
pub(crate) const LONGEST_HEAD: usize = 64 * 1024;
const MOST_HEADERS: usize = 128;

/// Result of reading a head from the bytes that have arrived.
#[derive(Debug)]
pub(crate) enum Read<T> {
    Whole(T),
    /// More bytes are needed.
    Part,
    NotHttp,
}

/// Head of a request.
#[derive(Debug)]
pub(crate) struct RequestHead {
    pub(crate) method: String,
    /// Path with the query, as it was sent.
    pub(crate) target: String,
    pub(crate) headers: Headers,
    pub(crate) body: Body,
    /// Number of its bytes.
    pub(crate) length: usize,
    is_version_1_0: bool,
}

/// Head of a reply.
#[derive(Debug)]
pub(crate) struct ReplyHead {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Body,
    /// Number of its bytes.
    pub(crate) length: usize,
}

/// Headers of a message, with names in small letters.
#[derive(Debug)]
pub(crate) struct Headers(Vec<(String, String)>);

impl Headers {
    fn new(headers: &[httparse::Header<'_>]) -> Self {
        let text = |header: &httparse::Header<'_>| {
            let value = String::from_utf8_lossy(header.value);
            (header.name.to_ascii_lowercase(), value.trim().to_owned())
        };
        Self(headers.iter().map(text).collect())
    }

    /// Returns the values of all headers with this name in small letters.
    pub(crate) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(other, _)| other == name);
        named.map(|(_, value)| value.as_str())
    }

    /// Tells if a list in a header has this item.
    pub(crate) fn lists(&self, name: &str, item: &str) -> bool {
        let items = self.values(name).flat_map(|value| value.split(','));
        items.map(str::trim).any(|other| other.eq_ignore_ascii_case(item))
    }

    /// Returns the body that the headers announce: `Err` if they contradict themselves, `None` if they say nothing.
    fn body(&self) -> Result<Option<Body>, ()> {
        if let Some(codings) = self.values("transfer-encoding").last() {
            let last = codings.rsplit(',').next().unwrap_or_default().trim();
            return Ok(Some(match last.eq_ignore_ascii_case("chunked") {
                true => Body::CHUNKED,
                false => Body::ToEnd,
            }));
        }
        let mut lengths = self.values("content-length");
        let Some(length) = lengths.next() else {
            return Ok(None);
        };
        if lengths.any(|other| other != length) || !length.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(());
        }
        length.parse().map(|length| Some(Body::Length(length))).map_err(|_| ())
    }
}

impl RequestHead {
    pub(crate) fn read(bytes: &[u8]) -> Read<Self> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let length = match whole(request.parse(bytes), bytes.len()) {
            Read::Whole(length) => length,
            Read::Part => return Read::Part,
            Read::NotHttp => return Read::NotHttp,
        };
        let headers = Headers::new(request.headers);
        let body = match headers.body() {
            Ok(Some(Body::ToEnd)) | Err(()) => return Read::NotHttp,
            Ok(body) => body.unwrap_or(Body::EMPTY),
        };
        Read::Whole(Self {
            method: request.method.unwrap_or_default().to_owned(),
            target: request.path.unwrap_or_default().to_owned(),
            headers,
            body,
            length,
            is_version_1_0: request.version == Some(0),
        })
    }

    /// Returns the path without the query.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// Returns the bytes of the head with other text in a place of its target.
    pub(crate) fn with_target(&self, bytes: &[u8], place: Range<usize>, text: &str) -> Bytes {
        // The target stands behind the method, one space and what may be empty lines before both.
        let start = bytes
            .iter()
            .position(|byte| !matches!(byte, b'\r' | b'\n'))
            .unwrap_or(0)
            + self.method.len()
            + 1;
        let (before, behind) = (&bytes[..start + place.start], &bytes[start + place.end..]);
        [before, text.as_bytes(), behind].concat().into()
    }

    /// Tells if the connection ends with the reply.
    pub(crate) fn is_last(&self) -> bool {
        let keeps = self.headers.lists("connection", "keep-alive");
        self.headers.lists("connection", "close") || (self.is_version_1_0 && !keeps)
    }

    /// Tells if the connection may stop being HTTP/1 with the reply.
    pub(crate) fn may_upgrade(&self) -> bool {
        self.method == "CONNECT" || self.headers.values("upgrade").next().is_some()
    }

    /// Tells if the client may wait for an interim reply before it sends the body.
    pub(crate) fn expects_continue(&self) -> bool {
        self.headers.lists("expect", "100-continue")
    }
}

impl ReplyHead {
    /// Reads the reply to a request with this method.
    pub(crate) fn read(bytes: &[u8], method: &str) -> Read<Self> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut reply = httparse::Response::new(&mut headers);
        let length = match whole(reply.parse(bytes), bytes.len()) {
            Read::Whole(length) => length,
            Read::Part => return Read::Part,
            Read::NotHttp => return Read::NotHttp,
        };
        let status = reply.code.unwrap_or_default();
        let has_body = method != "HEAD" && !matches!(status, 100..=199 | 204 | 304);
        let headers = Headers::new(reply.headers);
        let body = match headers.body() {
            _ if !has_body => Body::EMPTY,
            Ok(body) => body.unwrap_or(Body::ToEnd),
            Err(()) => return Read::NotHttp,
        };
        Read::Whole(Self {
            status,
            headers,
            body,
            length,
        })
    }
}

fn whole(parsed: httparse::Result<usize>, length: usize) -> Read<usize> {
    match parsed {
        Ok(httparse::Status::Complete(length)) => Read::Whole(length),
        Ok(httparse::Status::Partial) if length <= LONGEST_HEAD => Read::Part,
        Ok(httparse::Status::Partial) | Err(_) => Read::NotHttp,
    }
}
