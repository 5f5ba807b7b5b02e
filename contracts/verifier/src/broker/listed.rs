use pact_reqwest::Url;
use serde_json::Value;

/// One line of the broker's list.
pub(super) struct Listed {
    pub(super) url: Url,
    pub(super) pending: bool,
}

/// The pacts that the broker at `url` names in its answer, in its order.
///
/// # Errors
/// With what is wanted and missing.
pub(super) fn listed(url: &Url, answer: &str) -> Result<Vec<Listed>, &'static str> {
    let answer: Value = serde_json::from_str(answer).map_err(|_| "JSON")?;
    let pacts = answer.pointer("/_embedded/pacts").and_then(Value::as_array);
    let pacts = pacts.ok_or("a list at /_embedded/pacts")?;
    let one = |pact: &Value| {
        let pending = pact.pointer("/verificationProperties/pending");
        Ok(Listed {
            url: link(pact, "self", url).ok_or("an address at /_links/self/href of every pact")?,
            pending: match pending {
                None | Some(Value::Null) => false,
                Some(flag) => flag.as_bool().ok_or("pending as true or false")?,
            },
        })
    };
    pacts.iter().map(one).collect()
}

/// The address of a link of this resource; it may be given from `base` on.
pub(super) fn link(resource: &Value, name: &str, base: &Url) -> Option<Url> {
    let href = resource.get("_links")?.get(name)?.get("href")?.as_str()?;
    base.join(href).ok()
}
