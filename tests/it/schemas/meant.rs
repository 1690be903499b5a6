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

pub(crate) const MEANT_OF_SENT: &[Meant] = &[
    NUMBER,
    COST,
    meant(
        &[
            "authToken",
            "customerToken",
            "locationDescription",
            "qrCode",
            "shippingMethod",
            "shippingMethodId",
            "transactionText",
        ],
        &["minLength"],
        "an empty text is a mistake",
    ),
    meant(
        &[
            "authToken",
            "customerToken",
            "locationDescription",
            "qrCode",
            "scope",
            "transactionText",
        ],
        &["pattern"],
        "control characters and the like are a mistake",
    ),
    meant(
        &[
            "callbackPrefix",
            "consentRemovalPrefix",
            "fallBack",
            "shippingDetailsPrefix",
            "url",
        ],
        &["pattern"],
        "the documents' prose asks for a URL",
    ),
    meant(
        &["customerPhoneNumber", "id", "mobileNumber", "redirectUrl"],
        &["pattern"],
        "the same characters, told without `\\w`, `\\s` and `\\d`, which each reader reads in another way",
    ),
    meant(
        &["mobileNumber"],
        &["minLength", "maxLength"],
        "the pattern says it already",
    ),
    meant(
        &["customerToken", "qrCode"],
        &["maxLength"],
        "no token is that long, and somebody else's text is what is sent",
    ),
    meant(&["amount"], &["maximum"], "the API holds 32 bits"),
    meant(
        &["amount"],
        &["minimum 1 / 100"],
        "the last part of a payment may be less than a krone",
    ),
    meant(
        &[
            "customerToken",
            "merchantInfo",
            "requestedData",
            "transaction",
        ],
        &["required true / false"],
        "without it the request means nothing",
    ),
    meant(
        &["paymentType"],
        &["without the value \"eComm Regular Payment\""],
        "what is left out means this one",
    ),
    meant(
        &["staticShippingDetails"],
        &["minItems", "maxItems"],
        "the API's guide says how many the app shows",
    ),
    meant(
        &["shippingDetails"],
        &["maxItems"],
        "the API's guide says how many the app shows",
    ),
    meant(
        &["priority"],
        &["minimum"],
        "a place in a list is no negative number",
    ),
    meant(
        &["useExplicitCheckoutFlow"],
        &["there false / true"],
        "without effect since March 2023",
    ),
    meant(
        &["category"],
        &["there true / false"],
        "the server takes it, the published document lacks it",
    ),
];

pub(crate) const MEANT_OF_READ: &[Meant] = &[
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
    meant(
        &["id", "redirectUrl"],
        &["required false / true"],
        "what may be null is optional for the generator, even if it is required",
    ),
    meant(
        &["amount"],
        &["minimum null / 100"],
        "the last part of a payment may be less than a krone",
    ),
    meant(
        &["category"],
        &["there true / false"],
        "the server takes it, the published document lacks it",
    ),
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
