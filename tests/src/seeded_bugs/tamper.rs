use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use axum::Router;
use bytes::Bytes;
use http::{Method, Request, Response};
use seam::{
    BoxFuture, TransportFailure,
    http::{InProcess, Transport},
};
use serde_json::Value;

/// Changes to requests and replies on their way through a client without a socket.
pub(super) struct Tamper {
    pub(super) request: fn(&mut Request<Bytes>),
    pub(super) reply: fn(&Request<Bytes>, &mut Response<Bytes>),
    pub(super) repeats_writes: bool,
    pub(super) caches_reads: bool,
}

impl Tamper {
    /// The identity, which changes nothing.
    pub(super) const NOTHING: Self = Self {
        request: |_| {},
        reply: |_, _| {},
        repeats_writes: false,
        caches_reads: false,
    };
}

/// A client's transport with a bug.
pub(super) struct Tampered {
    inner: InProcess<Router>,
    tamper: &'static Tamper,
    read_before: Mutex<HashMap<String, Response<Bytes>>>,
}

impl Tampered {
    pub(super) fn new(router: Router, tamper: &'static Tamper) -> Self {
        Self {
            inner: InProcess::new(router),
            tamper,
            read_before: Mutex::default(),
        }
    }

    async fn exchange(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, TransportFailure> {
        let is_read = request.method() == Method::GET;
        (self.tamper.request)(&mut request);
        let place = request.uri().to_string();
        if is_read
            && self.tamper.caches_reads
            && let Some(known) = self.cache().get(&place)
        {
            return Ok(known.clone());
        }
        if !is_read && self.tamper.repeats_writes {
            self.inner.send(request.clone()).await?;
        }
        let mut reply = self.inner.send(request.clone()).await?;
        (self.tamper.reply)(&request, &mut reply);
        if is_read && self.tamper.caches_reads {
            self.cache().insert(place, reply.clone());
        }
        Ok(reply)
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, HashMap<String, Response<Bytes>>> {
        self.read_before.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Tampered {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>> {
        Box::pin(self.exchange(request))
    }
}

/// Edits a body if it is JSON.
pub(super) fn edit(body: &mut Bytes, change: impl FnOnce(&mut Value)) {
    if let Ok(mut json) = serde_json::from_slice::<Value>(body) {
        change(&mut json);
        *body = json.to_string().into();
    }
}

/// Edits every value inside a JSON body, inner values first.
pub(super) fn each(value: &mut Value, change: &impl Fn(&mut Value)) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(|field| each(field, change)),
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, change)),
        _ => {}
    }
    change(value);
}

/// Edits the subject of a reply: its `data`, or each item if that is a page.
pub(super) fn each_datum(body: &mut Bytes, change: impl Fn(&mut Value)) {
    edit(body, |reply| match reply.pointer_mut("/data/items") {
        Some(Value::Array(items)) => items.iter_mut().for_each(change),
        _ => {
            if let Some(data @ Value::Object(_)) = reply.pointer_mut("/data") {
                change(data);
            }
        }
    });
}
