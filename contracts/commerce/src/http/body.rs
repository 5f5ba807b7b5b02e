use axum::body::{Body, Bytes};
use http_body_util::BodyExt;

use super::failure::Failure;
use crate::Invalid;

/// The most bytes of a request's body: 2 MiB.
const LIMIT: usize = 2 << 20;

/// How many more are read and thrown away. A client that is still writing when the connection closes may never see why;
/// one that sends even more than this has to live with it.
const PATIENCE: usize = 16 << 20;

/// The whole body.
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
