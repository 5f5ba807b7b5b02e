use std::{net::SocketAddr, sync::Arc, time::Duration};

use faults::{Counts, Fault, Faults, LayError, Operations, Proxy, Record, Upstream};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{Fields, Refusal, Toxic, places, refusal::Kind};

/// Longest wait for an address to open again.
const PATIENCE: Duration = Duration::from_secs(2);
/// Address of a proxy that names none.
const ANYWHERE: &str = "127.0.0.1:0";

/// Proxy with a name, and its toxics and faults, which outlive changes of its addresses.
#[derive(Debug)]
pub(crate) struct Named {
    name: String,
    /// Address as it was asked for; the port may be 0.
    asked: String,
    /// Address that is shown, with the port that was taken.
    listen: String,
    upstream: String,
    is_enabled: bool,
    /// The proxy once it has listened.
    proxy: Option<Proxy>,
    target: Upstream,
    faults: Faults,
    toxics: Vec<Toxic>,
}

/// Proxy that is to be created.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(super) name: String,
    listen: String,
    upstream: String,
    is_enabled: bool,
}

/// State that a proxy is to have.
#[derive(Debug)]
pub(crate) struct Wish {
    listen: String,
    upstream: String,
    is_enabled: bool,
}

impl Draft {
    pub(super) fn read(what: &str, value: Value) -> Result<Self, Refusal> {
        let mut fields = Fields::of(what, value)?;
        let wanted = |field: &str, value: Option<String>| {
            let value = value.filter(|value| !value.is_empty());
            value.ok_or_else(|| Refusal::new(Kind::MissingField, format!("{field} of {what}")))
        };
        let draft = Self {
            name: wanted("name", fields.text("name")?)?,
            upstream: wanted("upstream", fields.text("upstream")?)?,
            listen: fields
                .text("listen")?
                .filter(|listen| !listen.is_empty())
                .unwrap_or_else(|| ANYWHERE.to_owned()),
            is_enabled: fields.truth("enabled")?.unwrap_or(true),
        };
        places::check_upstream(&draft.upstream)?;
        match fields.value("toxics") {
            None => {}
            Some(Value::Array(toxics)) if toxics.is_empty() => {}
            Some(_) => {
                let way = "add each with POST /proxies/{name}/toxics";
                return Err(Refusal::of_body(format!(
                    "{what} has toxics, which are not read here; {way}"
                )));
            }
        }
        fields.end()?;
        Ok(draft)
    }
}

impl Wish {
    pub(super) fn read(present: &Named, value: Value) -> Result<Self, Refusal> {
        let what = format!("proxy {:?}", present.name);
        let mut fields = Fields::of(&what, value)?;
        if let Some(other) = fields.text("name")?.filter(|other| *other != present.name) {
            return Err(Refusal::of_body(format!(
                "{what} can't become {other:?}; delete it and create another"
            )));
        }
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let wish = Self {
            listen: given(fields.text("listen")?).unwrap_or_else(|| present.listen.clone()),
            upstream: given(fields.text("upstream")?).unwrap_or_else(|| present.upstream.clone()),
            is_enabled: fields.truth("enabled")?.unwrap_or(present.is_enabled),
        };
        places::check_upstream(&wish.upstream)?;
        // Clients send a proxy back as they got it, with its toxics.
        let _ = fields.value("toxics");
        fields.end()?;
        Ok(wish)
    }
}

