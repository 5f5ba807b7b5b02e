//! The consumer suites: the needs of each consumer towards each of its providers.
//!
//! A pact is a list of interactions, each with the consumer's own code that has to cope with it: the module
//! behind its HTTP client, or its event handlers behind the subscription and the client of the feed. The
//! interactions of that code are compared with the committed file.

mod call;
mod events;
mod feed;
mod files;
mod fixtures;
pub(crate) mod incoming;
mod inventory_orders;
mod matchers;
mod message;
mod monolith;
mod neighbours;
mod notifications;
mod opened;
mod orders_inventory;
mod orders_payments;
mod payments_orders;
mod payments_provider;
mod states;
mod storefront_v1;
mod storefront_v2;
pub(crate) mod suite;

/// Defines a test for each pact, and the list of them all.
macro_rules! pacts {
    ($($claim:ident: $pact:path;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $claim() {
                files::settle($pact()).await;
            }
        )*

        /// Every pact of the platform's consumers.
        pub(crate) fn all() -> Vec<suite::Pact> {
            vec![$($pact()),*]
        }

        #[test]
        fn no_file_is_left_that_no_suite_makes() {
            files::leave_none_over(&all());
        }
    };
}

pacts! {
    inventory_copes_with_what_orders_says: inventory_orders::pact;
    notifications_copes_with_what_orders_says: notifications::and_orders;
    notifications_copes_with_what_payments_says: notifications::and_payments;
    orders_copes_with_what_inventory_says: orders_inventory::pact;
    orders_copes_with_what_payments_says: orders_payments::pact;
    payments_copes_with_what_orders_says: payments_orders::pact;
    payments_copes_with_what_the_payment_provider_says: payments_provider::pact;
    the_monolith_copes_with_what_inventory_says: monolith::inventory::pact;
    the_monolith_copes_with_what_notifications_says: monolith::notifications::pact;
    the_monolith_copes_with_what_orders_says: monolith::orders::pact;
    the_monolith_copes_with_what_payments_says: monolith::payments::pact;
    a_storefront_on_version_1_copes_with_what_orders_says: storefront_v1::pact;
    a_storefront_on_version_2_copes_with_what_orders_says: storefront_v2::pact;
}
