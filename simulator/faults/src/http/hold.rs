//! A request that is held, for another one to overtake it.

use std::sync::{Arc, Weak};

use tokio::time::sleep;

use super::{
    Exchange, Mode, Side, State,
    decide::{Choice, Chosen},
    head::RequestHead,
    requests::Sending,
};
use crate::{
    Effect, Reorder,
    effects::{Overtaking, Turn},
};

/// Request that is held, with the effects on it.
#[derive(Debug)]
pub(super) struct Hold {
    head: RequestHead,
    chosen: Chosen,
    place: Place,
}

/// Place that a request has at the crossing of its link. It is left, and what became of the request is recorded, once.
#[derive(Debug)]
struct Place {
    choice: Choice,
    turn: Arc<Turn>,
    is_over: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.is_over {
            self.end("its connection ended while it was held");
        }
    }
}

impl Place {
    /// Records that the request goes on: overtaken, or for the reason why it was not.
    fn end(&mut self, why: &str) {
        self.is_over = true;
        self.choice.memory().crossing.leave(&self.turn);
        match self.turn.was_overtaken() {
            true => self.choice.fire(),
            false => self.choice.unfit(why),
        }
    }
}

impl State {
    /// Lets a request overtake those that are held for it on other connections.
    pub(super) fn overtake(&self, chosen: &Chosen) -> Overtaking {
        if chosen
            .find(|effect| matches!(effect, Effect::Answer(_)).then_some(()))
            .is_some()
        {
            // It never reaches the upstream.
            return Overtaking::default();
        }
        let crossings = chosen.crossings.iter();
        Overtaking(
            crossings
                .filter_map(|one| one.memory.crossing.overtake(self.connection))
                .collect(),
        )
    }

    /// Holds a request if an effect wants that and its place is free; otherwise returns it.
    pub(super) fn hold(&mut self, head: RequestHead, chosen: Chosen) -> Option<(RequestHead, Chosen)> {
        let reorder = chosen.find(|effect| match effect {
            Effect::Reorder(reorder) => Some(*reorder),
            _ => None,
        });
        let Some((Reorder { within }, choice)) = reorder else {
            return Some((head, chosen));
        };
        let Some(turn) = choice.memory().crossing.hold(self.connection) else {
            choice.unfit("another request is held already");
            return Some((head, chosen));
        };
        let (exchange, waited) = (Weak::clone(&self.exchange), Arc::clone(&turn));
        tokio::spawn(async move {
            tokio::select! {
                () = waited.over() => {}
                () = sleep(within) => {}
            }
            if let Some(exchange) = exchange.upgrade() {
                exchange.let_pass(&waited);
            }
        });
        self.sending = Sending::Held(Box::new(Hold {
            place: Place {
                choice: choice.clone(),
                turn,
                is_over: false,
            },
            head,
            chosen,
        }));
        None
    }

    /// Takes the effects of faults out that are no longer laid; the request goes on if none holds it any more.
    pub(super) fn keep_hold(&mut self, keep: impl Fn(&mut Chosen)) {
        if let Sending::Held(hold) = &mut self.sending {
            keep(&mut hold.chosen);
            if hold
                .chosen
                .find(|effect| matches!(effect, Effect::Reorder(_)).then_some(()))
                .is_none()
            {
                self.end_hold("the fault was lifted while it was held");
            }
        }
    }

    /// Ends the hold, and sends the request on as far as this is still HTTP/1.
    pub(super) fn end_hold(&mut self, why: &str) {
        if !matches!(self.sending, Sending::Held(_)) {
            return;
        }
        let Sending::Held(hold) = std::mem::replace(&mut self.sending, Sending::Head) else {
            return;
        };
        let Hold {
            head,
            chosen,
            mut place,
        } = *hold;
        place.end(why);
        if self.mode == Mode::Http {
            self.send_request(&head, chosen, Overtaking::default());
            self.has_resumed = true;
            self.sort(Side::ToUpstream);
        }
    }
}

impl Exchange {
    /// Lets the request go on whose turn this is.
    fn let_pass(&self, turn: &Arc<Turn>) {
        let mut state = self.locked();
        if matches!(&state.sending, Sending::Held(hold) if Arc::ptr_eq(&hold.place.turn, turn)) {
            state.end_hold("no other request came in time");
            self.tell_both(&mut state);
        }
    }
}
