use std::{collections::BTreeMap, str::FromStr};

use percent_encoding::percent_decode_str;

use crate::{Invalid, PageRequest};

/// The parameters of a request, each known by name and given at most once.
#[derive(Default)]
pub(crate) struct Query(BTreeMap<String, String>);

impl Query {
    /// Refuses parameters that are not `known`, and a second one of a name.
    pub(crate) fn parse(text: Option<&str>, known: &[&str]) -> Result<Self, Invalid> {
        let mut parameters = BTreeMap::new();
        for pair in text.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name), decode(value));
            if !known.contains(&name.as_str()) {
                let wanted = if known.is_empty() {
                    "no query parameters".to_owned()
                } else {
                    format!("no such parameter; known: {}", known.join(", "))
                };
                return Err(Invalid::new(name, value, wanted));
            }
            if parameters.insert(name.clone(), value).is_some() {
                return Err(Invalid::new(name, "given twice", "one value"));
            }
        }
        Ok(Self(parameters))
    }

    /// A number, or `default` where the parameter is absent.
    pub(crate) fn number<T: FromStr>(&self, name: &str, default: T, wanted: &str) -> Result<T, Invalid> {
        match self.0.get(name) {
            Some(text) => text.parse().map_err(|_| Invalid::new(name, text, wanted)),
            None => Ok(default),
        }
    }

    /// `page` and `page_size`, or the defaults; their limits are the implementation's to check.
    pub(crate) fn page(&self) -> Result<PageRequest, Invalid> {
        let default = PageRequest::default();
        Ok(PageRequest {
            page: self.number("page", default.page, "a whole number from 1")?,
            page_size: self.number("page_size", default.page_size, "a whole number from 1 to 100")?,
        })
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
