use std::fmt::Display;

use commerce::{ErrorCode, IdempotencyKey};
use pact_consumer::{
    builders::{HttpPartBuilder, InteractionBuilder},
    patterns::JsonPattern,
};
use pact_models::{
    HttpStatus,
    matchingrules::{MatchingRule, RuleLogic},
    path_exp::DocPath,
    v4::synch_http::SynchronousHttp,
};

use super::{
    matchers::{exactly, text, timestamp},
    states::State,
};

/// One request and its answer, as a consumer needs them.
pub(crate) struct Call {
    builder: InteractionBuilder,
    status: Option<HttpStatus>,
}

/// Where a request goes: in this suite, and against the provider, which minted the ids in it.
pub(crate) struct Place {
    expression: Option<String>,
    example: String,
}

impl From<&str> for Place {
    fn from(path: &str) -> Self {
        Self {
            expression: None,
            example: path.to_owned(),
        }
    }
}

impl From<String> for Place {
    fn from(path: String) -> Self {
        path.as_str().into()
    }
}

/// A path in which one `${value}` is handed back by a provider state; here it is `example`.
pub(crate) fn minted(expression: &str, example: impl Display) -> Place {
    Place {
        expression: Some(expression.to_owned()),
        example: filled(expression, &example),
    }
}

fn filled(expression: &str, example: &impl Display) -> String {
    let (before, rest) = expression.split_once("${").unwrap();
    let (_, after) = rest.split_once('}').unwrap();
    format!("{before}{example}{after}")
}

impl Call {
    pub(crate) fn get(description: &str, place: impl Into<Place>) -> Self {
        Self::new("GET", description, place.into())
    }

    pub(crate) fn post(description: &str, place: impl Into<Place>) -> Self {
        Self::new("POST", description, place.into())
    }

    pub(crate) fn put(description: &str, place: impl Into<Place>) -> Self {
        Self::new("PUT", description, place.into())
    }

    fn new(method: &str, description: &str, place: Place) -> Self {
        let mut builder = InteractionBuilder::new(description, "");
        builder.request.method(method);
        match place.expression {
            Some(expression) => builder.request.path_from_provider_state(expression, place.example),
            None => builder.request.path(place.example),
        };
        Self { builder, status: None }
    }

    /// What must be true at the provider before.
    pub(crate) fn given(mut self, state: State) -> Self {
        self.builder.given_with_params(state.name, &state.params);
        self
    }

    pub(crate) fn query(mut self, name: &str, value: impl Display) -> Self {
        self.builder.request.query_param(name, value.to_string());
        self
    }

    /// Which part of a list.
    pub(crate) fn page(self, page: u32, page_size: u32) -> Self {
        self.query("page", page).query("page_size", page_size)
    }

    /// The command's idempotency key, as our clients write it.
    pub(crate) fn key(mut self, key: &IdempotencyKey) -> Self {
        self.builder.request.header("idempotency-key", format!("\"{key}\""));
        self
    }

    /// The command's idempotency key, where one `${value}` in it is handed back by a provider state.
    pub(crate) fn minted_key(mut self, expression: &str, example: impl Display) -> Self {
        let (key, expression) = (filled(expression, &example), format!("\"{expression}\""));
        let request = &mut self.builder.request;
        request.header_from_provider_state("idempotency-key", expression, format!("\"{key}\""));
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.builder.request.header(name, value);
        self
    }

    pub(crate) fn body(mut self, body: impl Into<JsonPattern>) -> Self {
        self.builder.request.content_type("application/json").json_body(body);
        self
    }

    /// Done: any status of success, and `data` in our envelope.
    pub(crate) fn answers(self, data: impl Into<JsonPattern>) -> Self {
        self.succeeds(enveloped("data", data.into()))
    }

    /// Done: any status of success, and this body.
    pub(crate) fn succeeds(self, body: impl Into<JsonPattern>) -> Self {
        let mut call = self.responds(200, body);
        call.status = Some(HttpStatus::Success);
        call
    }

    /// Not done: any status of an error, such as this one, and this body.
    pub(crate) fn fails(self, status: u16, body: impl Into<JsonPattern>) -> Self {
        let mut call = self.responds(status, body);
        call.status = Some(HttpStatus::Error);
        call
    }

    /// This status, with whatever body.
    pub(crate) fn responds_only(mut self, status: u16) -> Self {
        self.builder.response.status(status);
        self
    }

    /// Refused, in our envelope: the client rebuilds the error from its code and details, and wants the status that belongs to it.
    pub(crate) fn refuses(self, code: ErrorCode, details: impl Into<JsonPattern>) -> Self {
        let (status, details) = (code.status(), details.into());
        let error = json_pattern!({
            "code": exactly(code.as_str()),
            "message": text("what went wrong"),
            "details": details,
        });
        self.responds(status, enveloped("error", error))
    }

    /// This status and this body.
    pub(crate) fn responds(mut self, status: u16, body: impl Into<JsonPattern>) -> Self {
        let response = &mut self.builder.response;
        response.status(status).content_type("application/json").json_body(body);
        self
    }

    /// One of these statuses, the first of which is the example, and this body.
    pub(crate) fn responds_one_of(self, statuses: &[u16], body: impl Into<JsonPattern>) -> Self {
        let mut call = self.responds(statuses[0], body);
        call.status = Some(HttpStatus::StatusCodes(statuses.to_vec()));
        call
    }

    pub(crate) fn interaction(self) -> SynchronousHttp {
        let mut interaction = self.builder.build_v4();
        // Empty, and no part of what is promised.
        interaction.comments.clear();
        if let Some(status) = self.status {
            let rules = interaction.response.matching_rules.add_category("status");
            rules.add_rule(DocPath::empty(), MatchingRule::StatusCode(status), RuleLogic::And);
        }
        interaction
    }
}

/// What our clients read of every reply.
fn enveloped(field: &str, content: JsonPattern) -> JsonPattern {
    let mut envelope = json_pattern!({
        "request_id": text("01890a5d-ac96-774b-bcce-b302099a8057"),
        "timestamp": timestamp(),
    });
    if let JsonPattern::Object(fields) = &mut envelope {
        fields.insert(field.to_owned(), content);
    }
    envelope
}
