use std::{collections::BTreeMap, str::FromStr};

use percent_encoding::percent_decode_str;

use crate::{Invalid, PageRequest};

/// Query parameters of a request, each of a known name and given at most once.
#[derive(Default)]
pub(crate) struct Query(BTreeMap<String, String>);

impl Query {
    /// Parses a query; refuses parameters that are not `known`, and a name that is given twice.
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

    /// Parses a number; `default` if the parameter is absent.
    pub(crate) fn number<T: FromStr>(&self, name: &str, default: T, wanted: &str) -> Result<T, Invalid> {
        match self.0.get(name) {
            Some(text) => text.parse().map_err(|_| Invalid::new(name, text, wanted)),
            None => Ok(default),
        }
    }

    /// Parses `page` and `page_size`, or takes the defaults. The implementation checks their limits.
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
