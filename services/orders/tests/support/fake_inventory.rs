use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use commerce::{
    Currency, Error, Inventory, InventoryConflict, InventoryError, Money, OrderId, Page, PageRequest, Product,
    ProductUpdate, Reservation, ReservationRequest, ReservationStatus, ReservedLine, Sku, Timestamp,
};
use seam::TransportFailure;
use shared::testing::until;

/// Behaviour of a fake from now on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conduct {
    #[default]
    Answers,
    /// Does nothing and never answers.
    HangsBefore,
    /// Does what it is asked and never answers.
    HangsAfter,
    /// Breaks the connection before it has done anything.
    BreaksBefore,
    /// Breaks the connection after it has done what it was asked.
    BreaksAfter,
}

/// A fake of Inventory in memory that keeps the contract.
#[derive(Debug, Default)]
pub struct FakeInventory {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    conduct: Conduct,
    afterwards: Option<Conduct>,
    calls: usize,
    products: BTreeMap<Sku, (Money, i64)>,
    reservations: BTreeMap<OrderId, Reservation>,
    releases: Vec<OrderId>,
}

impl FakeInventory {
    pub fn conduct(&self, conduct: Conduct) {
        self.state().conduct = conduct;
    }

    /// Answers the next call, and behaves as `conduct` says from then on.
    pub fn answer_once_then(&self, conduct: Conduct) {
        let mut state = self.state();
        state.conduct = Conduct::Answers;
        state.afterwards = Some(conduct);
    }

    pub fn put(&self, sku: &str, cents: i64, currency: &str, stock: i64) {
        let price = Money::new(cents, Currency::try_from(currency.to_owned()).unwrap());
        self.state().products.insert(sku.parse().unwrap(), (price, stock));
    }

    pub fn stock(&self, sku: &str) -> i64 {
        self.state().products[&sku.parse().unwrap()].1
    }

    pub fn reservation(&self, order_id: OrderId) -> Option<ReservationStatus> {
        self.state()
            .reservations
            .get(&order_id)
            .map(|reservation| reservation.status)
    }

    /// The orders that have stock reserved.
    pub fn held(&self) -> Vec<OrderId> {
        let state = self.state();
        let held = state
            .reservations
            .values()
            .filter(|r| r.status != ReservationStatus::Released);
        held.map(|reservation| reservation.order_id).collect()
    }

    /// Number of releases that were requested for the order.
    pub fn releases(&self, order_id: OrderId) -> usize {
        let state = self.state();
        state.releases.iter().filter(|released| **released == order_id).count()
    }

    pub fn calls(&self) -> usize {
        self.state().calls
    }

    /// Waits until it was called this many times.
    pub async fn called(&self, times: usize) {
        until("inventory is called", async || (self.calls() >= times).then_some(())).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    async fn answer<T>(&self, work: impl FnOnce(&mut State) -> Result<T, InventoryError>) -> Result<T, InventoryError> {
        let broken = || Err(Error::Transport(TransportFailure::new("inventory", "connection reset")));
        let (conduct, outcome) = {
            let mut state = self.state();
            state.calls += 1;
            let conduct = state.conduct;
            state.conduct = state.afterwards.take().unwrap_or(conduct);
            let does = !matches!(conduct, Conduct::HangsBefore | Conduct::BreaksBefore);
            (conduct, does.then(|| work(&mut state)))
        };
        match (conduct, outcome) {
            (Conduct::Answers, Some(outcome)) => outcome,
            (Conduct::HangsBefore | Conduct::HangsAfter, _) => std::future::pending().await,
            _ => broken(),
        }
    }
}

impl State {
    fn reserve(&mut self, request: ReservationRequest) -> Result<Reservation, InventoryError> {
        let conflict = |conflict| Err(Error::Conflict(conflict));
        if let Some(known) = self.reservations.get(&request.order_id) {
            return match known.status {
                ReservationStatus::Released => conflict(InventoryConflict::IllegalTransition {
                    from: ReservationStatus::Released,
                    to: ReservationStatus::Reserved,
                }),
                _ => Ok(known.clone()),
            };
        }
        let mut lines = Vec::new();
        for item in &request.items {
            let (sku, wanted) = (item.sku.clone(), item.quantity);
            match self.products.get(&sku) {
                None => return conflict(InventoryConflict::UnknownProduct { sku }),
                Some((_, available)) if *available < wanted => {
                    let available = *available;
                    return conflict(InventoryConflict::InsufficientStock { sku, wanted, available });
                }
                Some((unit_price, _)) => lines.push(ReservedLine {
                    sku,
                    quantity: wanted,
                    unit_price: *unit_price,
                }),
            }
        }
        self.move_stock(&lines, -1);
        Ok(self.record(request.order_id, ReservationStatus::Reserved, lines))
    }

    fn release(&mut self, order_id: OrderId) -> Reservation {
        self.releases.push(order_id);
        let lines = match self.reservations.get(&order_id) {
            Some(known) if known.status == ReservationStatus::Released => return known.clone(),
            Some(known) => known.lines.clone(),
            None => Vec::new(),
        };
        self.move_stock(&lines, 1);
        self.record(order_id, ReservationStatus::Released, lines)
    }

    fn move_stock(&mut self, lines: &[ReservedLine], sign: i64) {
        for line in lines {
            self.products.get_mut(&line.sku).unwrap().1 += sign * line.quantity;
        }
    }

    fn record(&mut self, order_id: OrderId, status: ReservationStatus, lines: Vec<ReservedLine>) -> Reservation {
        let now = Timestamp::now();
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
}

#[seam::async_trait]
impl Inventory for FakeInventory {
    async fn put_product(&self, _product: ProductUpdate) -> Result<Product, InventoryError> {
        Err(Error::Internal)
    }

    async fn get_product(&self, _sku: Sku) -> Result<Product, InventoryError> {
        Err(Error::Internal)
    }

    async fn list_products(&self, _page: PageRequest) -> Result<Page<Product>, InventoryError> {
        Err(Error::Internal)
    }

    async fn reserve(&self, request: ReservationRequest) -> Result<Reservation, InventoryError> {
        self.answer(|state| state.reserve(request)).await
    }

    async fn release(&self, order_id: OrderId) -> Result<Reservation, InventoryError> {
        self.answer(|state| Ok(state.release(order_id))).await
    }

    async fn commit(&self, _order_id: OrderId) -> Result<Reservation, InventoryError> {
        Err(Error::Internal)
    }
}
