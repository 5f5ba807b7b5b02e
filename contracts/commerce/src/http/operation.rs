use axum::http::Method;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, schema::Schema},
};

use super::retirement::Retirement;
use crate::{ErrorCode, Page};

/// One route: what the router serves and what the document says, from one declaration.
pub(crate) struct Operation {
    pub(crate) method: Method,
    /// With `{name}` for each id, as both the router and OpenAPI write it.
    pub(crate) path: &'static str,
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) keyed: bool,
    pub(crate) query: &'static [Parameter],
    pub(crate) body: Option<Described>,
    pub(crate) statuses: &'static [u16],
    pub(crate) located: bool,
    pub(crate) data: Option<Described>,
    pub(crate) codes: &'static [ErrorCode],
    pub(crate) conflict: Option<Described>,
    pub(crate) retired: Option<&'static Retirement>,
}

/// A parameter of the query: always a whole number.
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) least: i64,
    pub(crate) most: i64,
    pub(crate) default: i64,
}

/// Which part of a list.
const PAGE: &[Parameter] = &[
    Parameter {
        name: "page",
        summary: "Counted from 1.",
        least: 1,
        most: u32::MAX as i64,
        default: 1,
    },
    Parameter {
        name: "page_size",
        summary: "Items on a page.",
        least: 1,
        most: 100,
        default: 20,
    },
];

/// A type as the document names and describes it, with the types inside it.
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

    /// A page of these. Every kind of page has its own name, which the derived schema does not give it.
    fn page_of<T: ToSchema>() -> Self {
        let mut described = Self::of::<Page<T>>();
        described.schemas.swap_remove(0);
        described.name = format!("PageOf{}", T::name());
        described.schemas.push((described.name.clone(), Page::<T>::schema()));
        described
    }
}

impl Operation {
    /// A route that changes nothing.
    pub(crate) fn get(path: &'static str, name: &'static str, summary: &'static str) -> Self {
        Self::new(Method::GET, path, name, summary)
    }

    /// A route that changes something, or repeats an answer.
    pub(crate) fn post(path: &'static str, name: &'static str, summary: &'static str) -> Self {
        Self::new(Method::POST, path, name, summary)
    }

    /// A route that sets something, to the same end however often.
    pub(crate) fn put(path: &'static str, name: &'static str, summary: &'static str) -> Self {
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
            codes: &[],
            conflict: None,
            retired: None,
        }
    }

    /// It needs the header `Idempotency-Key`.
    pub(crate) fn keyed(self) -> Self {
        Self { keyed: true, ..self }
    }

    /// It takes these query parameters and no others.
    pub(crate) fn query(self, query: &'static [Parameter]) -> Self {
        Self { query, ..self }
    }

    /// It takes a body.
    pub(crate) fn takes<T: ToSchema>(self) -> Self {
        Self {
            body: Some(Described::of::<T>()),
            ..self
        }
    }

    /// It answers with this in `data`.
    pub(crate) fn returns<T: ToSchema>(self) -> Self {
        Self {
            data: Some(Described::of::<T>()),
            ..self
        }
    }

    /// It answers with a page of these in `data`, and takes `page` and `page_size`.
    pub(crate) fn lists<T: ToSchema>(self) -> Self {
        Self {
            query: PAGE,
            data: Some(Described::page_of::<T>()),
            ..self
        }
    }

    /// It creates: these statuses, with the header `Location`.
    pub(crate) fn creates(self, statuses: &'static [u16]) -> Self {
        Self {
            statuses,
            located: true,
            ..self
        }
    }

    /// What it fails with beyond what every route may.
    pub(crate) fn fails(self, codes: &'static [ErrorCode]) -> Self {
        Self { codes, ..self }
    }

    /// It fails with `CONFLICT` too, for one of these reasons.
    pub(crate) fn conflicts<T: ToSchema>(self) -> Self {
        Self {
            conflict: Some(Described::of::<T>()),
            ..self
        }
    }

    /// It is kept for old consumers only.
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
