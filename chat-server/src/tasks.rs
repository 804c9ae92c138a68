//! The server's background tasks: each is tracked, learns when the server stops, and is waited for at the end. Must not
//! know what the tasks do.

use std::future::Future;
use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Starts tasks and ends them in order; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    /// Tasks that end by themselves.
    finite: TaskTracker,
    /// Tasks that serve the finite ones, until those have ended.
    services: TaskTracker,
    /// The server begins to stop: finite tasks bring their work to an end.
    stopping: CancellationToken,
    /// The finite tasks have ended: services may go. Not a child of `stopping`, with which it would be cancelled.
    ended: CancellationToken,
}

impl Tasks {
    /// Starts a task that ends by itself: when its work is done, or soon after [`Self::stopping`] completes.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.finite.spawn(task);
    }

    /// Starts a task that others need until they have ended, such as a room or the connection to Redis. It is then
    /// dropped at its next await.
    pub fn spawn_service(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.services.spawn(self.ended.clone().run_until_cancelled_owned(task));
    }

    /// Completes when the server begins to stop.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + 'static {
        self.stopping.clone().cancelled_owned()
    }

    /// Tells every task that the server stops.
    pub fn stop(&self) {
        self.stopping.cancel();
    }

    /// Waits for the finite tasks, then ends the services and waits for them; each at most `limit`. Returns whether all
    /// ended in time.
    pub async fn finish(&self, limit: Duration) -> bool {
        self.stop();
        self.finite.close();
        let finite = timeout(limit, self.finite.wait()).await;
        self.ended.cancel();
        self.services.close();
        let services = timeout(limit, self.services.wait()).await;
        finite.is_ok() && services.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_service_runs_until_the_last_finite_task_has_ended() {
        let tasks = Tasks::default();
        let (question, mut asked) = tokio::sync::mpsc::channel::<tokio::sync::oneshot::Sender<()>>(1);
        tasks.spawn_service(async move {
            while let Some(reply) = asked.recv().await {
                reply.send(()).expect("somebody asked");
            }
        });
        let was_answered = Arc::new(AtomicBool::new(false));
        tasks.spawn({
            let (stopping, was_answered) = (tasks.stopping(), Arc::clone(&was_answered));
            async move {
                stopping.await;
                let (reply, answer) = tokio::sync::oneshot::channel();
                question.send(reply).await.expect("the service is there");
                was_answered.store(answer.await.is_ok(), Ordering::Relaxed);
            }
        });
        assert!(tasks.finish(Duration::from_secs(1)).await);
        assert!(was_answered.load(Ordering::Relaxed), "the service outlived the task that needs it");
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_does_not_end_is_not_waited_for_longer_than_the_limit() {
        let tasks = Tasks::default();
        tasks.spawn(std::future::pending());
        assert!(!tasks.finish(Duration::from_secs(1)).await);
    }
}
