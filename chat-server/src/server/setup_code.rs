//! The setup code: it registers the first account on a server where registration is not open. Must not know accounts.

use parking_lot::Mutex;
use subtle::ConstantTimeEq;

/// The code, until it has been used.
#[derive(Debug)]
pub struct SetupCode(Mutex<Option<String>>);

/// A code in use. Dropped without [`use_up`](Self::use_up), it is valid again.
#[derive(Debug)]
pub struct Redeemed<'a> {
    from: &'a SetupCode,
    code: Option<String>,
}

impl SetupCode {
    pub(super) fn new(code: Option<String>) -> Self {
        Self(Mutex::new(code))
    }

    /// Takes the code, so that it serves one registration at a time. `None` if `given` is wrong or the code is used.
    pub fn redeem(&self, given: Option<&str>) -> Option<Redeemed<'_>> {
        let mut held = self.0.lock();
        let fits = bool::from(held.as_ref()?.as_bytes().ct_eq(given?.as_bytes()));
        fits.then(|| Redeemed { from: self, code: held.take() })
    }
}

impl Redeemed<'_> {
    /// Ends the code for good: the account has been made.
    pub fn use_up(mut self) {
        self.code = None;
    }
}

impl Drop for Redeemed<'_> {
    fn drop(&mut self) {
        if let Some(code) = self.code.take() {
            *self.from.0.lock() = Some(code);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_serves_one_at_a_time_and_is_used_up_once() {
        let code = SetupCode::new(Some("sesame".into()));
        assert!(code.redeem(None).is_none() && code.redeem(Some("oats")).is_none());
        let first = code.redeem(Some("sesame")).expect("fits");
        assert!(code.redeem(Some("sesame")).is_none(), "another is on its way");
        drop(first);
        code.redeem(Some("sesame")).expect("that one failed").use_up();
        assert!(code.redeem(Some("sesame")).is_none());
    }
}
