use std::{borrow::Cow, collections::BTreeMap};

use commerce::{
    Error, Inventory, InventoryCall, InventoryConflict, InventoryError, InventoryReply, Item, NewOrder, Order,
    OrderConflict, OrderError, OrderEvent, OrderId, OrderLine, OrderStatus, Orders, OrdersCall, OrdersReply,
    PageRequest, ReservationRequest, Shipment,
};
use proptest::prelude::*;
use seam::{
    Context,
    equivalence::{Cell, Model},
};
use serde_json::{Value, json};

use super::{
    InventoryModel, fake_payments,
    log::Log,
    values::{page_of, price_in},
};

mod calls;

/// The behaviour that [`Orders`] promises, with what it needs of Inventory and Payments.
#[derive(Clone, Debug, PartialEq)]
pub struct OrdersModel {
    orders: BTreeMap<OrderId, Order>,
    /// By key, the first request and its reply, which stays the same for ever.
    answered: BTreeMap<String, (NewOrder, Result<Order, OrderError>)>,
    inventory: InventoryModel,
    refunds: Vec<Value>,
    log: Log,
}

impl OrdersModel {
    /// Starts without orders, in a shop of four products: plenty of tea, three cups, one in another currency,
    /// one too expensive.
    pub fn begin() -> Self {
        let mut inventory = InventoryModel::default();
        for (sku, price, stock) in [
            ("tea", price_in(fake_payments::PAID_CENTS, "EUR"), 1_000_000_000),
            ("cup", price_in(300, "EUR"), 3),
            ("a/b?c#d", price_in(50, "JPY"), 1_000_000_000),
            ("gold", price_in(i64::MAX / 2, "EUR"), 1_000_000_000),
        ] {
            let sku = sku.parse().expect("it is a sku");
            let product = commerce::ProductUpdate { sku, price, stock };
            inventory.apply(&InventoryCall::PutProduct { product });
        }
        Self {
            orders: BTreeMap::new(),
            answered: BTreeMap::new(),
            inventory,
            refunds: Vec::new(),
            log: Log::default(),
        }
    }

    /// The shop before the first order.
    pub fn inventory(&self) -> &InventoryModel {
        &self.inventory
    }

    fn create(&mut self, request: NewOrder) -> Result<Order, OrderError> {
        request.validate()?;
        let key = request.key.to_string();
        if let Some((first, answer)) = self.answered.get(&key) {
            return if *first == request {
                answer.clone()
            } else {
                Err(Error::KeyReused { key })
            };
        }
        let answer = self.decide(&request);
        self.answered.insert(key, (request, answer.clone()));
        answer
    }

