//! What several callers hear at once is what one after the other could have heard.

use std::borrow::Cow;

use commerce::{Error, InventoryReply, OrdersCall, OrdersReply};
use proptest::prelude::*;
use seam::equivalence::{CallOf, Cell, Failure, Heard, Instance, Model, ReplyOf, Suite};
use tests::equivalence::{
    Ground, Reach,
    models::OrdersModel,
    suites::{self, RefundsAtOnce, open_orders},
};

/// Another call with the same key is under way, or was: this one has done nothing. It may be told so before the other has done anything,
/// so it says nothing about that. Not available: it may have done something.
fn heard<T, C: std::fmt::Display>(answer: &Result<T, Error<C>>) -> Heard {
    match answer {
        Err(Error::InFlight { .. } | Error::KeyReused { .. }) => Heard::Nothing,
        Err(Error::ServiceUnavailable { .. }) => Heard::Unknown,
        _ => Heard::Answer,
    }
}

#[test]
fn inventory_is_linearizable() -> Result<(), Failure> {
    let suite = suites::inventory(&Ground::Sqlite, &[Reach::Direct, Reach::Router]);
    let report = suite.cases(40).calls(16).run_concurrently(4, |reply| match reply {
        InventoryReply::PutProduct(answer) => heard(answer),
        InventoryReply::GetProduct(answer) => heard(answer),
        InventoryReply::ListProducts(answer) => heard(answer),
        InventoryReply::Reserve(answer) => heard(answer),
        InventoryReply::Release(answer) => heard(answer),
        InventoryReply::Commit(answer) => heard(answer),
    })?;
    eprintln!("{report}");
    assert!(report.overlapping > 0 && report.answered > 0);
    Ok(())
}

/// Orders without lists: they are in the order of clocks that callers read before they write, not of the writes.
#[derive(Clone, Debug, PartialEq)]
struct WithoutLists(OrdersModel);

impl Model for WithoutLists {
    type Contract = <OrdersModel as Model>::Contract;

    fn call(&self) -> BoxedStrategy<CallOf<Self>> {
        let is_list = |call: &OrdersCall| matches!(call, OrdersCall::ListOrdersForCustomer { .. });
        self.0.call().prop_filter("a list", move |call| !is_list(call)).boxed()
    }

    fn apply(&mut self, call: &CallOf<Self>) -> ReplyOf<Self> {
        self.0.apply(call)
    }

    fn state(&self, call: &CallOf<Self>) -> Cow<'static, str> {
        self.0.state(call)
    }

    fn reachable() -> Vec<Cell> {
        OrdersModel::reachable()
    }
}

#[test]
fn orders_is_linearizable() -> Result<(), Failure> {
    let mut suite = Suite::new("orders", WithoutLists(OrdersModel::begin()))
        .cases(40)
        .calls(16);
    for rule in suites::clocks("orders") {
        suite = suite.rule(rule);
    }
    for reach in [Reach::Direct, Reach::Router] {
        suite = suite.subject(reach.name(), move || async move {
            let instance: Instance<_> = open_orders(Ground::Sqlite, reach).await?;
            Ok::<_, String>(instance)
        });
    }
    let report = suite.run_concurrently(4, |reply| match reply {
        OrdersReply::ListOrdersForCustomer(answer) => heard(answer),
        OrdersReply::CreateOrder(answer)
        | OrdersReply::GetOrder(answer)
        | OrdersReply::ConfirmOrder(answer)
        | OrdersReply::CancelOrder(answer)
        | OrdersReply::ShipOrder(answer)
        | OrdersReply::DeliverOrder(answer) => heard(answer),
    })?;
    eprintln!("{report}");
    assert!(report.overlapping > 0 && report.answered > 0);
    Ok(())
}

#[test]
fn refunds_at_once_give_back_what_was_captured_and_no_more() -> Result<(), RefundsAtOnce> {
    for reach in [Reach::Direct, Reach::Router] {
        suites::refunds_at_once(&Ground::Sqlite, reach, 0, 40)?;
    }
    Ok(())
}
