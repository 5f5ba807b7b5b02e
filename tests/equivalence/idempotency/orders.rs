use commerce::{ErrorCode, Orders, OrdersCall, OrdersReply};
use seam::equivalence::Instance;
use tests::equivalence::{Reach, Storage, suites::open_orders};

use super::write::{Bodies, Done, KEY, Opened, Refusable, Write, events, number};
use crate::asking::order_for;

pub(super) struct CreateOrder;

impl Opened for dyn Orders {
    async fn open(storage: Storage, reach: Reach) -> Result<Instance<Self>, String> {
        open_orders(storage, reach).await
    }

    fn error(reply: &OrdersReply) -> Option<ErrorCode> {
        match reply {
            OrdersReply::CreateOrder(answer) => answer.as_ref().err().map(commerce::Error::code),
            other => panic!("{other:?} answers a read"),
        }
    }
}

impl Write for CreateOrder {
    type Contract = dyn Orders;

    fn call(body: i64) -> OrdersCall {
        let order = order_for(KEY, "tea", body);
        OrdersCall::CreateOrder { order }
    }

    async fn done(instance: &Instance<dyn Orders>) -> Done {
        let effects = instance.effects().await.unwrap().unwrap();
        let created = events(&effects, "OrderCreated", "/lines/0/quantity");
        let stock = effects[1]["stock"].as_array().unwrap();
        let tea = stock.iter().find(|product| product[0] == "tea");
        Done {
            own: vec![created],
            outside: vec![tea.map_or(0, |tea| number(tea, "/2"))],
        }
    }
}

impl Bodies for CreateOrder {}

impl Refusable for CreateOrder {
    /// Four cups are one more than the stock.
    fn refused() -> OrdersCall {
        let order = order_for("too-many", "cup", 4);
        OrdersCall::CreateOrder { order }
    }
}
