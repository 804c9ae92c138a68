//! A bounded queue in which many sources wait: they are served in turn, and the names of each source in turn, so that none
//! starves another. Pure; must not know what is waited for.

#![deny(clippy::disallowed_methods)]

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// How many may wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    /// Of one source for one name.
    pub per_name: usize,
    /// Of one source.
    pub per_source: usize,
    /// Of all together.
    pub in_all: usize,
}

/// Those who wait, in the order in which they are served: the sources in turn, and the names of each source in turn.
#[derive(Debug)]
pub(super) struct FairQueue<K, N, T> {
    places: Places,
    sources: HashMap<K, Source<N, T>>,
    /// The sources that wait, each once; the first is served next.
    turns: VecDeque<K>,
    len: usize,
}

/// Those of one source.
#[derive(Debug)]
struct Source<N, T> {
    lines: HashMap<N, VecDeque<T>>,
    /// The names that wait, each once; the first is served next.
    turns: VecDeque<N>,
    len: usize,
}

/// There was no place for one of those who wait.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoPlace<T>(pub T);

impl<K: Copy + Eq + Hash, N: Clone + Eq + Hash, T> FairQueue<K, N, T> {
    pub(super) fn new(places: Places) -> Self {
        Self { places, sources: HashMap::new(), turns: VecDeque::new(), len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Queues for a name of a source. If all places are taken, the source with the longest line gives up its last one; if
    /// those of its own source are taken, the name of that source with the longest line does.
    ///
    /// # Errors
    /// [`NoPlace`] with what has no place: what was to be queued, or what gave up its place for it.
    pub(super) fn push(&mut self, (source, name): (K, N), waiting: T) -> Result<(), NoPlace<T>> {
        let (of_source, of_name) =
            self.sources.get(&source).map_or((0, 0), |queued| (queued.len, queued.line_len(&name)));
        let gives_way = if of_name >= self.places.per_name {
            None
        } else if of_source >= self.places.per_source {
            // Swapping places between lines of equal length would help nobody.
            Some(source).filter(|_| self.sources.get(&source).is_some_and(|queued| queued.longest() > of_name + 1))
        } else if self.len >= self.places.in_all {
            let longest = self.sources.iter().max_by_key(|(_, queued)| queued.len);
            longest.filter(|(_, queued)| queued.len > of_source + 1).map(|(source, _)| *source)
        } else {
            self.add((source, name), waiting);
            return Ok(());
        };
        let Some(gives_way) = gives_way else { return Err(NoPlace(waiting)) };
        // It has at least two, so it keeps its turn.
        let displaced = self.sources.get_mut(&gives_way).and_then(Source::give_up);
        self.len -= usize::from(displaced.is_some());
        self.add((source, name), waiting);
        displaced.map_or(Ok(()), |displaced| Err(NoPlace(displaced)))
    }

    fn add(&mut self, (source, name): (K, N), waiting: T) {
        let queued = self.sources.entry(source).or_default();
        if queued.len == 0 {
            self.turns.push_back(source);
        }
        queued.add(name, waiting);
        self.len += 1;
    }

    /// Takes the one that is served next.
    pub(super) fn pop(&mut self) -> Option<T> {
        let source = self.turns.pop_front()?;
        let queued = self.sources.get_mut(&source)?;
        let next = queued.pop()?;
        if queued.len == 0 {
            self.sources.remove(&source);
        } else {
            self.turns.push_back(source);
        }
        self.len -= 1;
        Some(next)
    }
}

impl<N, T> Default for Source<N, T> {
    fn default() -> Self {
        Self { lines: HashMap::new(), turns: VecDeque::new(), len: 0 }
    }
}

impl<N: Clone + Eq + Hash, T> Source<N, T> {
    fn line_len(&self, name: &N) -> usize {
        self.lines.get(name).map_or(0, VecDeque::len)
    }

    fn longest(&self) -> usize {
        self.lines.values().map(VecDeque::len).max().unwrap_or(0)
    }

    fn add(&mut self, name: N, waiting: T) {
        let line = self.lines.entry(name.clone()).or_default();
        if line.is_empty() {
            self.turns.push_back(name);
        }
        line.push_back(waiting);
        self.len += 1;
    }

    fn pop(&mut self) -> Option<T> {
        let name = self.turns.pop_front()?;
        let line = self.lines.get_mut(&name)?;
        let next = line.pop_front()?;
        if line.is_empty() {
            self.lines.remove(&name);
        } else {
            self.turns.push_back(name);
        }
        self.len -= 1;
        Some(next)
    }

    /// Takes the last one of the name with the longest line; of equal ones, that of the name whose turn is last.
    fn give_up(&mut self) -> Option<T> {
        let (at, name) = self.turns.iter().enumerate().max_by_key(|(_, name)| self.line_len(name))?;
        let line = self.lines.get_mut(name)?;
        let last = line.pop_back()?;
        if line.is_empty() {
            self.lines.remove(name);
            self.turns.remove(at);
        }
        self.len -= 1;
        Some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Queue = FairQueue<char, &'static str, u32>;

    fn drain(queue: &mut Queue) -> Vec<u32> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn sources_are_served_in_turn_and_each_in_its_own_order() {
        let mut queue = Queue::new(Places { per_name: 4, per_source: 4, in_all: 9 });
        for n in 1..=4 {
            assert_eq!(queue.push(('a', "ana"), n), Ok(()));
        }
        assert_eq!(queue.push(('a', "ana"), 5), Err(NoPlace(5)), "its places are taken");
        let of_others = [(('b', "ben"), 11), (('c', "ana"), 21), (('b', "ben"), 12)];
        assert!(of_others.into_iter().all(|(who, n)| queue.push(who, n).is_ok()));
        assert_eq!(drain(&mut queue), [1, 11, 21, 2, 12, 3, 4]);
        assert_eq!((queue.len(), queue.sources.len(), queue.turns.len()), (0, 0, 0));
    }

    #[test]
    fn in_a_full_queue_a_newcomer_takes_the_place_of_the_one_who_waits_most() {
        let mut queue = Queue::new(Places { per_name: 4, per_source: 4, in_all: 5 });
        for n in 1..=4 {
            assert_eq!(queue.push(('a', "ana"), n), Ok(()));
        }
        assert_eq!(queue.push(('b', "ben"), 11), Ok(()));
        assert_eq!(queue.push(('c', "dee"), 21), Err(NoPlace(4)));
        assert_eq!(queue.push(('b', "ben"), 12), Err(NoPlace(3)));
        assert_eq!(queue.push(('c', "dee"), 22), Err(NoPlace(22)), "nobody waits more than once longer");
        assert_eq!(drain(&mut queue), [1, 11, 21, 2, 12]);
    }

    #[test]
    fn the_names_of_one_source_are_served_in_turn_and_a_flood_at_one_name_leaves_a_place_for_another() {
        let mut queue = Queue::new(Places { per_name: 3, per_source: 4, in_all: 9 });
        for n in 1..=3 {
            assert_eq!(queue.push(('a', "eve"), n), Ok(()));
        }
        assert_eq!(queue.push(('a', "eve"), 4), Err(NoPlace(4)), "the places for this name are taken");
        assert_eq!(queue.push(('a', "ana"), 11), Ok(()));
        assert_eq!(queue.push(('a', "ben"), 21), Err(NoPlace(3)), "the last of the longest line");
        assert_eq!(queue.push(('a', "ana"), 12), Err(NoPlace(12)));
        assert_eq!(queue.push(('a', "dee"), 31), Err(NoPlace(2)));
        assert_eq!(queue.push(('a', "fay"), 41), Err(NoPlace(41)), "each name has one place");
        assert_eq!(drain(&mut queue), [1, 11, 21, 31]);
        assert_eq!((queue.len(), queue.sources.len()), (0, 0));
    }

    #[test]
    fn a_full_queue_takes_a_place_from_a_source_with_many_names() {
        let mut queue = Queue::new(Places { per_name: 2, per_source: 3, in_all: 3 });
        for (name, n) in [("n1", 1), ("n2", 2), ("n3", 3)] {
            assert_eq!(queue.push(('a', name), n), Ok(()));
        }
        assert_eq!(queue.push(('b', "ana"), 11), Err(NoPlace(3)), "the name whose turn is last");
        assert_eq!(queue.push(('a', "n3"), 4), Err(NoPlace(4)));
        assert_eq!(drain(&mut queue), [1, 11, 2]);
    }
}
