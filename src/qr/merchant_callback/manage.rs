//! Operations on existing callback codes: get, delete and list.

use super::{MerchantCallbackQr, Wire};
use crate::call::{CallOptions, operation};
use crate::error::Result;
use crate::qr::image::image_format_setters;
use crate::qr::types::CallbackQrId;
use crate::qr::{Call, QrFormat, read_delete};
use crate::runtime::Runtime;

/// Reads a code. Returned by [`MerchantCallback::get`](super::MerchantCallback::get); `.await`
/// sends the request.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct GetMerchantCallback {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    id: CallbackQrId,
    format: QrFormat,
}

operation! { GetMerchantCallback => MerchantCallbackQr; deadline, merchant_serial_number, retry }
image_format_setters!(GetMerchantCallback);

impl GetMerchantCallback {
    pub(super) fn new(runtime: Runtime, id: CallbackQrId) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
            id,
            format: QrFormat::default(),
        }
    }

    /// Sends the request.
    ///
    /// # Errors
    /// HTTP 404 if the code does not exist. HTTP 403 if the keys are not authorized for the
    /// merchant serial number. [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the response names
    /// another code.
    pub async fn send(self) -> Result<MerchantCallbackQr> {
        let call = Call::new(&self.runtime, &self.options);
        let response = call
            .run(|api| {
                let mut request = api
                    .get_merchant_callback_by_id()
                    .merchant_qr_id(self.id.as_str())
                    .qr_image_format(self.format.name());
                if let Some(size) = self.format.size() {
                    request = request.qr_image_size(size);
                }
                request.send()
            })
            .await?;
        let wire: Wire = response.decode()?;
        response.check_code(self.id.as_str(), wire.merchant_qr_id.as_deref())?;
        Ok(MerchantCallbackQr::from_wire(
            self.id.to_string(),
            self.format,
            wire,
        ))
    }
}

/// Deletes a code. Returned by [`MerchantCallback::delete`](super::MerchantCallback::delete);
/// `.await` sends the request.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct DeleteMerchantCallback {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    id: CallbackQrId,
}

operation! { DeleteMerchantCallback => (); deadline, merchant_serial_number, retry }

impl DeleteMerchantCallback {
    pub(super) fn new(runtime: Runtime, id: CallbackQrId) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
            id,
        }
    }

    /// Sends the request. If a response is lost and the retry finds no code, the call succeeds.
    ///
    /// # Errors
    /// HTTP 404 if the code does not exist. HTTP 403 if the keys are not authorized for the
    /// merchant serial number. Retry the call after an outcome of
    /// [`Unknown`](crate::Outcome::Unknown).
    pub async fn send(self) -> Result<()> {
        let call = Call::new(&self.runtime, &self.options);
        let id = self.id.as_str();
        let response = call
            .run(|api| api.delete_merchant_callback_qr().merchant_qr_id(id).send())
            .await;
        read_delete(response)
    }
}

/// Lists the callback codes of the sales unit. Returned by
/// [`Qr::merchant_callbacks`](crate::qr::Qr::merchant_callbacks); `.await` sends the request.
///
/// The API has no pagination and no filters. Codes without an id are omitted.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct ListMerchantCallbacks {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    format: QrFormat,
}

operation! { ListMerchantCallbacks => Vec<MerchantCallbackQr>; deadline, merchant_serial_number, retry }
image_format_setters!(ListMerchantCallbacks);

impl ListMerchantCallbacks {
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
    /// HTTP 403 if the keys are not authorized for the merchant serial number.
    pub async fn send(self) -> Result<Vec<MerchantCallbackQr>> {
        let call = Call::new(&self.runtime, &self.options);
        let response = call
            .run(|api| {
                let mut request = api
                    .get_merchant_callback_qrs()
                    .qr_image_format(self.format.name());
                if let Some(size) = self.format.size() {
                    request = request.qr_image_size(size);
                }
                request.send()
            })
            .await?;
        let read = |mut wire: Wire| {
            let id = wire.merchant_qr_id.take()?;
            Some(MerchantCallbackQr::from_wire(id, self.format, wire))
        };
        Ok(response
            .decode_list()?
            .into_iter()
            .filter_map(read)
            .collect())
    }
}
