use std::{collections::BTreeMap, sync::Arc};

use axum::http::Method;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, ComponentsBuilder, Content, ContentBuilder, Deprecated, Header, HeaderBuilder, HttpMethod, Info,
        Object, ObjectBuilder, OpenApi, OpenApiBuilder, PathsBuilder, Ref, RefOr, Required, Response, ResponseBuilder,
        ResponsesBuilder, Schema, Type,
        path::{OperationBuilder, ParameterBuilder, ParameterIn, PathItem},
        request_body::RequestBodyBuilder,
        schema::{ArrayBuilder, SchemaType},
    },
};

use super::{
    envelope::ErrorBody,
    feed, inventory, notifications,
    operation::{Described, Kind, Operation, Parameter},
    orders, payments,
};
use crate::{ErrorCode, Invalid, InventoryEvent, NotificationEvent, OrderEvent, PaymentEvent, Timestamp};

const JSON: &str = "application/json";

/// Codes that no route for operators fails with: it asks no other service, and does not read its body.
const CONTRACTS_ONLY: [ErrorCode; 5] = [
    ErrorCode::Unauthorized,
    ErrorCode::RateLimited,
    ErrorCode::OutcomeUnknown,
    ErrorCode::BodyTooLarge,
    ErrorCode::UnsupportedMediaType,
];

/// Names of the modules whose contracts are in this crate.
pub const MODULES: [&str; 4] = ["orders", "payments", "inventory", "notifications"];

/// Builds the OpenAPI document of a process that serves these modules, from the same declarations as the routers: the
/// routes of their contracts, of their event logs, and `own`, the routes that belong to the process.
///
/// A module that is not one of [`MODULES`] has its event log only.
pub fn openapi(modules: &[&str], own: &[Arc<Operation>]) -> OpenApi {
    let operations = operations(modules, own);
    let mut paths = PathsBuilder::new();
    let mut items: BTreeMap<&str, PathItem> = BTreeMap::new();
    for (tag, operation) in &operations {
        let item = PathItem::new(method(&operation.method), describe(tag, operation, modules));
        match items.get_mut(operation.path) {
            Some(known) => known.merge_operations(item),
            None => {
                items.insert(operation.path, item);
            }
        }
    }
    for (path, item) in items {
        paths = paths.path(path, item);
    }
    let mut info = Info::new("Seam commerce platform", "2");
    info.description = Some(PREFACE.to_owned());
    OpenApiBuilder::new()
        .info(info)
        .paths(paths)
        .components(Some(components(&operations, modules)))
        .build()
}

const PREFACE: &str = "Every reply is an envelope with `data` or `error`, the `request_id` and a `timestamp`. \
    Amounts are whole minor units. A command with the header `Idempotency-Key` may be repeated with the same key and \
    body: it happens once, and a repeated reply is byte for byte the first, with the header \
    `Idempotency-Replayed: true`. Every path segment is percent-encoded.";

/// Headers that any request may carry.
const CONTEXT: [(&str, &str); 4] = [
    (
        "x-request-id",
        "Id of this request in the reply and in the logs: 1 to 128 visible ASCII characters.",
    ),
    (
        "x-correlation-id",
        "Id shared by all requests and events that one first request caused.",
    ),
    (
        "traceparent",
        "Position of the request in its trace (W3C Trace Context).",
    ),
    (
        "x-seam-deadline-ms",
        "Time for which the caller still waits, in milliseconds.",
    ),
];

/// Lists the operations of these modules' routers and `own`, each with its contract as its tag.
fn operations(modules: &[&str], own: &[Arc<Operation>]) -> Vec<(&'static str, Arc<Operation>)> {
    let tagged = |tag, operations: Vec<Arc<Operation>>| operations.into_iter().map(move |operation| (tag, operation));
    let contracts = modules.iter().flat_map(|module| match *module {
        "orders" => tagged("orders", orders::routes().operations()),
        "payments" => tagged("payments", payments::routes().operations()),
        "inventory" => tagged("inventory", inventory::routes().operations()),
        "notifications" => tagged("notifications", notifications::routes().operations()),
        _ => tagged("", Vec::new()),
    });
    let feeds = match modules {
        [] => Vec::new(),
        _ => feed::routes("{module}").operations(),
    };
    contracts
        .chain(tagged("events", feeds))
        .chain(tagged("operation", own.to_vec()))
        .collect()
}

