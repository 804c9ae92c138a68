//! Single cases of the property, each of which a simpler rule gets wrong.

use super::stores::Luck::{self, Fails, Unheard, Works};
use super::truth::{Fate, Text};
use super::world::World;
use super::{Seq, check_stores_agree};

const LIFE_MS: u64 = 1_000_000;

fn post(world: &mut World, key: u8) -> Seq {
    world.post(key, 0, LIFE_MS, None).expect("of no chain")
}

/// The live store does the next operation; its answer arrives.
fn live(world: &mut World, luck: Luck) {
    world.live_step(luck);
    world.deliver_all();
}

fn database(world: &mut World, luck: Luck) {
    world.database_step(luck);
    world.deliver_all();
}

/// A room that shows one message.
fn with_a_message() -> (World, Seq) {
    let mut world = World::new();
    let seq = post(&mut world, 0);
    world.drain();
    (world, seq)
}

fn fate(world: &World, seq: Seq) -> Fate {
    world.truth.attempts[&seq].fate
}

fn text(world: &World, seq: Seq) -> Text {
    world.truth.visible[&seq].texts.first().expect("a text").clone()
}

/// Nothing changes, now and after a restart.
fn check_end(mut world: World) {
    world.drain();
    check_stores_agree(&world);
    world.restart(0, 0, true);
    world.drain();
    check_stores_agree(&world);
}

#[test]
fn posts_behind_a_failed_reservation_are_refused_whatever_failed() {
    for luck in [Fails, Unheard] {
        let mut world = World::new();
        let posts = [post(&mut world, 0), post(&mut world, 1)];
        live(&mut world, Works);
        live(&mut world, Works);
        database(&mut world, luck);
        world.drain();
        assert_eq!(posts.map(|seq| fate(&world, seq)), [Fate::Gone; 2]);
        check_end(world);
    }
}

#[test]
fn a_retry_of_an_acknowledged_post_is_a_duplicate_and_of_a_refused_one_is_new() {
    let (mut world, _) = with_a_message();
    let retry = post(&mut world, 0);
    assert_eq!(fate(&world, retry), Fate::Duplicate);
    let refused = post(&mut world, 1);
    live(&mut world, Unheard);
    world.drain();
    assert_eq!(fate(&world, refused), Fate::Gone);
    let retry = post(&mut world, 1);
    world.drain();
    assert_eq!(fate(&world, retry), Fate::Visible);
    check_end(world);
}

#[test]
fn a_post_that_timed_out_does_not_appear_however_late_it_is_stored() {
    let (mut world, _) = with_a_message();
    let late = post(&mut world, 1);
    world.time_out();
    world.drain();
    assert_eq!(fate(&world, late), Fate::Gone);
    check_end(world);
}

#[test]
fn a_chain_holds_nothing_behind_a_refused_post() {
    let (mut world, _) = with_a_message();
    let first = world.post(1, 0, LIFE_MS, Some(true)).expect("a chain begins");
    let second = world.post(2, 0, LIFE_MS, Some(false)).expect("not broken yet");
    live(&mut world, Fails);
    assert!(world.post(3, 0, LIFE_MS, Some(false)).is_none(), "the chain is broken");
    world.drain();
    assert_eq!([fate(&world, first), fate(&world, second)], [Fate::Gone; 2]);
    check_end(world);
}

#[test]
fn a_refused_deletion_leaves_the_message_and_does_not_undo_the_one_behind_it() {
    let (mut world, seq) = with_a_message();
    world.revise(0, None);
    live(&mut world, Unheard);
    world.drain();
    assert_eq!(text(&world, seq), Some("text 0".into()));
    check_stores_agree(&world);
    world.revise(0, Some(1));
    world.revise(0, None);
    live(&mut world, Unheard);
    live(&mut world, Works);
    world.drain();
    assert_eq!(text(&world, seq), None);
    check_end(world);
}

#[test]
fn a_refused_edit_or_deletion_does_not_happen_in_later_processes_either() {
    for (change, is_live_there) in [(None, true), (Some(1), true), (None, false), (Some(1), false)] {
        let (mut world, seq) = with_a_message();
        world.revise(0, change);
        live(&mut world, Unheard);
        database(&mut world, Works);
        // The live store holds the change, and its process ends before that is undone.
        world.restart(0, 0, is_live_there);
        if !is_live_there {
            world.persistent(true, None);
            world.restart(9, 0, true);
        }
        assert_eq!(text(&world, seq), Some("text 0".into()));
        check_end(world);
    }
}

