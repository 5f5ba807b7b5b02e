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
        let frame = frame.map_err(|_| Invalid::new("body", "cut off", "as many bytes as declared"))?;
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
