//! Presence as others see it, as events and times.

use chat_proto::ids::ConnectionId;
use chat_proto::presence::{Availability, ChosenAvailability};
use proptest::prelude::*;

use super::*;
use crate::live::NodeId;
use crate::presence::{AWAY_AFTER_MS, GRACE_MS, QUIET_MS};

const ANA: UserId = UserId(1);

fn id(connection: u64) -> LeaseId {
    LeaseId { node: NodeId(1), connection: ConnectionId(connection) }
}

fn at(ms: u64) -> UnixMillis {
    UnixMillis(0).plus_ms(ms)
}

fn opened(connection: u64) -> PresenceEvent {
    PresenceEvent::Opened { connection: id(connection), profile: Profile::default() }
}

fn closed(connection: u64) -> PresenceEvent {
    PresenceEvent::Closed { connection: id(connection) }
}

/// Returns the availabilities pushed to others at `ms`.
fn changes(roster: &mut Roster, ms: u64) -> Vec<Availability> {
    roster.due(at(ms)).changed.iter().map(|changed| changed.presence.availability).collect()
}

#[test]
fn someone_appears_at_once_and_leaves_after_the_grace() {
    let mut roster = Roster::default();
    roster.apply(ANA, opened(1), at(0));
    assert_eq!(changes(&mut roster, 0), [Availability::Online]);
    roster.apply(ANA, closed(1), at(5_000));
    assert_eq!(roster.next_due(), Some(at(5_000 + GRACE_MS)));
    assert_eq!(changes(&mut roster, 4_999 + GRACE_MS), []);
    let due = roster.due(at(5_000 + GRACE_MS));
    assert_eq!(due.gone, [(ANA, at(5_000))]);
    assert_eq!(due.changed[0].presence.last_seen, Some(at(5_000)), "seen last when the connection ended");
    changes(&mut roster, 5_000 + GRACE_MS + QUIET_MS);
    assert!(roster.is_empty(), "who is gone is not remembered");
}

#[test]
fn a_reconnect_within_the_grace_is_not_sent() {
    let mut roster = Roster::default();
    roster.apply(ANA, opened(1), at(0));
    changes(&mut roster, 0);
    roster.apply(ANA, closed(1), at(5_000));
    roster.apply(ANA, opened(2), at(5_000 + GRACE_MS - 1));
    assert_eq!(changes(&mut roster, 5_000 + GRACE_MS * 2), []);
}

#[test]
fn a_second_device_keeps_its_user_there_and_active() {
    let mut roster = Roster::default();
    roster.apply(ANA, opened(1), at(0));
    roster.apply(ANA, opened(2), at(0));
    changes(&mut roster, 0);
    roster.apply(ANA, PresenceEvent::Reported { connection: id(1), is_active: false }, at(2_000));
    assert_eq!(changes(&mut roster, 2_000), [], "the other device is in use");
    roster.apply(ANA, closed(1), at(3_000));
    assert_eq!(changes(&mut roster, 3_000 + GRACE_MS), []);
    roster.apply(ANA, PresenceEvent::Reported { connection: id(2), is_active: false }, at(60_000));
    assert_eq!(changes(&mut roster, 60_000), [Availability::Away]);
    roster.apply(ANA, PresenceEvent::Used { connection: id(2) }, at(70_000));
    assert_eq!(changes(&mut roster, 70_000), [Availability::Online]);
}

#[test]
fn a_silent_connection_is_away_after_ten_minutes_unless_it_reports() {
    let mut roster = Roster::default();
    roster.apply(ANA, opened(1), at(0));
    changes(&mut roster, 0);
    roster.apply(ANA, PresenceEvent::Used { connection: id(1) }, at(60_000));
    assert_eq!(changes(&mut roster, 59_999 + AWAY_AFTER_MS), []);
    assert_eq!(changes(&mut roster, 60_000 + AWAY_AFTER_MS), [Availability::Away]);
    roster.apply(ANA, PresenceEvent::Reported { connection: id(1), is_active: true }, at(900_000));
    assert_eq!(changes(&mut roster, 900_000), [Availability::Online]);
    assert_eq!(changes(&mut roster, 900_000 + AWAY_AFTER_MS * 5), [], "its word counts until it says otherwise");
}