fn describe(tag: &str, operation: &Operation, modules: &[&str]) -> OperationBuilder {
    let mut described = OperationBuilder::new()
        .tag(tag)
        .operation_id(Some(operation.name))
        .summary(Some(operation.summary));
    for name in path_names(operation.path) {
        described = described.parameter(path_parameter(name, modules));
    }
    for parameter in operation.query {
        described = described.parameter(query_parameter(parameter));
    }
    if operation.keyed {
        described = described.parameter(key_parameter());
    }
    for (name, _) in CONTEXT {
        described = described.parameter_ref(Ref::new(format!("#/components/parameters/{name}")));
    }
    if let Some(body) = &operation.body {
        let content = Content::new(Some(reference(&body.name)));
        let body = RequestBodyBuilder::new()
            .content(JSON, content)
            .required(Some(Required::True));
        described = described.request_body(Some(body.build()));
    }
    if operation.retired.is_some() {
        described = described.deprecated(Some(Deprecated::True));
    }
    described.responses(responses(operation).build())
}

fn responses(operation: &Operation) -> ResponsesBuilder {
    let mut responses = ResponsesBuilder::new();
    for status in operation.statuses {
        responses = responses.response(status.to_string(), success(operation, *status));
    }
    let mut failures: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
    for code in codes(operation) {
        failures.entry(code.status()).or_default().push(code);
    }
    for (status, codes) in failures {
        responses = responses.response(status.to_string(), failure(operation, &codes));
    }
    responses
}

/// Lists the codes that an operation may fail with, in the order of the table.
fn codes(operation: &Operation) -> Vec<ErrorCode> {
    let may = |code: &ErrorCode| match code {
        ErrorCode::KeyMissing | ErrorCode::KeyReused | ErrorCode::InFlight => operation.keyed,
        ErrorCode::Conflict => operation.conflict.is_some(),
        ErrorCode::NotFound => operation.codes.contains(code),
        // An empty segment makes it another path.
        ErrorCode::UnknownRoute => path_names(operation.path).next().is_some(),
        code => operation.kind == Kind::Contract || !CONTRACTS_ONLY.contains(code),
    };
    ErrorCode::ALL.iter().copied().filter(may).collect()
}

fn success(operation: &Operation, status: u16) -> Response {
    let said = match status {
        201 => "created",
        503 => "the result: not ready",
        _ => "the result",
    };
    let data = match &operation.data {
        Some(data) if operation.many => ArrayBuilder::new().items(reference(&data.name)).into(),
        Some(data) => reference(&data.name),
        None => ObjectBuilder::new().schema_type(Type::Object).into(),
    };
    let content = match operation.kind {
        Kind::Plain => data,
        _ => envelope(data, nothing()).into(),
    };
    let mut response = ResponseBuilder::new()
        .description(said)
        .content(JSON, ContentBuilder::new().schema(Some(content)).build());
    if operation.located && status == 201 {
        response = response.header("Location", header("Path of the new thing."));
    }
    if operation.keyed {
        response = response.header(
            "Idempotency-Replayed",
            header("`true` on a repeated reply, else absent."),
        );
    }
    if operation.retired.is_some() {
        response = response
            .header(
                "Deprecation",
                header("Date at which this version was deprecated (RFC 9745)."),
            )
            .header("Sunset", header("Date at which this version ends (RFC 8594)."));
    }
    response.build()
}

fn failure(operation: &Operation, codes: &[ErrorCode]) -> Response {
    let names: Vec<String> = codes.iter().map(|code| explained(*code)).collect();
    let mut said = names.join(", ");
    if let (Some(conflict), true) = (&operation.conflict, codes.contains(&ErrorCode::Conflict)) {
        said = format!("{said}; the details of CONFLICT: {}", conflict.name);
    }
    let mut response = ResponseBuilder::new()
        .description(said)
        .content(JSON, Content::new(Some(reference(FAILED))));
    let passing = [
        ErrorCode::InFlight,
        ErrorCode::RateLimited,
        ErrorCode::ServiceUnavailable,
        ErrorCode::OutcomeUnknown,
    ];
    if codes.iter().any(|code| passing.contains(code)) {
        response = response.header(
            "Retry-After",
            header_of(Type::Integer, "Seconds after which a repeat makes sense."),
        );
    }
    if codes.contains(&ErrorCode::MethodNotAllowed) {
        response = response.header("Allow", header("Methods that the path has (RFC 9110)."));
    }
    response.build()
}

