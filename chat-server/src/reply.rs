//! The future reply to a request that was already submitted, and the side that resolves it. Must not know stores or
//! rooms.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use crate::tasks::Tasks;

/// An error type with a value for "nobody will reply".
pub trait Unanswered {
    /// The resolver was dropped without a reply.
    fn unanswered() -> Self;
}

/// The future reply to a request that was already submitted; dropping it does not undo the request.
#[derive(Debug)]
#[must_use = "a refusal must be seen"]
pub struct Reply<T, E>(State<T, E>);

#[derive(Debug)]
enum State<T, E> {
    /// The reply is here; the first poll takes it.
    Ready(Option<Result<T, E>>),
    /// The reply comes from elsewhere.
    Waiting(oneshot::Receiver<Result<T, E>>),
}

/// The other end of a [`Reply`]. Dropped without one, it replies [`Unanswered::unanswered`].
#[derive(Debug)]
pub struct Resolver<T, E>(oneshot::Sender<Result<T, E>>);

impl<T, E> Reply<T, E> {
    /// Returns a reply that is already known.
    pub fn ready(result: Result<T, E>) -> Self {
        Self(State::Ready(Some(result)))
    }

    /// Returns a reply that comes through the resolver.
    pub fn channel() -> (Resolver<T, E>, Self) {
        let (sender, receiver) = oneshot::channel();
        (Resolver(sender), Self(State::Waiting(receiver)))
    }

    /// The reply that `work` comes to, in a task of its own: for work of more than one step.
    pub fn of_task(tasks: &Tasks, work: impl Future<Output = Result<T, E>> + Send + 'static) -> Self
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let (resolver, reply) = Self::channel();
        tasks.spawn(async move { resolver.resolve(work.await) });
        reply
    }

    /// Returns whether the request is already known to be refused.
    pub fn is_refused(&self) -> bool {
        matches!(self.0, State::Ready(Some(Err(_))))
    }
}

impl<T, E> Resolver<T, E> {
    /// Replies; the reply is discarded if nobody waits for it any more.
    pub fn resolve(self, result: Result<T, E>) {
        drop(self.0.send(result));
    }
}

impl<T, E: Unanswered> Future for Reply<T, E> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Ready(result) => Poll::Ready(result.take().unwrap_or_else(|| Err(E::unanswered()))),
            State::Waiting(receiver) => {
                Pin::new(receiver).poll(context).map(|result| result.unwrap_or_else(|_| Err(E::unanswered())))
            }
        }
    }
}

impl<T, E> Unpin for Reply<T, E> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Eq)]
    struct Gone;

    impl Unanswered for Gone {
        fn unanswered() -> Self {
            Self
        }
    }

    #[tokio::test]
    async fn a_resolver_that_is_dropped_replies_that_nobody_will() {
        let (resolver, reply) = Reply::<u8, Gone>::channel();
        drop(resolver);
        assert_eq!(reply.await, Err(Gone));
    }

    #[tokio::test]
    async fn a_reply_reaches_the_one_who_waits() {
        let (resolver, reply) = Reply::<u8, Gone>::channel();
        resolver.resolve(Ok(7));
        assert_eq!(reply.await, Ok(7));
        assert_eq!(Reply::<u8, Gone>::ready(Ok(8)).await, Ok(8));
        assert!(Reply::<u8, Gone>::ready(Err(Gone)).is_refused() && !Reply::<u8, Gone>::ready(Ok(8)).is_refused());
    }
}