#[test]
fn a_choice_stands_over_activity_and_survives_reconnects() {
    let mut roster = Roster::default();
    let dnd = Profile { chosen: ChosenAvailability::Dnd, status: "in a call".parse().ok(), last_seen: None };
    roster.apply(ANA, PresenceEvent::Opened { connection: id(1), profile: dnd.clone() }, at(0));
    let due = roster.due(at(0));
    assert_eq!(due.changed[0].presence.availability, Availability::Dnd);
    assert_eq!(due.changed[0].presence.status, dnd.status);
    roster.apply(ANA, PresenceEvent::Chosen(Profile::default()), at(5_000));
    assert_eq!(changes(&mut roster, 5_000), [Availability::Online]);
}

#[test]
fn flapping_is_sent_once_a_second_and_only_where_it_stays() {
    let mut roster = Roster::default();
    roster.apply(ANA, opened(1), at(0));
    changes(&mut roster, 0);
    for step in 0..9 {
        let is_active = step % 2 == 1;
        roster.apply(ANA, PresenceEvent::Reported { connection: id(1), is_active }, at(100 * step));
        assert_eq!(changes(&mut roster, 100 * step), []);
    }
    assert_eq!(roster.next_due(), Some(at(QUIET_MS)));
    assert_eq!(changes(&mut roster, QUIET_MS), [Availability::Away]);
}

#[test]
fn someone_known_only_elsewhere_is_unknown_while_others_are_not_known() {
    let mut roster = Roster::default();
    let elsewhere = LeaseId { node: NodeId(2), connection: ConnectionId(1) };
    let lease = Lease { id: elsewhere, user: ANA, availability: Availability::Online, expires_at: at(30_000) };
    roster.apply(ANA, PresenceEvent::LeaseSeen(lease), at(0));
    assert_eq!(changes(&mut roster, 0), [Availability::Online]);
    roster.set_others_known(false, at(5_000));
    assert_eq!(changes(&mut roster, 5_000), [Availability::Unknown]);
    roster.set_others_known(true, at(10_000));
    assert_eq!(changes(&mut roster, 10_000), [Availability::Online]);
    roster.set_others_known(false, at(20_000));
    assert_eq!(changes(&mut roster, 20_000), [Availability::Unknown]);
    assert_eq!(changes(&mut roster, 40_000), [], "the lease may have been renewed, unheard");
    roster.set_others_known(true, at(50_000));
    assert_eq!(
        changes(&mut roster, 50_000),
        [Availability::Offline],
        "a crashed process's people go with their leases"
    );
    assert!(roster.leases(at(0), at(9)).is_empty(), "only connections held here are leased");
    assert_eq!(changes(&mut roster, 50_000 + QUIET_MS), []);
    assert!(roster.is_empty());
}

#[test]
fn a_late_word_makes_up_nobody() {
    let mut roster = Roster::default();
    roster.apply(ANA, PresenceEvent::Used { connection: id(9) }, at(0));
    roster.apply(ANA, PresenceEvent::Reported { connection: id(9), is_active: true }, at(0));
    assert!(roster.is_empty());
}

#[test]
fn a_lease_says_what_its_connection_makes_of_its_user() {
    let mut roster = Roster::default();
    roster.apply(ANA, opened(1), at(0));
    roster.apply(ANA, opened(2), at(0));
    roster.apply(ANA, PresenceEvent::Reported { connection: id(2), is_active: false }, at(0));
    let mut leases = roster.leases(at(1), at(30_000));
    leases.sort_by_key(|lease| lease.id);
    let shown: Vec<_> = leases.iter().map(|lease| (lease.id, lease.availability)).collect();
    assert_eq!(shown, [(id(1), Availability::Online), (id(2), Availability::Away)]);
}

