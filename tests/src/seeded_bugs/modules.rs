//! Bugs inside modules and their stores, as edits to a copy of the workspace.

use super::{Bug, Edit, Layer, Plant};

pub(super) const BUGS: &[Bug] = &[
    bug(
        Layer::Module,
        "an order is cancelled after it was shipped",
        "orders",
        &[Edit {
            file: "services/orders/src/domain.rs",
            find: "    if !order.status.can_become(to) {",
            replace: "    let late = order.status == OrderStatus::Shipped && to == OrderStatus::Cancelled;\n    \
                      if !late && !order.status.can_become(to) {",
        }],
    ),
    bug(
        Layer::Module,
        "an order is confirmed by any captured payment",
        "orders",
        &[Edit {
            file: "services/orders/src/domain.rs",
            find: "payment.status == PaymentStatus::Captured && payment.captured == order.total;",
            replace: "payment.status == PaymentStatus::Captured;",
        }],
    ),
    bug(
        Layer::Module,
        "a shipment is overwritten by the next",
        "orders",
        &[Edit {
            file: "services/orders/src/domain.rs",
            find: "order.status == OrderStatus::Shipped && order.shipment.as_ref() != Some(shipment)",
            replace: "order.status == OrderStatus::Delivered && order.shipment.as_ref() != Some(shipment)",
        }],
    ),
    bug(
        Layer::Store,
        "the refund of a cancelled order is never due",
        "orders",
        &[Edit {
            file: "services/orders/src/changes.rs",
            find: "    if let Some(refund) = refund {",
            replace: "    if let Some(refund) = refund.filter(|_| before.version > 1_000) {",
        }],
    ),
    bug(
        Layer::Store,
        "the event of a change is lost",
        "orders",
        &[Edit {
            file: "services/orders/src/changes.rs",
            find: "    events::append(tx, SOURCE, &event).await?;\n    Ok(after)",
            replace: "    if after.version < 4 {\n        \
                      events::append(tx, SOURCE, &event).await?;\n    \
                      }\n    \
                      Ok(after)",
        }],
    ),
    bug(
        Layer::Store,
        "the key is checked after the effect",
        "orders",
        &[Edit {
            file: "services/shared/src/idempotency/command.rs",
            find: "        match self.begin(scope, request.clone()).await? {",
            replace: "        if let Ok(Decision { effect, .. }) = self.decide.decide(&scope, request.clone()).await \
                      {\n            \
                      let _: Result<(), Failure<D>> = self.db.write(move |tx| effect(tx)).await;\n        \
                      }\n        \
                      match self.begin(scope, request.clone()).await? {",
        }],
    ),
    bug(
        Layer::Store,
        "an order's version is not compared with the one that was decided on",
        "one order at once",
        &[Edit {
            file: "services/orders/src/service.rs",
            find: "        let refund_worker = self.refund_worker.clone();\n        \
                   self.db\n            \
                   .write(move |tx| Box::pin(changes::apply(tx, order_id, refund_worker, decide)))",
            replace: "        let refund_worker = self.refund_worker.clone();\n        \
                      let seen = self.get_order(order_id).await?;\n        \
                      self.db\n            \
                      .write(move |tx| Box::pin(changes::apply(tx, order_id, refund_worker, move |_, now| \
                      decide(&seen, now))))",
        }],
    ),
    bug(
        Layer::Store,
        "any request with a known key is answered as the first",
        "orders",
        &[Edit {
            file: "services/shared/src/idempotency/claim.rs",
            find: "row.try_get::<String, _>(\"fingerprint\")? != fingerprint.0",
            replace: "row.try_get::<String, _>(\"fingerprint\")?.is_empty()",
        }],
    ),
    bug(
        Layer::Store,
        "a customer's orders are listed for everybody",
        "orders",
        &[Edit {
            file: "services/orders/src/store/orders.rs",
            find: " FROM orders WHERE customer_id = $1 ORDER BY",
            replace: " FROM orders WHERE customer_id >= $1 ORDER BY",
        }],
    ),
    bug(
        Layer::Store,
        "more is reserved than is in stock",
        "inventory",
        &[Edit {
            file: "services/inventory/src/store/products.rs",
            find: "WHERE sku = $1 AND stock + $2 >= 0 RETURNING",
            replace: "WHERE sku = $1 RETURNING",
        }],
    ),
    bug(
        Layer::Store,
        "a new price forgets what is reserved",
        "inventory",
        &[Edit {
            file: "services/inventory/src/store/products.rs",
            find: "stock = excluded.stock, version",
            replace: "stock = excluded.stock, reserved = excluded.reserved, version",
        }],
    ),
    bug(
        Layer::Store,
        "a page begins one item too late",
        "inventory",
        &[Edit {
            file: "contracts/commerce/src/page.rs",
            find: "i64::from(self.page.saturating_sub(1)) * i64::from(self.page_size)",
            replace: "i64::from(self.page.saturating_sub(1)) * i64::from(self.page_size) + i64::from(self.page > 1)",
        }],
    ),
    bug(
        Layer::Module,
        "an order's items are released twice",
        "inventory",
        &[Edit {
            file: "services/inventory/src/domain.rs",
            find: "    if from == to {\n        return Ok(Transition::Done);",
            replace: "    if from == to {\n        \
                      return Ok(if to == ReservationStatus::Released { Transition::Due } else { Transition::Done });",
        }],
    ),
    bug(
        Layer::Module,
        "a reservation is repeated for other items",
        "inventory",
        &[Edit {
            file: "services/inventory/src/domain.rs",
            find: "existing.lines.len() == items.len() && items.iter().all(is_reserved)",
            replace: "existing.lines.len() == items.len() || items.iter().all(is_reserved)",
        }],
    ),
    bug(
        Layer::Module,
        "a released order reserves again",
        "inventory",
        &[Edit {
            file: "services/inventory/src/domain.rs",
            find: "    if existing.status == ReservationStatus::Released {",
            replace: "    if existing.status == ReservationStatus::Released && existing.lines.is_empty() {",
        }],
    ),
    bug(
        Layer::Module,
        "a release before the reservation leaves no mark",
        "inventory",
        &[Edit {
            file: "services/inventory/src/changes.rs",
            find: "    if !reservations::insert(tx, &tombstone).await? {\n        \
                   return Err(overtaken(order_id));\n    \
                   }",
            replace: "",
        }],
    ),
    bug(
        Layer::Module,
        "a change keeps its old time",
        "orders",
        &[Edit {
            file: "services/orders/src/domain.rs",
            find: "    after.updated_at = now.max(order.updated_at);",
            replace: "    after.updated_at = now.min(order.updated_at);",
        }],
    ),
    bug(
        Layer::Module,
        "a payment that is asked for again is captured again",
        "payments",
        &[
            Edit {
                file: "services/payments/src/service.rs",
                find: "        if payments::find(&self.db, id).await?.is_some() {\n            return Ok(true);",
                replace: "        if payments::find(&self.db, id).await?.is_some() {\n            \
                          let again = self.db.write(move |tx| {\n                \
                          Box::pin(async move {\n                    \
                          let sql = \"UPDATE payments SET status = 'pending', due_at = created_at WHERE id = $1 AND \
                          status = 'captured'\";\n                    \
                          sqlx::query(sql).bind(id.to_string()).execute(tx.connection()).await?;\n                    \
                          Ok::<_, shared::DatabaseError>(())\n                \
                          })\n            \
                          });\n            \
                          again.await?;\n            \
                          self.dispatch.wake();\n            \
                          return Ok(true);",
            },
            Edit {
                file: "services/payments/src/charging.rs",
                find: "        let mut hold = record.authorization_id.clone();",
                replace: "        let mut hold = record.authorization_id.clone().filter(|_| record.attempts == 0);",
            },
            Edit {
                file: "services/payments/src/charging.rs",
                find: "        let key = ProviderKey::Authorize(record.payment.id).to_string();\n        \
                       let hold = Hold {",
                replace: "        let key = format!(\"{}{}\", ProviderKey::Authorize(record.payment.id), \
                          record.attempts);\n        \
                          let hold = Hold {",
            },
            Edit {
                file: "services/payments/src/charging.rs",
                find: "        let key = ProviderKey::Capture(record.payment.id).to_string();\n        \
                       match self.provider.capture",
                replace: "        let key = format!(\"{}{}\", ProviderKey::Capture(record.payment.id), \
                          record.attempts);\n        \
                          match self.provider.capture",
            },
            Edit {
                file: "services/payments/src/charging.rs",
                find: "                id: ProviderKey::Capture(payment.id).to_string(),",
                replace: "                id: format!(\"{}{}\", ProviderKey::Capture(payment.id), \
                          settlement.attempts),",
            },
        ],
    ),
    bug(
        Layer::Module,
        "a key is replayed for another amount",
        "payments",
        &[Edit {
            file: "services/payments/src/service.rs",
            find: "known.payment_id == payment_id && known.cents == wanted.cents && same_currency;",
            replace: "known.payment_id == payment_id && same_currency;",
        }],
    ),
    bug(
        Layer::Module,
        "the sum of refunds forgets the earlier ones",
        "payments",
        &[Edit {
            file: "services/payments/src/domain.rs",
            find: "    let refunded = payment.refunded.checked_add(amount)?;",
            replace: "    let refunded = amount;",
        }],
    ),
    bug(
        Layer::Module,
        "a refund keeps the time of the payment",
        "payments",
        &[Edit {
            file: "services/payments/src/domain.rs",
            find: "        updated_at: Timestamp::now(),\n        ..payment.clone()",
            replace: "        updated_at: payment.updated_at.min(Timestamp::now()),\n        ..payment.clone()",
        }],
    ),
    bug(
        Layer::Store,
        "the event of a declined payment is missing",
        "payments",
        &[
            Edit {
                file: "services/payments/src/charging.rs",
                find: "        Charged::Failed { reason } | Charged::LetGo { reason } => {\n            if",
                replace: "        Charged::Failed { reason } | Charged::LetGo { reason } \
                          if payment.version > 1_000 => {\n            if",
            },
            Edit {
                file: "services/payments/src/charging.rs",
                find: "            events::append(tx, SOURCE, &event).await?;\n        \
                       }\n        \
                       Charged::Unknown { .. } | Charged::Postponed { .. } => {}",
                replace: "            events::append(tx, SOURCE, &event).await?;\n        }\n        _ => {}",
            },
        ],
    ),
    bug(
        Layer::Store,
        "what a refused refund set aside stays aside",
        "payments",
        &[Edit {
            file: "services/payments/src/store/payments.rs",
            find: "SET refund_pending = refund_pending - $1 WHERE id = $2",
            replace: "SET refund_pending = refund_pending - 0 * $1 WHERE id = $2",
        }],
    ),
    bug(
        Layer::Store,
        "refunds that are under way count for nothing",
        "refunds at once",
        &[Edit {
            file: "services/payments/src/store/payments.rs",
            find: "captured - refunded - refund_pending >= $1",
            replace: "captured - refunded >= $1",
        }],
    ),
    bug(
        Layer::Module,
        "a mail is sent twice",
        "notifications",
        &[Edit {
            file: "services/notifications/src/dispatcher.rs",
            find: "                None => self.mailer.send(message).await,",
            replace: "                None => match self.mailer.send(message).await {\n                    \
                      Ok(()) => self.mailer.send(message).await,\n                    \
                      refused => refused,\n                \
                      },",
        }],
    ),
    bug(
        Layer::Module,
        "a push message that is refused counts as sent",
        "notifications",
        &[Edit {
            file: "services/notifications/src/pusher.rs",
            find: "Err(ChannelError::Refused(format!(\"push endpoint answered {status}\")))",
            replace: "Ok(())",
        }],
    ),
    bug(
        Layer::Store,
        "the event of a message to a device is missing",
        "notifications",
        &[Edit {
            file: "services/notifications/src/sending.rs",
            find: "                events::append(tx, SOURCE, &result.event(&notification)).await?;\n",
            replace: "                if notification.push.is_none() {\n                    \
                      events::append(tx, SOURCE, &result.event(&notification)).await?;\n                \
                      }\n",
        }],
    ),
    bug(
        Layer::Store,
        "what was told is listed in the order of its ids",
        "notifications",
        &[Edit {
            file: "services/notifications/src/store/notifications.rs",
            find: "ORDER BY created_at, id LIMIT",
            replace: "ORDER BY id LIMIT",
        }],
    ),
];

const fn bug(layer: Layer, name: &'static str, suite: &'static str, edits: &'static [Edit]) -> Bug {
    Bug {
        name,
        layer,
        suite,
        plant: Plant::Patched(edits),
    }
}
