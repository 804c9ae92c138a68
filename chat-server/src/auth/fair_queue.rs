//! A bounded queue in which many sources wait: they are served in turn, so that none starves another. Pure; must not know
//! what is waited for.

#![deny(clippy::disallowed_methods)]

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// How many may wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    /// Of one source.
    pub of_one: usize,
    /// Of all together.
    pub of_all: usize,
}

/// Those who wait, in the order in which they are served.
#[derive(Debug)]
pub(super) struct FairQueue<K, T> {
    places: Places,
    lines: HashMap<K, VecDeque<T>>,
    /// The sources that wait, each once; the first is served next.
    turns: VecDeque<K>,
    len: usize,
}

/// There was no place for one of those who wait.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoPlace<T>(pub T);

impl<K: Copy + Eq + Hash, T> FairQueue<K, T> {
    pub(super) fn new(places: Places) -> Self {
        Self { places, lines: HashMap::new(), turns: VecDeque::new(), len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Queues for a source. If all places are taken, the source with the longest line gives up its last one.
    ///
    /// # Errors
    /// [`NoPlace`] with what has no place: what was to be queued, or what gave up its place for it.
    pub(super) fn push(&mut self, source: K, waiting: T) -> Result<(), NoPlace<T>> {
        let own = self.lines.get(&source).map_or(0, VecDeque::len);
        if own >= self.places.of_one {
            return Err(NoPlace(waiting));
        }
        let mut displaced = None;
        if self.len >= self.places.of_all {
            let longest = self.lines.iter().max_by_key(|(_, line)| line.len());
            // Swapping places between lines of equal length would help nobody.
            let Some(longest) = longest.filter(|(_, line)| line.len() > own + 1).map(|(source, _)| *source) else {
                return Err(NoPlace(waiting));
            };
            displaced = self.lines.get_mut(&longest).and_then(VecDeque::pop_back);
            self.len -= 1;
        }
        let line = self.lines.entry(source).or_default();
        if line.is_empty() {
            self.turns.push_back(source);
        }
        line.push_back(waiting);
        self.len += 1;
        displaced.map_or(Ok(()), |displaced| Err(NoPlace(displaced)))
    }

    /// Takes the one that is served next.
    pub(super) fn pop(&mut self) -> Option<T> {
        let source = self.turns.pop_front()?;
        let line = self.lines.get_mut(&source)?;
        let next = line.pop_front()?;
        if line.is_empty() {
            self.lines.remove(&source);
        } else {
            self.turns.push_back(source);
        }
        self.len -= 1;
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(queue: &mut FairQueue<char, u32>) -> Vec<u32> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn sources_are_served_in_turn_and_each_in_its_own_order() {
        let mut queue = FairQueue::new(Places { of_one: 4, of_all: 9 });
        for n in 1..=4 {
            assert_eq!(queue.push('a', n), Ok(()));
        }
        assert_eq!(queue.push('a', 5), Err(NoPlace(5)), "its places are taken");
        assert_eq!((queue.push('b', 11), queue.push('c', 21), queue.push('b', 12)), (Ok(()), Ok(()), Ok(())));
        assert_eq!(drain(&mut queue), [1, 11, 21, 2, 12, 3, 4]);
        assert_eq!((queue.len(), queue.lines.len(), queue.turns.len()), (0, 0, 0));
    }

    #[test]
    fn in_a_full_queue_a_newcomer_takes_the_place_of_the_one_who_waits_most() {
        let mut queue = FairQueue::new(Places { of_one: 4, of_all: 5 });
        for n in 1..=4 {
            assert_eq!(queue.push('a', n), Ok(()));
        }
        assert_eq!(queue.push('b', 11), Ok(()));
        assert_eq!(queue.push('c', 21), Err(NoPlace(4)));
        assert_eq!(queue.push('b', 12), Err(NoPlace(3)));
        assert_eq!(queue.push('c', 22), Err(NoPlace(22)), "nobody waits more than once longer");
        assert_eq!(drain(&mut queue), [1, 11, 21, 2, 12]);
    }
}
