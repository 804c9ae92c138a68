//! A connection's chain of posts: after a refusal those behind it are refused, until it begins again.

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::request::Chain;

use crate::store::ChainLink;

/// The chain of one connection.
#[derive(Debug, Default)]
pub(super) struct ChainState {
    /// The last place given in the present chain.
    last: ChainLink,
}

impl ChainState {
    /// A post comes: whether it may pass, and the chain it belongs to.
    pub(super) fn enter(&mut self, chain: Option<Chain>) -> Result<Option<ChainLink>, ErrorBody> {
        match chain {
            None => return Ok(None),
            Some(Chain::Restart) => self.last = ChainLink::default(),
            Some(Chain::Continue) => self.last = self.last.next(),
        }
        if self.last.is_broken() { Err(broken()) } else { Ok(Some(self.last.clone())) }
    }
}

/// What is said to a post behind a refused one.
pub(super) fn broken() -> ErrorBody {
    ErrorBody::new(
        ErrorCode::ChainBroken,
        "An earlier post of this chain was refused; send that one again with `restart`, then the rest.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enter(chain: &mut ChainState, how: Chain) -> Result<ChainLink, ErrorCode> {
        chain.enter(Some(how)).map(|link| link.expect("a place")).map_err(|error| error.code)
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
        assert_eq!(enter(&mut chain, Chain::Continue).err(), Some(ErrorCode::ChainBroken));
        assert!(chain.enter(None).is_ok(), "a post of its own passes");
        enter(&mut chain, Chain::Restart).expect("begins again");
        first.break_chain();
        assert!(enter(&mut chain, Chain::Continue).is_ok(), "a late refusal of the old chain");
    }
}
