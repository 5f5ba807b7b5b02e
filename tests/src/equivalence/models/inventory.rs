use std::{borrow::Cow, collections::BTreeMap};

use commerce::{
    Error, Inventory, InventoryCall, InventoryConflict, InventoryError, InventoryEvent, InventoryReply, OrderId,
    Product, ProductUpdate, Reservation, ReservationRequest, ReservationStatus, ReservedLine, Sku,
};
use proptest::prelude::*;
use seam::equivalence::{Cell, Model};
use serde_json::{Value, json};

use super::{
    log::Log,
    values::{items, order_id, page, page_of, price, sku},
};

/// The behaviour that [`Inventory`] promises.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InventoryModel {
    products: BTreeMap<Sku, Product>,
    reservations: BTreeMap<OrderId, Reservation>,
    log: Log,
}

impl InventoryModel {
    /// The stock of every product, as effects show it.
    pub(crate) fn stock(&self) -> Value {
        let products: Vec<Product> = self.products.values().cloned().collect();
        Self::stock_of(&products)
    }

    /// The stock of `products`, as effects show it.
    pub(crate) fn stock_of(products: &[Product]) -> Value {
        let counts = |product: &Product| json!([product.sku, product.stock, product.reserved, product.committed]);
        products.iter().map(counts).collect()
    }

    fn put(&mut self, update: ProductUpdate) -> Result<Product, InventoryError> {
        update.validate()?;
        let ProductUpdate { sku, price, stock } = update;
        let now = self.log.now();
        let product = self.products.entry(sku.clone()).or_insert_with(|| Product {
            sku: sku.clone(),
            price,
            stock,
            reserved: 0,
            committed: 0,
            version: 0,
            updated_at: now,
        });
        (product.price, product.stock, product.updated_at) = (price, stock, now);
        product.version += 1;
        let product = product.clone();
        self.log.append(&InventoryEvent::ProductPut { sku, price, stock });
        Ok(product)
    }

    fn get(&self, sku: &Sku) -> Result<Product, InventoryError> {
        let missing = || not_found("product", sku);
        self.products.get(sku).cloned().ok_or_else(missing)
    }

    fn reserve(&mut self, request: &ReservationRequest) -> Result<Reservation, InventoryError> {
        request.validate()?;
        let ReservationRequest { order_id, items } = request;
        if let Some(known) = self.reservations.get(order_id) {
            return reserve_again(known, request);
        }
        let mut by_sku: Vec<_> = items.iter().collect();
        by_sku.sort_by(|a, b| a.sku.cmp(&b.sku));
        for item in by_sku {
            let (sku, wanted) = (item.sku.clone(), item.quantity);
            match self.products.get(&sku) {
                None => return Err(Error::Conflict(InventoryConflict::UnknownProduct { sku })),
                Some(Product { stock, .. }) if *stock < wanted => {
                    let available = *stock;
                    let conflict = InventoryConflict::InsufficientStock { sku, wanted, available };
                    return Err(Error::Conflict(conflict));
                }
                Some(_) => {}
            }
        }
        let lines = items.iter().map(|item| ReservedLine {
            sku: item.sku.clone(),
            quantity: item.quantity,
            unit_price: self.products[&item.sku].price,
        });
        let lines: Vec<_> = lines.collect();
        let event = InventoryEvent::StockReserved {
            order_id: *order_id,
            lines: lines.clone(),
        };
        let reservation = self.begin(*order_id, ReservationStatus::Reserved, lines);
        self.shift(&reservation, None, ReservationStatus::Reserved);
        self.log.append(&event);
        Ok(reservation)
    }

    fn release(&mut self, order_id: OrderId) -> Result<Reservation, InventoryError> {
        if self.reservations.contains_key(&order_id) {
            return self.advance(order_id, ReservationStatus::Released);
        }
        let nothing = self.begin(order_id, ReservationStatus::Released, Vec::new());
        self.log.append(&InventoryEvent::StockReleased { order_id });
        Ok(nothing)
    }

    fn begin(&mut self, order_id: OrderId, status: ReservationStatus, lines: Vec<ReservedLine>) -> Reservation {
        let now = self.log.now();
        let reservation = Reservation {
            order_id,
            status,
            lines,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.reservations.insert(order_id, reservation.clone());
        reservation
    }

    fn advance(&mut self, order_id: OrderId, to: ReservationStatus) -> Result<Reservation, InventoryError> {
        let Some(before) = self.reservations.get(&order_id).cloned() else {
            return Err(not_found("reservation", order_id));
        };
        let from = before.status;
        if from == to {
            return Ok(before);
        }
        if !from.can_become(to) {
            return Err(Error::Conflict(InventoryConflict::IllegalTransition { from, to }));
        }
        let after = Reservation {
            status: to,
            version: before.version + 1,
            updated_at: self.log.now(),
            ..before
        };
        self.reservations.insert(order_id, after.clone());
        self.shift(&after, Some(from), to);
        self.log.append(&match to {
            ReservationStatus::Committed => InventoryEvent::StockCommitted { order_id },
            _ => InventoryEvent::StockReleased { order_id },
        });
        Ok(after)
    }

    /// Moves a reservation's items from the count of one status to that of another.
    fn shift(&mut self, reservation: &Reservation, from: Option<ReservationStatus>, to: ReservationStatus) {
        for line in &reservation.lines {
            let product = self.products.get_mut(&line.sku).expect("what is reserved exists");
            *count(product, from) -= line.quantity;
            *count(product, Some(to)) += line.quantity;
            product.version += 1;
            product.updated_at = reservation.updated_at;
        }
    }
}

fn count(product: &mut Product, status: Option<ReservationStatus>) -> &mut i64 {
    match status {
        Some(ReservationStatus::Reserved) => &mut product.reserved,
        Some(ReservationStatus::Committed) => &mut product.committed,
        Some(ReservationStatus::Released) | None => &mut product.stock,
    }
}

fn reserve_again(known: &Reservation, request: &ReservationRequest) -> Result<Reservation, InventoryError> {
    if known.status == ReservationStatus::Released {
        let (from, to) = (ReservationStatus::Released, ReservationStatus::Reserved);
        return Err(Error::Conflict(InventoryConflict::IllegalTransition { from, to }));
    }
    let sorted = |mut items: Vec<(Sku, i64)>| {
        items.sort();
        items
    };
    let reserved = sorted(
        known
            .lines
            .iter()
            .map(|line| (line.sku.clone(), line.quantity))
            .collect(),
    );
    let wanted = sorted(
        request
            .items
            .iter()
            .map(|item| (item.sku.clone(), item.quantity))
            .collect(),
    );
    if reserved == wanted {
        return Ok(known.clone());
    }
    let order_id = known.order_id;
    Err(Error::Conflict(InventoryConflict::OtherItems { order_id }))
}

fn not_found(what: &str, id: impl ToString) -> InventoryError {
    Error::NotFound {
        what: what.to_owned(),
        id: id.to_string(),
    }
}

impl Model for InventoryModel {
    type Contract = dyn Inventory;

