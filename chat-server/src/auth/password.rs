//! Passwords, hashed with argon2id (RFC 9106) off the runtime's threads, a few at a time. Must not know accounts.

use std::hash::Hash;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Params, Version};
use chat_proto::limits::{PASSWORD_MAX_BYTES, PASSWORD_MIN_CHARS};
use subtle::ConstantTimeEq;

use super::hashers::{HashMemory, Hashers, NotDone};

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

impl From<NotDone> for PasswordError {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Busy => Self::Busy,
            NotDone::Failed => Self::Failed,
        }
    }
}

/// Hashes and checks passwords; a clone shares the threads. The waiting places are counted by `K`, a source, and by `N`, the
/// names that it signs in with.
#[derive(Clone)]
pub struct Passwords<K, N>(Hashers<K, N>);

impl<K: Copy + Eq + Hash + Send + 'static, N: Clone + Eq + Hash + Send + 'static> Default for Passwords<K, N> {
    fn default() -> Self {
        Self(Hashers::default())
    }
}

impl<K: Copy + Eq + Hash + Send + 'static, N: Clone + Eq + Hash + Send + 'static> Passwords<K, N> {
    /// Hashes a new password.
    ///
    /// # Errors
    /// If its length is wrong, or too many are being hashed.
    pub async fn hash(&self, who: (K, N), password: String) -> Result<String, PasswordError> {
        if password.chars().count() < PASSWORD_MIN_CHARS || password.len() > PASSWORD_MAX_BYTES {
            return Err(PasswordError::Length);
        }
        self.0.run(who, move |memory| new_hash(memory, &password)).await?.ok_or(PasswordError::Failed)
    }

    /// Returns whether a password matches a hash. Without a hash the same work is done, so that timing reveals nothing.
    ///
    /// # Errors
    /// If too many are being hashed.
    pub async fn fits(&self, who: (K, N), password: String, hash: Option<String>) -> Result<bool, PasswordError> {
        if password.len() > PASSWORD_MAX_BYTES {
            return Ok(false);
        }
        let judge = move |memory: &mut HashMemory| {
            if let Some(Ok(hash)) = hash.as_deref().map(PasswordHash::new) {
                return is_hash_of(memory, &password, &hash);
            }
            // The result does not matter.
            drop(new_hash(memory, &password));
            Some(false)
        };
        Ok(self.0.run(who, judge).await? == Some(true))
    }
}

fn new_hash(memory: &mut HashMemory, password: &str) -> Option<String> {
    let (params, salt) = (params(), Salt::generate());
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let blocks = memory.blocks(params.block_count());
    argon2.hash_password_into_with_memory(password.as_bytes(), &salt, &mut output, blocks).ok()?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).ok()?,
        salt: Some(salt),
        hash: Some(Output::new(&output).ok()?),
    };
    Some(hash.to_string())
}

/// Whether the hash, with whatever parameters it was made, is one of the password. `None` if it cannot be computed.
fn is_hash_of(memory: &mut HashMemory, password: &str, hash: &PasswordHash) -> Option<bool> {
    let (salt, known) = (hash.salt.as_ref()?, hash.hash.as_ref()?);
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = hash.version.map_or(Some(Version::default()), |version| Version::try_from(version).ok())?;
    let params = Params::try_from(hash).ok()?;
    let mut buffer = [0; Output::MAX_LENGTH];
    let output = buffer.get_mut(..known.len())?;
    let blocks = memory.blocks(params.block_count());
    let argon2 = Argon2::new(algorithm, version, params);
    argon2.hash_password_into_with_memory(password.as_bytes(), salt, output, blocks).ok()?;
    Some(output.ct_eq(known.as_bytes()).into())
}

/// OWASP's second recommendation: 19 MiB, 2 passes, 1 lane.
fn params() -> Params {
    Params::new(19_456, 2, 1, None).expect("invariant: these parameters are in range")
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::{PasswordHasher, PasswordVerifier};

    use super::*;

    const ME: (u32, &str) = (1, "ana");

    #[tokio::test]
    async fn only_the_password_itself_fits() {
        let passwords = Passwords::default();
        let hash = passwords.hash(ME, "correct horse".into()).await.expect("hashed");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(passwords.fits(ME, "correct horse".into(), Some(hash.clone())).await, Ok(true));
        assert_eq!(passwords.fits(ME, "Correct horse".into(), Some(hash.clone())).await, Ok(false));
        assert_eq!(passwords.fits(ME, "correct horse".into(), None).await, Ok(false));
        assert_eq!(passwords.fits(ME, "correct horse".into(), Some("nonsense".into())).await, Ok(false));
        assert_eq!(passwords.hash(ME, "short".into()).await, Err(PasswordError::Length));
        assert_ne!(passwords.hash(ME, "correct horse".into()).await, Ok(hash), "each has its own salt");
    }

    #[tokio::test]
    async fn hashes_are_those_of_the_standard_also_with_other_parameters() {
        let other = Argon2::new(Algorithm::Argon2i, Version::V0x10, Params::new(64, 3, 1, Some(24)).expect("in range"));
        let hash = other.hash_password(b"correct horse").expect("hashed").to_string();
        let passwords = Passwords::default();
        assert_eq!(passwords.fits(ME, "correct horse".into(), Some(hash.clone())).await, Ok(true));
        assert_eq!(passwords.fits(ME, "other horse".into(), Some(hash)).await, Ok(false));
        let ours = passwords.hash(ME, "correct horse".into()).await.expect("hashed");
        assert!(Argon2::default().verify_password(b"correct horse", ours.as_str()).is_ok());
    }

    #[tokio::test]
    async fn one_that_asks_much_does_not_keep_another_waiting() {
        let passwords = Passwords::default();
        let ask = |source: u32| {
            let passwords = passwords.clone();
            tokio::spawn(async move { passwords.fits((source, "ana"), "wrong horse".into(), None).await })
        };
        let greedy: Vec<_> = (0..100).map(|_| ask(1)).collect();
        tokio::task::yield_now().await;
        assert_eq!(ask(2).await.expect("no panic"), Ok(false));
        let unfinished = greedy.iter().filter(|asked| !asked.is_finished()).count();
        assert!(unfinished > 10, "the other waited for most of them: {unfinished} are left");
        let mut refused = 0;
        for asked in greedy {
            refused += usize::from(asked.await.expect("no panic") == Err(PasswordError::Busy));
        }
        assert!((50..100).contains(&refused), "{refused} found no place");
    }
}
