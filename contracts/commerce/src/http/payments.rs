//! HTTP binding of [`Payments`].

use std::sync::Arc;

use axum::Router;
use seam::http::Transport;
use serde::{Deserialize, Serialize};

use super::{
    client::{Outgoing, RestClient},
    failure::Failure,
    incoming::Incoming,
    operation::Operation,
    path::path,
    reply::Success,
    routes::Routes,
};
use crate::{
    ErrorCode, Money, OrderId, Page, PageRequest, Payment, PaymentConflict, PaymentError, PaymentId, Payments, Refund,
    money::PositiveMoney,
};

/// Serves an implementation at `/v2/payments/...` and `/v2/orders/{order_id}/payments`.
pub fn router(payments: Arc<dyn Payments>) -> Router {
    routes().over(payments)
}

/// Body of a request for a refund. The key travels as a header.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefundRequest {
    /// Amount to refund: more than zero, in the payment's currency.
    #[schema(value_type = PositiveMoney)]
    amount: Money,
}

pub(crate) fn routes() -> Routes<dyn Payments> {
    let known = &[ErrorCode::NotFound];
    let process = Operation::post(
        "/v2/orders/{order_id}/payments",
        "process_payment",
        "Charges the order's total once, however often it is called: 201 at first, then 200 with the present state.",
    );
    let list = Operation::get(
        "/v2/orders/{order_id}/payments",
        "list_payments_for_order",
        "Lists the payments of an order, oldest first.",
    );
    let get = Operation::get(
        "/v2/payments/{payment_id}",
        "get_payment",
        "Returns the payment in its present state.",
    );
    let refund = Operation::post(
        "/v2/payments/{payment_id}/refunds",
        "refund_payment",
        "Refunds a part or all of the captured amount.",
    );
    Routes::new()
        .serve(
            process
                .returns::<Payment>()
                .creates(&[201, 200])
                .fails(known)
                .conflicts::<PaymentConflict>(),
            process_payment,
        )
        .serve(list.lists::<Payment>(), list_payments_for_order)
        .serve(get.returns::<Payment>().fails(known), get_payment)
        .serve(
            refund
                .keyed()
                .takes::<RefundRequest>()
                .returns::<Payment>()
                .fails(known)
                .conflicts::<PaymentConflict>(),
            refund_payment,
        )
}

async fn process_payment(payments: Arc<dyn Payments>, request: Incoming) -> Result<Success, Failure> {
    request.no_body()?;
    let payment = payments.process_payment(request.id("order_id")?).await?;
    Success::created_or_found(path("/v2/payments/{}", &payment.id), &payment)
}

async fn list_payments_for_order(payments: Arc<dyn Payments>, request: Incoming) -> Result<Success, Failure> {
    let (order_id, page) = (request.id("order_id")?, request.query.page()?);
    Success::ok(&payments.list_payments_for_order(order_id, page).await?)
}

async fn get_payment(payments: Arc<dyn Payments>, request: Incoming) -> Result<Success, Failure> {
    Success::ok(&payments.get_payment(request.id("payment_id")?).await?)
}

async fn refund_payment(payments: Arc<dyn Payments>, request: Incoming) -> Result<Success, Failure> {
    let payment_id = request.id("payment_id")?;
    let key = request.key()?;
    let RefundRequest { amount } = request.json()?;
    Success::ok(&payments.refund_payment(payment_id, Refund { key, amount }).await?)
}

/// Client that implements the contract: every call is a request to the [`router`] at the other end.
#[derive(Clone, Debug)]
pub struct Client<T> {
    rest: RestClient<T>,
}

impl<T: Transport> Client<T> {
    /// Makes a client that sends its requests through `transport`.
    pub fn new(transport: T) -> Self {
        Self {
            rest: RestClient::new("payments", transport),
        }
    }
}

#[seam::async_trait]
impl<T: Transport> Payments for Client<T> {
    async fn process_payment(&self, order_id: OrderId) -> Result<Payment, PaymentError> {
        let request = Outgoing::post(path("/v2/orders/{}/payments", &order_id));
        self.rest.call(request).await
    }

    async fn get_payment(&self, payment_id: PaymentId) -> Result<Payment, PaymentError> {
        let request = Outgoing::get(path("/v2/payments/{}", &payment_id));
        self.rest.call(request).await
    }

    async fn list_payments_for_order(
        &self,
        order_id: OrderId,
        page: PageRequest,
    ) -> Result<Page<Payment>, PaymentError> {
        let request = Outgoing::get(path("/v2/orders/{}/payments", &order_id)).page(page);
        self.rest.call(request).await
    }

    async fn refund_payment(&self, payment_id: PaymentId, refund: Refund) -> Result<Payment, PaymentError> {
        let Refund { key, amount } = refund;
        let request = Outgoing::post(path("/v2/payments/{}/refunds", &payment_id)).key(&key);
        self.rest.call(request.json(&RefundRequest { amount })).await
    }
}
