//! Guides: a way through the crate for each thing that people come here to do.
//!
//! Every snippet runs with every run of the tests. Where a snippet starts a `Simulator` (feature
//! `simulator`), `sim.client()` is a client of it and `sim.payer()` is the customer with the phone.
//! A client of the real API is made by [`Vipps::from_env`](crate::Vipps::from_env) instead.
//!
//! | guide | for |
//! |---|---|
//! | [`payment`] | the life of a payment in one picture: states, events, time limits |
//! | [`one_time`] | a code on a screen, for one payment |
//! | [`merchant_redirect`] | a printed code that opens a web page |
//! | [`merchant_callback`] | a printed code that checks a customer in |
//! | [`mobilepay`] | the same for codes that MobilePay printed |
//! | [`personal_qr`] | the code in the customer's app, read by a scanner |
//! | [`capture`] | capture, refund and cancel, with an idempotency key that survives |
//! | [`after_a_crash`] | what to store before a call, and what to do after a restart |
//! | [`what_can_go_wrong`] | outcomes, repeats, limits, and what to do about each |
//! | [`testing`] | tests of your own code: no account, no network, no waiting |
//! | [`faq`] | the questions that everybody has, first of all why not to draw a code of one's own |
//! | [`stability`] | what a new version may change, and which compiler it needs |
//!
//! # Which code is it to be?
//!
//! * There is a screen that faces the customer: [`one_time`].
//! * There is a scanner at the till: [`personal_qr`].
//! * There is neither, as on a vending machine, a parking lot or a table: [`merchant_callback`], or [`mobilepay`] where
//!   MobilePay's codes hang already.
//! * There is nothing to pay yet, only a page to look at: [`merchant_redirect`].

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

pub mod after_a_crash {
    #![doc = include_str!("guide/after_a_crash.md")]
}

pub mod what_can_go_wrong {
    #![doc = include_str!("guide/what_can_go_wrong.md")]
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