impl Named {
    pub(super) async fn make(seed: u64, draft: Draft) -> Result<Self, Refusal> {
        let mut named = Self {
            faults: Faults::chained(seed, draft.name.clone()),
            name: draft.name,
            listen: draft.listen.clone(),
            asked: draft.listen,
            target: Upstream::named(draft.upstream.clone()),
            upstream: draft.upstream,
            is_enabled: false,
            proxy: None,
            toxics: Vec::new(),
        };
        if draft.is_enabled {
            named.enable(true).await?;
        }
        Ok(named)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn listen(&self) -> &str {
        &self.listen
    }

    pub(crate) fn upstream(&self) -> &str {
        &self.upstream
    }

    /// Returns the proxy as Toxiproxy shows it.
    pub(crate) fn shown(&self) -> Value {
        json!({
            "name": self.name,
            "listen": self.listen,
            "upstream": self.upstream,
            "enabled": self.is_enabled,
            "toxics": self.toxics(),
        })
    }

    /// Returns the toxics as Toxiproxy shows them: those on the stream to the upstream first, each in the order of
    /// adding.
    pub(crate) fn toxics(&self) -> Vec<Value> {
        let of = |is_upstream: bool| {
            self.toxics
                .iter()
                .filter(move |toxic| toxic.is_upstream() == is_upstream)
        };
        of(true).chain(of(false)).map(Toxic::shown).collect()
    }

    /// Returns the toxic with this name.
    pub(crate) fn toxic(&self, name: &str) -> Result<&Toxic, Refusal> {
        let mut toxics = self.toxics.iter();
        toxics.find(|toxic| toxic.name() == name).ok_or_else(|| {
            let names: Vec<&str> = self.toxics.iter().map(Toxic::name).collect();
            let detail = format!("proxy {:?} has no toxic {name:?}; it has {names:?}", self.name);
            Refusal::new(Kind::ToxicNotFound, detail)
        })
    }

    /// Adds a toxic behind those that there are.
    pub(crate) fn add(&mut self, value: Value) -> Result<Value, Refusal> {
        let toxic = Toxic::read(value)?;
        self.faults.lay(toxic.fault()?).map_err(|error| match error {
            LayError::AlreadyLaid { name } => {
                let way = "change or delete it, or give the new one a name";
                let detail = format!("proxy {:?} has {name:?}; {way}", self.name);
                Refusal::new(Kind::ToxicExists, detail)
            }
            other => Refusal::new(Kind::TooMany, other.to_string()),
        })?;
        let shown = toxic.shown();
        self.toxics.push(toxic);
        Ok(shown)
    }

    /// Changes a toxic, which keeps its place.
    pub(crate) fn change_toxic(&mut self, name: &str, value: Value) -> Result<Value, Refusal> {
        let toxic = self.toxic(name)?.changed(value)?;
        self.faults
            .change(toxic.fault()?)
            .map_err(|error| self.refusal(&error))?;
        let shown = toxic.shown();
        self.toxics
            .iter_mut()
            .filter(|one| one.name() == name)
            .for_each(|one| *one = toxic.clone());
        Ok(shown)
    }

    /// Removes a toxic.
    pub(crate) fn remove_toxic(&mut self, name: &str) -> Result<(), Refusal> {
        self.toxic(name)?;
        self.lift(name)
    }

    /// Returns all faults, toxics among them, in the order of laying.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        self.faults.list()
    }

    /// Returns what its faults have done.
    pub(crate) fn record(&self) -> Record {
        self.faults.record()
    }

    /// Returns its traffic; none before it was enabled first.
    pub(crate) fn counts(&self) -> Counts {
        self.proxy.as_ref().map(Proxy::counts).unwrap_or_default()
    }

    /// Takes the OpenAPI document of the upstream, in place of the one so far. Faults may then name its operations and
    /// violate its schemas.
    ///
    /// # Errors
    /// When it is no such document, or lacks an operation that a fault names which is laid.
    pub(crate) fn describe(&self, document: Value) -> Result<(), Refusal> {
        let operations = Operations::read(document).map_err(|error| Refusal::of_body(error.to_string()))?;
        let described = self.faults.describe(Some(Arc::new(operations)));
        described.map_err(|error| self.refusal(&error))
    }

    /// Returns the names of the operations that the document of the upstream has; none without a document.
    pub(crate) fn operations(&self) -> Option<Vec<String>> {
        let operations = self.faults.operations()?;
        Some(operations.names().into_iter().map(str::to_owned).collect())
    }

    /// Lays faults behind those that there are: all or none.
    pub(crate) fn lay(&self, faults: Vec<Fault>) -> Result<(), Refusal> {
        self.faults.lay_all(faults).map_err(|error| self.refusal(&error))
    }

    /// Puts a fault in the place of the one with its name, which must not be a toxic.
    pub(crate) fn change_fault(&self, fault: Fault) -> Result<(), Refusal> {
        if self.toxic(fault.name()).is_ok() {
            let (proxy, name) = (&self.name, fault.name());
            let way = format!("POST /proxies/{proxy}/toxics/{name} changes it");
            return Err(Refusal::new(Kind::FaultExists, format!("{name:?} is a toxic; {way}")));
        }
        self.faults.change(fault).map_err(|error| self.refusal(&error))
    }

    /// Lifts a fault or a toxic.
    pub(crate) fn lift(&mut self, name: &str) -> Result<(), Refusal> {
        self.faults.lift(name).map_err(|error| self.refusal(&error))?;
        self.toxics.retain(|toxic| toxic.name() != name);
        Ok(())
    }