/// The code's text, with what it says about the effect of a command where a client could take one for the other.
fn explained(code: ErrorCode) -> String {
    let meaning = match code {
        ErrorCode::ServiceUnavailable => " (nothing was done)",
        ErrorCode::OutcomeUnknown => {
            " (it may have happened, and may still happen: the same request with the same key finds out)"
        }
        _ => "",
    };
    format!("{code}{meaning}")
}

/// Name of the schema of every failed reply.
const FAILED: &str = "Failed";

fn components(operations: &[(&'static str, Arc<Operation>)], modules: &[&str]) -> Components {
    let described = operations.iter().flat_map(|(_, operation)| {
        [&operation.body, &operation.data, &operation.conflict].map(|described| described.iter())
    });
    let mut schemas: BTreeMap<String, RefOr<Schema>> = BTreeMap::new();
    for described in described.flatten() {
        schemas.extend(described.schemas.iter().cloned());
    }
    let events = modules.iter().filter_map(|module| match *module {
        "orders" => Some(Described::of::<OrderEvent>()),
        "payments" => Some(Described::of::<PaymentEvent>()),
        "inventory" => Some(Described::of::<InventoryEvent>()),
        "notifications" => Some(Described::of::<NotificationEvent>()),
        _ => None,
    });
    let failures = [Described::of::<ErrorBody>(), Described::of::<Invalid>()];
    for described in failures.into_iter().chain(events) {
        schemas.extend(described.schemas);
    }
    let failed = envelope(nothing(), reference(&ErrorBody::name()));
    schemas.insert(FAILED.to_owned(), failed.into());
    let mut components = ComponentsBuilder::new().schemas_from_iter(schemas);
    for (name, description) in CONTEXT {
        components = components.parameter(name, context_parameter(name, description).build());
    }
    components.build()
}

fn envelope(data: RefOr<Schema>, error: RefOr<Schema>) -> Object {
    let request_id = ObjectBuilder::new().schema_type(Type::String).build();
    let mut envelope = ObjectBuilder::new()
        .property("data", data)
        .property("error", error)
        .property("request_id", request_id)
        .property("timestamp", Timestamp::schema());
    for name in ["data", "error", "request_id", "timestamp"] {
        envelope = envelope.required(name);
    }
    envelope.build()
}

fn nothing() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(SchemaType::new(Type::Null)).into()
}

fn reference(name: &str) -> RefOr<Schema> {
    Ref::from_schema_name(name).into()
}

fn header(description: &str) -> Header {
    header_of(Type::String, description)
}

fn header_of(kind: Type, description: &str) -> Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(kind).build()))
        .description(Some(description))
        .build()
}

fn context_parameter(name: &str, description: &str) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).build()))
}

fn path_parameter(name: &str, modules: &[&str]) -> ParameterBuilder {
    let text = ObjectBuilder::new().schema_type(Type::String);
    let schema = match name {
        "sku" => crate::Sku::schema(),
        "customer_id" => crate::CustomerId::schema(),
        "module" => text.enum_values(Some(modules.iter().copied())).into(),
        name if name.ends_with("_id") => crate::OrderId::schema(),
        _ => text.into(),
    };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(schema))
}

fn query_parameter(parameter: &Parameter) -> ParameterBuilder {
    let number = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(parameter.least))
        .maximum(Some(parameter.most))
        .default(Some(parameter.default.into()));
    ParameterBuilder::new()
        .name(parameter.name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(parameter.summary))
        .schema(Some(number.build()))
}

fn key_parameter() -> ParameterBuilder {
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .description(Some(
            "Names the intent; bare, or in double quotes as a structured-field string.",
        ))
        .schema(Some(crate::IdempotencyKey::schema()))
}

fn path_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn method(method: &Method) -> HttpMethod {
    match *method {
        Method::PUT => HttpMethod::Put,
        Method::POST => HttpMethod::Post,
        _ => HttpMethod::Get,
    }
}
