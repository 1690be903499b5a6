//! What can be done with a callback code that exists: get, delete, list.

use super::{MerchantCallbackQr, Wire};
use crate::call::{CallOptions, operation};
use crate::error::Result;
use crate::qr::image::image_formats;
use crate::qr::{Call, QrFormat, deleted};
use crate::runtime::Runtime;
use crate::types::CallbackQrId;

/// Reads a code. Made by [`MerchantCallback::get`](super::MerchantCallback::get); `.await` sends it.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct GetMerchantCallback {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    id: CallbackQrId,
    format: QrFormat,
}

operation! { GetMerchantCallback => MerchantCallbackQr; deadline, merchant_serial_number, retry }
image_formats!(GetMerchantCallback);

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
    /// HTTP 404 when there is no such code. HTTP 403 when the keys have no right to the merchant serial number.
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
        let id = wire
            .merchant_qr_id
            .clone()
            .unwrap_or_else(|| self.id.to_string());
        Ok(MerchantCallbackQr::of(&self.runtime, id, self.format, wire))
    }
}

/// Deletes a code. Made by [`MerchantCallback::delete`](super::MerchantCallback::delete); `.await` sends it.
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

    /// Sends the request. When an answer is lost and the repeat finds no code, the code is gone, as it should be.
    ///
    /// # Errors
    /// HTTP 404 when there is no such code to begin with. HTTP 403 when the keys have no right to the merchant serial
    /// number. An outcome of [`Unknown`](crate::Outcome::Unknown) can simply be repeated.
    pub async fn send(self) -> Result<()> {
        let call = Call::new(&self.runtime, &self.options);
        let id = self.id.as_str();
        let response = call
            .run(|api| api.delete_merchant_callback_qr().merchant_qr_id(id).send())
            .await;
        deleted(response)
    }
}

/// Lists the sales unit's codes. Made by [`Qr::merchant_callbacks`](crate::qr::Qr::merchant_callbacks); `.await` sends
/// it. The API knows neither pages nor filters. What the answer lists without an id is left out.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct ListMerchantCallbacks {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    format: QrFormat,
}

operation! { ListMerchantCallbacks => Vec<MerchantCallbackQr>; deadline, merchant_serial_number, retry }
image_formats!(ListMerchantCallbacks);

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
    /// HTTP 403 when the keys have no right to the merchant serial number.
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
            let id = wire.merchant_qr_id.take().filter(|id| !id.is_empty())?;
            Some(MerchantCallbackQr::of(&self.runtime, id, self.format, wire))
        };
        Ok(response
            .decode_list()?
            .into_iter()
            .filter_map(read)
            .collect())
    }
}
