//! The QR API: make codes that the app accepts. Codes with a link of one's own do not work: the app accepts only
//! what this API makes.

mod image;
mod one_time;

pub use image::{QrContent, QrFormat, QrImage, QrLink};
pub use one_time::{OneTime, OneTimeQr};

use crate::call::{CallOptions, Context};
use crate::raw;
use crate::types::LandingPage;
use crate::vipps::Vipps;

/// The QR API of one client. Made by [`Vipps::qr`].
#[derive(Clone, Debug)]
pub struct Qr {
    vipps: Vipps,
}

impl Qr {
    pub(crate) fn new(vipps: Vipps) -> Self {
        Self { vipps }
    }

    /// A code for one payment that is already initiated: from a payment of [`Ecom::initiate`](crate::ecom::Ecom), or
    /// from any [`LandingPage`] that eCom or Recurring answered. Show it on a screen, with a countdown; never print
    /// it.
    ///
    /// Calls `generateOtpQr`.
    pub fn one_time(&self, payment: &(impl AsRef<LandingPage> + ?Sized)) -> OneTime {
        OneTime::new(self.vipps.clone(), payment.as_ref().clone())
    }
}

/// The generated client of one wrapped call, and the context that takes the answer back.
fn client(vipps: &Vipps, options: &CallOptions) -> (raw::qr::Client, Context) {
    let context = Context::new(vipps, options);
    (
        raw::qr::Client::new_with_client(vipps.base_url(), vipps.http().clone(), context.clone()),
        context,
    )
}
