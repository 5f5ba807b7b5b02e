//! Notifications go to another database with the answers to the commands that made them.

use commerce::{NotificationKind, OrderId};
use seam::handover::Copying;
use shared::testing;

use crate::support::{Fixture, contact, created};

#[tokio::test]
async fn contacts_notifications_and_answered_commands_are_handed_over() {
    let (from, to) = (Fixture::new().await, Fixture::new().await);
    let order_id = OrderId::derive(&["order"]);
    from.orders.append(&created(order_id, contact("ann@example.com", None)));
    let told = from.told(order_id, 1).await;
    let [ours, theirs] = [&from, &to].map(|side| side.module().handover.clone().expect("it hands over"));

    let copied = Copying::default()
        .run(&ours, &theirs, |_| ())
        .await
        .expect("it is copied");

    assert!(copied.is_even(), "{copied}");
    assert_eq!(told[0].kind, NotificationKind::OrderCreated);
    assert_eq!(to.told(order_id, 1).await, told);
    let own = [
        "applied_migrations",
        "applied_versions",
        "dead_letters",
        "duty",
        "inbox",
        "log",
        "subscriptions",
        "write_probes",
    ];
    assert_eq!(testing::not_handed_over(from.module()).await, own);
}
