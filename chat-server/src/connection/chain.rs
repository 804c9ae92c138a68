//! A connection's chain of posts: after a refusal, the posts behind it are refused until the chain begins again. Must not
//! know how a post is served.

use chat_proto::request::Chain;

use crate::room::RoomError;
use crate::store::ChainLink;

/// The chain of one connection.
#[derive(Debug, Default)]
pub struct ChainState {
    /// The last link of the present chain.
    last: ChainLink,
}

impl ChainState {
    /// Gives a post its link; `None` for a post that belongs to no chain.
    ///
    /// # Errors
    /// [`RoomError::ChainBroken`] if an earlier post of the chain was refused.
    pub(super) fn enter(&mut self, chain: Option<Chain>) -> Result<Option<ChainLink>, RoomError> {
        match chain {
            None => return Ok(None),
            Some(Chain::Restart) => self.last = ChainLink::default(),
            Some(Chain::Continue) => self.last = self.last.next(),
        }
        if self.last.is_broken() { Err(RoomError::ChainBroken) } else { Ok(Some(self.last.clone())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enter(chain: &mut ChainState, how: Chain) -> Result<ChainLink, RoomError> {
        chain.enter(Some(how)).map(|link| link.expect("a place"))
    }

    #[test]
    fn a_refusal_breaks_what_is_behind_it_until_the_restart_and_nothing_before_it() {
        let mut chain = ChainState::default();
        let first = enter(&mut chain, Chain::Restart).expect("begins");
        let second = enter(&mut chain, Chain::Continue).expect("goes on");
        let third = enter(&mut chain, Chain::Continue).expect("goes on");
        second.break_chain();
        third.break_chain();
        assert!(!first.is_broken() && !second.is_broken() && third.is_broken());
        assert!(matches!(enter(&mut chain, Chain::Continue), Err(RoomError::ChainBroken)));
        assert!(chain.enter(None).is_ok(), "a post of its own passes");
        enter(&mut chain, Chain::Restart).expect("begins again");
        first.break_chain();
        assert!(enter(&mut chain, Chain::Continue).is_ok(), "a late refusal of the old chain");
    }
}
