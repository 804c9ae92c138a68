//! The rules of a link, by events and times.

use proptest::prelude::*;

use super::*;
use crate::net::link::deadlines::Goodbye;

fn ready_at(policy: Policy, now_ms: u64) -> Machine {
    let mut machine = Machine::new(policy);
    assert!(matches!(machine.step(Input::TimerFired, now_ms, 0.0), Some(Effect::Connect { .. })));
    machine.step(Input::Opened, now_ms, 0.0);
    machine.step(Input::Welcomed, now_ms, 0.0);
    machine
}

fn pause_of(machine: &Machine, now_ms: u64) -> u64 {
    match machine.state() {
        State::Waiting { until_ms } => until_ms - now_ms,
        state => panic!("waits in {state:?}"),
    }
}

fn goodbye(reason: GoodbyeReason, reconnect_after_ms: Option<u64>) -> Traffic {
    Traffic::Goodbye(Goodbye { reason, reconnect_after_ms })
}

#[test]
fn pauses_grow_to_thirty_seconds_and_tries_never_end() {
    for policy in [Policy::Screen, Policy::Follow] {
        let mut machine = ready_at(policy, 0);
        machine.end(End::Closed(None), 20_000, 0.0);
        assert_eq!(pause_of(&machine, 20_000), 100);
        let mut now = 20_000;
        let mut longest = 0;
        for _ in 0..200 {
            now = machine.next_timer().expect("a next try");
            assert!(matches!(machine.step(Input::TimerFired, now, 1.0), Some(Effect::Connect { prepare: true })));
            machine.end(End::Failed(Failure::Unreachable), now, 1.0);
            longest = longest.max(pause_of(&machine, now));
        }
        assert_eq!(longest, 30_000);
        machine.step(Input::TimerFired, now + 30_000, 1.0);
        machine.step(Input::Opened, now, 1.0);
        machine.step(Input::Welcomed, now, 1.0);
        machine.end(End::Closed(None), now + 60_000, 1.0);
        assert_eq!(pause_of(&machine, now + 60_000), 500, "after a connection that held, the pauses begin anew");
    }
}

#[test]
fn a_command_tries_for_five_seconds_and_stops() {
    for policy in [Policy::OneShot, Policy::Follow] {
        let mut machine = Machine::new(policy);
        assert_eq!(machine.step(Input::TimerFired, 0, 0.5), Some(Effect::Connect { prepare: false }));
        let (mut now, mut tries) = (0, 1);
        loop {
            machine.end(End::Failed(Failure::Unreachable), now, 0.5);
            if machine.has_ended() {
                break;
            }
            now = machine.next_timer().expect("a next try");
            assert_eq!(machine.step(Input::TimerFired, now, 0.5), Some(Effect::Connect { prepare: true }));
            tries += 1;
        }
        assert!((4_500..=5_000).contains(&now) && tries >= 10, "{tries} tries, the last at {now} ms");
    }
}

#[test]
fn a_one_shot_command_ends_with_its_connection_and_a_follower_connects_again() {
    let mut one_shot = ready_at(Policy::OneShot, 0);
    one_shot.end(End::Closed(None), 1, 0.5);
    assert!(one_shot.has_ended());
    let mut follower = ready_at(Policy::Follow, 0);
    follower.end(End::Closed(None), 600_000, 0.5);
    assert!(matches!(follower.state(), State::Waiting { .. }), "no limit of time holds after the first welcome");
}

#[test]
fn a_refusal_for_now_is_told_to_a_command_and_waited_out_by_those_who_stay() {
    let for_now = End::Failed(Failure::NotNow { retry_after_ms: Some(7_000) });
    for policy in [Policy::OneShot, Policy::Follow] {
        let mut machine = Machine::new(policy);
        machine.step(Input::TimerFired, 0, 0.5);
        machine.end(for_now, 0, 0.5);
        assert!(machine.has_ended());
    }
    for mut machine in [Machine::new(Policy::Screen), ready_at(Policy::Follow, 0)] {
        machine.end(End::Closed(None), 0, 0.5);
        machine.step(Input::TimerFired, 1_000, 0.5);
        machine.end(for_now, 1_000, 0.5);
        assert_eq!(pause_of(&machine, 1_000), 7_000);
    }
}

