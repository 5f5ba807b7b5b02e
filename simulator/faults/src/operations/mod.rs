//! Operations of the service behind a proxy, as its OpenAPI document describes them.

mod schema;
mod template;
mod violation;

use serde_json::Value;

use self::template::Template;
pub(crate) use self::{schema::Schema, violation::violate};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Operations that an OpenAPI document describes, version 3.0 or 3.1, for faults that name one (`on.http.operation`)
/// and for `violate_schema`.
///
/// A request belongs to the first path template that fits its path; templates with fewer parameters come first,
/// compared from the left. There it belongs to the operation with its method, and to none if the path has no such
/// method: `DELETE /orders/mine` is no operation of `/orders/{id}` where the document has `/orders/mine` too. The path
/// of the document's first server, if it has one, stands before all templates. References, those of whole paths too,
/// are followed within the document only.
#[derive(Debug, Clone, PartialEq)]
pub struct Operations {
    document: Value,
    operations: Vec<Operation>,
}

/// One operation of a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Operation {
    pub(crate) name: Option<String>,
    /// In small letters, as documents have it.
    method: String,
    template: Template,
    /// JSON pointer to its path in the document.
    item: String,
}

/// Reason for which a document gives no operations.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is no OpenAPI document that can be used: {reason}")]
pub struct NoOperations {
    reason: String,
}

impl Operations {
    /// Reads the operations of a document.
    ///
    /// # Errors
    /// When it is no OpenAPI document of version 3, describes no operation, or gives two of them one name.
    pub fn read(document: Value) -> Result<Self, NoOperations> {
        let no = |reason: String| NoOperations { reason };
        let version = document["openapi"].as_str().unwrap_or_default();
        if !version.starts_with("3.") {
            let seen = &document["openapi"];
            return Err(no(format!("`openapi` is {seen}, wanted a version such as \"3.1.0\"")));
        }
        let Some(paths) = document["paths"].as_object() else {
            return Err(no(format!("`paths` is {}, wanted an object", document["paths"])));
        };
        let base = base(&document);
        let mut operations: Vec<Operation> = Vec::new();
        for (path, item) in paths.iter().filter(|(path, _)| !path.starts_with("x-")) {
            let template = path.starts_with('/').then(|| Template::read(&format!("{base}{path}")));
            let template = template
                .flatten()
                .ok_or_else(|| no(format!("the path {path:?} is no template such as /orders/{{id}}")))?;
            for method in METHODS {
                let Some(operation) = operation(&document, item, method) else {
                    continue;
                };
                let name = operation["operationId"].as_str().map(str::to_owned);
                if let Some(name) = &name
                    && operations.iter().any(|other| other.name.as_ref() == Some(name))
                {
                    return Err(no(format!("two operations have the operationId {name:?}")));
                }
                operations.push(Operation {
                    name,
                    method: method.to_owned(),
                    template: template.clone(),
                    item: format!("/paths/{}", path.replace('~', "~0").replace('/', "~1")),
                });
            }
        }
        if operations.is_empty() {
            return Err(no("it describes no operation".to_owned()));
        }
        operations.sort_by(|one, other| one.template.cmp(&other.template));
        Ok(Self { document, operations })
    }

    /// Returns the names of all operations that have one (`operationId`), in the order of the alphabet.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.operations.iter().filter_map(|one| one.name.as_deref()).collect();
        names.sort_unstable();
        names
    }

    /// Tells if there is an operation of this name.
    pub fn has(&self, name: &str) -> bool {
        self.operations.iter().any(|one| one.name.as_deref() == Some(name))
    }

    /// Returns the operation that a request belongs to.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<&Operation> {
        // A path belongs to the first template that fits it, even if that has no such method.
        let first = self.operations.iter().find(|one| one.template.fits(path))?;
        let same = self.operations.iter().filter(|one| one.template == first.template);
        same.into_iter().find(|one| one.method.eq_ignore_ascii_case(method))
    }

    /// Returns the schema of the JSON with which a request is answered by this status.
    pub(crate) fn schema(&self, method: &str, path: &str, status: u16) -> Option<Schema<'_>> {
        let found = self.find(method, path)?;
        let operation = operation(&self.document, self.document.pointer(&found.item)?, &found.method)?;
        let responses = operation["responses"].as_object()?;
        let class = format!("{}XX", status / 100);
        let names = [status.to_string(), class, "default".to_owned()];
        let response = names.iter().find_map(|name| responses.get(name))?;
        let response = schema::resolve(&self.document, response)?;
        let content = response["content"].as_object()?;
        let (_, media) = content.iter().find(|(kind, _)| is_json(kind))?;
        Some(Schema {
            document: &self.document,
            schema: media.get("schema")?,
        })
    }
}

/// Tells if a media type is JSON.
pub(crate) fn is_json(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}

/// Returns the operation of a path with this method: its own, or that of the path which it refers to.
fn operation<'a>(document: &'a Value, item: &'a Value, method: &str) -> Option<&'a Value> {
    let referred = || schema::resolve(document, item)?.get(method);
    item.get(method).or_else(referred)
}

/// Returns the path of the first server, without a slash at its end.
fn base(document: &Value) -> &str {
    let url = document["servers"][0]["url"].as_str().unwrap_or_default();
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |start| &rest[start..]),
        None => url,
    };
    match path.starts_with('/') && !path.contains('{') {
        true => path.trim_end_matches('/'),
        false => "",
    }
}
