//! Tests of the actor alone: the commands that it takes, and those that it refuses.

use tokio::sync::oneshot;

use super::*;
use crate::room::tests::{caller, services};

const GENERAL: RoomId = RoomId(1);

fn clock() -> UnixMillis {
    UnixMillis(1_763_560_927_120)
}

#[tokio::test]
async fn a_busy_room_refuses_callers_and_never_the_server() {
    let (services, _folder) = services(clock);
    let stored = services.store.room_state(GENERAL, services.ring_bounds.recent()).await.expect("it is there");
    let (commit, _) = Commit::start(stored.room.head.seq, stored.reserved_up_to, Vec::new(), None);
    let mut actor = Actor {
        state: State::new(Arc::clone(&services.ring_bounds), stored, commit),
        in_flight: InFlightQueue::default(),
        fanout: Fanout::new(GENERAL),
        live_sync: LiveSync::new(&services),
        services,
        directory: Arc::default(),
    };
    for _ in 0..IN_FLIGHT_MAX {
        actor.in_flight.push(Requester::Nobody, None);
    }
    let (reply, mut refused) = oneshot::channel();
    actor.take(Command::Join(caller(1), reply));
    assert!(matches!(refused.try_recv(), Ok(Err(RoomError::Busy))));
    let (reply, mut admitted) = oneshot::channel();
    actor.take(Command::Admit(UserId(1), Role::Member, reply));
    assert!(matches!(admitted.try_recv(), Ok(Err(RoomError::Busy))));
    actor.take(Command::ForgetPruned(Seq(7)));
    assert_eq!(actor.state.room.pruned_to, Seq(7));
    let (reply, mut drained) = oneshot::channel();
    actor.take(Command::Drain(reply));
    assert!(!matches!(drained.try_recv(), Ok(Err(_))), "a shutdown waits for the room");
}
