//! The rules a request must keep before any state is looked at. Pure checks of data.

use std::collections::BTreeSet;

use crate::{Contact, Invalid, Item, NewNotification, NewOrder, PaymentMethod, ProductUpdate, Refund, json::HIDDEN};
use crate::{Order, ReservationRequest, Shipment};

const MAX_ITEMS: usize = 100;
const MAX_QUANTITY: i64 = 1_000_000;
const MAX_STOCK: i64 = 1_000_000_000;

impl NewOrder {
    /// Refuses what can never become an order: its contact, payment method or items are not of the documented form.
    pub fn validate(&self) -> Result<(), Invalid> {
        self.contact.validate()?;
        self.payment_method.validate()?;
        items(&self.items)
    }
}

impl Contact {
    /// Refuses an address that no mail server would take and a push token that is empty, too long or not visible ASCII.
    ///
    /// The error does not repeat them.
    pub fn validate(&self) -> Result<(), Invalid> {
        if !is_address(&self.email) {
            return Err(Invalid::new(
                "contact.email",
                HIDDEN,
                "an address such as ada@example.org, at most 254 characters",
            ));
        }
        match &self.push_token {
            Some(token) if !is_visible(token, 1_000) => Err(Invalid::new(
                "contact.push_token",
                HIDDEN,
                "1 to 1000 visible ASCII characters",
            )),
            _ => Ok(()),
        }
    }
}

impl PaymentMethod {
    /// Refuses anything but 1 to 255 visible ASCII characters. The error does not repeat it.
    pub fn validate(&self) -> Result<(), Invalid> {
        if is_visible(&self.0, 255) {
            return Ok(());
        }
        Err(Invalid::new(
            "payment_method",
            HIDDEN,
            "1 to 255 visible ASCII characters",
        ))
    }
}

impl Shipment {
    /// Refuses an empty or overlong carrier or tracking number.
    pub fn validate(&self) -> Result<(), Invalid> {
        text("carrier", &self.carrier, 100)?;
        text("tracking_number", &self.tracking_number, 100)
    }
}

impl Refund {
    /// Refuses zero and negative amounts.
    pub fn validate(&self) -> Result<(), Invalid> {
        at_least("amount.cents", self.amount.cents, 1)
    }
}

impl ProductUpdate {
    /// Refuses a price that is not positive and a stock outside 0 to 1,000,000,000.
    pub fn validate(&self) -> Result<(), Invalid> {
        at_least("price.cents", self.price.cents, 1)?;
        within("stock", self.stock, 0, MAX_STOCK)
    }
}

impl ReservationRequest {
    /// Refuses no items, more than 100, a quantity outside 1 to 1,000,000, and a sku that comes twice.
    pub fn validate(&self) -> Result<(), Invalid> {
        items(&self.items)
    }
}

impl NewNotification {
    /// Refuses a contact that can't be reached and a note of more than 1,000 characters.
    pub fn validate(&self) -> Result<(), Invalid> {
        self.contact.validate()?;
        self.note.as_ref().map_or(Ok(()), |note| text("note", note, 1_000))
    }
}

impl Order {
    /// Refuses a reason to cancel that is empty or longer than 500 characters.
    pub fn validate_cancel_reason(reason: &str) -> Result<(), Invalid> {
        text("reason", reason, 500)
    }
}

fn items(items: &[Item]) -> Result<(), Invalid> {
    if items.is_empty() || items.len() > MAX_ITEMS {
        return Err(Invalid::new(
            "items",
            format!("a list of {}", items.len()),
            "1 to 100 items",
        ));
    }
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        within(&format!("items[{index}].quantity"), item.quantity, 1, MAX_QUANTITY)?;
        if !seen.insert(&item.sku) {
            return Err(Invalid::new(format!("items[{index}].sku"), &item.sku, "each sku once"));
        }
    }
    Ok(())
}

fn at_least(field: &str, value: i64, least: i64) -> Result<(), Invalid> {
    if value >= least {
        return Ok(());
    }
    Err(Invalid::new(field, value, format!("{least} or more")))
}

fn within(field: &str, value: i64, least: i64, most: i64) -> Result<(), Invalid> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Invalid::new(field, value, format!("{least} to {most}")))
}

/// Free text: not blank, no control characters but line breaks and tabs, which no database and no mail takes offence at.
fn text(field: &str, value: &str, most: usize) -> Result<(), Invalid> {
    let length = value.chars().count();
    let legal = |c: char| !c.is_control() || matches!(c, '\n' | '\t' | '\r');
    if value.trim().is_empty() || length > most || !value.chars().all(legal) {
        let wanted = format!("1 to {most} characters, not all blank, no control characters");
        return Err(Invalid::new(field, value, wanted));
    }
    Ok(())
}

fn is_visible(text: &str, most: usize) -> bool {
    !text.is_empty() && text.len() <= most && text.bytes().all(|b| b.is_ascii_graphic())
}

/// The dot-atom form of RFC 5321: what every mail server takes. Quoted local parts and address literals are left out on purpose.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let is_atom = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    let is_label = |part: &str| {
        (1..=63).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    text.len() <= 254 && local.len() <= 64 && local.split('.').all(is_atom) && domain.split('.').all(is_label)
}
