//! A proxy to Redis that can delay traffic or hold it back. Must not know the Redis protocol.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

/// How traffic is treated.
#[derive(Clone, Copy, Debug, Default)]
struct Traffic {
    /// Requests on connections up to this number are held back.
    questions_held: u64,
    /// Replies to connections up to this number are held back.
    answers_held: u64,
    /// The delay of all traffic.
    late: Duration,
}

/// A socket that forwards to another. Ends with the test.
#[derive(Debug)]
pub struct Detour {
    folder: TempDir,
    traffic: Arc<watch::Sender<Traffic>>,
    /// Number of connections accepted.
    taken: watch::Receiver<u64>,
    /// The bytes held back so far.
    held: Arc<Mutex<Vec<u8>>>,
}

impl Detour {
    /// Opens a proxy to the socket at `to`.
    ///
    /// # Panics
    /// If the socket cannot be created.
    pub fn to(to: PathBuf) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = UnixListener::bind(folder.path().join("redis")).expect("a socket");
        let traffic = Arc::new(watch::Sender::new(Traffic::default()));
        let (counter, taken) = watch::channel(0);
        let held = Arc::<Mutex<Vec<u8>>>::default();
        let kept = Arc::clone(&held);
        let ruled = Arc::clone(&traffic);
        tokio::spawn(async move {
            while let Ok((here, _)) = listener.accept().await {
                counter.send_modify(|count| *count += 1);
                let Ok(there) = UnixStream::connect(&to).await else { continue };
                let number = *counter.borrow();
                let ((from_here, to_here), (from_there, to_there)) = (here.into_split(), there.into_split());
                let questions = move |traffic: &Traffic| number <= traffic.questions_held;
                let answers = move |traffic: &Traffic| number <= traffic.answers_held;
                tokio::spawn(pass(from_here, to_there, (ruled.subscribe(), questions), Arc::clone(&kept)));
                tokio::spawn(pass(from_there, to_here, (ruled.subscribe(), answers), Arc::clone(&kept)));
            }
        });
        Self { folder, traffic, taken, held }
    }

    /// Returns its address as the server expects it.
    pub fn url(&self) -> String {
        format!("unix://{}", self.folder.path().join("redis").display())
    }

    /// Holds back requests on the current connections; new connections pass.
    pub fn hold_questions(&self) {
        let taken = *self.taken.borrow();
        self.traffic.send_modify(|traffic| traffic.questions_held = taken);
    }

    /// Holds back replies on the current connections; new connections pass.
    pub fn hold_answers(&self) {
        let taken = *self.taken.borrow();
        self.traffic.send_modify(|traffic| traffic.answers_held = taken);
    }

    /// Returns whether the bytes held back contain `marker`.
    pub fn holds(&self, marker: &str) -> bool {
        self.held.lock().windows(marker.len()).any(|window| window == marker.as_bytes())
    }

    /// Delivers the bytes held back, including those of connections abandoned in the meantime.
    pub fn release(&self) {
        self.traffic.send_modify(|traffic| (traffic.questions_held, traffic.answers_held) = (0, 0));
    }

    /// Delays all traffic by `late` in each direction.
    pub fn delay(&self, late: Duration) {
        self.traffic.send_modify(|traffic| traffic.late = late);
    }
}

/// Forwards bytes as `traffic` allows.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    (mut traffic, is_held): (watch::Receiver<Traffic>, impl Fn(&Traffic) -> bool),
    held: Arc<Mutex<Vec<u8>>>,
) {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut bytes).await.unwrap_or(0);
        let late = traffic.borrow().late;
        tokio::time::sleep(late).await;
        if is_held(&traffic.borrow()) {
            held.lock().extend(&bytes[..read]);
        }
        // It ends with the test.
        let _ = traffic.wait_for(|traffic| !is_held(traffic)).await;
        if read == 0 || to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}
