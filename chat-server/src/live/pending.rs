//! An operation under way: submitted at once, answered later. Must not know who works on it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use super::LiveError;

/// The coming answer of an operation that was already submitted; dropping it does not undo the operation.
///
/// Operations on one room are carried out in the order they were submitted.
#[derive(Debug)]
#[must_use = "an operation's refusal must be seen"]
pub struct Pending<T>(State<T>);

#[derive(Debug)]
enum State<T> {
    /// The answer is there; taken by the first poll.
    Ready(Option<Result<T, LiveError>>),
    /// The answer comes from elsewhere.
    Waiting(oneshot::Receiver<Result<T, LiveError>>),
}

/// The other end of a [`Pending`]: dropped unanswered, it answers [`LiveError::Unavailable`].
#[derive(Debug)]
pub struct Resolver<T>(oneshot::Sender<Result<T, LiveError>>);

impl<T> Pending<T> {
    /// An operation that is already done.
    pub fn ready(answer: Result<T, LiveError>) -> Self {
        Self(State::Ready(Some(answer)))
    }

    /// An operation that will be answered through the resolver.
    pub fn channel() -> (Resolver<T>, Self) {
        let (sender, receiver) = oneshot::channel();
        (Resolver(sender), Self(State::Waiting(receiver)))
    }
}

impl<T> Resolver<T> {
    /// Answers; an answer nobody waits for any more is let go.
    pub fn resolve(self, answer: Result<T, LiveError>) {
        drop(self.0.send(answer));
    }
}

impl<T: Unpin> Future for Pending<T> {
    type Output = Result<T, LiveError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Ready(answer) => Poll::Ready(answer.take().unwrap_or(Err(LiveError::Unavailable))),
            State::Waiting(receiver) => {
                Pin::new(receiver).poll(context).map(|answer| answer.unwrap_or(Err(LiveError::Unavailable)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_resolver_that_is_dropped_answers_unavailable() {
        let (resolver, pending) = Pending::<u8>::channel();
        drop(resolver);
        assert_eq!(pending.await, Err(LiveError::Unavailable));
    }

    #[tokio::test]
    async fn an_answer_reaches_the_one_who_waits() {
        let (resolver, pending) = Pending::channel();
        resolver.resolve(Ok(7));
        assert_eq!(pending.await, Ok(7));
        assert_eq!(Pending::ready(Ok(8)).await, Ok(8));
    }
}
