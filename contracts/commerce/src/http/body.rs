use std::{error::Error, io};

use axum::body::{Body, Bytes};
use http_body_util::BodyExt;

use super::failure::Failure;
use crate::Invalid;

/// Largest body of a request, in bytes: 2 MiB.
const LIMIT: usize = 2 << 20;

/// Bytes of a body that are read at most; those beyond `LIMIT` are thrown away. A client that is still writing when
/// the connection closes may never see the refusal, so the body is read to its end if it is not larger than this.
const PATIENCE: usize = 16 << 20;

/// Reads the whole body; refuses one over the limit.
pub(crate) async fn read(mut body: Body) -> Result<Bytes, Failure> {
    let mut whole = Vec::new();
    let mut length = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| unreadable(&error))?;
        let Ok(data) = frame.into_data() else { continue };
        length = length.saturating_add(data.len());
        if length > PATIENCE {
            break;
        }
        if length <= LIMIT {
            whole.extend_from_slice(&data);
        }
    }
    if length > LIMIT {
        return Err(Failure::body_too_large(length, LIMIT));
    }
    Ok(whole.into())
}

/// Tells a body that ends too early from one in malformed chunks, by the I/O error that hyper makes of either.
fn unreadable(error: &(dyn Error + 'static)) -> Invalid {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>()
            && matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
        {
            return Invalid::new(
                "body",
                format!("a malformed chunk ({error})"),
                "chunks as RFC 9112 has them",
            );
        }
        cause = error.source();
    }
    Invalid::new("body", "cut off", "as many bytes as declared")
}