    /// Lifts all faults and toxics.
    pub(crate) fn lift_all(&mut self) {
        self.faults.lift_all();
        self.toxics.clear();
    }

    /// Tells if a draft has the upstream that it has.
    pub(super) fn is_before(&self, draft: &Draft) -> bool {
        self.upstream == draft.upstream
    }

    /// Tells if a draft has the address on which it listens, or the one that was asked for.
    pub(super) async fn listens_as(&self, draft: &Draft) -> bool {
        draft.listen == self.asked || self.is_at(&draft.listen).await
    }

    /// Tells if it listens on this address, which may have a name.
    async fn is_at(&self, listen: &str) -> bool {
        let present = self.proxy.as_ref().map(Proxy::address);
        listen == self.listen || (present.is_some() && places::to_listen_on(listen).await.ok() == present)
    }

    /// Begins anew with another upstream, and with the state of the draft.
    ///
    /// # Errors
    /// When it was down and can't be enabled. All else is done nevertheless.
    pub(super) async fn replace_upstream(&mut self, draft: Draft) -> Result<(), Refusal> {
        self.lift_all();
        // Of no use for another service. No fault is laid that could need it.
        let _ = self.faults.describe(None);
        self.turn_to(draft.upstream);
        self.enable(draft.is_enabled).await
    }

    pub(super) async fn change(&mut self, wish: Wish) -> Result<(), Refusal> {
        if !self.is_at(&wish.listen).await {
            let moved = match wish.is_enabled {
                true => Some(self.listen_on(places::to_listen_on(&wish.listen).await?).await?),
                false => None,
            };
            self.listen = moved
                .as_ref()
                .map_or(wish.listen.clone(), |moved| moved.address().to_string());
            self.asked = wish.listen;
            self.is_enabled = moved.is_some();
            if let Some(old) = std::mem::replace(&mut self.proxy, moved) {
                old.close().await;
            }
        } else {
            self.enable(wish.is_enabled).await?;
        }
        if wish.upstream != self.upstream {
            self.turn_to(wish.upstream);
        }
        Ok(())
    }

    /// Enables it or takes it down, which cuts its connections. A proxy that is down keeps its address.
    ///
    /// # Errors
    /// When its address can't be listened on. It stays down.
    pub(super) async fn enable(&mut self, is_enabled: bool) -> Result<(), Refusal> {
        match &self.proxy {
            Some(proxy) if is_enabled != self.is_enabled => {
                let is_turned = timeout(PATIENCE, proxy.set_open(is_enabled)).await.is_ok();
                if !is_turned {
                    // Another process asked for this very address; the next attempt listens from the beginning.
                    self.proxy = None;
                    self.asked.clone_from(&self.listen);
                }
                if is_enabled && !is_turned {
                    let detail = format!("{} for proxy {:?}: it was taken meanwhile", self.listen, self.name);
                    return Err(Refusal::new(Kind::Address, detail + "; free it, or choose another"));
                }
            }
            None if is_enabled => {
                let proxy = self.listen_on(places::to_listen_on(&self.asked).await?).await?;
                self.listen = proxy.address().to_string();
                self.proxy = Some(proxy);
            }
            _ => {}
        }
        self.is_enabled = is_enabled;
        Ok(())
    }

    pub(super) async fn close(self) {
        if let Some(proxy) = self.proxy {
            proxy.close().await;
        }
    }

    async fn listen_on(&self, address: SocketAddr) -> Result<Proxy, Refusal> {
        let listening = Proxy::listen_with(address, self.target.clone(), self.faults.clone());
        listening.await.map_err(|error| {
            let detail = format!(
                "{address} for proxy {:?}: {error}; choose another, or port 0",
                self.name
            );
            Refusal::new(Kind::Address, detail)
        })
    }

    fn turn_to(&mut self, upstream: String) {
        self.target.set_name(upstream.clone());
        self.upstream = upstream;
        if let Some(proxy) = &self.proxy {
            proxy.cut();
        }
    }

    fn refusal(&self, error: &LayError) -> Refusal {
        let kind = match error {
            LayError::AlreadyLaid { .. } => Kind::FaultExists,
            LayError::NotLaid { .. } => Kind::FaultNotFound,
            LayError::Undescribed { .. } | LayError::UnknownOperation { .. } => Kind::BadRequest,
            _ => Kind::TooMany,
        };
        let way = match error {
            LayError::Undescribed { .. } => format!("; PUT it to /v1/proxies/{}/openapi", self.name),
            _ => String::new(),
        };
        Refusal::new(kind, format!("{error}{way}"))
    }
}
