//! The token that authenticates an incoming callback.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use subtle::{Choice, ConstantTimeEq as _};

use crate::ecom::AuthToken;
use crate::error::{Error, Result};

/// The `authToken` that each callback of a payment must carry, and the check of it.
///
/// A callback carries the token with which its payment was started, up to ten minutes earlier. The
/// token must therefore be the same after a restart and on every machine. Generate a token once,
/// store it with your other secrets, and load it with [`new`](Self::new). After a change of the
/// token, accept the old token for at least ten more minutes with
/// [`accept_previous`](Self::accept_previous).
///
/// ```
/// use vipps::callback::CallbackAuth;
///
/// let first = CallbackAuth::generate()?;
/// let stored = first.token().expose().to_owned();
/// // After a restart, with a new token for new payments:
/// let auth = CallbackAuth::generate()?.accept_previous(stored.parse()?);
/// # let mut headers = http::HeaderMap::new();
/// # headers.insert("authorization", stored.parse()?);
/// assert!(auth.accepts(&headers));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CallbackAuth {
    token: AuthToken,
    previous: Vec<AuthToken>,
    unauthenticated_consent_removal: bool,
}

impl CallbackAuth {
    /// Generates a token: 32 random bytes of the operating system as 43 characters of base64url.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the operating system
    /// returns no random bytes.
    pub fn generate() -> Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|e| {
            Error::configuration("the operating system returned no random bytes for a token")
                .with_source(e)
        })?;
        Ok(Self::new(AuthToken::parse(&URL_SAFE_NO_PAD.encode(bytes))?))
    }

    /// Creates the check for a stored token.
    pub fn new(token: AuthToken) -> Self {
        Self {
            token,
            previous: Vec::new(),
            unauthenticated_consent_removal: false,
        }
    }

    /// Accepts this token too, for payments that were started before the token was changed.
    #[must_use]
    pub fn accept_previous(mut self, token: AuthToken) -> Self {
        self.previous.push(token);
        self
    }

    /// Accepts consent removals without an `Authorization` header. By default they are refused with
    /// [`CallbackError::UnauthenticatedConsentRemoval`](super::CallbackError::UnauthenticatedConsentRemoval).
    ///
    /// The documentation of the eCom API does not state that consent removals carry the token.
    /// Anyone who has the URL and the id of a customer can send one, so use a
    /// `consentRemovalPrefix` with an unguessable path, or accept these requests only from the
    /// API's addresses. [`ConsentRemoval::authenticated`](super::ConsentRemoval::authenticated) is
    /// `false` for them. A request with a wrong token is refused in any case.
    #[must_use]
    pub fn allow_unauthenticated_consent_removal(mut self) -> Self {
        self.unauthenticated_consent_removal = true;
        self
    }

    pub(super) fn allows_unauthenticated_consent_removal(&self) -> bool {
        self.unauthenticated_consent_removal
    }

    /// Returns the token for new payments; see
    /// [`Initiate::auth_token`](crate::ecom::Initiate::auth_token).
    pub fn token(&self) -> &AuthToken {
        &self.token
    }

    /// Returns `true` if an `Authorization` header equals one of the tokens. The comparison takes
    /// constant time.
    pub fn accepts(&self, headers: &HeaderMap) -> bool {
        let mut accepted = Choice::from(0);
        for value in headers.get_all(AUTHORIZATION) {
            for token in std::iter::once(&self.token).chain(&self.previous) {
                accepted |= token.expose().as_bytes().ct_eq(value.as_bytes());
            }
        }
        accepted.into()
    }
}
