//! Chains: posts of which none is kept behind a refused one. Pure; must not know who posts or why one is refused.

#![deny(clippy::disallowed_methods)]

use std::collections::{HashMap, VecDeque};

/// A chain, named by the client that begins it; unique in one run of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChainId(
    /// Any number.
    pub u128,
);

/// A post's place in its chain. Once a place is refused, all later places are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainPlace {
    /// Which chain.
    pub chain: ChainId,
    /// Rises within the chain.
    pub place: u64,
}

/// The chains that were broken last, each with the first place that was refused.
#[derive(Debug)]
pub struct BrokenChains {
    refused: HashMap<ChainId, u64>,
    /// Oldest first; as many as `refused`.
    order: VecDeque<ChainId>,
    limit: usize,
}

impl BrokenChains {
    /// Remembers up to `limit` chains, then forgets the oldest.
    pub fn new(limit: usize) -> Self {
        Self { refused: HashMap::new(), order: VecDeque::new(), limit }
    }

    /// A place was refused.
    pub fn refuse(&mut self, place: ChainPlace) {
        let first = self.refused.entry(place.chain).or_insert_with(|| {
            self.order.push_back(place.chain);
            place.place
        });
        *first = place.place.min(*first);
        if self.order.len() > self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.refused.remove(&oldest);
        }
    }

    /// Whether a place before this one was refused.
    pub fn is_broken(&self, place: ChainPlace) -> bool {
        self.refused.get(&place.chain).is_some_and(|first| *first < place.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(chain: u128, place: u64) -> ChainPlace {
        ChainPlace { chain: ChainId(chain), place }
    }

    #[test]
    fn a_refusal_breaks_the_places_behind_it_and_no_other_chain() {
        let mut broken = BrokenChains::new(8);
        broken.refuse(place(1, 5));
        assert!(!broken.is_broken(place(1, 4)) && !broken.is_broken(place(1, 5)) && broken.is_broken(place(1, 6)));
        assert!(!broken.is_broken(place(2, 6)));
        // The answer to an earlier place may come later.
        broken.refuse(place(1, 2));
        broken.refuse(place(1, 7));
        assert!(!broken.is_broken(place(1, 2)) && broken.is_broken(place(1, 3)));
    }

    #[test]
    fn the_chain_that_broke_first_is_forgotten_first() {
        let mut broken = BrokenChains::new(2);
        for chain in [1, 2, 1, 3] {
            broken.refuse(place(chain, 0));
        }
        assert_eq!([1, 2, 3].map(|chain| broken.is_broken(place(chain, 1))), [false, true, true]);
        assert_eq!((broken.refused.len(), broken.order.len()), (2, 2));
    }
}
