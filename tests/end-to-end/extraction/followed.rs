//! The events of payments, read by the monolith from the log of whoever has them.

use std::collections::BTreeMap;

use super::*;

impl Platform {
    /// Ends the monolith as by `kill -9`, and starts it with other settings on the same databases.
    async fn restart(&mut self, more: impl FnOnce(&Service, &Path) -> Vec<(&'static str, String)>) {
        self.monolith.end();
        let settings = [self.settings.clone(), more(&self.service, self.home.path())].concat();
        self.monolith = Service::start("monolith", self.home.path(), &settings).await;
    }

    async fn sold(&self, what: &str) -> Vec<Order> {
        let mut orders = Vec::new();
        for number in 0..4 {
            orders.push(self.place(&format!("{what}-{number}")).await);
        }
        for order in &orders {
            self.confirmed(order).await;
        }
        orders
    }

    /// Cancels the order, and waits until its customer reads that the money comes back.
    async fn refunded(&self, order: &Order) {
        let reason = "changed my mind".to_owned();
        self.orders().cancel_order(order.id, reason).await.unwrap();
        until("the customer reads about the refund", async || {
            let mails = self.mails().await;
            let subjects = mails.get(&order.id.to_string())?;
            subjects.iter().any(|subject| subject.contains("money")).then_some(())
        })
        .await;
    }

    /// Subjects of all mails by the id of the order, each as often as it was delivered.
    async fn mails(&self) -> BTreeMap<String, Vec<String>> {
        let url = format!("http://{}/messages", self.mail.http_address());
        let body = reqwest::get(url).await.unwrap().bytes().await.unwrap();
        let messages: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let mut by_order: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for message in messages.as_array().unwrap() {
            let (what, order) = message["subject"].as_str().unwrap().split_once(" (").unwrap();
            let mails = by_order.entry(order.trim_end_matches(')').to_owned()).or_default();
            for _ in 0..message["deliveries"].as_u64().unwrap() {
                mails.push(what.to_owned());
            }
        }
        by_order
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_monolith_reads_the_events_of_whoever_has_payments_and_repeats_and_loses_none_when_that_changes() {
    let mut platform = Platform::start().await;
    platform.stock().await;
    let before = platform.sold("before").await;
    platform.refunded(&before[0]).await;

    // The service takes over, and the monolith is started without payments of its own.
    platform.said(&format!("handover switch {}", platform.there())).await;
    platform.restart(Platform::replaced).await;
    let away = platform.sold("away").await;
    platform.refunded(&away[0]).await;
    platform.refunded(&before[1]).await;

    // And back: the monolith's own payments stand by until the duty is theirs again.
    platform.restart(Platform::launched).await;
    let carried = [platform.there(), platform.back()].map(|sides| platform.keep_current(&sides));
    let beside = platform.sold("beside").await;
    drop(carried);
    platform.said(&format!("handover switch {}", platform.back())).await;
    let home = platform.sold("home").await;
    platform.refunded(&home[0]).await;

    let orders = [before, away, beside, home].concat();
    let refunded: Vec<String> = [0, 1, 4, 12].map(|number: usize| orders[number].id.to_string()).into();
    let mails = platform.mails().await;
    for order in orders.iter().map(|order| order.id.to_string()) {
        let mut wanted = vec!["We have your order", "Your order is paid"];
        if refunded.contains(&order) {
            wanted.extend(["Your money is on its way back", "Your order is cancelled"]);
        }
        let mut read = mails[&order].clone();
        wanted.sort_unstable();
        read.sort_unstable();
        assert_eq!(read, wanted, "{mails:?}");
    }
    platform.assert_charged_once(&orders).await;
}
