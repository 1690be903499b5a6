//! Guides: one page for each task.
//!
//! All snippets are tests. In a snippet that starts a `Simulator` (feature `simulator`),
//! `sim.client()` is a client of the simulator and `sim.payer()` is the simulated customer. For the
//! real API, create a client with [`Vipps::from_env`](crate::Vipps::from_env) instead.
//!
//! | Guide | Content |
//! |---|---|
//! | [`payment`] | the life of a payment: a diagram, states, time limits |
//! | [`one_time`] | a QR code on a screen, for one payment |
//! | [`merchant_redirect`] | a printed QR code that opens a web page |
//! | [`merchant_callback`] | a printed QR code that checks a customer in |
//! | [`mobilepay`] | a QR code that MobilePay printed, used as a callback code |
//! | [`personal_qr`] | the code in the customer's app, read by a scanner |
//! | [`capture`] | capture, refund and cancel with an idempotency key |
//! | [`from_ecom_to_epayment`] | the migration to the ePayment API, endpoint by endpoint |
//! | [`after_a_crash`] | the values to store before a call, and the recovery after a restart |
//! | [`what_can_go_wrong`] | outcomes, retries, error codes, rate limits and timeouts |
//! | [`webhooks`] | registration of a URL, and the events of payments and check-ins |
//! | [`testing`] | tests of your code, without an account, a network or waiting |
//! | [`faq`] | frequent questions |
//! | [`stability`] | versions, dependencies, features and the minimum Rust version |
//!
//! # Which code to choose
//!
//! * A screen that the customer sees: [`one_time`].
//! * A scanner at the till: [`personal_qr`].
//! * Neither, such as at a vending machine, a parking lot or a table: [`merchant_callback`], or
//!   [`mobilepay`] for codes that MobilePay has printed.
//! * A web page instead of a payment: [`merchant_redirect`].

pub mod payment {
    #![doc = include_str!("guide/payment.md")]
    #![doc = "\n<div>"]
    #![doc = include_str!("guide/payment.svg")]
    #![doc = "</div>\n\n"]
    #![doc = include_str!("guide/payment_states.md")]
}

pub mod one_time {
    #![doc = include_str!("guide/one_time.md")]
}

pub mod merchant_redirect {
    #![doc = include_str!("guide/merchant_redirect.md")]
}

pub mod merchant_callback {
    #![doc = include_str!("guide/merchant_callback.md")]
}

pub mod mobilepay {
    #![doc = include_str!("guide/mobilepay.md")]
}

pub mod personal_qr {
    #![doc = include_str!("guide/personal_qr.md")]
}

pub mod capture {
    #![doc = include_str!("guide/capture.md")]
}

pub mod from_ecom_to_epayment {
    #![doc = include_str!("guide/from_ecom_to_epayment.md")]
}

pub mod after_a_crash {
    #![doc = include_str!("guide/after_a_crash.md")]
}

pub mod what_can_go_wrong {
    #![doc = include_str!("guide/what_can_go_wrong.md")]
}

pub mod webhooks {
    #![doc = include_str!("guide/webhooks.md")]
}

pub mod testing {
    #![doc = include_str!("guide/testing.md")]
}

pub mod faq {
    #![doc = include_str!("guide/faq.md")]
}

pub mod stability {
    #![doc = include_str!("guide/stability.md")]
}
