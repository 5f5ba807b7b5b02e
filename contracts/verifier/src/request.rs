//! Requests of pacts, sent to a running provider.

use std::time::Duration;

use form_urlencoded::byte_serialize;
use pact_models::{
    bodies::OptionalBody,
    headers::parse_header,
    v4::http_parts::{HttpRequest, HttpResponse},
};
use pact_reqwest::{
    Client, Method, Response,
    header::{HeaderMap, HeaderName, HeaderValue},
    redirect::Policy,
};

use crate::{
    ProviderError, encoding,
    http_provider::{cause, client_builder},
};

/// Time limit for one answer of a provider.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Checks that something listens at the provider's address.
pub(crate) async fn reachable(url: &str) -> Result<(), String> {
    let (host, port) = address(url)?;
    let connected = tokio::time::timeout(ANSWER_WITHIN, tokio::net::TcpStream::connect((host.as_str(), port))).await;
    match connected {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(format!(
            "{url} does not answer: {error}; start it, or fix --provider-url"
        )),
        Err(_) => Err(format!("{url} does not answer within {} s", ANSWER_WITHIN.as_secs())),
    }
}

/// Sends the request to the provider at `url`, and returns its answer with the body decoded. A redirect is an answer:
/// the consumer sees it, so it is compared and not followed.
///
/// # Errors
/// When no answer comes, or the request or the answer is not sound.
pub(crate) async fn send(request: &HttpRequest, url: &str) -> Result<HttpResponse, ProviderError> {
    address(url)?;
    let client = client_builder().timeout(ANSWER_WITHIN).redirect(Policy::none());
    let client = client.user_agent("seam").build();
    let client = client.map_err(|error| format!("no HTTP client: {error}"))?;
    let (method, path) = (&request.method, &request.path);
    let missed = |error: pact_reqwest::Error| {
        let said = format!("{method} {path}: {}", cause(&error, ANSWER_WITHIN));
        if error.is_builder() {
            ProviderError::Failed(said)
        } else {
            ProviderError::NoAnswer(said)
        }
    };
    let built = built(&client, request, url)?;
    let answer = built.send().await.map_err(missed)?;
    let mut read = head(&answer);
    let body = answer.bytes().await.map_err(missed)?;
    read.body = if body.is_empty() {
        OptionalBody::Empty
    } else {
        OptionalBody::Present(body, read.content_type(), None)
    };
    encoding::decode(&mut read).map_err(|reason| format!("{method} {path}: {reason}"))?;
    Ok(read)
}

fn built(client: &Client, request: &HttpRequest, url: &str) -> Result<pact_reqwest::RequestBuilder, String> {
    let method = Method::from_bytes(request.method.as_bytes())
        .map_err(|_| format!("'{}' is not a method of HTTP", request.method))?;
    let base = url.trim_end_matches('/');
    let place = match request.path.as_str() {
        "" | "/" => base.to_owned(),
        path if path.starts_with('/') => format!("{base}{path}"),
        path => format!("{base}/{path}"),
    };
    let mut headers = HeaderMap::new();
    for (name, values) in request.headers.iter().flatten() {
        let sound = HeaderName::try_from(name).map_err(|_| format!("'{name}' is not the name of a header"))?;
        for value in values {
            let value = HeaderValue::from_str(value)
                .map_err(|_| format!("'{value}' can't be the value of the header '{name}'"))?;
            headers.append(sound.clone(), value);
        }
    }
    let query = query(request);
    let place = match (query.as_str(), place.contains('?')) {
        ("", _) => place,
        (query, true) => format!("{place}&{query}"),
        (query, false) => format!("{place}?{query}"),
    };
    let built = client.request(method, place).headers(headers);
    Ok(match &request.body {
        OptionalBody::Present(body, ..) => built.body(body.clone()),
        OptionalBody::Null if request.content_type().is_some_and(|read| read.is_json()) => built.body("null"),
        _ => built,
    })
}

/// Query of the request, with the parameters in the order of their names. A parameter may have no value.
fn query(request: &HttpRequest) -> String {
    let mut parameters: Vec<_> = request.query.iter().flatten().collect();
    parameters.sort_by_key(|(name, _)| *name);
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let all = parameters.into_iter().flat_map(|(name, values)| {
        values.iter().map(move |value| match value {
            Some(value) => format!("{}={}", encoded(name), encoded(value)),
            None => encoded(name),
        })
    });
    all.collect::<Vec<_>>().join("&")
}

/// Status and headers of an answer.
fn head(answer: &Response) -> HttpResponse {
    let mut headers = std::collections::HashMap::<String, Vec<String>>::new();
    for (name, value) in answer.headers() {
        let values = headers.entry(name.to_string()).or_default();
        values.extend(parse_header(name.as_str(), &String::from_utf8_lossy(value.as_bytes())));
    }
    HttpResponse {
        status: answer.status().as_u16(),
        headers: (!headers.is_empty()).then_some(headers),
        ..HttpResponse::default()
    }
}

/// Host and port of a provider.
fn address(url: &str) -> Result<(String, u16), String> {
    let wanted = || format!("'{url}' is not the URL of a provider; wanted http://host:port");
    let parsed: http::Uri = url.parse().map_err(|_| wanted())?;
    let host = parsed.host().ok_or_else(wanted)?;
    let port = match (parsed.port_u16(), parsed.scheme_str()) {
        (Some(port), Some(_)) => port,
        (None, Some("http")) => 80,
        (None, Some("https")) => 443,
        (_, _) => return Err(wanted()),
    };
    // The brackets belong to the URL and not to an address of version 6.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok((host.to_owned(), port))
}
