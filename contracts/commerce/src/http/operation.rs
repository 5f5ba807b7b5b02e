use std::fmt;

use axum::http::Method;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, schema::Schema},
};

use super::retirement::Retirement;
use crate::{ErrorCode, Page, PageRequest};

/// Declaration of one route, from which both the router and the OpenAPI document are built.
#[derive(Debug)]
pub struct Operation {
    pub(crate) method: Method,
    /// Path with `{name}` for each id, the syntax that the router and OpenAPI share.
    pub(crate) path: &'static str,
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) keyed: bool,
    pub(crate) query: &'static [Parameter],
    pub(crate) body: Option<Described>,
    pub(crate) statuses: &'static [u16],
    pub(crate) located: bool,
    pub(crate) data: Option<Described>,
    pub(crate) many: bool,
    pub(crate) codes: &'static [ErrorCode],
    pub(crate) conflict: Option<Described>,
    pub(crate) retired: Option<&'static Retirement>,
    pub(crate) kind: Kind,
}

/// Kind of a route, on which its replies depend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Route of a contract. Replies come in the envelope.
    Contract,
    /// Route for operators, with replies in the envelope.
    Enveloped,
    /// Route for operators whose results come as they are.
    Plain,
}

/// Query parameter, always a whole number.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) least: i64,
    pub(crate) most: i64,
    pub(crate) default: i64,
}

/// Query parameters of every list.
const PAGE: &[Parameter] = &[
    Parameter {
        name: "page",
        summary: "Number of the page, from 1.",
        least: 1,
        most: u32::MAX as i64,
        default: 1,
    },
    Parameter {
        name: "page_size",
        summary: "Number of items on a page.",
        least: 1,
        most: PageRequest::MAX_SIZE as i64,
        default: PageRequest::DEFAULT_SIZE as i64,
    },
];

/// A type's name and schema in the document, with the schemas of the types inside it.
pub(crate) struct Described {
    pub(crate) name: String,
    pub(crate) schemas: Vec<(String, RefOr<Schema>)>,
}

impl Described {
    pub(crate) fn of<T: ToSchema>() -> Self {
        let name = T::name().into_owned();
        let mut schemas = vec![(name.clone(), T::schema())];
        T::schemas(&mut schemas);
        Self { name, schemas }
    }

    /// Describes a page of `T`, under a name of its own: the derived schema would call every kind of page `Page`.
    fn page_of<T: ToSchema>() -> Self {
        let mut described = Self::of::<Page<T>>();
        described.schemas.swap_remove(0);
        described.name = format!("PageOf{}", T::name());
        described.schemas.push((described.name.clone(), Page::<T>::schema()));
        described
    }
}

impl fmt::Debug for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Described").field(&self.name).finish()
    }
}

impl Operation {
    /// Declares a route that changes nothing.
    pub fn get(path: &'static str, name: &'static str, summary: &'static str) -> Self {
        Self::new(Method::GET, path, name, summary)
    }

    /// Declares a route that changes something, or repeats a reply.
    pub fn post(path: &'static str, name: &'static str, summary: &'static str) -> Self {
        Self::new(Method::POST, path, name, summary)
    }

    /// Declares a route that sets something, with the same result however often it is called.
    pub fn put(path: &'static str, name: &'static str, summary: &'static str) -> Self {
        Self::new(Method::PUT, path, name, summary)
    }

    fn new(method: Method, path: &'static str, name: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            path,
            name,
            summary,
            keyed: false,
            query: &[],
            body: None,
            statuses: &[200],
            located: false,
            data: None,
            many: false,
            codes: &[],
            conflict: None,
            retired: None,
            kind: Kind::Contract,
        }
    }

    /// Requires the header `Idempotency-Key`.
    pub(crate) fn keyed(self) -> Self {
        Self { keyed: true, ..self }
    }

    /// Accepts these query parameters and no others.
    pub(crate) fn query(self, query: &'static [Parameter]) -> Self {
        Self { query, ..self }
    }

    /// Requires a body of type `T`.
    pub(crate) fn takes<T: ToSchema>(self) -> Self {
        Self {
            body: Some(Described::of::<T>()),
            ..self
        }
    }

    /// Returns a `T`, in the envelope's `data` if the route has an envelope.
    pub fn returns<T: ToSchema>(self) -> Self {
        Self {
            data: Some(Described::of::<T>()),
            ..self
        }
    }

    /// Returns an array of all `T`, in place of one.
    pub fn returns_all<T: ToSchema>(self) -> Self {
        Self {
            many: true,
            ..self.returns::<T>()
        }
    }

    /// Returns a page of `T` in `data`, and accepts `page` and `page_size`.
    pub(crate) fn lists<T: ToSchema>(self) -> Self {
        Self {
            query: PAGE,
            data: Some(Described::page_of::<T>()),
            ..self
        }
    }

    /// Creates something: replies with one of these statuses and the header `Location`.
    pub(crate) fn creates(self, statuses: &'static [u16]) -> Self {
        Self {
            statuses,
            located: true,
            ..self
        }
    }

    /// Adds the codes it may fail with beyond those of every route.
    pub fn fails(self, codes: &'static [ErrorCode]) -> Self {
        Self { codes, ..self }
    }

    /// Adds `CONFLICT` to the codes, with one of the reasons in `T`.
    pub(crate) fn conflicts<T: ToSchema>(self) -> Self {
        Self {
            conflict: Some(Described::of::<T>()),
            ..self
        }
    }

    /// Makes it a route for operators, which belongs to no contract: it asks no other service, and takes no key.
    pub fn for_operators(self) -> Self {
        Self {
            kind: Kind::Enveloped,
            ..self
        }
    }

    /// Makes it a route for operators whose result is not in an envelope.
    pub fn plain(self) -> Self {
        Self {
            kind: Kind::Plain,
            ..self
        }
    }

    /// Replies with one of these statuses, each with the result.
    pub fn answers(self, statuses: &'static [u16]) -> Self {
        Self { statuses, ..self }
    }

    /// Path with `{name}` for each id, the syntax that the router and OpenAPI share.
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// Marks the route as kept for old consumers only.
    pub(crate) fn retired(self, retirement: &'static Retirement) -> Self {
        Self {
            retired: Some(retirement),
            ..self
        }
    }

    pub(crate) fn query_names(&self) -> Vec<&'static str> {
        self.query.iter().map(|parameter| parameter.name).collect()
    }
}
