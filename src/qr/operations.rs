//! The operations of the QR API.

use super::error_codes::ERROR_CODES;
use crate::operation::RetryClass::{Harmless, Idempotent, Read};
use crate::operation::{Api, Auth, Endpoint, Operation, PaymentEffect, UnknownHint, unknown_hint};
use crate::raw::qr::endpoints;

static QR: Api = Api {
    error_codes: ERROR_CODES,
    advice: &[],
    rate_limit_hint: Some(
        "The QR API documents no rate limit. Send fewer requests, and read the list of codes instead of each code.",
    ),
    keeps_refusals: false,
};

pub(crate) static OPERATIONS: &[Operation] = &[
    Operation {
        effect: PaymentEffect::QrCode,
        ..Operation::new(&QR, Harmless, &endpoints::GENERATE_OTP_QR)
    },
    Operation::new(&QR, Harmless, &endpoints::EXCHANGE_QR),
    Operation::new(&QR, Harmless, &endpoints::EXCHANGE_CUSTOMER),
    Operation {
        unknown_hint: unknown_hint!(
            "The code may have been created: `get` it to see its redirect URL, or use `create_or_update`."
        ),
        ..Operation::new(&QR, Idempotent, &endpoints::CREATE_MERCHANT_REDIRECT_QR)
    },
    Operation {
        unknown_hint: RETRY_HINT,
        ..Operation::new(&QR, Idempotent, &endpoints::UPDATE_MERCHANT_REDIRECT_URL)
    },
    Operation {
        unknown_hint: RETRY_HINT,
        ..Operation::new(&QR, Idempotent, &endpoints::DELETE_MERCHANT_REDIRECT_QR)
    },
    Operation::new(&QR, Read, &endpoints::GET_MERCHANT_REDIRECT_QR_BY_ID),
    Operation::new(&QR, Read, &endpoints::GET_ALL_MERCHANT_REDIRECT_QRS),
    Operation {
        unknown_hint: RETRY_HINT,
        ..Operation::new(&QR, Idempotent, &endpoints::PUT_MERCHANT_CALLBACK_QR)
    },
    Operation {
        unknown_hint: RETRY_HINT,
        ..Operation::new(&QR, Idempotent, &endpoints::DELETE_MERCHANT_CALLBACK_QR)
    },
    Operation::new(&QR, Read, &endpoints::GET_MERCHANT_CALLBACK_BY_ID),
    Operation::new(&QR, Read, &endpoints::GET_MERCHANT_CALLBACK_QRS),
    Operation {
        unknown_hint: RETRY_HINT,
        ..Operation::new(
            &QR,
            Idempotent,
            &endpoints::PUT_MERCHANT_CALLBACK_MOBILE_PAY_QR,
        )
    },
];

const RETRY_HINT: Option<UnknownHint> = unknown_hint!(
    "Retry the call: it has no effect twice. If a retried delete finds no code, the code is deleted."
);

static IMAGE_LINK: Endpoint = Endpoint {
    document: "qr",
    id: "image",
    method: "GET",
    path: "(image link)",
    idempotency_header: None,
};

/// The download of an image. It is on another host than the API, which must not receive
/// credentials.
pub(crate) const IMAGE: Operation = Operation {
    auth: Auth::Anonymous,
    ..Operation::new(&QR, Read, &IMAGE_LINK)
};
