//! The intended differences between the wrapper's schemas and the documents' schemas, with reasons.

/// An intended difference: the members, the types and the reason.
pub(crate) struct AcceptedDifference {
    pub(crate) members: &'static [&'static str],
    pub(crate) kinds: &'static [&'static str],
    pub(crate) reason: &'static str,
}

const fn accepted(
    members: &'static [&'static str],
    kinds: &'static [&'static str],
    reason: &'static str,
) -> AcceptedDifference {
    AcceptedDifference {
        members,
        kinds,
        reason,
    }
}

const SERIAL_NUMBER: AcceptedDifference = accepted(
    &["merchantSerialNumber"],
    &["pattern", "minLength", "maxLength"],
    "serial numbers have 4 to 10 digits; the documents allow 5 and 6",
);
const SHIPPING_COST: AcceptedDifference = accepted(
    &["shippingCost"],
    &["maximum"],
    "a price is stored in øre, whose maximum is that of a 32-bit integer",
);

const SMALL_AMOUNT: AcceptedDifference = accepted(
    &["amount"],
    &["minimum null / 100"],
    "the last part of a payment can be less than 1 krone",
);
const CATEGORY: AcceptedDifference = accepted(
    &["category"],
    &["present true / false"],
    "the server accepts it, and the published document lacks it",
);

pub(crate) const ACCEPTED_IN_SENT: &[AcceptedDifference] = &[
    SERIAL_NUMBER,
    SHIPPING_COST,
    SMALL_AMOUNT,
    CATEGORY,
    accepted(
        &["customer"],
        &["type"],
        "the type is in each of the three choices",
    ),
    accepted(
        &["shippingDetails"],
        &["maxItems"],
        "the API's guide states the number that the app shows",
    ),
];

pub(crate) const ACCEPTED_IN_READ: &[AcceptedDifference] = &[
    accepted(
        &["currency"],
        &["pattern", "without the value"],
        "currencies are open, and are read if they have three letters",
    ),
    accepted(
        &["reference"],
        &["pattern"],
        "an order id of eCom is a reference, and may be shorter",
    ),
    accepted(
        &["sub"],
        &["present true / false"],
        "the guide has it at the top level, and the published document in `profile`",
    ),
    accepted(
        &["amount"],
        &["present false / true"],
        "the document does not state whether the amount is that of the payment or of the operation",
    ),
    accepted(
        &["captureGuaranteedUntil"],
        &["present true / false"],
        "the server sends it, and the published document lacks it",
    ),
    accepted(
        &["errorGroup"],
        &["without the value"],
        "the bindings read any text",
    ),
    accepted(
        &["merchantSerialNumber"],
        &["pattern"],
        SERIAL_NUMBER.reason,
    ),
    SHIPPING_COST,
    accepted(
        &["orderId"],
        &["present false / true"],
        "the caller has the order id",
    ),
    accepted(
        &["timeStamp", "timestamp"],
        &["type"],
        "one type reads both spellings of time, text and seconds",
    ),
    accepted(
        &["bankIdentificationNumber"],
        &["type"],
        "6 digits are read as text, because the first can be zero",
    ),
    accepted(
        &["country"],
        &["without the value \"Norway\""],
        "responses contain the code, the name or free text",
    ),
    accepted(
        &["zipCode", "postCode", "postalCode"],
        &["present true / false"],
        "responses have one of them, which may differ from the component",
    ),
    accepted(
        &["transactionLogHistory"],
        &["required true / false"],
        "details without a history state nothing, although the component allows them",
    ),
    accepted(
        &[
            "bankIdVerified",
            "dateOfBirth",
            "phone_number_verified",
            "ssn",
        ],
        &["present true / false"],
        "observed in responses, and in no document",
    ),
    accepted(
        &[
            "paymentInstrument",
            "transaction",
            "transactionInfo",
            "version",
        ],
        &["present true / false"],
        "one type reads the responses of several operations",
    ),
    accepted(
        &["shippingDetails", "userDetails"],
        &["present true / false"],
        "one type reads the callbacks of express and of regular payments",
    ),
];

pub(crate) const ACCEPTED_IN_BINDINGS: &[AcceptedDifference] = &[
    SERIAL_NUMBER,
    SHIPPING_COST,
    SMALL_AMOUNT,
    CATEGORY,
    accepted(
        &[
            "addressType",
            "country",
            "errorGroup",
            "operation",
            "status",
        ],
        &["without the value"],
        "any text is read",
    ),
];

impl AcceptedDifference {
    pub(crate) fn explains(&self, difference: &str) -> bool {
        let (at, kind_of_difference) = difference.split_once(": ").unwrap();
        let member = at.trim_end_matches("[]").rsplit('.').next().unwrap();
        self.members.contains(&member)
            && self
                .kinds
                .iter()
                .any(|kind| kind_of_difference.starts_with(kind))
    }
}
