//! Passwords, hashed with argon2id (RFC 9106) off the runtime's threads, a few at a time. Must not know accounts.

use std::sync::Arc;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use chat_proto::limits::{PASSWORD_MAX_BYTES, PASSWORD_MIN_CHARS};
use tokio::sync::Semaphore;

/// Hashes computed at once; each needs 19 MiB.
const AT_ONCE: usize = 2;
/// Requests that may wait; more are refused.
const WAITING: usize = 64;

/// Why a password was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short or too long.
    #[error("a password has at least {PASSWORD_MIN_CHARS} characters and at most {PASSWORD_MAX_BYTES} bytes")]
    Length,
    /// Too many sign-ins at once.
    #[error("too many sign-ins at once")]
    Busy,
    /// The system failed.
    #[error("the password could not be hashed")]
    Failed,
}

/// Hashes and checks passwords.
#[derive(Clone, Debug)]
pub struct Passwords {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { running: Arc::new(Semaphore::new(AT_ONCE)), waiting: Arc::new(Semaphore::new(WAITING)) }
    }
}

impl Passwords {
    /// Hashes a new password.
    ///
    /// # Errors
    /// If its length is wrong, or too many are being hashed.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        if password.chars().count() < PASSWORD_MIN_CHARS || password.len() > PASSWORD_MAX_BYTES {
            return Err(PasswordError::Length);
        }
        let hashed = self.work(move || hasher().hash_password(password.as_bytes()).map(|hash| hash.to_string()).ok());
        hashed.await?.ok_or(PasswordError::Failed)
    }

    /// Returns whether a password matches a hash. Without a hash the same work is done, so that timing reveals nothing.
    ///
    /// # Errors
    /// If too many are being hashed.
    pub async fn fits(&self, password: String, hash: Option<String>) -> Result<bool, PasswordError> {
        if password.len() > PASSWORD_MAX_BYTES {
            return Ok(false);
        }
        self.work(move || {
            if let Some(Ok(hash)) = hash.as_deref().map(PasswordHash::new) {
                return hasher().verify_password(password.as_bytes(), &hash).is_ok();
            }
            // The result does not matter.
            drop(hasher().hash_password(password.as_bytes()));
            false
        })
        .await
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
        let _place = self.waiting.try_acquire().map_err(|_| PasswordError::Busy)?;
        let _turn = self.running.acquire().await.map_err(|_| PasswordError::Failed)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| PasswordError::Failed)
    }
}

/// OWASP's second recommendation: 19 MiB, 2 passes, 1 lane.
fn hasher() -> Argon2<'static> {
    let params = Params::new(19_456, 2, 1, None).expect("invariant: these parameters are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_fits() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse".into()).await.expect("hashed");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(passwords.fits("correct horse".into(), Some(hash.clone())).await, Ok(true));
        assert_eq!(passwords.fits("Correct horse".into(), Some(hash)).await, Ok(false));
        assert_eq!(passwords.fits("correct horse".into(), None).await, Ok(false));
        assert_eq!(passwords.hash("short".into()).await, Err(PasswordError::Length));
    }
}
