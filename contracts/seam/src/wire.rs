use std::{fmt, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

use crate::{BoxFuture, Carrier, Contract, TransportFailure, caught};

/// A carrier to an implementation in this process that behaves as a network would: each call and each reply goes
/// through JSON text and back.
///
/// It finds values that can't be sent before there is a network. A value that can't be written or read, or that
/// comes out as another value, is a transport failure that names the method and the place in the value. A panic
/// of the implementation is a transport failure too, since it crosses no wire.
pub struct Wire<C: Contract + ?Sized>(pub Arc<C>);

impl<C: Contract + ?Sized> Carrier<C> for Wire<C> {
    fn carry(&self, call: C::Call) -> BoxFuture<'_, C::Reply> {
        Box::pin(async move {
            let answered = async {
                let arrived = cross(&call).map_err(|reason| format!("call can't cross: {reason}"))?;
                let reply = caught(async { self.0.dispatch(arrived).await }).await;
                let reply = reply.map_err(|panic| panic.to_string())?;
                cross(&reply).map_err(|reason| format!("reply can't cross: {reason}"))
            };
            answered.await.unwrap_or_else(|reason: String| {
                let to = format!("{}.{}", C::NAME, C::method(&call).name);
                C::failed(&call, TransportFailure::new(to, reason))
            })
        })
    }
}

fn cross<T: Serialize + DeserializeOwned + PartialEq>(sent: &T) -> Result<T, String> {
    let mut text = Vec::new();
    let mut writer = serde_json::Serializer::new(&mut text);
    serde_path_to_error::serialize(sent, &mut writer).map_err(|error| format!("writing {error}"))?;
    let mut reader = serde_json::Deserializer::from_slice(&text);
    let arrived: T = serde_path_to_error::deserialize(&mut reader).map_err(|error| format!("reading {error}"))?;
    if arrived != *sent {
        return Err("it comes out as another value; is a field skipped, or rounded?".to_owned());
    }
    Ok(arrived)
}

impl<C: Contract + ?Sized> Clone for Wire<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C: Contract + ?Sized> fmt::Debug for Wire<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wire({})", C::NAME)
    }
}
