//! Named fault proxies, as Toxiproxy has them: created, changed and removed one by one, each with toxics.
//!
//! A [`Toxic`] is a fault in Toxiproxy's words. Proxies form chains of their faults
//! ([`Faults::chained`](faults::Faults::chained)), so that several toxics of one type add up as they do there.

mod fields;
mod named;
mod places;
mod refusal;
mod toxic;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub(crate) use self::{fields::Fields, named::Named, refusal::Refusal, toxic::Toxic};
use self::{
    named::{Draft, Wish},
    refusal::Kind,
};

/// All proxies by their names.
#[derive(Debug)]
pub(crate) struct Proxies {
    seed: u64,
    named: BTreeMap<String, Named>,
}

impl Proxies {
    /// Begins without a proxy. All chance of toxics and faults derives from the seed and the proxies' names.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            named: BTreeMap::new(),
        }
    }

    /// Returns all proxies in the order of their names.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Named> {
        self.named.values()
    }

    /// Returns the proxy with this name.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn get(&mut self, name: &str) -> Result<&mut Named, Refusal> {
        if self.named.contains_key(name) {
            return Ok(self.named.get_mut(name).unwrap_or_else(|| unreachable!("it was there")));
        }
        let names: Vec<&str> = self.named.keys().map(String::as_str).collect();
        Err(Refusal::new(
            Kind::ProxyNotFound,
            format!("no proxy is called {name:?}; there are {names:?}; POST /proxies creates one"),
        ))
    }

    /// Creates a proxy.
    ///
    /// # Errors
    /// When a field is wrong, the name is taken, or its address can't be listened on. Nothing is created then.
    pub(crate) async fn create(&mut self, draft: Value) -> Result<&mut Named, Refusal> {
        let draft = Draft::read("the proxy", draft)?;
        if let Some(taken) = self.named.get(&draft.name) {
            return Err(Refusal::new(
                Kind::ProxyExists,
                format!(
                    "{:?} listens on {}; change or delete it, or choose another name",
                    draft.name,
                    taken.listen()
                ),
            ));
        }
        let name = draft.name.clone();
        let proxy = Named::make(self.seed, draft).await?;
        Ok(self.named.entry(name).or_insert(proxy))
    }

    /// Creates the proxies of a list, and replaces those of the same name whose address or upstream differs, with
    /// their toxics. One that is the same stays as it is. Returns their names.
    ///
    /// # Errors
    /// When one is wrong or a new address can't be listened on: nothing is changed then. When one that stays at its
    /// address was down and can't be enabled: the others are as the list has them.
    pub(crate) async fn populate(&mut self, list: Value) -> Result<Vec<String>, Refusal> {
        let Value::Array(list) = list else {
            return Err(Refusal::new(Kind::BadRequest, "wanted a list of proxies: [{...}, ...]"));
        };
        let mut names = BTreeSet::new();
        let mut drafts = Vec::new();
        for (number, value) in (1..).zip(list) {
            let draft = Draft::read(&format!("proxy {number} of the list"), value)?;
            if !names.insert(draft.name.clone()) {
                return Err(Refusal::new(
                    Kind::BadRequest,
                    format!(
                        "two proxies of the list are called {:?}; give one another name",
                        draft.name
                    ),
                ));
            }
            drafts.push(draft);
        }
        let order = drafts.iter().map(|draft| draft.name.clone()).collect();
        // Everything that can fail comes first.
        let mut made = Vec::new();
        let mut moved = Vec::new();
        for draft in drafts {
            match self.named.get(&draft.name) {
                Some(present) if present.listens_as(&draft).await => {
                    if !present.is_before(&draft) {
                        moved.push(draft);
                    }
                }
                _ => made.push(Named::make(self.seed, draft).await?),
            }
        }
        let mut first = Ok(());
        for draft in moved {
            if let Some(present) = self.named.get_mut(&draft.name) {
                first = first.and(present.replace_upstream(draft).await);
            }
        }
        for proxy in made {
            if let Some(old) = self.named.insert(proxy.name().to_owned(), proxy) {
                old.close().await;
            }
        }
        first.map(|()| order)
    }

    /// Changes the address, the upstream or the state of a proxy; what is not given stays. A new address or upstream
    /// cuts its connections; toxics stay.
    ///
    /// # Errors
    /// When there is no such proxy, a field is wrong, or its address can't be listened on. Nothing is changed then.
    pub(crate) async fn change(&mut self, name: &str, fields: Value) -> Result<&mut Named, Refusal> {
        let proxy = self.get(name)?;
        let wish = Wish::read(proxy, fields)?;
        proxy.change(wish).await?;
        Ok(proxy)
    }

    /// Removes a proxy and cuts its connections.
    ///
    /// # Errors
    /// When there is no such proxy.
    pub(crate) async fn remove(&mut self, name: &str) -> Result<(), Refusal> {
        self.get(name)?;
        if let Some(proxy) = self.named.remove(name) {
            proxy.close().await;
        }
        Ok(())
    }

    /// Lifts all toxics and faults of all proxies, and enables all proxies.
    ///
    /// # Errors
    /// When a proxy can't be enabled. All else is done nevertheless.
    pub(crate) async fn reset(&mut self) -> Result<(), Refusal> {
        let mut first = Ok(());
        for proxy in self.named.values_mut() {
            proxy.lift_all();
            first = first.and(proxy.enable(true).await);
        }
        first
    }

    /// Removes all proxies.
    pub(crate) async fn close(&mut self) {
        for (_, proxy) in std::mem::take(&mut self.named) {
            proxy.close().await;
        }
    }
}
