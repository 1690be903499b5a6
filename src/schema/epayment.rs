//! Schemas of the responses of the ePayment API. Each type derives its schema from the structure that it
//! is read from.

use super::listed;
use crate::epayment::{
    Address, Aggregate, CreatedPayment, EventName, Modification, PaymentDetails, PaymentEvent,
    PaymentMethodKind, PaymentState, UsedPaymentMethod, UserDetails,
};

listed! {
    "epayment::Address": Address,
    "epayment::Aggregate": Aggregate,
    "epayment::CreatedPayment": CreatedPayment,
    "epayment::EventName": EventName,
    "epayment::Modification": Modification,
    "epayment::PaymentDetails": PaymentDetails,
    "epayment::PaymentEvent": PaymentEvent,
    "epayment::PaymentMethodKind": PaymentMethodKind,
    "epayment::PaymentState": PaymentState,
    "epayment::UsedPaymentMethod": UsedPaymentMethod,
    "epayment::UserDetails": UserDetails,
}
