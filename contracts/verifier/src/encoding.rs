//! Bodies that are compressed on their way: pacts are about what they hold.

use std::io::Read;

use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use pact_models::{bodies::OptionalBody, v4::http_parts::HttpResponse};

/// Largest body that is decoded, in bytes. A few bytes that turn into more are an attack or a mistake.
const LARGEST: u64 = 64 << 20;

/// Codings of a body that can be undone here.
#[derive(Clone, Copy)]
enum Coding {
    Gzip,
    Deflate,
}

/// Coding of the response's body that can't be undone here, by its name.
pub(crate) fn unreadable(response: &HttpResponse) -> Option<String> {
    named(response).filter(|coding| codings(coding).is_none())
}

/// Coding of the response's body in its headers, other than `identity`.
fn named(response: &HttpResponse) -> Option<String> {
    let mut headers = response.headers.iter().flatten();
    let (_, values) = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-encoding"))?;
    let coding = values.join(", ");
    (!coding.is_empty() && !coding.eq_ignore_ascii_case("identity")).then_some(coding)
}

/// Undoes the coding that the headers name, whether the request asked for it or not. Leaves a body alone whose coding
/// is neither gzip nor deflate.
///
/// # Errors
/// When the body is not in that coding, or larger than 64 MiB without it.
pub(crate) fn decode(response: &mut HttpResponse) -> Result<(), String> {
    let (Some(coding), OptionalBody::Present(body, content_type, hint)) = (named(response), &response.body) else {
        return Ok(());
    };
    let Some(codings) = codings(&coding) else {
        return Ok(());
    };
    let mut body = body.clone();
    // They are named in the order in which they were applied.
    for one in codings.into_iter().rev() {
        body = undone(one, &body).map_err(|reason| {
            format!("the body is not encoded as {coding}, which its Content-Encoding says: {reason}")
        })?;
    }
    response.body = OptionalBody::Present(body, content_type.clone(), *hint);
    Ok(())
}

/// The example of a pact without its coding. Many pacts name a coding and have the body without it; that is left.
pub(crate) fn decoded(example: &HttpResponse) -> HttpResponse {
    let mut in_clear = example.clone();
    match decode(&mut in_clear) {
        Ok(()) => in_clear,
        Err(_) => example.clone(),
    }
}

/// Codings of a list such as `deflate, gzip`; `None` if one of them can't be undone.
fn codings(list: &str) -> Option<Vec<Coding>> {
    let names = list.split(',').map(|name| name.trim().to_ascii_lowercase());
    let names = names.filter(|name| !name.is_empty() && name != "identity");
    let coding = |name: String| match name.as_str() {
        "gzip" | "x-gzip" => Some(Coding::Gzip),
        "deflate" => Some(Coding::Deflate),
        _ => None,
    };
    names.map(coding).collect()
}

fn undone(coding: Coding, body: &Bytes) -> Result<Bytes, String> {
    match coding {
        Coding::Gzip => read(MultiGzDecoder::new(body.as_ref())),
        // By its definition it has the frame of zlib, but some servers leave that out, and all clients take both.
        Coding::Deflate => read(ZlibDecoder::new(body.as_ref()))
            .or_else(|error| read(DeflateDecoder::new(body.as_ref())).or(Err(error))),
    }
}

fn read(decoder: impl Read) -> Result<Bytes, String> {
    let mut clear = Vec::new();
    let read = decoder.take(LARGEST + 1).read_to_end(&mut clear);
    read.map_err(|error| error.to_string())?;
    if clear.len() as u64 > LARGEST {
        return Err(format!("it is larger than {} MiB when it is decoded", LARGEST >> 20));
    }
    Ok(clear.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;

    const TEXT: &[u8] = br#"{"a":1}"#;

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(body: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    fn raw(body: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    fn response(codings: &[&str], body: Vec<u8>) -> HttpResponse {
        let values = codings.iter().map(|coding| (*coding).to_owned()).collect();
        HttpResponse {
            headers: Some([("Content-Encoding".to_owned(), values)].into()),
            body: OptionalBody::Present(body.into(), None, None),
            ..HttpResponse::default()
        }
    }

    fn body(codings: &[&str], body: Vec<u8>) -> Result<Vec<u8>, String> {
        let mut response = response(codings, body);
        decode(&mut response)?;
        Ok(response.body.value().unwrap().to_vec())
    }

    #[test]
    fn each_coding_is_undone_in_any_spelling_and_order() {
        for (codings, coded) in [
            (&["gzip"][..], gzip(TEXT)),
            (&["X-GZip"], gzip(TEXT)),
            (&["deflate"], zlib(TEXT)),
            (&["deflate"], raw(TEXT)),
            (&["identity"], TEXT.to_vec()),
            (&["deflate, gzip"], gzip(&zlib(TEXT))),
            (&["deflate", "gzip"], gzip(&zlib(TEXT))),
            (&["gzip"], [gzip(br#"{"a""#), gzip(b":1}")].concat()),
            (&["br"], TEXT.to_vec()),
        ] {
            assert_eq!(body(codings, coded).unwrap(), TEXT, "{codings:?}");
        }
    }

    #[test]
    fn a_body_that_is_not_in_its_coding_or_cut_off_is_an_error() {
        let said = body(&["gzip"], TEXT.to_vec()).unwrap_err();
        assert!(said.starts_with("the body is not encoded as gzip, "), "{said}");
        let whole = gzip(TEXT);
        assert!(body(&["gzip"], whole[..whole.len() - 9].to_vec()).is_err());
        assert!(body(&["deflate"], TEXT.to_vec()).is_err());
    }

    #[test]
    fn a_body_that_grows_without_limit_is_an_error() {
        let most = usize::try_from(LARGEST).unwrap();
        let said = body(&["gzip"], gzip(&vec![b' '; most + 1])).unwrap_err();
        assert!(said.ends_with("it is larger than 64 MiB when it is decoded"), "{said}");
        assert_eq!(body(&["gzip"], gzip(&vec![b' '; most])).unwrap().len(), most);
    }

    #[test]
    fn the_example_of_a_pact_may_be_in_its_coding_or_in_clear() {
        for coded in [gzip(TEXT), TEXT.to_vec()] {
            let in_clear = decoded(&response(&["gzip"], coded));
            assert_eq!(in_clear.body.value().unwrap(), TEXT);
        }
    }
}
