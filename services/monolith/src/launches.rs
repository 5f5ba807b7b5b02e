//! Modules that are launched in the dark: each beside a service that is to take over from it.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post, put},
};
use commerce::http::{Operation, feed};
use http::StatusCode;
use seam::{
    Contract,
    launch::{ADMIN_BODY, Admin, Launch, Limits, Operated, Problem, Refused, Watch, WatchedFile, metrics_of},
};
use shared::{
    Environment, Mounted, SettingsError, StartError, passed_on,
    settings::{Declared, optional, standard},
};

use crate::endpoint::{Endpoint, Kind};

/// Settings of launches, beside the URLs of the candidates.
pub(crate) const LAUNCH_SETTINGS: &[Declared] = &[
    optional(&standard::LAUNCH_FILE),
    optional(&standard::LAUNCH_CONFIRM_MS),
    optional(&standard::LAUNCH_SLACK_MS),
    optional(&standard::ADMIN_TOKEN),
];

/// Time between two looks at the file of a launch.
const WATCHED_EVERY: Duration = Duration::from_secs(1);

/// The launches of the process.
pub(crate) struct Launches<'e> {
    env: &'e Environment,
    admin: Option<Admin>,
    all: Vec<Arc<dyn Operated>>,
    watches: Vec<Watch>,
}

/// The launches as their operators reach them. The watches end with it.
struct Operators {
    admin: Option<Admin>,
    all: Vec<Arc<dyn Operated>>,
    _watches: Vec<Watch>,
}

impl<'e> Launches<'e> {
    /// No launches. Fails if the token of their operators is too weak.
    pub(crate) fn new(env: &'e Environment) -> Result<Self, StartError> {
        Ok(Self {
            env,
            admin: env.admin_token()?.map(Admin::new),
            all: Vec::new(),
            watches: Vec::new(),
        })
    }

    /// The module, launched beside the service at its candidate's URL; the module itself if that is not set. Calls of
    /// other modules and of clients go the way that the stages and dials in `LAUNCH_FILE` say.
    ///
    /// Only reads go to both: nothing yet says of a service that it stays without effects during a shadow call.
    pub(crate) fn beside<C: Contract + ?Sized>(
        &mut self,
        kind: &Kind<C>,
        module: Endpoint<C>,
    ) -> Result<Endpoint<C>, StartError> {
        let settings = &self.env.settings;
        let Some(socket) = self.env.socket(kind.candidate)? else {
            return Ok(module);
        };
        let url = settings.find(kind.url)?;
        if url == settings.find(kind.candidate)? {
            return Err(StartError::Settings(SettingsError::Malformed {
                name: kind.candidate.name,
                value: url.unwrap_or_default(),
                form: "the URL of another service than that of the module itself",
            }));
        }
        let refused = |refused: Refused| StartError::Other(format!("the launch of {}: {refused}", kind.name));
        // Both may fail with an address in the reason, which is nobody's business outside.
        let control = if url.is_some() {
            passed_on(module.service)
        } else {
            module.service
        };
        let candidate = passed_on(self.env.link((kind.client)(socket))?);
        let file = settings.get(&standard::LAUNCH_FILE)?.replace("{module}", kind.name);
        let source = WatchedFile::open_or_off(file, kind.name).map_err(refused)?;
        let limits = Limits {
            pause: settings.get(&standard::LAUNCH_CONFIRM_MS)?,
            latency_slack: settings.get(&standard::LAUNCH_SLACK_MS)?,
            ..Limits::default()
        };
        let setup = Launch::reads(control, candidate).map(|setup| setup.limits(limits));
        let launch = setup.and_then(|setup| setup.begin(kind.name, Arc::new(source)));
        let launch = launch.map_err(refused)?;
        self.watches.push(launch.watch(WATCHED_EVERY));
        self.all.push(Arc::new(launch.clone()));

        let service = launch.service();
        let routes = (kind.router)(Arc::clone(&service));
        let feed = if url.is_some() {
            passed_on(Arc::clone(&module.feed))
        } else {
            Arc::clone(&module.feed)
        };
        Ok(Endpoint {
            service,
            mounted: module.mounted.rerouted(routes.merge(feed::router(kind.name, feed))),
            feed: module.feed,
        })
    }

    /// The routes of the operators: figures, and with a token the switches. `None` if nothing is launched.
    pub(crate) fn mounted(self) -> Option<Mounted> {
        if self.all.is_empty() {
            return None;
        }
        let admin = self
            .admin
            .map(|admin| self.all.iter().cloned().fold(admin, Admin::with));
        let switches = if admin.is_some() { switches() } else { Vec::new() };
        let operators = Arc::new(Operators {
            admin,
            all: self.all,
            _watches: self.watches,
        });
        let figures = Operation::get(
            "/metrics",
            "get_metrics",
            "Returns the counts of all dark launches, in the text format of Prometheus.",
        );
        let routes = [(figures, get(metrics))].into_iter().chain(switches);
        let routes = routes.map(|(operation, handler)| (operation.plain(), handler.with_state(Arc::clone(&operators))));
        Some(Mounted::described("launches", routes))
    }
}

/// The routes of [`Admin`].
fn switches() -> Vec<(Operation, MethodRouter<Arc<Operators>>)> {
    let list = Operation::get(
        "/admin/launch",
        "list_launches",
        "Returns the state of every dark launch. This and the routes below it need the operators' token.",
    );
    let state = Operation::get(
        "/admin/launch/{module}",
        "get_launch",
        "Returns the state of a dark launch.",
    );
    let turn = Operation::put(
        "/admin/launch/{module}",
        "turn_launch",
        "Turns the stages and dials of a dark launch; If-Match names the state that they were chosen for.",
    );
    let lacking = Operation::get(
        "/admin/launch/{module}/lacking",
        "list_lacking_writes",
        "Lists the writes that one side of a dark launch may lack.",
    );
    let repair = Operation::post(
        "/admin/launch/{module}/repair",
        "repair_launch",
        "Gives each side of a dark launch the writes that it lacks.",
    );
    vec![
        (list, get(switch)),
        (state, get(switch)),
        (turn, put(switch)),
        (lacking, get(switch)),
        (repair, post(switch)),
    ]
}

async fn metrics(State(operators): State<Arc<Operators>>) -> String {
    metrics_of(&operators.all)
}

async fn switch(State(operators): State<Arc<Operators>>, request: Request) -> Response {
    let Some(admin) = &operators.admin else {
        return commerce::http::fallback(request).await;
    };
    let (head, body) = request.into_parts();
    // Before the body is read, which anybody may send.
    if let Some(refused) = admin.refusal(&head.headers) {
        return refused.map(Body::from);
    }
    match to_bytes(body, ADMIN_BODY).await {
        Ok(body) => {
            let answer = admin.answer(&head.method, head.uri.path(), &head.headers, &body).await;
            answer.map(Body::from)
        }
        Err(error) => {
            let error = format!("the body can't be read: {error}");
            (StatusCode::PAYLOAD_TOO_LARGE, Json(Problem { error })).into_response()
        }
    }
}
