//! Creation of redirect codes, including the recovery after a lost response.

use super::{GetMerchantRedirect, MerchantRedirectQr, UpdateMerchantRedirect};
use crate::call::{CallOptions, Deadline, operation};
use crate::error::{Error, Outcome, Result};
use crate::qr::image::format_setters;
use crate::qr::types::{RedirectQrId, RedirectUrl, Ttl};
use crate::qr::{Call, QrFormat};
use crate::raw::qr::types;
use crate::runtime::Runtime;

/// Creates a code that opens a web page. Returned by
/// [`MerchantRedirect::create`](super::MerchantRedirect::create); `.await` sends the request.
///
/// The request is retried after a lost response. If the retry fails because the id exists (HTTP
/// 409), the code is read. The call succeeds if its redirect URL and lifetime match the request.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct CreateMerchantRedirect {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    id: RedirectQrId,
    redirect_url: RedirectUrl,
    ttl: Option<Ttl>,
    format: QrFormat,
}

operation! { CreateMerchantRedirect => MerchantRedirectQr; deadline, merchant_serial_number, retry }
format_setters!(CreateMerchantRedirect);

impl CreateMerchantRedirect {
    pub(super) fn new(runtime: Runtime, id: RedirectQrId, redirect_url: RedirectUrl) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
            id,
            redirect_url,
            ttl: None,
            format: QrFormat::default(),
        }
    }

    /// Deletes the code permanently after this time, 300 s to 2147483647 s. By default the code
    /// never expires. The lifetime cannot be changed later.
    pub fn ttl(mut self, ttl: Ttl) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    /// HTTP 409 if a code with this id exists; [`Error::conflict_id`] returns the id, and nothing
    /// has changed.
    ///
    /// With an outcome of [`Unknown`](Outcome::Unknown) a response was lost or named another code,
    /// and an existing code does not match the request or could not be read. Read it with
    /// [`get`](super::MerchantRedirect::get).
    pub async fn send(self) -> Result<MerchantRedirectQr> {
        let deadline = Deadline::new(&self.runtime, &self.options);
        let error = match self.attempt(deadline.options(&self.options)).await {
            Err(error) if is_conflict(&error) && error.outcome() == Outcome::Unknown => error,
            decided => return decided,
        };
        let read = GetMerchantRedirect::new(self.runtime.clone(), self.id.clone())
            .format(self.format)
            .with_options(deadline.options(&self.options));
        match read.send().await {
            Ok(found) if self.matches(&found) => Ok(found),
            // The existing code proves nothing about the lost request: it may have been applied
            // before that code was created, and it may still arrive after that code is deleted.
            Ok(_) | Err(_) => Err(error),
        }
    }

    async fn attempt(&self, options: CallOptions) -> Result<MerchantRedirectQr> {
        let mut body = types::MerchantRedirectQrRequest::builder()
            .id(self.id.as_str().to_owned())
            .redirect_url(self.redirect_url.as_str().to_owned());
        if let Some(ttl) = self.ttl {
            body = body.ttl(ttl.as_secs());
        }
        let call = Call::new(&self.runtime, &options);
        let response = call
            .run(|api| {
                let mut request = api
                    .create_merchant_redirect_qr()
                    .accept(self.format.accept())
                    .body(body);
                if let Some(size) = self.format.size() {
                    request = request.size(size);
                }
                request.send()
            })
            .await?;
        MerchantRedirectQr::from_write(&self.id, &self.redirect_url, self.format, &response)
    }

    /// Returns `true` if the code that was found may have been created by this request. A code
    /// without a redirect URL does not match.
    fn matches(&self, found: &MerchantRedirectQr) -> bool {
        let lifetime_matches = match (self.ttl, found.expires_in) {
            (_, None) => true,
            (None, Some(seconds)) => seconds < 0,
            (Some(ttl), Some(seconds)) => (0..=ttl.as_secs()).contains(&seconds),
        };
        let expected = self.redirect_url.as_str();
        lifetime_matches
            && found
                .redirect_url()
                .is_some_and(|found| is_same_url(expected, found))
    }
}

/// Returns `true` if two texts are the same URL. A server may add a slash after a bare host.
fn is_same_url(expected: &str, found: &str) -> bool {
    let parsed = |text| url::Url::parse(text).ok();
    expected == found || parsed(expected).is_some_and(|url| Some(url) == parsed(found))
}

/// Creates a code, or changes the redirect URL of an existing one. Returned by
/// [`MerchantRedirect::create_or_update`](super::MerchantRedirect::create_or_update); `.await`
/// sends the requests.
///
/// The call is idempotent, so it can be repeated after any failure.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct CreateOrUpdateMerchantRedirect {
    pub(crate) options: CallOptions,
    create: CreateMerchantRedirect,
    format: QrFormat,
}

operation! { CreateOrUpdateMerchantRedirect => MerchantRedirectQr; deadline, merchant_serial_number, retry }
format_setters!(CreateOrUpdateMerchantRedirect);

impl CreateOrUpdateMerchantRedirect {
    pub(super) fn new(runtime: Runtime, id: RedirectQrId, redirect_url: RedirectUrl) -> Self {
        Self {
            options: CallOptions::default(),
            create: CreateMerchantRedirect::new(runtime, id, redirect_url),
            format: QrFormat::default(),
        }
    }

    /// Deletes the code permanently after this time, 300 s to 2147483647 s, if this call creates
    /// it. An existing code keeps its lifetime; see [`MerchantRedirectQr::expires_in`].
    pub fn ttl(mut self, ttl: Ttl) -> Self {
        self.create = self.create.ttl(ttl);
        self
    }

    /// Sends one request, and a second one if the code exists.
    ///
    /// # Errors
    /// Those of [`create`](super::MerchantRedirect::create) and
    /// [`update`](super::MerchantRedirect::update), except that an existing code is not an error.
    /// HTTP 404 if the code is deleted between the two requests.
    pub async fn send(self) -> Result<MerchantRedirectQr> {
        let create = self.create.format(self.format);
        let deadline = Deadline::new(&create.runtime, &self.options);
        let conflict = match create.attempt(deadline.options(&self.options)).await {
            Err(error) if is_conflict(&error) => error,
            decided => return decided,
        };
        let updated =
            UpdateMerchantRedirect::new(create.runtime.clone(), create.id, create.redirect_url)
                .format(self.format)
                .with_options(deadline.options(&self.options))
                .send()
                .await;
        // An earlier attempt may have created the code with this redirect URL.
        updated.map_err(|error| match conflict.outcome() {
            Outcome::Unknown => error.with_outcome(Outcome::Unknown),
            _ => error,
        })
    }
}

fn is_conflict(error: &Error) -> bool {
    error.http_status() == Some(409)
}