fn any_event() -> impl Strategy<Value = (u64, u64, PresenceEvent)> {
    let event = (1u64..4).prop_flat_map(|connection| {
        prop_oneof![
            Just(opened(connection)),
            Just(closed(connection)),
            any::<bool>().prop_map(move |is_active| PresenceEvent::Reported { connection: id(connection), is_active }),
            Just(PresenceEvent::Used { connection: id(connection) }),
            prop_oneof![Just(ChosenAvailability::Auto), Just(ChosenAvailability::Dnd)]
                .prop_map(|chosen| PresenceEvent::Chosen(Profile { chosen, ..Profile::default() })),
        ]
    });
    (1u64..3, prop_oneof![0u64..500, 0u64..40_000, 0u64..900_000], event)
}

proptest! {
    #[test]
    fn others_learn_each_change_once_and_end_up_knowing_what_is(events in prop::collection::vec(any_event(), 1..80)) {
        let mut roster = Roster::default();
        let mut now = at(0);
        let mut known: HashMap<UserId, Presence> = HashMap::new();
        let mut open: HashMap<UserId, BTreeSet<LeaseId>> = HashMap::new();
        let mut emptied: HashMap<UserId, UnixMillis> = HashMap::new();
        for (number, pause_ms, event) in events {
            // Connections are one user's for ever: keep the users' apart.
            let user = UserId(number);
            let event = move_to(event, number);
            let next = now.plus_ms(pause_ms);
            while let Some(due) = roster.next_due().filter(|due| *due <= next) {
                now = now.max(due);
                receive(&mut roster, &mut known, now)?;
                prop_assert!(roster.next_due().is_none_or(|due| due > now), "no timer spins");
            }
            now = next;
            match &event {
                PresenceEvent::Opened { connection, .. } => {
                    open.entry(user).or_default().insert(*connection);
                    emptied.remove(&user);
                }
                PresenceEvent::Closed { connection } => {
                    let held = open.entry(user).or_default();
                    if held.remove(connection) && held.is_empty() {
                        emptied.insert(user, now);
                    }
                }
                // A status set while offline is pushed again, since offline users are not remembered.
                PresenceEvent::Chosen(_) if roster.seen(user, now).is_none() => drop(known.remove(&user)),
                _ => {}
            }
            roster.apply(user, event, now);
            receive(&mut roster, &mut known, now)?;
            for (user, held) in &open {
                let is_in_grace = emptied.get(user).is_some_and(|at| now.since_ms(*at) < GRACE_MS);
                let is_seen_offline = known.get(user).is_some_and(|k| k.availability == Availability::Offline);
                if !held.is_empty() || is_in_grace {
                    let became_known = roster.seen(*user, now).expect("who is there is known");
                    prop_assert_ne!(became_known.availability, Availability::Offline);
                    prop_assert!(!is_seen_offline || roster.next_due().is_some());
                }
            }
        }
        for (user, held) in &open {
            for connection in held {
                roster.apply(*user, PresenceEvent::Closed { connection: *connection }, now);
            }
        }
        while let Some(due) = roster.next_due() {
            now = now.max(due);
            receive(&mut roster, &mut known, now)?;
        }
        receive(&mut roster, &mut known, now)?;
        prop_assert!(known.values().all(|presence| presence.availability == Availability::Offline));
        prop_assert!(roster.is_empty() && roster.held.is_empty() && roster.wakes.is_empty());
    }
}

/// Applies the presence pushed to others at `now`; never the same twice in a row.
fn receive(roster: &mut Roster, known: &mut HashMap<UserId, Presence>, now: UnixMillis) -> Result<(), TestCaseError> {
    for changed in roster.due(now).changed {
        let before = known.insert(changed.user, changed.presence.clone());
        prop_assert_ne!(before, Some(changed.presence));
    }
    Ok(())
}

/// The event over a connection that belongs to user `number` alone.
fn move_to(event: PresenceEvent, number: u64) -> PresenceEvent {
    let own = |connection: LeaseId| id(connection.connection.0 + number * 100);
    match event {
        PresenceEvent::Opened { connection, profile } => PresenceEvent::Opened { connection: own(connection), profile },
        PresenceEvent::Closed { connection } => PresenceEvent::Closed { connection: own(connection) },
        PresenceEvent::Reported { connection, is_active } => {
            PresenceEvent::Reported { connection: own(connection), is_active }
        }
        PresenceEvent::Used { connection } => PresenceEvent::Used { connection: own(connection) },
        other => other,
    }
}
