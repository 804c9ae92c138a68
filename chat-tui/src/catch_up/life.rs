//! The life of the data that cursors belong to. Pure: must not know where it is stored.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Epoch;

/// The life of the data, once a server has named one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Life(Option<Epoch>);

impl Life {
    /// The life an earlier run knew.
    pub fn of(epoch: Option<Epoch>) -> Self {
        Self(epoch)
    }

    /// The name of this life. `None` before the first server.
    pub fn epoch(&self) -> Option<&Epoch> {
        self.0.as_ref()
    }

    /// Takes the life a server names. Returns whether it replaces another one: then no earlier number means anything,
    /// and every cursor restarts.
    pub fn enter(&mut self, epoch: &Epoch) -> bool {
        let is_another = self.0.as_ref().is_some_and(|known| known != epoch);
        self.0 = Some(epoch.clone());
        is_another
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_life_that_replaces_another_restarts_cursors() {
        let mut life = Life::default();
        assert!(!life.enter(&Epoch("one".into())), "the first is no change");
        assert!(!life.enter(&Epoch("one".into())));
        assert!(life.enter(&Epoch("two".into())));
        assert_eq!(life.epoch(), Some(&Epoch("two".into())));
    }
}
