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

/// One request and its reply, as a consumer needs them.
pub(crate) struct Call {
    builder: InteractionBuilder,
    status: Option<HttpStatus>,
}

/// The path of a request: one in this suite, and one against the provider, which mints the ids in it.
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

/// A path that contains one `${value}` returned by a provider state; in this suite it is `example`.
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

    /// Requires a provider state.
    pub(crate) fn given(mut self, state: State) -> Self {
        self.builder.given_with_params(state.name, &state.params);
        self
    }

    pub(crate) fn query(mut self, name: &str, value: impl Display) -> Self {
        self.builder.request.query_param(name, value.to_string());
        self
    }

    /// Requests one page of a list.
    pub(crate) fn page(self, page: u32, page_size: u32) -> Self {
        self.query("page", page).query("page_size", page_size)
    }

    /// Sets the command's idempotency key, as our clients write it.
    pub(crate) fn key(mut self, key: &IdempotencyKey) -> Self {
        self.builder.request.header("idempotency-key", format!("\"{key}\""));
        self
    }

    /// Sets the command's idempotency key, which contains one `${value}` returned by a provider state.
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

    /// Expects success: any status of success, and `data` in our envelope.
    pub(crate) fn answers(self, data: impl Into<JsonPattern>) -> Self {
        self.succeeds(enveloped("data", data.into()))
    }

    /// Expects success: any status of success, and this body.
    pub(crate) fn succeeds(self, body: impl Into<JsonPattern>) -> Self {
        let mut call = self.responds(200, body);
        call.status = Some(HttpStatus::Success);
        call
    }

    /// Expects failure: any error status, such as this one, and this body.
    pub(crate) fn fails(self, status: u16, body: impl Into<JsonPattern>) -> Self {
        let mut call = self.responds(status, body);
        call.status = Some(HttpStatus::Error);
        call
    }

    /// Expects this status, with any body.
    pub(crate) fn responds_only(mut self, status: u16) -> Self {
        self.builder.response.status(status);
        self
    }

    /// Expects a refusal in our envelope. The client rebuilds the error from its code and details, and checks
    /// that the status belongs to it.
    pub(crate) fn refuses(self, code: ErrorCode, details: impl Into<JsonPattern>) -> Self {
        let (status, details) = (code.status(), details.into());
        let error = json_pattern!({
            "code": exactly(code.as_str()),
            "message": text("what went wrong"),
            "details": details,
        });
        self.responds(status, enveloped("error", error))
    }

    /// Expects this status and this body.
    pub(crate) fn responds(mut self, status: u16, body: impl Into<JsonPattern>) -> Self {
        let response = &mut self.builder.response;
        response.status(status).content_type("application/json").json_body(body);
        self
    }

    /// Expects one of these statuses, the first of which is the example, and this body.
    pub(crate) fn responds_one_of(self, statuses: &[u16], body: impl Into<JsonPattern>) -> Self {
        let mut call = self.responds(statuses[0], body);
        call.status = Some(HttpStatus::StatusCodes(statuses.to_vec()));
        call
    }

    pub(crate) fn interaction(self) -> SynchronousHttp {
        let mut interaction = self.builder.build_v4();
        // Empty, and no part of the promise.
        interaction.comments.clear();
        if let Some(status) = self.status {
            let rules = interaction.response.matching_rules.add_category("status");
            rules.add_rule(DocPath::empty(), MatchingRule::StatusCode(status), RuleLogic::And);
        }
        interaction
    }
}

/// The parts of every reply that our clients read.
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