#[test]
fn a_connection_without_traffic_is_pinged_and_dies_within_a_minute() {
    let mut machine = ready_at(Policy::Screen, 0);
    let ping_at = machine.next_timer().expect("a heartbeat");
    assert_eq!(machine.step(Input::TimerFired, ping_at, 0.5), Some(Effect::Ping));
    let dead_at = machine.next_timer().expect("an end");
    assert!(dead_at <= 60_000);
    assert_eq!(machine.step(Input::TimerFired, dead_at, 0.5), Some(Effect::GiveUp(Overdue::Traffic)));
    assert!(matches!(machine.state(), State::Waiting { .. }));
}

#[test]
fn heartbeats_go_out_however_much_comes_in() {
    let mut machine = ready_at(Policy::Screen, 0);
    let mut heartbeats = 0;
    for now in (0..300_000).step_by(100) {
        machine.record(Traffic::Received, now);
        heartbeats += u32::from(machine.step(Input::TimerFired, now, 0.5) == Some(Effect::Ping));
    }
    assert_eq!(heartbeats, 11, "every 25 seconds");
}

#[test]
fn a_frame_that_the_server_does_not_take_ends_the_connection() {
    let mut machine = ready_at(Policy::Follow, 0);
    machine.record(Traffic::WriteStarted, 5_000);
    machine.record(Traffic::Written, 24_000);
    machine.record(Traffic::WriteStarted, 24_000);
    machine.record(Traffic::WriteStarted, 30_000);
    assert_eq!(machine.step(Input::TimerFired, 40_000, 0.5), Some(Effect::Ping));
    machine.record(Traffic::Received, 43_000);
    assert_eq!(machine.next_timer(), Some(44_000));
    assert_eq!(machine.step(Input::TimerFired, 44_000, 0.5), Some(Effect::GiveUp(Overdue::Write)));
}

#[test]
fn a_request_that_is_not_answered_in_a_minute_ends_the_connection() {
    let mut machine = ready_at(Policy::OneShot, 0);
    machine.record(Traffic::Asked(1), 1_000);
    machine.record(Traffic::Asked(2), 2_000);
    machine.record(Traffic::Answered(1), 3_000);
    machine.record(Traffic::Received, 61_900);
    assert_eq!(machine.step(Input::TimerFired, 62_000, 0.5), Some(Effect::GiveUp(Overdue::Answer)));
    assert!(machine.has_ended());
}

#[test]
fn a_server_that_takes_the_connection_and_says_nothing_is_given_up() {
    let mut machine = Machine::new(Policy::Screen);
    machine.step(Input::TimerFired, 0, 0.5);
    machine.step(Input::Opened, 100, 0.5);
    assert_eq!(machine.step(Input::TimerFired, 20_100, 0.5), Some(Effect::GiveUp(Overdue::Welcome)));
}

#[test]
fn after_a_sleep_the_connection_is_tried_at_once() {
    let mut machine = ready_at(Policy::Follow, 0);
    assert_eq!(machine.step(Input::Slept, 1_000, 0.5), Some(Effect::Ping));
    assert_eq!(machine.next_timer(), Some(6_000));
    let mut waiting = ready_at(Policy::Follow, 0);
    waiting.end(End::Closed(None), 0, 1.0);
    assert!(matches!(waiting.step(Input::Slept, 1, 1.0), Some(Effect::Connect { .. })));
}

#[test]
fn nobody_comes_back_earlier_than_the_server_asked() {
    for policy in [Policy::Screen, Policy::Follow] {
        let mut machine = ready_at(policy, 0);
        machine.record(goodbye(GoodbyeReason::Shutdown, Some(900)), 1);
        machine.end(End::Closed(Some(4000)), 2, 0.0);
        assert_eq!(pause_of(&machine, 2), 900);
    }
}

