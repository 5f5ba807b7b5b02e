//! Schemas in the OpenAPI document for types that are text on the wire.

/// Describes a type that serde writes as a string; the closure adds its format, limits or description.
macro_rules! text_schema {
    ($name:ident, $describe:expr) => {
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                let describe: fn(utoipa::openapi::ObjectBuilder) -> utoipa::openapi::ObjectBuilder = $describe;
                describe(utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::Type::String)).into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}

pub(crate) use text_schema;
