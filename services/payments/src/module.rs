use std::sync::Arc;

use commerce::{EventFeed, Orders, Payments, http};
use shared::{
    Environment, Module, StartError,
    settings::{Declared, optional, required, standard},
};

use crate::{
    SOURCE,
    charging::Charging,
    dispatch::Dispatch,
    handler::OrderCreated,
    provider::{HttpProvider, Provider},
    refunding::Refunding,
    service::PaymentService,
    store,
    waiters::Waiters,
};

/// The settings that [`open`] reads.
pub const SETTINGS: &[Declared] = &[
    required(&standard::DATABASE_URL),
    required(&standard::PROVIDER_URL),
    optional(&standard::CALL_TIMEOUT_MS),
];

/// What this module needs of others.
#[expect(missing_debug_implementations, reason = "it holds trait objects and nothing to show")]
pub struct Dependencies {
    /// Where orders are looked up.
    pub orders: Arc<dyn Orders>,
    /// The log of orders.
    pub order_events: Arc<dyn EventFeed>,
}

/// Opens the module with the payment provider at `PROVIDER_URL`.
pub async fn open(environment: &Environment, needs: Dependencies) -> Result<Module<dyn Payments>, StartError> {
    let socket = environment.needed_socket(&standard::PROVIDER_URL)?;
    open_with(environment, needs, Arc::new(HttpProvider::new(socket))).await
}

/// Opens the module with a payment provider of the caller's.
pub async fn open_with(
    environment: &Environment,
    needs: Dependencies,
    provider: Arc<dyn Provider>,
) -> Result<Module<dyn Payments>, StartError> {
    let Dependencies { orders, order_events } = needs;
    let patience = environment.settings.get(&standard::CALL_TIMEOUT_MS)?;
    let db = environment.database(SOURCE, store::MIGRATIONS).await?;
    let waiters = Waiters::default();
    let dispatch = Dispatch::new(waiters.clone());
    let charging = Charging::new(db.clone(), Arc::clone(&provider), Arc::clone(&orders));
    dispatch.run(
        &environment.tasks,
        db.clone(),
        charging,
        Refunding::new(db.clone(), provider),
    );
    let checked = dispatch.clone();
    // Shown, not decided by: while the provider is away, payments are written down and wait.
    environment.health.watch("payments.dispatch", move || checked.check());

    let handler = OrderCreated::new(db.clone(), Arc::clone(&orders), dispatch.clone());
    let subscription = environment.follow("payments.orders", order_events, &db, handler);
    let service: Arc<dyn Payments> = Arc::new(PaymentService::new(db.clone(), orders, dispatch, waiters, patience));
    Ok(Module::new(
        SOURCE,
        db,
        service,
        http::payments::router,
        vec![subscription],
    ))
}
