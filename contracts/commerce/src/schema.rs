//! Schemas of the OpenAPI document for types that are text on the wire, and for the rules of single fields.

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

/// Names a schema of the document, for fields whose Rust type is wider than their rule (`value_type = Name`).
macro_rules! named_schema {
    ($name:ident, $schema:expr) => {
        pub(crate) enum $name {}

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                $schema.into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}

/// Names the schema of a [`crate::check::Text`].
macro_rules! text_rule {
    ($name:ident, $rule:expr) => {
        $crate::schema::named_schema!(
            $name,
            $rule.describe(utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::Type::String))
        );
    };
}

pub(crate) use {named_schema, text_rule, text_schema};
