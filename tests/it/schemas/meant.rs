//! The intended differences between the wrapper's schemas and the documents' schemas, with reasons.

/// An intended difference: the members, the types and the reason.
pub(crate) struct Meant {
    pub(crate) members: &'static [&'static str],
    pub(crate) what: &'static [&'static str],
    pub(crate) why: &'static str,
}

const fn meant(
    members: &'static [&'static str],
    what: &'static [&'static str],
    why: &'static str,
) -> Meant {
    Meant { members, what, why }
}

const NUMBER: Meant = meant(
    &["merchantSerialNumber"],
    &["pattern", "minLength", "maxLength"],
    "serial numbers have 4 to 10 digits; the documents know 5 and 6",
);
const COST: Meant = meant(
    &["shippingCost"],
    &["maximum"],
    "a price is held in whole øre, of which the API's 32 bits hold so many",
);

const SMALL_AMOUNT: Meant = meant(
    &["amount"],
    &["minimum null / 100"],
    "the last part of a payment may be less than a krone",
);
const CATEGORY: Meant = meant(
    &["category"],
    &["there true / false"],
    "the server accepts it, and the published document lacks it",
);

pub(crate) const MEANT_OF_SENT: &[Meant] = &[
    NUMBER,
    COST,
    SMALL_AMOUNT,
    CATEGORY,
    meant(
        &["customer"],
        &["type"],
        "the type is in each of the three choices",
    ),
    meant(
        &["shippingDetails"],
        &["maxItems"],
        "the API's guide states the number that the app shows",
    ),
];

pub(crate) const MEANT_OF_READ: &[Meant] = &[
    meant(
        &["currency"],
        &["pattern", "without the value"],
        "currencies are open, and are read if they have three letters",
    ),
    meant(
        &["reference"],
        &["pattern"],
        "an order id of eCom is a reference, and may be shorter",
    ),
    meant(
        &["sub"],
        &["there true / false"],
        "the guide names it at the top level, the published document in `profile`",
    ),
    meant(
        &["amount"],
        &["there false / true"],
        "the document does not state whether it is that of the payment or of the operation",
    ),
    meant(
        &["captureGuaranteedUntil"],
        &["there true / false"],
        "the server sends it, the published document lacks it",
    ),
    meant(
        &["errorGroup"],
        &["without the value"],
        "the bindings read any text",
    ),
    meant(&["merchantSerialNumber"], &["pattern"], NUMBER.why),
    COST,
    meant(&["orderId"], &["there false / true"], "who asks knows it"),
    meant(
        &["timeStamp", "timestamp"],
        &["type"],
        "one type reads both spellings of time, text and seconds",
    ),
    meant(
        &["bankIdentificationNumber"],
        &["type"],
        "six digits are read as text, and zeros may stand first",
    ),
    meant(
        &["country"],
        &["without the value \"Norway\""],
        "answers have the code, the name and free text",
    ),
    meant(
        &["zipCode", "postCode", "postalCode"],
        &["there true / false"],
        "the wire has one of them, whatever the component says",
    ),
    meant(
        &["transactionLogHistory"],
        &["required true / false"],
        "details without a history state nothing, whatever the component says",
    ),
    meant(
        &[
            "bankIdVerified",
            "dateOfBirth",
            "phone_number_verified",
            "ssn",
        ],
        &["there true / false"],
        "seen in answers, and in no document",
    ),
    meant(
        &[
            "paymentInstrument",
            "transaction",
            "transactionInfo",
            "version",
        ],
        &["there true / false"],
        "one type reads what several operations answer",
    ),
    meant(
        &["shippingDetails", "userDetails"],
        &["there true / false"],
        "one type reads the callbacks of express and of regular payments",
    ),
];

pub(crate) const MEANT_OF_BINDINGS: &[Meant] = &[
    NUMBER,
    COST,
    SMALL_AMOUNT,
    CATEGORY,
    meant(
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

impl Meant {
    pub(crate) fn explains(&self, difference: &str) -> bool {
        let (at, what) = difference.split_once(": ").unwrap();
        let member = at.trim_end_matches("[]").rsplit('.').next().unwrap();
        self.members.contains(&member) && self.what.iter().any(|said| what.starts_with(said))
    }
}
