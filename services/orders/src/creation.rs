use std::{sync::Arc, time::Duration};

use commerce::{Error, Inventory, NewOrder, Order, OrderError, OrderId, ReservationRequest, Timestamp};
use seam::Context;
use serde::{Deserialize, Serialize};
use shared::{
    Database, DatabaseError, Tx, Worker, events,
    idempotency::{self, Claim, Expired, Scope, Ticket},
};

use crate::{
    SOURCE,
    ask::ask,
    changes,
    domain::{self, Refusal},
    store::{orders, releases},
};

/// The command as it stands in the scope of its key.
const OPERATION: &str = "create_order";

/// The most that a caller whose request is in flight is told to wait.
const SOON: Duration = Duration::from_secs(1);

/// Makes orders, from claim to answer, and goes on with those that were left half made.
///
/// A request is claimed first, under an order id that derives from its caller and key. Then its stock is reserved under that id, and
/// then one write decides for ever: the order and its answer, or the refusal and the duty to give the stock back. Whoever dies in
/// between leaves a claim that somebody resumes, forward, with the same id. So no stock is ever held for an order that will not exist.
///
/// # Why the stock is not given back before the refusal is written
///
/// Only the holder of the claim may decide, and only the write can tell who that is. A holder that was too slow, and released first,
/// could take the stock from under the order that its successor has just written.
pub(crate) struct Creation {
    pub(crate) db: Database,
    pub(crate) inventory: Arc<dyn Inventory>,
    /// How long a claim is held.
    pub(crate) lease: Duration,
    /// How long Inventory may take to answer.
    pub(crate) patience: Duration,
    /// Woken when a claim was given back.
    pub(crate) recoverer: Worker,
    /// Woken when stock is to be given back.
    pub(crate) releaser: Worker,
}

/// What is kept with a claim, for whoever goes on with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Begun {
    order: NewOrder,
    request_id: String,
    correlation_id: String,
}

/// Where a request stands after it was claimed.
enum Start {
    /// It is ours to carry out.
    Ours(Ticket),
    /// It was answered before.
    Answered(Result<Order, OrderError>),
}

impl Creation {
    /// The command.
    pub(crate) async fn create(&self, order: NewOrder) -> Result<Order, OrderError> {
        order.validate()?;
        match self.start(&order).await? {
            Start::Answered(answer) => answer,
            Start::Ours(ticket) => self.carry_out(ticket, order).await,
        }
    }

    /// Requests that nobody carries out any more, oldest first, at most 100.
    pub(crate) async fn left_over(&self) -> Result<Vec<Expired>, DatabaseError> {
        idempotency::expired(&self.db, OPERATION).await
    }

    /// Goes on with such a request, as the request that it was. An answer, whatever it is, is stored and ends it; an error means that it is
    /// still open.
    pub(crate) async fn resume(&self, expired: Expired) -> Result<(), OrderError> {
        let begun: Begun = expired.request()?;
        let lease = self.lease;
        let taken = self.db.write(move |tx| {
            Box::pin(async move { Ok::<_, OrderError>(idempotency::resume(tx, &expired, lease).await?) })
        });
        let Some(ticket) = taken.await? else {
            return Ok(());
        };
        let context = Context {
            request_id: begun.request_id,
            correlation_id: begun.correlation_id,
            caller: ticket.scope.caller.clone(),
            ..Context::current()
        };
        match context.scope(self.carry_out(ticket, begun.order)).await {
            Err(open @ (Error::ServiceUnavailable { .. } | Error::Transport(_) | Error::Internal)) => Err(open),
            _answered => Ok(()),
        }
    }

    async fn start(&self, order: &NewOrder) -> Result<Start, OrderError> {
        let scope = Scope::current(OPERATION, &order.key);
        let fingerprint = idempotency::fingerprint(order)?;
        let context = Context::current();
        let begun = Begun {
            order: order.clone(),
            request_id: context.request_id,
            correlation_id: context.correlation_id,
        };
        let lease = self.lease;
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    match idempotency::claim(tx, &scope, &fingerprint, &begun, lease).await? {
                        Claim::New(ticket) => known(tx, ticket, &begun.order).await,
                        Claim::Resumed(ticket) => Ok(Start::Ours(ticket)),
                        Claim::Replay(stored) => Ok(Start::Answered(stored.reply()?)),
                        Claim::InFlight { retry_after } => Err(in_flight(scope.key, retry_after)),
                        Claim::Reused => Err(Error::KeyReused { key: scope.key }),
                    }
                })
            })
            .await
    }

    async fn carry_out(&self, ticket: Ticket, order: NewOrder) -> Result<Order, OrderError> {
        let order_id = order_id(&ticket.scope);
        let request = ReservationRequest {
            order_id,
            items: order.items.clone(),
        };
        let reserved = ask("inventory", self.patience, self.inventory.reserve(request)).await;
        let accepted = match reserved {
            Ok(reserved) => domain::accept(order, order_id, reserved, Timestamp::now()),
            Err(error) => match domain::not_reserved(error, &order) {
                Refusal::Final(error) => Err(error),
                Refusal::Open(error) => return Err(self.give_back(ticket, error).await),
            },
        };
        let releaser = self.releaser.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    match accepted {
                        Ok((order, event)) => {
                            idempotency::complete(tx, &ticket, &Ok::<_, OrderError>(&order)).await?;
                            if !orders::insert(tx, &order).await? {
                                return Err(changes::overtaken(order_id));
                            }
                            events::append(tx, SOURCE, &event).await?;
                            Ok(Ok(order))
                        }
                        Err(refusal) => {
                            idempotency::complete(tx, &ticket, &Err::<Order, _>(&refusal)).await?;
                            releases::fall_due(tx, order_id).await?;
                            tx.on_commit(move || releaser.wake());
                            Ok(Err(refusal))
                        }
                    }
                })
            })
            .await?
    }

    /// Leaves an undecided request to whoever comes first: the caller's repetition or the recoverer.
    async fn give_back(&self, ticket: Ticket, error: OrderError) -> OrderError {
        let recoverer = self.recoverer.clone();
        let given_back: Result<(), DatabaseError> = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    idempotency::release(tx, &ticket).await?;
                    tx.on_commit(move || recoverer.wake());
                    Ok(())
                })
            })
            .await;
        if let Err(error) = given_back {
            tracing::warn!(%error, "claim was not given back; it can be resumed when its lease runs out");
        }
        error
    }
}

/// A key whose answer was forgotten long ago must still not make a second order: the order itself says what was asked then.
async fn known(tx: &mut Tx, ticket: Ticket, request: &NewOrder) -> Result<Start, OrderError> {
    let Some(order) = orders::find_in(tx, order_id(&ticket.scope)).await? else {
        return Ok(Start::Ours(ticket));
    };
    if !domain::is_from(&order, request) {
        return Err(Error::KeyReused { key: ticket.scope.key });
    }
    idempotency::complete(tx, &ticket, &Ok::<_, OrderError>(&order)).await?;
    Ok(Start::Answered(Ok(order)))
}

fn order_id(scope: &Scope) -> OrderId {
    OrderId::derive(&[&scope.caller, &scope.key])
}

fn in_flight(key: String, retry_after: Duration) -> OrderError {
    let retry_after_ms = u64::try_from(retry_after.min(SOON).as_millis()).unwrap_or(u64::MAX);
    Error::InFlight { key, retry_after_ms }
}
