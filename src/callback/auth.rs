//! The token that authenticates an incoming callback.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use subtle::{Choice, ConstantTimeEq as _};

use crate::error::{Error, Result};
use crate::types::AuthToken;

/// Makes and checks the `authToken` that comes back with each callback of a payment.
///
/// A callback carries the token that its payment was started with, up to ten minutes before. So the token must be the
/// same after a restart and on every machine: make one, store it with the other secrets, and read it back with
/// [`new`](Self::new). To change it, accept the old one for a while with [`also`](Self::also).
///
/// ```
/// use vipps::callback::CallbackAuth;
///
/// let first = CallbackAuth::generate()?;
/// let stored = first.token().expose().to_owned();
/// // After a restart, and with a new token from now on:
/// let auth = CallbackAuth::generate()?.also(stored.parse()?);
/// # let mut headers = http::HeaderMap::new();
/// # headers.insert("authorization", stored.parse()?);
/// assert!(auth.accepts(&headers));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CallbackAuth {
    token: AuthToken,
    others: Vec<AuthToken>,
    unauthenticated_consent_removal: bool,
}

impl CallbackAuth {
    /// A new token: 32 bytes of the system's randomness as 43 characters of base64url.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when the system has no randomness to give.
    pub fn generate() -> Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|e| {
            Error::configuration("the system gives no randomness for a token").with_source(e)
        })?;
        Ok(Self::new(AuthToken::parse(&URL_SAFE_NO_PAD.encode(bytes))?))
    }

    /// A token that exists.
    pub fn new(token: AuthToken) -> Self {
        Self {
            token,
            others: Vec::new(),
            unauthenticated_consent_removal: false,
        }
    }

    /// Accepts this one as well: of payments that were started before the token was changed.
    #[must_use]
    pub fn also(mut self, token: AuthToken) -> Self {
        self.others.push(token);
        self
    }

    /// Accepts a consent removal that has no `Authorization` header. By default such a request is refused with
    /// [`CallbackError::UnauthenticatedConsentRemoval`](super::CallbackError::UnauthenticatedConsentRemoval).
    ///
    /// The documentation of the eCom API does not say that consent removals carry the token. Anybody who knows the URL
    /// and the id of a customer can send one, so use a `consentRemovalPrefix` whose path nobody can guess, or accept
    /// these requests only from the API's addresses.
    /// [`ConsentRemoval::authenticated`](super::ConsentRemoval::authenticated) is `false` for them. A request with a
    /// wrong token is refused in any case.
    #[must_use]
    pub fn allow_unauthenticated_consent_removal(mut self) -> Self {
        self.unauthenticated_consent_removal = true;
        self
    }

    pub(super) fn allows_unauthenticated_consent_removal(&self) -> bool {
        self.unauthenticated_consent_removal
    }

    /// The token to start payments with: for [`Initiate::auth_token`](crate::ecom::Initiate::auth_token).
    pub fn token(&self) -> &AuthToken {
        &self.token
    }

    /// Whether the `Authorization` header is one of the tokens, word for word; compared in constant time.
    pub fn accepts(&self, headers: &HeaderMap) -> bool {
        let mut accepted = Choice::from(0);
        for value in headers.get_all(AUTHORIZATION) {
            for token in std::iter::once(&self.token).chain(&self.others) {
                accepted |= token.expose().as_bytes().ct_eq(value.as_bytes());
            }
        }
        accepted.into()
    }
}
