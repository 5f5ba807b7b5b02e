use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Operations, Which, fault::Problem, http::RequestHead};

/// Header in which the carriers of `seam` name the caller.
const CALLER: &str = "x-seam-caller";

/// HTTP/1 requests that a fault is laid on: those that fit all that is set. The default is all requests.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Requests {
    /// Method, such as `POST`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Path without its query, compared as it was sent. A segment `{name}` fits any one segment that is not empty;
    /// a last segment `{*name}` fits the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Operation of the callee's OpenAPI document, by its `operationId`: its method and path. A path that fits several
    /// templates belongs to the most specific one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Headers that the request has, with their values. Names are compared without regard to case.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Caller that the request names in the header `x-seam-caller`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// Choice among the requests that fit, counted over all connections of the link from laying the fault.
    pub requests: Which,
}

impl Requests {
    pub(crate) fn check(&self) -> Result<(), Problem> {
        self.requests.check("on.http.requests")?;
        if let Some(method) = &self.method
            && (method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-'))
        {
            return Err(Problem::new(
                "on.http.method",
                format!("{method:?}"),
                "a method such as POST",
            ));
        }
        if let Some(path) = self.path.as_ref().filter(|path| !is_template(path)) {
            let wanted = "a path such as /orders/{id}, with {*rest} at most at its end";
            return Err(Problem::new("on.http.path", format!("{path:?}"), wanted));
        }
        Ok(())
    }

    /// Tells if a request is one of them; the operations are those of the upstream, if they are known.
    pub(crate) fn fit(&self, head: &RequestHead, operations: Option<&Operations>) -> bool {
        let is_operation = |wanted: &String| {
            let found = operations.and_then(|operations| operations.find(&head.method, head.path()));
            found.is_some_and(|found| found.name.as_ref() == Some(wanted))
        };
        let has = |name: &str, value: &str| {
            let name = name.to_ascii_lowercase();
            head.headers.values(&name).any(|other| other == value)
        };
        self.method.as_ref().is_none_or(|method| *method == head.method)
            && self.path.as_ref().is_none_or(|path| path_fits(path, head.path()))
            && self.operation.as_ref().is_none_or(is_operation)
            && self.caller.as_ref().is_none_or(|caller| has(CALLER, caller))
            && self.headers.iter().all(|(name, value)| has(name, value))
    }
}

fn is_template(path: &str) -> bool {
    let Some(path) = path.strip_prefix('/') else {
        return false;
    };
    let count = path.split('/').count();
    path.split('/')
        .enumerate()
        .all(|(place, segment)| match inside(segment) {
            Some(name) => !name.is_empty() && (!name.starts_with('*') || place + 1 == count),
            None => !segment.contains(['{', '}', '?', '#', ' ']),
        })
}

/// Returns the name of a segment in braces.
fn inside(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

fn path_fits(template: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    for wanted in template.split('/') {
        let Some(segment) = segments.next() else {
            return false;
        };
        match inside(wanted) {
            Some(name) if name.starts_with('*') => return true,
            Some(_) if segment.is_empty() => return false,
            None if wanted != segment => return false,
            _ => {}
        }
    }
    segments.next().is_none()
}
