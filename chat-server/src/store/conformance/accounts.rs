//! The contract of accounts and their sign-ins. Must not know which database it is.

use chat_proto::ids::{SessionId, UserId};
use chat_proto::presence::ChosenAvailability;
use chat_proto::room::User;
use chat_proto::text::{StatusText, Username};
use chat_proto::time::UnixMillis;

use super::{BEN, Fixture, NOW, Storage};
use crate::store::{Account, NewSignIn, SignInRow};

fn name(name: &str) -> Username {
    name.parse().expect("a name")
}

impl<P: Storage> Fixture<P> {
    /// Makes an account with a password.
    pub(super) async fn account(&self, called: &str) -> Account {
        self.store.create_account(name(called), "hash".into(), NOW).await.expect("made")
    }

    async fn sign_in(&self, account: UserId, token: u8) -> SessionId {
        let new = NewSignIn { account, token_hash: [token; 32], at: NOW };
        self.store.create_sign_in(new).await.expect("made")
    }

    async fn signed_in(&self, token: u8) -> Option<(SessionId, UserId)> {
        let found = self.store.sign_in_by_token([token; 32]).await.expect("read");
        found.map(|SignInRow { id, account }| (id, account.id))
    }
}

pub(crate) async fn a_user_of_the_machine_has_one_account_and_a_taken_name_gets_a_suffix(
    fixture: Fixture<impl Storage>,
) {
    let first = fixture.store.account_for_uid(1000, name("ana"), NOW).await.expect("made");
    let again = fixture.store.account_for_uid(1000, name("ana"), NOW).await.expect("found");
    let other = fixture.store.account_for_uid(1001, name("ana"), NOW).await.expect("made");
    assert_eq!((first.id, first.is_new, again.is_new), (again.id, true, false));
    assert_eq!((first.os_uid, other.os_uid, other.name.as_str()), (Some(1000), Some(1001), "ana2"));
}

pub(crate) async fn a_name_that_is_taken_or_looks_like_it_is_refused_and_adds_no_account(
    fixture: Fixture<impl Storage>,
) {
    let zoe = fixture.account("zoe").await;
    for taken in ["zoe", "ZOE"] {
        let refused = fixture.store.create_account(name(taken), "other".into(), NOW).await;
        let refused = refused.expect_err(taken);
        assert!(refused.is_name_taken(), "{taken}: {refused:?}");
    }
    let stored = fixture.store.account(zoe.id).await.expect("read").expect("there");
    assert_eq!(stored.password.as_deref(), Some("hash"), "the first account's");
    let next = fixture.account("yan").await;
    assert_eq!(fixture.store.users(vec![zoe.id, next.id]).await.expect("read").len(), 2);
}

pub(crate) async fn an_account_is_found_by_its_id_and_its_name_alike(fixture: Fixture<impl Storage>) {
    let made = fixture.account("zoe").await;
    assert!(made.is_new);
    let stored = Account { is_new: false, ..made.clone() };
    assert_eq!(fixture.store.account(made.id).await, Ok(Some(stored.clone())));
    assert_eq!(fixture.store.account_by_name(name("zoe")).await, Ok(Some(stored.clone())));
    assert_eq!(fixture.store.accounts(vec![made.id]).await, Ok(vec![stored]));
    assert_eq!(fixture.store.account(BEN).await, Ok(None));
    assert_eq!(fixture.store.account_by_name(name("nobody")).await, Ok(None));
}

pub(crate) async fn many_accounts_are_found_at_once_and_unknown_ones_are_left_out(fixture: Fixture<impl Storage>) {
    let mut made: Vec<User> = Vec::new();
    // More than one, and not a power of two: a store may round its query up.
    for called in ["zoe", "yan", "xia", "wim", "vic"] {
        made.push(fixture.account(called).await.user());
    }
    let sorted = |mut users: Vec<User>| {
        users.sort_unstable_by_key(|user| user.id);
        users
    };
    let ids = || made.iter().map(|user| user.id).chain([BEN]).collect::<Vec<_>>();
    let names = made.iter().map(|user| user.name.clone()).chain([name("nobody")]).collect();
    assert_eq!(sorted(fixture.store.users(ids()).await.expect("read")), made);
    assert_eq!(sorted(fixture.store.users_by_name(names).await.expect("read")), made);
    let accounts = fixture.store.accounts(ids()).await.expect("read");
    assert_eq!(sorted(accounts.iter().map(Account::user).collect()), made);
    assert_eq!(fixture.store.users(Vec::new()).await, Ok(Vec::new()));
    assert_eq!(fixture.store.users_by_name(Vec::new()).await, Ok(Vec::new()));
}

