//! Mutated inputs: bytes flipped, pieces cut, doubled or swapped, and known parser breakers inserted.

use proptest::prelude::Rng;
use proptest::test_runner::TestRng;

/// Inputs that have broken other parsers.
const SPICE: [&str; 18] = [
    "\u{0}",
    "\u{1b}[31m",
    "\u{1b}]8;;x\u{7}",
    "\u{9b}2J",
    "\u{202e}",
    "\u{e0041}",
    "\u{2028}",
    "\u{301}\u{301}\u{301}",
    "👩‍👩‍👧",
    "\r\n",
    "\\u0000",
    "\\ud800",
    "{\"type\":",
    "[[[[[[[[",
    "-9223372036854775809",
    "1e999",
    "null",
    "\"\":",
];
/// The maximum length of an input.
const LONGEST: usize = 4_096;

/// Generates inputs.
pub(super) struct Corpus {
    seeds: Vec<Vec<u8>>,
    rng: TestRng,
}

impl Corpus {
    pub(super) fn new(seeds: &[&str], rng: TestRng) -> Self {
        Self { seeds: seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect(), rng }
    }

    /// Returns the next input; some are kept as seeds.
    pub(super) fn next(&mut self) -> Vec<u8> {
        let mut input = self.seed();
        for _ in 0..=self.below(6) {
            self.change(&mut input);
        }
        input.truncate(LONGEST);
        if self.below(200) == 0 && self.seeds.len() < 512 {
            self.seeds.push(input.clone());
        }
        input
    }

    fn below(&mut self, limit: usize) -> usize {
        self.rng.next_u32() as usize % limit.max(1)
    }

    fn seed(&mut self) -> Vec<u8> {
        let at = self.below(self.seeds.len());
        self.seeds[at].clone()
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        let length = self.below(16);
        let end = (at + length).min(input.len());
        match self.below(7) {
            0 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << (length % 8);
                }
            }
            1 => drop(input.drain(at..end)),
            2 => {
                let piece = input[at..end].to_vec();
                input.splice(at..at, piece);
            }
            3 => {
                let spice = SPICE[self.below(SPICE.len())];
                input.splice(at..at, spice.bytes());
            }
            4 => {
                let other = self.seed();
                let from = self.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            5 => input.truncate(at),
            _ => {
                let byte = (self.rng.next_u32() & 0xff) as u8;
                input.insert(at, byte);
            }
        }
    }
}
