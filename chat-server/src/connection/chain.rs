//! A connection's chain of posts: after a refusal, the posts behind it are refused until the chain begins again. Must not
//! know how a post is served. A place in a chain is plain data; rooms and stores keep their own lists of broken chains.

use std::mem::{Discriminant, discriminant};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chat_proto::ids::{ConnectionId, RoomId};
use chat_proto::request::{Chain, Life, Post};

use crate::room::RoomError;
use crate::store::{ChainId, ChainPlace};

/// The chain of one connection.
#[derive(Debug)]
pub struct ChainState {
    /// The last place of the present chain.
    last: ChainPlace,
    /// Whether a post of the present chain was refused. Another chain has another one: late refusals do not reach it.
    is_broken: Arc<AtomicBool>,
    /// Of the post before.
    route: Route,
}

/// Posts of one route go through one room into one store, which keep their order and know of each refusal in time. `None`
/// for a reply: the message it answers decides which store keeps it.
type Route = Option<(RoomId, Option<Discriminant<Life>>)>;

/// A post's place in the chain, and the connection's own note that it was refused.
#[derive(Debug)]
pub(super) struct ChainLink {
    pub place: ChainPlace,
    is_broken: Arc<AtomicBool>,
}

impl ChainLink {
    /// Notes that the post was refused.
    pub(super) fn refuse(&self) {
        self.is_broken.store(true, Ordering::Release);
    }
}

impl ChainState {
    /// The state of a new connection.
    pub fn new(connection: ConnectionId) -> Self {
        // A connection's id is unique in one run of the server, and so are its chains.
        let chain = ChainId(u128::from(connection.0) << 64);
        Self { last: ChainPlace { chain, place: 0 }, is_broken: Arc::default(), route: None }
    }

    /// Gives a post its link; `None` for a post that belongs to no chain.
    ///
    /// # Errors
    /// [`RoomError::ChainBroken`] if an earlier post of the chain is known to be refused.
    pub(super) fn enter(&mut self, chain: Option<Chain>) -> Result<Option<ChainLink>, RoomError> {
        match chain {
            None => return Ok(None),
            Some(Chain::Restart) => {
                self.last = ChainPlace { chain: ChainId(self.last.chain.0 + 1), place: 0 };
                self.is_broken = Arc::default();
            }
            Some(Chain::Continue) => self.last.place += 1,
        }
        if self.is_broken.load(Ordering::Acquire) {
            return Err(RoomError::ChainBroken);
        }
        Ok(Some(ChainLink { place: self.last, is_broken: Arc::clone(&self.is_broken) }))
    }

    /// Notes the route of a post. Returns whether it continues a chain on another route than the post before it: then it
    /// must wait for the answers to all posts in flight, since the other route would not know of their refusal.
    pub(super) fn changes_route(&mut self, post: &Post) -> bool {
        let route = post.reply_to.is_none().then_some((post.room, post.life.as_ref().map(discriminant)));
        match post.chain {
            None => false,
            Some(Chain::Restart) => {
                self.route = route;
                false
            }
            Some(Chain::Continue) => std::mem::replace(&mut self.route, route) != route || route.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::ids::Seq;

    use super::*;

    fn enter(chain: &mut ChainState, how: Chain) -> Result<ChainLink, RoomError> {
        chain.enter(Some(how)).map(|link| link.expect("a place"))
    }

    fn post(room: u64, life: Option<Life>, reply_to: Option<Seq>, chain: Option<Chain>) -> Post {
        Post {
            room: RoomId(room),
            key: "k".parse().expect("a key"),
            body: "x".parse().expect("a body"),
            life,
            code: None,
            reply_to,
            chain,
        }
    }

    #[test]
    fn a_refusal_breaks_what_is_behind_it_until_the_restart_and_nothing_before_it() {
        let mut chain = ChainState::new(ConnectionId(7));
        let first = enter(&mut chain, Chain::Restart).expect("begins");
        let second = enter(&mut chain, Chain::Continue).expect("goes on");
        assert!(first.place.chain == second.place.chain && first.place.place < second.place.place);
        second.refuse();
        assert!(matches!(enter(&mut chain, Chain::Continue), Err(RoomError::ChainBroken)));
        assert!(chain.enter(None).is_ok(), "a post of its own passes");
        let again = enter(&mut chain, Chain::Restart).expect("begins again");
        assert_ne!(again.place.chain, first.place.chain);
        first.refuse();
        assert!(enter(&mut chain, Chain::Continue).is_ok(), "a late refusal of the old chain");
    }

    #[test]
    fn a_chain_that_changes_its_room_or_the_kind_of_life_waits() {
        let mut chain = ChainState::new(ConnectionId(7));
        let mut changes = |room, life, how| chain.changes_route(&post(room, life, None, how));
        let (go_on, begin) = (Some(Chain::Continue), Some(Chain::Restart));
        assert!(!changes(1, None, begin) && !changes(1, None, go_on));
        assert!(!changes(2, None, None) && !changes(1, None, go_on), "a post of its own is no part of it");
        assert!(changes(1, Some(Life::TtlMs(1_000)), go_on) && !changes(1, Some(Life::TtlMs(2_000)), go_on));
        assert!(changes(1, Some(Life::Persistent), go_on) && changes(2, Some(Life::Persistent), go_on));
        assert!(!changes(3, None, begin) && !changes(3, None, go_on));
        let mut replies = |to, how| chain.changes_route(&post(3, None, to, how));
        assert!(replies(Some(Seq(7)), go_on) && replies(Some(Seq(7)), go_on), "it may answer an ephemeral message");
        assert!(replies(None, go_on) && !replies(None, go_on));
        assert!(!replies(Some(Seq(7)), begin) && replies(None, go_on));
    }
}