#[test]
fn an_edit_whose_number_was_not_reserved_in_time_is_shown_by_no_later_process() {
    let (mut world, seq) = with_a_message();
    // Up to the end of what is reserved.
    while world.commit.seqs.last_given() < world.database.reserved_up_to {
        world.persistent(true, None);
        world.drain();
    }
    world.revise(0, Some(1));
    live(&mut world, Works);
    for _ in 0..3 {
        world.restart(0, 0, true);
        assert_eq!(text(&world, seq), Some("text 0".into()));
        assert_eq!(world.commit.index.newest(), seq);
    }
    check_end(world);
}

#[test]
fn a_message_that_was_shown_late_keeps_its_new_number() {
    let (mut world, seq) = with_a_message();
    world.restart(0, 0, false);
    world.drain();
    let changed = |world: &World| world.commit.index.get(seq).expect("visible").item().changed;
    let shown = changed(&world);
    assert!(shown > seq);
    world.restart(0, 0, true);
    assert_eq!(changed(&world), shown);
    check_end(world);
}

#[test]
fn an_edit_stored_just_before_the_end_and_shown_after_it_shows_no_text() {
    let (mut world, _) = with_a_message();
    world.persistent(true, None);
    world.revise(0, Some(1));
    live(&mut world, Works);
    world.advance(2 * LIFE_MS);
    database(&mut world, Works);
    check_end(world);
}

#[test]
fn a_change_that_was_stored_just_before_a_loss_is_stored_again() {
    let (mut world, seq) = with_a_message();
    post(&mut world, 1);
    world.revise(0, Some(1));
    world.live_step(Works);
    world.live_step(Works);
    world.lose_data();
    world.notice_loss();
    world.refill_step();
    world.drain();
    assert_eq!(text(&world, seq), Some("edit 1".into()));
    check_end(world);
}

#[test]
fn two_attempts_with_a_loss_between_them_are_one_message() {
    let (mut world, _) = with_a_message();
    let first = post(&mut world, 1);
    world.live_step(Works);
    world.lose_data();
    let second = post(&mut world, 1);
    world.drain();
    assert_eq!([fate(&world, first), fate(&world, second)], [Fate::Visible, Fate::Gone]);
    check_end(world);
}

#[test]
fn a_process_that_starts_without_the_live_store_shows_its_messages_later_and_once() {
    let (mut world, seq) = with_a_message();
    world.restart(0, 0, false);
    let retry = post(&mut world, 0);
    world.drain();
    assert_eq!((fate(&world, seq), fate(&world, retry)), (Fate::Visible, Fate::Duplicate));
    check_end(world);
}

#[test]
fn the_number_of_a_refused_post_is_not_given_again() {
    let mut world = World::new();
    let refused = post(&mut world, 0);
    live(&mut world, Works);
    database(&mut world, Unheard);
    world.drain();
    assert_eq!(fate(&world, refused), Fate::Gone);
    world.restart(0, 0, true);
    assert!(post(&mut world, 0) > refused);
    check_end(world);
}

#[test]
fn a_retry_of_a_refused_post_is_no_duplicate_even_if_the_first_one_would_have_expired() {
    let mut world = World::new();
    let first = world.post(0, 0, 1_000, None).expect("of no chain");
    let retry = post(&mut world, 0);
    live(&mut world, Works);
    live(&mut world, Works);
    world.advance(1_000);
    database(&mut world, Unheard);
    world.drain();
    assert_eq!([fate(&world, first), fate(&world, retry)], [Fate::Gone; 2]);
    check_end(world);
}

#[test]
fn a_retry_right_after_a_loss_is_a_duplicate_at_once() {
    let (mut world, seq) = with_a_message();
    world.lose_data();
    let retry = post(&mut world, 0);
    assert_eq!((fate(&world, seq), fate(&world, retry)), (Fate::Visible, Fate::Duplicate));
    check_end(world);
}
