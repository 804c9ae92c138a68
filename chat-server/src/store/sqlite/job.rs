//! One queued write with its caller: it can be tried again, and is answered once. Must not know transactions or what it writes.

use super::batch::Batch;
use super::error::TransactionError;
use crate::reply::Resolver;
use crate::store::StoreError;

/// A write that waits, with its caller.
pub(super) trait Job: Send {
    /// Carries it out, perhaps a second time. Returns whether it succeeded so far.
    fn attempt(&mut self, batch: &Batch<'_>) -> bool;
    /// Tells its caller how the transaction ended.
    fn finish(self: Box<Self>, committed: Result<(), StoreError>);
}

/// The one form of it.
pub(super) struct Write<T, W, E> {
    body: W,
    ended: E,
    resolver: Resolver<T, StoreError>,
    /// `None` until it was tried.
    result: Option<Result<T, StoreError>>,
}

impl<T, W, E> Write<T, W, E> {
    /// A write that `body` does; `ended` learns whether it was kept before `resolver` does.
    pub(super) fn new(body: W, ended: E, resolver: Resolver<T, StoreError>) -> Self {
        Self { body, ended, resolver, result: None }
    }
}

impl<T, W, E> Job for Write<T, W, E>
where
    T: Send,
    W: Fn(&Batch<'_>) -> Result<T, StoreError> + Send,
    E: FnOnce(bool) + Send,
{
    fn attempt(&mut self, batch: &Batch<'_>) -> bool {
        self.result.insert((self.body)(batch)).is_ok()
    }

    fn finish(self: Box<Self>, committed: Result<(), StoreError>) {
        let result = committed.and(self.result.unwrap_or_else(|| Err(TransactionError::NotTried.into())));
        (self.ended)(result.is_ok());
        self.resolver.resolve(result);
    }
}
