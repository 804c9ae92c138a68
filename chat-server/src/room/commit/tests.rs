//! A property of the commit: over stores that lose, delay, double and reorder answers, lose their data and outlive the
//! process, every answer to a requester stays true.

mod cases;
mod stores;
mod truth;
mod world;

use proptest::prelude::*;

use self::stores::Luck;
use self::truth::{Fate, text_of};
use self::world::World;
use super::*;

#[derive(Clone, Copy, Debug)]
enum Step {
    Post { key: u8, text: u8, life_ms: u64, chain: Option<bool> },
    Revise { which: usize, text: Option<u8> },
    Persistent { is_shown: bool, chain: Option<bool> },
    Database(Luck),
    Live(Luck),
    Deliver { which: usize, is_twice: bool },
    TimeOut,
    LoseData,
    NoticeLoss,
    Refill,
    Load,
    Advance(u64),
    Restart { recorded: usize, carried_out: usize, is_live_there: bool },
}

fn luck() -> impl Strategy<Value = Luck> {
    prop_oneof![12 => Just(Luck::Works), 1 => Just(Luck::Unheard), 1 => Just(Luck::Vanishes), 1 => Just(Luck::Fails)]
}

fn chain() -> impl Strategy<Value = Option<bool>> {
    prop_oneof![3 => Just(None), 1 => Just(Some(true)), 2 => Just(Some(false))]
}

fn step() -> impl Strategy<Value = Step> {
    let life = prop_oneof![4 => Just(1_000_000), 1 => Just(1_000)];
    prop_oneof![
        8 => (0..5_u8, 0..2_u8, life, chain()).prop_map(|(key, text, life_ms, chain)| Step::Post { key, text, life_ms, chain }),
        4 => (0..5_usize, prop::option::weighted(0.8, 0..3_u8)).prop_map(|(which, text)| Step::Revise { which, text }),
        3 => (prop::bool::weighted(0.7), chain()).prop_map(|(is_shown, chain)| Step::Persistent { is_shown, chain }),
        9 => luck().prop_map(Step::Database),
        16 => luck().prop_map(Step::Live),
        24 => (0..3_usize, prop::bool::weighted(0.1)).prop_map(|(which, is_twice)| Step::Deliver { which, is_twice }),
        2 => Just(Step::TimeOut),
        1 => Just(Step::LoseData),
        2 => Just(Step::NoticeLoss),
        3 => Just(Step::Refill),
        3 => Just(Step::Load),
        1 => (1..600_u64).prop_map(Step::Advance),
        1 => (0..4_usize, 0..4_usize, any::<bool>())
            .prop_map(|(recorded, carried_out, is_live_there)| Step::Restart { recorded, carried_out, is_live_there }),
    ]
}

fn run(world: &mut World, step: Step) {
    match step {
        Step::Post { key, text, life_ms, chain } => drop(world.post(key, text, life_ms, chain)),
        Step::Revise { which, text } => world.revise(which, text),
        Step::Persistent { is_shown, chain } => world.persistent(is_shown, chain),
        Step::Database(luck) => world.database_step(luck),
        Step::Live(luck) => world.live_step(luck),
        Step::Deliver { which, is_twice } => world.deliver(which, is_twice),
        Step::TimeOut => world.time_out(),
        Step::LoseData => world.lose_data(),
        Step::NoticeLoss => world.notice_loss(),
        Step::Refill => world.refill_step(),
        Step::Load => world.load_step(),
        Step::Advance(ms) => world.advance(ms),
        Step::Restart { recorded, carried_out, is_live_there } => world.restart(recorded, carried_out, is_live_there),
    }
}

/// Checks that the live store holds the visible messages and no others.
fn check_stores_agree(world: &World) {
    let said = |entries: Vec<EphemeralEntry>| -> Vec<_> {
        entries.iter().map(|entry| (entry.seq(), text_of(&entry.item()))).collect()
    };
    let now = world.now;
    let shown = world.commit.index.entries().filter(|entry| entry.is_alive(now)).cloned().collect();
    assert_eq!(said(world.live.alive(now)), said(shown), "the live store holds what the room shows");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4 * ProptestConfig::default().cases, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_stays_true(steps in prop::collection::vec(step(), 1..200)) {
        let mut world = World::new();
        for step in steps {
            run(&mut world, step);
        }
        world.drain();
        check_stores_agree(&world);
        world.restart(0, 0, true);
        world.drain();
        check_stores_agree(&world);
        for key in 0..5 {
            let seq = world.post(key, 0, 1_000_000, None).expect("of no chain");
            let posted = world.truth.attempts[&seq].clone();
            let is_shown = world.truth.visible.values().any(|seen| seen.key == posted.key && world.now < seen.end);
            let is_remembered = is_shown || world.live.knows_key(&posted.key, world.now);
            world.drain();
            let fate = world.truth.attempts[&seq].fate;
            prop_assert_eq!(fate == Fate::Visible, !is_remembered, "{:?}", world.truth.attempts[&seq]);
        }
    }
}
