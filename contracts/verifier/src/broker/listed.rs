use pact_reqwest::Url;
use serde_json::Value;

/// Pact in the broker's list.
pub(super) struct Listed {
    pub(super) url: Url,
    pub(super) pending: bool,
}

/// Reads the pacts that the broker at `url` lists in its answer, in its order.
///
/// # Errors
/// When something is missing, with a description of it.
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

/// Address of a link of this resource. Links may be relative to `base`.
pub(super) fn link(resource: &Value, name: &str, base: &Url) -> Option<Url> {
    let href = resource.get("_links")?.get(name)?.get("href")?.as_str()?;
    base.join(href).ok()
}
