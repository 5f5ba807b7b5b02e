mod calls;
mod post;

use std::{borrow::Cow, collections::BTreeMap};

use commerce::{
    Delivery, Error, IdempotencyKey, NewNotification, Notification, NotificationConflict, NotificationError,
    NotificationEvent, NotificationId, Notifications, NotificationsCall, NotificationsReply, OrderId, Page,
    PageRequest,
};
use proptest::strategy::BoxedStrategy;
use seam::{
    Context,
    equivalence::{Cell, Model},
};
use serde_json::{Value, json};

use self::post::Post;
use super::{log::Log, values::page_of};

pub(crate) use self::post::{mails, pushes};

/// The behaviour that [`Notifications`] promises, with the mail server and the push endpoint of the outside
/// world.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NotificationsModel {
    /// All notifications, oldest first.
    told: Vec<Notification>,
    answers: BTreeMap<IdempotencyKey, Answered>,
    post: Post,
    log: Log,
}

/// A command with the reply that its key has from now on.
#[derive(Clone, Debug, PartialEq)]
struct Answered {
    asked: NewNotification,
    answer: Result<Notification, NotificationError>,
}

/// The id of the notification that a command creates.
fn notification_id(key: &IdempotencyKey) -> NotificationId {
    NotificationId::derive(&["command", Context::ANONYMOUS, key.as_str()])
}

impl NotificationsModel {
    fn notify(&mut self, asked: &NewNotification) -> Result<Notification, NotificationError> {
        asked.validate()?;
        if let Some(known) = self.answers.get(&asked.key) {
            if known.asked == *asked {
                return known.answer.clone();
            }
            let key = asked.key.to_string();
            return Err(Error::KeyReused { key });
        }
        let told = self.tell(asked);
        let answer = match told.email {
            Delivery::Refused => Err(Error::Conflict(NotificationConflict::RecipientRefused {
                notification_id: told.id,
            })),
            Delivery::Sent | Delivery::Pending => Ok(told),
        };
        let answered = Answered {
            asked: asked.clone(),
            answer: answer.clone(),
        };
        self.answers.insert(asked.key.clone(), answered);
        answer
    }

    /// Delivers a notification on both channels; a failure of one does not stop the other.
    fn tell(&mut self, asked: &NewNotification) -> Notification {
        let NewNotification { order_id, kind, .. } = *asked;
        let (email, push) = (self.post.mail(asked), self.post.push(asked));
        let now = self.log.now();
        let told = Notification {
            id: notification_id(&asked.key),
            order_id,
            kind,
            email,
            push,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let notification_id = told.id;
        self.log.append(&match (email, push) {
            (Delivery::Refused, _) | (_, Some(Delivery::Refused)) => NotificationEvent::NotificationRefused {
                notification_id,
                order_id,
                kind,
                reason: "it was refused for good".to_owned(),
            },
            _ => NotificationEvent::NotificationSent {
                notification_id,
                order_id,
                kind,
            },
        });
        self.told.push(told.clone());
        told
    }

    fn find(&self, id: NotificationId) -> Option<&Notification> {
        self.told.iter().find(|told| told.id == id)
    }

    fn get(&self, id: NotificationId) -> Result<Notification, NotificationError> {
        self.find(id).cloned().ok_or_else(|| Error::NotFound {
            what: "notification".to_owned(),
            id: id.to_string(),
        })
    }

    fn about(&self, order_id: OrderId) -> impl Iterator<Item = &Notification> {
        self.told.iter().filter(move |told| told.order_id == order_id)
    }

    fn list(&self, order_id: OrderId, page: PageRequest) -> Result<Page<Notification>, NotificationError> {
        let page = page.validate()?;
        Ok(page_of(self.about(order_id).cloned().collect(), page))
    }
}

impl Model for NotificationsModel {
    type Contract = dyn Notifications;

    fn next_call(&self) -> BoxedStrategy<NotificationsCall> {
        calls::call(self)
    }

    fn apply(&mut self, call: &NotificationsCall) -> NotificationsReply {
        match call {
            NotificationsCall::Notify { notification } => NotificationsReply::Notify(self.notify(notification)),
            NotificationsCall::GetNotification { notification_id } => {
                NotificationsReply::GetNotification(self.get(*notification_id))
            }
            NotificationsCall::ListNotificationsForOrder { order_id, page } => {
                NotificationsReply::ListNotificationsForOrder(self.list(*order_id, *page))
            }
        }
    }

    fn state(&self, call: &NotificationsCall) -> Cow<'static, str> {
        let state = match call {
            NotificationsCall::Notify { notification } => match self.answers.get(&notification.key) {
                Some(Answered { answer: Ok(_), .. }) => "key of a message",
                Some(Answered { answer: Err(_), .. }) => "key of a refused message",
                None => match notification.contact.push_token.as_deref().map(post::takes_pushes) {
                    None => "no device",
                    Some(true) => "device",
                    Some(false) => "lost device",
                },
            },
            NotificationsCall::GetNotification { notification_id } => match self.find(*notification_id) {
                None => "none",
                Some(told) => match (told.email, told.push) {
                    (Delivery::Refused, _) => "mail refused",
                    (_, Some(Delivery::Refused)) => "push refused",
                    _ => "sent",
                },
            },
            NotificationsCall::ListNotificationsForOrder { order_id, .. } => match self.about(*order_id).count() {
                0 => "none",
                1 => "one",
                _ => "many",
            },
        };
        state.into()
    }

    fn reachable() -> Vec<Cell> {
        Cell::table(&[
            ("no device", "notify", "ok invalid_input conflict/recipient_refused"),
            ("device", "notify", "ok invalid_input conflict/recipient_refused"),
            ("lost device", "notify", "ok invalid_input conflict/recipient_refused"),
            ("key of a message", "notify", "ok invalid_input key_reused"),
            (
                "key of a refused message",
                "notify",
                "conflict/recipient_refused invalid_input key_reused",
            ),
            ("none", "get_notification", "not_found"),
            ("sent", "get_notification", "ok"),
            ("mail refused", "get_notification", "ok"),
            ("push refused", "get_notification", "ok"),
            ("none", "list_notifications_for_order", "ok invalid_input"),
            ("one", "list_notifications_for_order", "ok invalid_input"),
            ("many", "list_notifications_for_order", "ok invalid_input"),
        ])
    }

    fn effects(&self) -> Vec<Value> {
        let mut effects = vec![json!({ "events": self.log.events() })];
        effects.extend(self.post.shown());
        effects
    }
}