pub(crate) async fn a_profile_is_kept_and_belongs_to_one_account(fixture: Fixture<impl Storage>) {
    let (zoe, yan) = (fixture.account("zoe").await, fixture.account("yan").await);
    assert_eq!((zoe.availability, &zoe.status, zoe.last_seen), (ChosenAvailability::Auto, &None, None));
    let (status, later) = ("in a meeting".parse().expect("a status"), UnixMillis(NOW.0 + 7));
    fixture.store.set_status(zoe.id, ChosenAvailability::Dnd, Some(status)).await.expect("kept");
    fixture.store.set_last_seen(zoe.id, later).await.expect("kept");
    let fixture = fixture.reopened().await;
    let found = fixture.store.account(zoe.id).await.expect("read").expect("there");
    assert_eq!((found.availability, found.last_seen), (ChosenAvailability::Dnd, Some(later)));
    assert_eq!(found.status.as_ref().map(StatusText::as_str), Some("in a meeting"));
    fixture.store.set_status(zoe.id, ChosenAvailability::Auto, None).await.expect("kept");
    let found = fixture.store.account(zoe.id).await.expect("read").expect("there");
    assert_eq!((found.availability, found.status), (ChosenAvailability::Auto, None));
    assert_eq!(fixture.store.account(yan.id).await, Ok(Some(Account { is_new: false, ..yan })), "untouched");
}

pub(crate) async fn a_sign_in_is_found_by_its_token_until_it_is_revoked(fixture: Fixture<impl Storage>) {
    let (zoe, yan) = (fixture.account("zoe").await, fixture.account("yan").await);
    let (first, second) = (fixture.sign_in(zoe.id, 1).await, fixture.sign_in(zoe.id, 2).await);
    let other = fixture.sign_in(yan.id, 3).await;
    assert_eq!(fixture.signed_in(1).await, Some((first, zoe.id)));
    assert_eq!(fixture.signed_in(4).await, None);
    fixture.store.revoke_sign_in(first).await.expect("revoked");
    fixture.store.revoke_sign_in(first).await.expect("again does nothing");
    let fixture = fixture.reopened().await;
    assert_eq!(fixture.signed_in(1).await, None);
    assert_eq!(fixture.signed_in(2).await, Some((second, zoe.id)), "the account's others stay");
    assert_eq!(fixture.signed_in(3).await, Some((other, yan.id)));
}

pub(crate) async fn a_new_password_ends_every_sign_in_of_its_account_but_the_kept_one(fixture: Fixture<impl Storage>) {
    let (zoe, yan) = (fixture.account("zoe").await, fixture.account("yan").await);
    let (first, kept) = (fixture.sign_in(zoe.id, 1).await, fixture.sign_in(zoe.id, 2).await);
    let other = fixture.sign_in(yan.id, 3).await;
    assert_eq!(fixture.store.set_password(zoe.id, "new".into(), Some(kept)).await, Ok(vec![first]));
    let found = fixture.store.account(zoe.id).await.expect("read").expect("there");
    assert_eq!(found.password.as_deref(), Some("new"));
    assert_eq!((fixture.signed_in(1).await, fixture.signed_in(2).await), (None, Some((kept, zoe.id))));
    assert_eq!(fixture.store.set_password(zoe.id, "newer".into(), None).await, Ok(vec![kept]));
    assert_eq!((fixture.signed_in(2).await, fixture.signed_in(3).await), (None, Some((other, yan.id))));
}