    fn decide(&mut self, request: &NewOrder) -> Result<Order, OrderError> {
        let id = OrderId::derive(&[Context::ANONYMOUS, request.key.as_str()]);
        let accepted = self.reserve(id, &request.items).and_then(|lines| {
            let total = total(&lines)?;
            Ok((lines, total))
        });
        let (lines, total) = match accepted {
            Ok(accepted) => accepted,
            Err(refusal) => {
                self.inventory.apply(&InventoryCall::Release { order_id: id });
                return Err(refusal);
            }
        };
        let now = self.log.now();
        let order = Order {
            id,
            customer_id: request.customer_id.clone(),
            contact: request.contact.clone(),
            payment_method: request.payment_method.clone(),
            status: OrderStatus::Pending,
            lines,
            total,
            payment_id: None,
            cancel_reason: None,
            shipment: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.log.append(&OrderEvent::OrderCreated {
            order_id: id,
            customer_id: order.customer_id.clone(),
            contact: order.contact.clone(),
            lines: order.lines.clone(),
            total,
        });
        self.orders.insert(id, order.clone());
        Ok(order)
    }

    fn reserve(&mut self, order_id: OrderId, items: &[Item]) -> Result<Vec<OrderLine>, OrderError> {
        let items = items.to_vec();
        let request = ReservationRequest { order_id, items };
        let InventoryReply::Reserve(reserved) = self.inventory.apply(&InventoryCall::Reserve { request }) else {
            unreachable!("a reservation is answered as one");
        };
        let line = |line: commerce::ReservedLine| OrderLine {
            sku: line.sku,
            quantity: line.quantity,
            unit_price: line.unit_price,
        };
        match reserved {
            Ok(reservation) => Ok(reservation.lines.into_iter().map(line).collect()),
            Err(error) => Err(not_reserved(error)),
        }
    }

    fn get(&self, order_id: OrderId) -> Result<Order, OrderError> {
        let missing = || Error::NotFound {
            what: "order".to_owned(),
            id: order_id.to_string(),
        };
        self.orders.get(&order_id).cloned().ok_or_else(missing)
    }

    fn confirm(&mut self, order_id: OrderId) -> Result<Order, OrderError> {
        let order = self.get(order_id)?;
        if !matches!(order.status, OrderStatus::Pending | OrderStatus::Confirmed) {
            return Err(illegal(order.status, OrderStatus::Confirmed));
        }
        let payment = fake_payments::payment_of(order_id).filter(|payment| payment.captured == order.total);
        let Some(payment) = payment else {
            return Err(Error::Conflict(OrderConflict::NotPaid { order_id }));
        };
        self.go(order_id, OrderStatus::Confirmed, |order| {
            order.payment_id = Some(payment.id);
            OrderEvent::OrderConfirmed {
                order_id,
                payment_id: payment.id,
            }
        })
    }

    fn cancel(&mut self, order_id: OrderId, reason: String) -> Result<Order, OrderError> {
        Order::validate_cancel_reason(&reason)?;
        let before = self.get(order_id)?;
        let after = self.go(order_id, OrderStatus::Cancelled, |order| {
            order.cancel_reason = Some(reason.clone());
            OrderEvent::OrderCancelled { order_id, reason }
        })?;
        if before.status == OrderStatus::Confirmed {
            let refund = json!({ "payment_id": before.payment_id, "amount": before.total });
            self.refunds.push(refund);
            self.refunds.sort_by_key(Value::to_string);
        }
        Ok(after)
    }

    fn ship(&mut self, order_id: OrderId, shipment: Shipment) -> Result<Order, OrderError> {
        shipment.validate()?;
        let order = self.get(order_id)?;
        if order.status == OrderStatus::Shipped && order.shipment.as_ref() != Some(&shipment) {
            return Err(illegal(OrderStatus::Shipped, OrderStatus::Shipped));
        }
        self.go(order_id, OrderStatus::Shipped, |order| {
            order.shipment = Some(shipment.clone());
            OrderEvent::OrderShipped { order_id, shipment }
        })
    }

    fn deliver(&mut self, order_id: OrderId) -> Result<Order, OrderError> {
        self.get(order_id)?;
        self.go(order_id, OrderStatus::Delivered, |_| OrderEvent::OrderDelivered {
            order_id,
        })
    }

    fn go(
        &mut self,
        order_id: OrderId,
        to: OrderStatus,
        change: impl FnOnce(&mut Order) -> OrderEvent,
    ) -> Result<Order, OrderError> {
        let mut order = self.get(order_id)?;
        if order.status == to {
            return Ok(order);
        }
        if !order.status.can_become(to) {
            return Err(illegal(order.status, to));
        }
        order.status = to;
        order.version += 1;
        order.updated_at = self.log.now();
        let event = change(&mut order);
        self.log.append(&event);
        self.orders.insert(order_id, order.clone());
        Ok(order)
    }

    fn list(&self, customer: &commerce::CustomerId, page: PageRequest) -> Result<commerce::Page<Order>, OrderError> {
        let page = page.validate()?;
        let mut own: Vec<Order> = self
            .orders
            .values()
            .filter(|order| order.customer_id == *customer)
            .cloned()
            .collect();
        own.sort_by_key(|order| std::cmp::Reverse(order.created_at));
        Ok(page_of(own, page))
    }
}

fn total(lines: &[OrderLine]) -> Result<commerce::Money, OrderError> {
    let refused = |reason: String| Error::Conflict(OrderConflict::Total { reason });
    let mut prices = lines.iter().map(|line| line.unit_price.checked_mul(line.quantity));
    let first = prices.next().unwrap_or_else(|| unreachable!("an order has items"));
    let sum = prices.try_fold(first.map_err(|error| refused(error.to_string()))?, |sum, price| {
        price.and_then(|price| sum.checked_add(price))
    });
    sum.map_err(|error| refused(error.to_string()))
}

fn not_reserved(error: InventoryError) -> OrderError {
    match error {
        Error::Conflict(InventoryConflict::UnknownProduct { sku }) => {
            Error::Conflict(OrderConflict::UnknownProduct { sku })
        }
        Error::Conflict(InventoryConflict::InsufficientStock { sku, wanted, available }) => {
            Error::Conflict(OrderConflict::InsufficientStock { sku, wanted, available })
        }
        other => unreachable!("a fresh order is refused for its stock only, not for {other}"),
    }
}

fn illegal(from: OrderStatus, to: OrderStatus) -> OrderError {
    Error::Conflict(OrderConflict::IllegalTransition { from, to })
}

impl Model for OrdersModel {
    type Contract = dyn Orders;

    fn next_call(&self) -> BoxedStrategy<OrdersCall> {
        calls::of(self)
    }

