//! The access table as SQL: conditions over `room` and `member`, generated from the table that the room's actor asks.
//! The only place that turns access into SQL; must not hold a rule of its own.

use std::fmt::Write as _;
use std::sync::LazyLock;

use chat_proto::room::{Role, RoomKind};

use super::row::{kind_column, role_column};
use crate::access::{RoomAction, RoomClass, ServerRole, in_room};

/// True for the rooms an account may see. `member` is its row in the room, NULL if it is not a member.
pub(super) static MAY_SEE: LazyLock<String> = LazyLock::new(|| {
    let mut condition = format!("(member.account IS NULL AND {})", kinds(None, RoomAction::See));
    for role in Role::ALL {
        let kinds = kinds(Some(role), RoomAction::See);
        // A String takes all that is written to it.
        let _ = write!(condition, " OR (member.role = {} AND {kinds})", role_column(role));
    }
    format!("({condition})")
});

/// True for the closed rooms an account may reopen; `maker` is the SQL of the account's id.
pub(super) fn may_reopen(account: &str) -> String {
    let (own, others) = (kinds(None, RoomAction::ReopenOwn), kinds(None, RoomAction::ReopenOthers));
    format!("((room.created_by = {account} AND {own}) OR (room.created_by <> {account} AND {others}))")
}

/// True for rooms of the kinds in which an account of this role may do this.
fn kinds(role: Option<Role>, action: RoomAction) -> String {
    let columns: Vec<String> = [RoomKind::Public, RoomKind::Private, RoomKind::Direct]
        .into_iter()
        .filter(|kind| in_room(ServerRole::Account, role, RoomClass::of_kind(*kind), action).is_allowed())
        .map(|kind| kind_column(kind).to_string())
        .collect();
    format!("room.kind IN ({})", columns.join(", "))
}

#[cfg(test)]
mod tests {
    use chat_proto::ids::{RoomId, UserId};
    use chat_proto::time::UnixMillis;
    use rusqlite::{Connection, params};

    use super::super::{members, open, rooms};
    use super::*;
    use crate::access::GENERAL;
    use crate::store::{NewRoom, StoreError};

    const KINDS: [RoomKind; 3] = [RoomKind::Public, RoomKind::Private, RoomKind::Direct];
    const VIEWER: UserId = UserId(1);
    const OTHER: UserId = UserId(2);

    fn database() -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().expect("a folder");
        let (connection, _) = open::prepare(&folder.path().join("chat.db"), "epoch", 0).expect("it opens");
        for user in [VIEWER, OTHER] {
            let account = "INSERT INTO account (id, name, skeleton, created_at) VALUES (?1, ?1, ?1, 0)";
            connection.execute(account, [user.0.cast_signed()]).expect("an account");
        }
        (folder, connection)
    }

    fn new(name: &str, kind: RoomKind, by: UserId) -> NewRoom {
        NewRoom {
            kind,
            name: name.parse().expect("a name"),
            topic: None,
            description: None,
            default_ttl_ms: None,
            closes_when_empty: true,
            by,
            at: UnixMillis(0),
        }
    }

    #[test]
    fn a_list_holds_the_rooms_that_the_table_lets_an_account_see() {
        let (_folder, connection) = database();
        let mut expected = Vec::new();
        let mut join = |room: RoomId, kind, role: Option<Role>| {
            let add = "INSERT INTO member (room, account, role, joined_at) VALUES (?1, ?2, ?3, 0)";
            let of_role = role.map(|role| params_of(room, VIEWER, role_column(role)));
            for values in [Some(params_of(room, OTHER, 2)), of_role].into_iter().flatten() {
                connection.execute(add, values).expect("a member");
            }
            let decision = in_room(ServerRole::Account, role, RoomClass::of(room, kind), RoomAction::See);
            if decision.is_allowed() {
                expected.push((room, role));
            }
        };
        join(GENERAL, RoomKind::Public, None);
        for (at, kind) in KINDS.into_iter().enumerate() {
            for (role_at, role) in std::iter::once(None).chain(Role::ALL.map(Some)).enumerate() {
                let name = format!("room-{at}-{role_at}");
                let room = rooms::create(&connection, &new(&name, kind, OTHER)).expect("made").room.id;
                join(room, kind, role);
            }
        }
        let listed = rooms::list(&connection, VIEWER, None, 100).expect("a list");
        let listed: Vec<_> = listed.into_iter().map(|(stored, role)| (stored.room.id, role)).collect();
        assert_eq!(listed, expected);
        let own: Vec<_> = expected.into_iter().filter_map(|(room, role)| role.map(|role| (room, role))).collect();
        let rooms = members::rooms_of(&connection, VIEWER).expect("a list");
        assert_eq!(rooms, own.iter().map(|(room, _)| *room).collect::<Vec<_>>());
        let memberships = members::memberships(&connection, VIEWER).expect("a list");
        assert_eq!(memberships.iter().map(|held| (held.room.id, held.role)).collect::<Vec<_>>(), own);
    }

    fn params_of(room: RoomId, user: UserId, role: i64) -> [i64; 3] {
        [room.0.cast_signed(), user.0.cast_signed(), role]
    }

    #[test]
    fn a_closed_room_is_reopened_by_those_whom_the_table_lets() {
        let (_folder, connection) = database();
        for (at, kind) in KINDS.into_iter().enumerate() {
            for maker in [VIEWER, OTHER] {
                let name = format!("room-{at}-{maker}");
                let made = rooms::create(&connection, &new(&name, kind, maker)).expect("made").room.id;
                let again = || rooms::create(&connection, &new(&name, kind, VIEWER)).map(|stored| stored.room.id);
                let taken = || Err(StoreError::name_taken());
                assert_eq!(again(), taken(), "it is open");
                connection
                    .execute("UPDATE room SET closed_at = 1 WHERE id = ?1", params![made.0.cast_signed()])
                    .expect("closed");
                let action = if maker == VIEWER { RoomAction::ReopenOwn } else { RoomAction::ReopenOthers };
                let may = in_room(ServerRole::Account, None, RoomClass::of(made, kind), action).is_allowed();
                assert_eq!(again(), if may { Ok(made) } else { taken() }, "{kind:?} of {maker}");
            }
        }
    }
}
