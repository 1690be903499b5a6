//! Guides: one page for each task.
//!
//! All snippets are tests. In a snippet that starts a `Simulator` (feature `simulator`),
//! `sim.client()` is a client of the simulator and `sim.payer()` is the simulated customer. For the
//! real API, create a client with [`Vipps::from_env`](crate::Vipps::from_env) instead.
//!
//! | Take payments | |
//! |---|---|
//! | [`till`] | a QR code on a screen: show it, wait for the customer, capture |
//! | [`web_shop`] | a link on a phone, a QR code on a desktop, webhooks, capture, refund, restart |
//! | [`personal_qr`] | the code in the customer's app, read by a scanner |
//! | [`sticker`] | a printed code without a screen: from the webhook to the capture |
//! | [`poster`] | a printed code that opens a web page |
//!
//! | Understand | |
//! |---|---|
//! | [`payment`] | the life of a payment: states, requests, time limits |
//! | [`capture`] | capture, refund and cancel with an idempotency key |
//! | [`webhooks`] | registration of a URL, signatures, events |
//! | [`errors`] | outcomes, retries, error codes, rate limits and timeouts |
//! | [`after_a_crash`] | recovery after a crash or a lost response |
//! | [`from_ecom_to_epayment`] | the migration to the ePayment API, endpoint by endpoint |
//! | [`faq`] | frequent questions |
//!
//! | Test and operate | |
//! |---|---|
//! | [`testing`] | tests of your integration in Rust |
//! | [`testing_in_any_language`] | tests of your integration in Python, JavaScript, PHP, … |
//! | [`production`] | timeouts, retries, proxies, several sales units and processes, observability |
//! | [`going_live`] | the checklist of Vipps MobilePay, with the commands that produce the evidence |
//! | [`how_this_is_tested`] | the tests of this crate, and the commands that run them |
//! | [`stability`] | versions, dependencies, features and the minimum Rust version |
//!
//! # Which QR code?
//!
//! * A screen that the customer can scan: [`till`].
//! * A scanner at the till: [`personal_qr`].
//! * Neither, such as at a vending machine, a parking lot or a table: [`sticker`]. That page also
//!   covers codes that MobilePay has printed.
//! * No payment yet, but a web page: [`poster`].

pub mod till {
    #![doc = include_str!("guide/till.md")]
}

pub mod web_shop {
    #![doc = include_str!("guide/web_shop.md")]
}

pub mod personal_qr {
    #![doc = include_str!("guide/personal_qr.md")]
}

pub mod sticker {
    #![doc = include_str!("guide/sticker.md")]
}

pub mod poster {
    #![doc = include_str!("guide/poster.md")]
}

pub mod payment {
    #![doc = include_str!("guide/payment.md")]
    #![doc = "\n<div>"]
    #![doc = include_str!("guide/payment.svg")]
    #![doc = "</div>\n\n"]
    #![doc = include_str!("guide/payment_states.md")]
}

pub mod capture {
    #![doc = include_str!("guide/capture.md")]
}

pub mod webhooks {
    #![doc = include_str!("guide/webhooks.md")]
}

pub mod errors {
    #![doc = include_str!("guide/errors.md")]
}

pub mod after_a_crash {
    #![doc = include_str!("guide/after_a_crash.md")]
}

pub mod from_ecom_to_epayment {
    #![doc = include_str!("guide/from_ecom_to_epayment.md")]
}

pub mod faq {
    #![doc = include_str!("guide/faq.md")]
}

pub mod testing {
    #![doc = include_str!("guide/testing.md")]
}

pub mod testing_in_any_language {
    #![doc = include_str!("guide/testing_in_any_language.md")]
}

pub mod production {
    #![doc = include_str!("guide/production.md")]
}

pub mod going_live {
    #![doc = include_str!("guide/going_live.md")]
}

pub mod how_this_is_tested {
    #![doc = include_str!("guide/how_this_is_tested.md")]
}

pub mod stability {
    #![doc = include_str!("guide/stability.md")]
}
