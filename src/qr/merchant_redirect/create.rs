//! Making a redirect code, and telling what became of it when the answer is lost.

use super::{GetMerchantRedirect, MerchantRedirectQr, UpdateMerchantRedirect};
use crate::call::{CallOptions, Deadline, operation};
use crate::error::{Error, Outcome, Result};
use crate::qr::image::formats;
use crate::qr::{Call, QrFormat};
use crate::raw::qr::types;
use crate::runtime::Runtime;
use crate::types::{RedirectQrId, RedirectUrl, Ttl};

/// Makes a code that opens a web page. Made by [`MerchantRedirect::create`](super::MerchantRedirect::create);
/// `.await` sends it.
///
/// When an answer is lost the request is repeated. If the repeat is told that the id is taken (HTTP 409), the code is
/// read back: it is ours if it leads where it should.
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

operation! {
    CreateMerchantRedirect => MerchantRedirectQr;
    /// The longest that this call may take in all: token, attempts, waits and response, and after a lost
    /// response reading the code back. By default the client's
    /// [`total_timeout`](crate::VippsBuilder::total_timeout), which is 30 s unless it is set.
    deadline,
    merchant_serial_number,
    retry,
}
formats!(CreateMerchantRedirect);

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

    /// Deletes the code for good after this time, 300 s to 2147483647 s. It lives until it is deleted when none is
    /// given, and none can be given later.
    pub fn ttl(mut self, ttl: Ttl) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    /// HTTP 409 when a code with this id exists, which [`Error::conflict_id`] then repeats: nothing has changed. With
    /// an outcome of [`Unknown`](Outcome::Unknown) an earlier answer was lost, and the code that is there is not the one
    /// asked for, or could not be read: [`get`](super::MerchantRedirect::get) tells what it is now.
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
            Ok(found) if self.made(&found) => Ok(found),
            // That another code is there now tells nothing of the lost request: it may have come before that code, and
            // it may still arrive once that code is deleted.
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
        MerchantRedirectQr::written(
            &self.runtime,
            &self.id,
            &self.redirect_url,
            self.format,
            &response,
        )
    }

    /// Whether the code that was found can be the one that this request asked for. One that does not say where it leads cannot.
    fn made(&self, found: &MerchantRedirectQr) -> bool {
        let lives = match (self.ttl, found.expires_in) {
            (_, None) => true,
            (None, Some(left)) => left < 0,
            (Some(ttl), Some(left)) => (0..=ttl.as_secs()).contains(&left),
        };
        let ours = self.redirect_url.as_str();
        lives && found.redirect_url().is_some_and(|leads| same(ours, leads))
    }
}

/// Whether two spellings are one URL, since a server may add the slash after a bare host.
fn same(ours: &str, theirs: &str) -> bool {
    let parsed = |text| url::Url::parse(text).ok();
    ours == theirs || parsed(ours).is_some_and(|url| Some(url) == parsed(theirs))
}

/// Makes a code, or leads an existing one here. Made by
/// [`MerchantRedirect::create_or_update`](super::MerchantRedirect::create_or_update); `.await` sends it.
///
/// Repeating it changes nothing more.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct CreateOrUpdateMerchantRedirect {
    pub(crate) options: CallOptions,
    create: CreateMerchantRedirect,
    format: QrFormat,
}

operation! {
    CreateOrUpdateMerchantRedirect => MerchantRedirectQr;
    /// The longest that this call may take in all, whether it creates the code or updates it: token,
    /// attempts, waits and responses. By default the client's
    /// [`total_timeout`](crate::VippsBuilder::total_timeout), which is 30 s unless it is set.
    deadline,
    merchant_serial_number,
    retry,
}
formats!(CreateOrUpdateMerchantRedirect);

impl CreateOrUpdateMerchantRedirect {
    pub(super) fn new(runtime: Runtime, id: RedirectQrId, redirect_url: RedirectUrl) -> Self {
        Self {
            options: CallOptions::default(),
            create: CreateMerchantRedirect::new(runtime, id, redirect_url),
            format: QrFormat::default(),
        }
    }

    /// Deletes the code for good after this time, 300 s to 2147483647 s, if it is made now. A code that exists keeps
    /// the lifetime that it was made with; [`MerchantRedirectQr::expires_in`] tells.
    pub fn ttl(mut self, ttl: Ttl) -> Self {
        self.create = self.create.ttl(ttl);
        self
    }

    /// Sends one request, and a second one if the code exists.
    ///
    /// # Errors
    /// As those of [`create`](super::MerchantRedirect::create) and [`update`](super::MerchantRedirect::update), except
    /// that the id may be taken. HTTP 404 when the code is deleted between the two requests.
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
        // The code may be there because an earlier attempt made it, and that leads here already.
        updated.map_err(|error| match conflict.outcome() {
            Outcome::Unknown => error.with_outcome(Outcome::Unknown),
            _ => error,
        })
    }
}

fn is_conflict(error: &Error) -> bool {
    error.http_status() == Some(409)
}