#[test]
fn a_revoked_sign_in_waits_for_a_person() {
    let mut closed = ready_at(Policy::Screen, 0);
    closed.end(End::Closed(Some(4100)), 1, 0.5);
    let mut lost = ready_at(Policy::Screen, 0);
    lost.record(goodbye(GoodbyeReason::Revoked, None), 1);
    lost.end(End::Closed(None), 1, 0.5);
    for mut machine in [closed, lost] {
        assert_eq!(machine.next_timer(), None);
        assert_eq!(machine.step(Input::Retry, 2, 0.5), Some(Effect::Connect { prepare: true }));
    }
}

#[test]
fn a_server_that_was_shut_down_is_not_started_by_the_screen() {
    let shutdown = goodbye(GoodbyeReason::Shutdown, None);
    let mut machine = ready_at(Policy::Screen, 0);
    machine.record(shutdown, 1);
    machine.end(End::Closed(None), 1, 0.5);
    assert_eq!(machine.step(Input::TimerFired, 1_000, 0.5), Some(Effect::Connect { prepare: false }));
    machine.end(End::Failed(Failure::Unreachable), 1_000, 0.5);
    assert_eq!(machine.step(Input::Retry, 1_001, 0.5), Some(Effect::Connect { prepare: true }), "the person asked");
    // A command that met it on its way down starts it again.
    let mut command = Machine::new(Policy::OneShot);
    command.step(Input::TimerFired, 0, 0.5);
    command.step(Input::Opened, 0, 0.5);
    command.record(shutdown, 1);
    command.end(End::Closed(None), 1, 0.5);
    assert_eq!(command.step(Input::TimerFired, 1_000, 0.5), Some(Effect::Connect { prepare: true }));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Input(Input),
    End(End),
    Traffic(Traffic),
}

fn any_step() -> impl Strategy<Value = Step> {
    let code = proptest::option::of(prop_oneof![Just(1006), Just(4000), Just(4100)]);
    let not_now = proptest::option::of(0u64..30_000);
    prop_oneof![
        Just(Step::Input(Input::Opened)),
        Just(Step::End(End::Failed(Failure::Unreachable))),
        not_now.prop_map(|retry_after_ms| Step::End(End::Failed(Failure::NotNow { retry_after_ms }))),
        Just(Step::Input(Input::Welcomed)),
        code.prop_map(|code| Step::End(End::Closed(code))),
        Just(Step::Input(Input::TimerFired)),
        Just(Step::Input(Input::Slept)),
        Just(Step::Input(Input::Retry)),
        Just(Step::Traffic(Traffic::Received)),
        Just(Step::Traffic(Traffic::WriteStarted)),
        Just(Step::Traffic(Traffic::Written)),
        (0u64..5).prop_map(|id| Step::Traffic(Traffic::Asked(id))),
        (0u64..5).prop_map(|id| Step::Traffic(Traffic::Answered(id))),
    ]
}

proptest! {
    /// In any order of events: unless a person is needed or the link may end, a timer is set or the system is about to
    /// answer, and no pause is longer than the longest.
    #[test]
    fn a_link_that_stays_never_gives_up(steps in proptest::collection::vec((any_step(), 0u64..5_000, 0.0f64..1.0), 1..80)) {
        let mut machine = Machine::new(Policy::Screen);
        let mut now = 0;
        for (step, passed, random) in steps {
            now += passed;
            let effect = match step {
                Step::Input(input) => machine.step(input, now, random),
                Step::End(end) => {
                    machine.end(end, now, random);
                    None
                }
                Step::Traffic(traffic) => {
                    machine.record(traffic, now);
                    None
                }
            };
            match machine.state() {
                State::Connecting => {
                    let is_connecting = matches!(effect, Some(Effect::Connect { .. })) || machine.next_timer().is_none();
                    prop_assert!(is_connecting);
                }
                State::Stopped => prop_assert!(!machine.has_ended()),
                State::Waiting { until_ms } => prop_assert!(until_ms <= now + 30_000),
                State::Greeting { .. } | State::Ready { .. } => prop_assert!(machine.next_timer().is_some()),
            }
        }
    }
}
