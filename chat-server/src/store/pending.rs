//! The answer of a store that is still to come.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use super::StoreError;

/// An answer to come. Dropping it does not take the request back.
#[derive(Debug)]
pub struct Pending<T>(State<T>);

#[derive(Debug)]
enum State<T> {
    Waiting(oneshot::Receiver<Result<T, StoreError>>),
    Refused(StoreError),
}

/// The side that gives the answer.
#[derive(Debug)]
pub struct Settle<T>(oneshot::Sender<Result<T, StoreError>>);

/// An answer to come and the side that gives it.
pub fn pending<T>() -> (Settle<T>, Pending<T>) {
    let (sender, receiver) = oneshot::channel();
    (Settle(sender), Pending(State::Waiting(receiver)))
}

impl<T> Pending<T> {
    /// An answer that is known already: the request was refused.
    pub fn refused(error: StoreError) -> Self {
        Self(State::Refused(error))
    }

    /// Whether it is known already that the request was refused.
    pub fn is_refused(&self) -> bool {
        matches!(self.0, State::Refused(_))
    }
}

impl<T> Settle<T> {
    /// Gives the answer. Whoever asked may have gone; then nobody wants it.
    pub fn settle(self, answer: Result<T, StoreError>) {
        let _ = self.0.send(answer);
    }
}

impl<T> Future for Pending<T> {
    type Output = Result<T, StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Waiting(receiver) => {
                Pin::new(receiver).poll(context).map(|answer| answer.unwrap_or(Err(StoreError::Closed)))
            }
            State::Refused(error) => Poll::Ready(Err(error.clone())),
        }
    }
}

impl<T> Unpin for Pending<T> {}