    fn next_call(&self) -> BoxedStrategy<InventoryCall> {
        let stock = prop_oneof![8 => 0..=10_i64, 1 => prop::sample::select(&[-1, 1_000_000_000, 1_000_000_001][..])];
        let put = (sku(), price(), stock).prop_map(|(sku, price, stock)| InventoryCall::PutProduct {
            product: ProductUpdate { sku, price, stock },
        });
        let reserve = (order_id(), items()).prop_map(|(order_id, items)| InventoryCall::Reserve {
            request: ReservationRequest { order_id, items },
        });
        let mut again: Vec<InventoryCall> = Vec::new();
        for known in self.reservations.values().filter(|known| !known.lines.is_empty()) {
            let item = |line: &ReservedLine| commerce::Item {
                sku: line.sku.clone(),
                quantity: line.quantity,
            };
            let request = ReservationRequest {
                order_id: known.order_id,
                items: known.lines.iter().rev().map(item).collect(),
            };
            again.push(InventoryCall::Reserve { request });
        }
        let calls = prop_oneof![
            6 => put,
            2 => sku().prop_map(|sku| InventoryCall::GetProduct { sku }),
            1 => page().prop_map(|page| InventoryCall::ListProducts { page }),
            6 => reserve,
            3 => order_id().prop_map(|order_id| InventoryCall::Release { order_id }),
            3 => order_id().prop_map(|order_id| InventoryCall::Commit { order_id }),
        ];
        if again.is_empty() {
            return calls.boxed();
        }
        prop_oneof![6 => calls, 1 => prop::sample::select(again)].boxed()
    }

    fn apply(&mut self, call: &InventoryCall) -> InventoryReply {
        match call.clone() {
            InventoryCall::PutProduct { product } => InventoryReply::PutProduct(self.put(product)),
            InventoryCall::GetProduct { sku } => InventoryReply::GetProduct(self.get(&sku)),
            InventoryCall::ListProducts { page } => {
                let listed = page.validate().map_err(InventoryError::from);
                let all = || self.products.values().cloned().collect();
                InventoryReply::ListProducts(listed.map(|page| page_of(all(), page)))
            }
            InventoryCall::Reserve { request } => InventoryReply::Reserve(self.reserve(&request)),
            InventoryCall::Release { order_id } => InventoryReply::Release(self.release(order_id)),
            InventoryCall::Commit { order_id } => {
                InventoryReply::Commit(self.advance(order_id, ReservationStatus::Committed))
            }
        }
    }

    fn state(&self, call: &InventoryCall) -> Cow<'static, str> {
        let product = |sku| {
            if self.products.contains_key(sku) {
                "known"
            } else {
                "unknown"
            }
        };
        let reservation = |order_id| match self.reservations.get(order_id).map(|known| known.status) {
            None => "none",
            Some(ReservationStatus::Reserved) => "reserved",
            Some(ReservationStatus::Committed) => "committed",
            Some(ReservationStatus::Released) => "released",
        };
        let state = match call {
            InventoryCall::PutProduct { product: update } => product(&update.sku),
            InventoryCall::GetProduct { sku } => product(sku),
            InventoryCall::ListProducts { .. } => "any",
            InventoryCall::Reserve { request } => reservation(&request.order_id),
            InventoryCall::Release { order_id } | InventoryCall::Commit { order_id } => reservation(order_id),
        };
        state.into()
    }

    fn reachable() -> Vec<Cell> {
        Cell::table(&[
            ("unknown", "put_product", "ok invalid_input"),
            ("known", "put_product", "ok invalid_input"),
            ("unknown", "get_product", "not_found"),
            ("known", "get_product", "ok"),
            ("any", "list_products", "ok invalid_input"),
            (
                "none",
                "reserve",
                "ok invalid_input conflict/unknown_product conflict/insufficient_stock",
            ),
            ("reserved", "reserve", "ok invalid_input conflict/other_items"),
            ("committed", "reserve", "ok invalid_input conflict/other_items"),
            ("released", "reserve", "invalid_input conflict/illegal_transition"),
            ("none", "release", "ok"),
            ("reserved", "release", "ok"),
            ("committed", "release", "ok"),
            ("released", "release", "ok"),
            ("none", "commit", "not_found"),
            ("reserved", "commit", "ok"),
            ("committed", "commit", "ok"),
            ("released", "commit", "conflict/illegal_transition"),
        ])
    }

    fn effects(&self) -> Vec<Value> {
        self.log.events()
    }
}
