//! The life of the data that cursors belong to, and the run of the server that serves it. Pure: must not know where they are
//! stored.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::{Epoch, Run};

/// The data and the run that a server has named last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Life {
    epoch: Option<Epoch>,
    run: Option<Run>,
}

/// What a welcome means for the cursors of earlier connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// The server has gone on running, or is the first: they hold.
    Same,
    /// The server runs anew, perhaps on an older copy of its data: each has to be asked about.
    AnotherRun,
    /// These are other data: no earlier number means anything.
    AnotherEpoch,
}

impl Life {
    /// The life that an earlier run of this program knew.
    pub fn of(epoch: Option<Epoch>) -> Self {
        Self { epoch, run: None }
    }

    /// The name of the data. `None` before the first server.
    pub fn epoch(&self) -> Option<&Epoch> {
        self.epoch.as_ref()
    }

    /// The server's present run. `None` before the first welcome.
    pub fn run(&self) -> Option<Run> {
        self.run
    }

    /// Takes what a server names in its welcome.
    pub fn enter(&mut self, epoch: &Epoch, run: Run) -> Entered {
        let known = self.epoch.replace(epoch.clone());
        let is_another_run = self.run.replace(run) != Some(run);
        match known {
            Some(known) if known != *epoch => Entered::AnotherEpoch,
            Some(_) if is_another_run => Entered::AnotherRun,
            Some(_) | None => Entered::Same,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_that_replaces_another_and_a_new_run_are_noticed() {
        let (one, two) = (Epoch("one".into()), Epoch("two".into()));
        let mut life = Life::default();
        assert_eq!(life.enter(&one, Run(1)), Entered::Same, "the first is no change");
        assert_eq!(life.enter(&one, Run(1)), Entered::Same);
        assert_eq!(life.enter(&one, Run(2)), Entered::AnotherRun);
        assert_eq!(life.enter(&two, Run(3)), Entered::AnotherEpoch);
        assert_eq!((life.epoch(), life.run()), (Some(&two), Some(Run(3))));
        assert_eq!(Life::of(Some(two.clone())).enter(&two, Run(3)), Entered::AnotherRun, "saved before");
    }
}
