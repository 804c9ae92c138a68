//! A connection's chain of posts: after a refusal those behind it are refused, until it begins again. Pure.

#![deny(clippy::disallowed_methods)]

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::request::Chain;

/// The chain of one connection.
#[derive(Debug, Default)]
pub(super) struct ChainState {
    is_broken: bool,
    /// Counts restarts, so that the refusal of an old chain does not break a new one.
    generation: u64,
}

impl ChainState {
    /// A post comes: whether it may pass, and which chain it belongs to.
    pub(super) fn enter(&mut self, chain: Option<Chain>) -> Result<Option<u64>, ErrorBody> {
        match chain {
            None => Ok(None),
            Some(Chain::Restart) => {
                self.is_broken = false;
                self.generation += 1;
                Ok(Some(self.generation))
            }
            Some(Chain::Continue) if self.is_broken => Err(ErrorBody::new(
                ErrorCode::ChainBroken,
                "An earlier post of this chain was refused; send that one again with `restart`, then the rest.",
            )),
            Some(Chain::Continue) => Ok(Some(self.generation)),
        }
    }

    /// A post of a chain was refused.
    pub(super) fn refused(&mut self, generation: Option<u64>) {
        self.is_broken |= generation == Some(self.generation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_breaks_its_own_chain_until_the_restart() {
        let mut chain = ChainState::default();
        let first = chain.enter(Some(Chain::Restart)).expect("begins");
        chain.refused(first);
        assert_eq!(chain.enter(Some(Chain::Continue)).map_err(|e| e.code), Err(ErrorCode::ChainBroken));
        assert!(chain.enter(None).is_ok(), "a post of its own passes");
        chain.enter(Some(Chain::Restart)).expect("begins again");
        chain.refused(first);
        assert!(chain.enter(Some(Chain::Continue)).is_ok(), "a late refusal of the old chain");
    }
}