    fn apply(&mut self, call: &OrdersCall) -> OrdersReply {
        match call.clone() {
            OrdersCall::CreateOrder { order } => OrdersReply::CreateOrder(self.create(order)),
            OrdersCall::GetOrder { order_id } => OrdersReply::GetOrder(self.get(order_id)),
            OrdersCall::ListOrdersForCustomer { customer_id, page } => {
                OrdersReply::ListOrdersForCustomer(self.list(&customer_id, page))
            }
            OrdersCall::ConfirmOrder { order_id } => OrdersReply::ConfirmOrder(self.confirm(order_id)),
            OrdersCall::CancelOrder { order_id, reason } => OrdersReply::CancelOrder(self.cancel(order_id, reason)),
            OrdersCall::ShipOrder { order_id, shipment } => OrdersReply::ShipOrder(self.ship(order_id, shipment)),
            OrdersCall::DeliverOrder { order_id } => OrdersReply::DeliverOrder(self.deliver(order_id)),
        }
    }

    fn state(&self, call: &OrdersCall) -> Cow<'static, str> {
        let of = |order_id| match self.orders.get(order_id).map(|order| order.status) {
            None => "none",
            Some(OrderStatus::Pending) => "pending",
            Some(OrderStatus::Confirmed) => "confirmed",
            Some(OrderStatus::Shipped) => "shipped",
            Some(OrderStatus::Delivered) => "delivered",
            Some(OrderStatus::Cancelled) => "cancelled",
        };
        let state = match call {
            OrdersCall::CreateOrder { order } => match self.answered.get(order.key.as_str()) {
                None => "fresh key",
                Some((_, Ok(_))) => "key of an order",
                Some((_, Err(_))) => "key of a refusal",
            },
            OrdersCall::ListOrdersForCustomer { .. } => "any",
            OrdersCall::GetOrder { order_id }
            | OrdersCall::ConfirmOrder { order_id }
            | OrdersCall::CancelOrder { order_id, .. }
            | OrdersCall::ShipOrder { order_id, .. }
            | OrdersCall::DeliverOrder { order_id } => of(order_id),
        };
        state.into()
    }

    fn reachable() -> Vec<Cell> {
        let refused = "conflict/unknown_product conflict/insufficient_stock";
        let illegal = "conflict/illegal_transition";
        Cell::table(&[
            ("fresh key", "create_order", "ok invalid_input conflict/total"),
            ("fresh key", "create_order", refused),
            ("key of an order", "create_order", "ok key_reused invalid_input"),
            (
                "key of a refusal",
                "create_order",
                "key_reused invalid_input conflict/total",
            ),
            ("key of a refusal", "create_order", refused),
            ("none", "get_order", "not_found"),
            ("pending", "get_order", "ok"),
            ("confirmed", "get_order", "ok"),
            ("shipped", "get_order", "ok"),
            ("delivered", "get_order", "ok"),
            ("cancelled", "get_order", "ok"),
            ("any", "list_orders_for_customer", "ok invalid_input"),
            ("none", "confirm_order", "not_found"),
            ("pending", "confirm_order", "ok conflict/not_paid"),
            ("confirmed", "confirm_order", "ok"),
            ("shipped", "confirm_order", illegal),
            ("delivered", "confirm_order", illegal),
            ("cancelled", "confirm_order", illegal),
            ("none", "cancel_order", "not_found invalid_input"),
            ("pending", "cancel_order", "ok invalid_input"),
            ("confirmed", "cancel_order", "ok invalid_input"),
            ("shipped", "cancel_order", "conflict/illegal_transition invalid_input"),
            ("delivered", "cancel_order", "conflict/illegal_transition invalid_input"),
            ("cancelled", "cancel_order", "ok invalid_input"),
            ("none", "ship_order", "not_found invalid_input"),
            ("pending", "ship_order", "conflict/illegal_transition invalid_input"),
            ("confirmed", "ship_order", "ok invalid_input"),
            ("shipped", "ship_order", "ok conflict/illegal_transition invalid_input"),
            ("delivered", "ship_order", "conflict/illegal_transition invalid_input"),
            ("cancelled", "ship_order", "conflict/illegal_transition invalid_input"),
            ("none", "deliver_order", "not_found"),
            ("pending", "deliver_order", illegal),
            ("confirmed", "deliver_order", illegal),
            ("shipped", "deliver_order", "ok"),
            ("delivered", "deliver_order", "ok"),
            ("cancelled", "deliver_order", illegal),
        ])
    }

    fn effects(&self) -> Vec<Value> {
        vec![
            json!({ "events": self.log.events() }),
            json!({ "stock": self.inventory.stock() }),
            json!({ "refunds": self.refunds }),
        ]
    }
}

/// The stock that `inventory` reports, as effects show it.
pub(crate) async fn stock(inventory: &dyn Inventory) -> Result<Value, String> {
    let all = PageRequest {
        page: 1,
        page_size: PageRequest::MAX_SIZE,
    };
    let products = inventory.list_products(all).await.map_err(|error| error.to_string())?;
    Ok(InventoryModel::stock_of(&products.items))
}
