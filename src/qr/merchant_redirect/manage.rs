//! Operations on existing redirect codes: get, update, delete and list.

use super::{MerchantRedirectQr, Wire};
use crate::call::{CallOptions, operation};
use crate::error::Result;
use crate::qr::image::format_setters;
use crate::qr::types::{RedirectQrId, RedirectUrl};
use crate::qr::{Call, QrFormat, read_delete};
use crate::runtime::Runtime;

/// Reads a code. Returned by [`MerchantRedirect::get`](super::MerchantRedirect::get); `.await`
/// sends the request.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct GetMerchantRedirect {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    id: RedirectQrId,
    format: QrFormat,
}

operation! { GetMerchantRedirect => MerchantRedirectQr; deadline, merchant_serial_number, retry }
format_setters!(GetMerchantRedirect);

impl GetMerchantRedirect {
    pub(super) fn new(runtime: Runtime, id: RedirectQrId) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
            id,
            format: QrFormat::default(),
        }
    }

    pub(super) fn with_options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    /// HTTP 404 if the code does not exist or has expired.
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the response names another code.
    pub async fn send(self) -> Result<MerchantRedirectQr> {
        let call = Call::new(&self.runtime, &self.options);
        let response = call
            .run(|api| {
                let mut request = api
                    .get_merchant_redirect_qr_by_id()
                    .id(self.id.as_str())
                    .accept(self.format.accept());
                if let Some(size) = self.format.size() {
                    request = request.size(size);
                }
                request.send()
            })
            .await?;
        MerchantRedirectQr::read(&self.id, self.format, &response)
    }
}

/// Changes the redirect URL of a code. Returned by
/// [`MerchantRedirect::update`](super::MerchantRedirect::update); `.await` sends the request.
///
/// The request is idempotent, so it is retried after a lost response.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct UpdateMerchantRedirect {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    id: RedirectQrId,
    redirect_url: RedirectUrl,
    format: QrFormat,
}

operation! { UpdateMerchantRedirect => MerchantRedirectQr; deadline, merchant_serial_number, retry }
format_setters!(UpdateMerchantRedirect);

impl UpdateMerchantRedirect {
    pub(super) fn new(runtime: Runtime, id: RedirectQrId, redirect_url: RedirectUrl) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
            id,
            redirect_url,
            format: QrFormat::default(),
        }
    }

    pub(super) fn with_options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    /// HTTP 404 if the code does not exist or has expired. A response of HTTP 200 that names another
    /// code is an error with [`Outcome::Unknown`](crate::Outcome::Unknown). Retry the call after
    /// that outcome.
    pub async fn send(self) -> Result<MerchantRedirectQr> {
        let call = Call::new(&self.runtime, &self.options);
        let redirect_url = self.redirect_url.as_str().to_owned();
        let response = call
            .run(|api| {
                let mut request = api
                    .update_merchant_redirect_url()
                    .id(self.id.as_str())
                    .accept(self.format.accept())
                    .body_map(|body| body.redirect_url(redirect_url));
                if let Some(size) = self.format.size() {
                    request = request.size(size);
                }
                request.send()
            })
            .await?;
        MerchantRedirectQr::from_write(&self.id, &self.redirect_url, self.format, &response)
    }
}

/// Deletes a code permanently. Returned by
/// [`MerchantRedirect::delete`](super::MerchantRedirect::delete); `.await` sends the request.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct DeleteMerchantRedirect {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    id: RedirectQrId,
}

operation! { DeleteMerchantRedirect => (); deadline, merchant_serial_number, retry }

impl DeleteMerchantRedirect {
    pub(super) fn new(runtime: Runtime, id: RedirectQrId) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
            id,
        }
    }

    /// Sends the request. If a response is lost and the retry finds no code, the call succeeds.
    ///
    /// # Errors
    /// HTTP 404 if the code does not exist. Retry the call after an outcome of
    /// [`Unknown`](crate::Outcome::Unknown).
    pub async fn send(self) -> Result<()> {
        let call = Call::new(&self.runtime, &self.options);
        let id = self.id.as_str();
        let response = call
            .run(|api| api.delete_merchant_redirect_qr().id(id).send())
            .await;
        read_delete(response)
    }
}

/// Lists the redirect codes of the sales unit. Returned by
/// [`Qr::merchant_redirects`](crate::qr::Qr::merchant_redirects); `.await` sends the request.
///
/// The API has no pagination and no filters. Codes without an id are omitted.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct ListMerchantRedirects {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    format: QrFormat,
}

operation! { ListMerchantRedirects => Vec<MerchantRedirectQr>; deadline, merchant_serial_number, retry }
format_setters!(ListMerchantRedirects);

impl ListMerchantRedirects {
    pub(in crate::qr) fn new(runtime: Runtime) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
            format: QrFormat::default(),
        }
    }

    /// Sends the request.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the response is not a list. Otherwise the
    /// errors of every request.
    pub async fn send(self) -> Result<Vec<MerchantRedirectQr>> {
        let call = Call::new(&self.runtime, &self.options);
        let response = call
            .run(|api| {
                let mut request = api
                    .get_all_merchant_redirect_qrs()
                    .accept(self.format.accept());
                if let Some(size) = self.format.size() {
                    request = request.size(size);
                }
                request.send()
            })
            .await?;
        let read = |mut wire: Wire| {
            let id = wire.id.take()?;
            Some(MerchantRedirectQr::from_wire(id, self.format, wire))
        };
        Ok(response
            .decode_list()?
            .into_iter()
            .filter_map(read)
            .collect())
    }
}
