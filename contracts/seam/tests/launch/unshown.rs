//! Effects whose calls have no JSON text.

use std::sync::{Arc, Mutex};

use seam::{
    TransportFailure,
    launch::{Doors, Entrusted, Fixed, Isolated, Launch, MemoryJournal, Seen, Stage},
};
use serde::{Deserialize, Serialize, Serializer, ser::Error};

use crate::samples::{all_in, settle};

/// A number that JSON can't show.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Unshown(u32);

impl Serialize for Unshown {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("it has no text"))
    }
}

#[seam::contract(name = "post")]
pub(crate) trait Post: Send + Sync {
    #[write(key = to)]
    async fn send(&self, to: String, number: Unshown) -> Result<(), TransportFailure>;
}

#[seam::contract(name = "desk")]
pub(crate) trait Desk: Send + Sync {
    #[write(key = to)]
    async fn order(&self, to: String) -> Result<(), TransportFailure>;
}

#[derive(Default)]
struct Sent(Mutex<Vec<u32>>);

struct Kept(Arc<Sent>);

#[seam::async_trait]
impl Post for Kept {
    async fn send(&self, _: String, Unshown(number): Unshown) -> Result<(), TransportFailure> {
        self.0.0.lock().unwrap().push(number);
        Ok(())
    }
}

/// A desk that sends this number.
struct Sends(Arc<dyn Post>, u32);

#[seam::async_trait]
impl Desk for Sends {
    async fn order(&self, to: String) -> Result<(), TransportFailure> {
        self.0.send(to, Unshown(self.1)).await
    }
}

#[tokio::test(start_paused = true)]
async fn effects_that_json_can_not_show_are_a_difference_and_never_the_same() {
    let (sent, unsent) = (Arc::<Sent>::default(), Arc::<Sent>::default());
    let post = Entrusted::<dyn Post>::new(Box::new(Kept(Arc::clone(&sent))), Arc::new(Kept(unsent)));
    let desk = |number| {
        let post = &post;
        move |side: &Doors| Arc::new(Sends(side.to(post), number)) as Arc<dyn Desk>
    };
    let pair = Isolated::pair(desk(1), desk(2));
    let setup = Launch::isolated(pair, Arc::new(MemoryJournal::default())).unwrap();
    let source = Fixed::new(all_in(Stage::Off, Stage::Shadow));
    let launch = setup.begin("desk", Arc::new(source)).unwrap();

    launch.service().order("ann".into()).await.unwrap();
    settle().await;

    assert_eq!(*sent.0.lock().unwrap(), [1], "the control alone acts");
    assert_eq!(launch.observations()[0].seen, Seen::Different);
    assert!(
        launch.groups()[0].path.starts_with("/effects/"),
        "{:?}",
        launch.groups()
    );
}
