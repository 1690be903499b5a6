//! Responses can be compared, and stored as JSON.

use crate::support::id;
use vipps::ecom::{PaymentDetails, ShippingDetails, UserDetails};
use vipps::{Amount, Currency};

fn details(captured: i64) -> PaymentDetails {
    let json = format!(
        r#"{{"transactionLogHistory":[
        {{"operation":"CAPTURE","operationSuccess":true,"amount":{captured},"requestId":"key"}},
        {{"operation":"RESERVE","operationSuccess":true,"amount":20000}}],
        "userDetails":{{"firstName":"Ada","email":"ada@example.com","bankIdVerified":"Y"}},
        "shippingDetails":{{"shippingCost":79.5,"shippingMethod":"Parcel locker","shippingMethodId":"p",
        "address":{{"addressLine1":"Dronning Eufemias gate 42","zipCode":"0191","city":"Oslo"}}}}}}"#
    );
    PaymentDetails::from_json(id(), &json).unwrap()
}

#[test]
fn responses_with_the_same_content_are_equal() {
    let first = details(10_000);
    assert_eq!(first, details(10_000));
    assert_ne!(first, details(10_001));
    assert_eq!(first.events(), details(10_000).events());
}

#[test]
fn customer_and_shipping_are_read_back_from_json() {
    let details = details(10_000);
    let (user, shipping) = (details.user().unwrap(), details.shipping().unwrap());
    let json = serde_json::to_string(user).unwrap();
    assert_eq!(&serde_json::from_str::<UserDetails>(&json).unwrap(), user);
    let json = serde_json::to_string(shipping).unwrap();
    let read: ShippingDetails = serde_json::from_str(&json).unwrap();
    assert_eq!(&read, shipping);
    let cost = Amount::minor(7_950, Currency::NOK);
    assert_eq!(read.shipping_cost, Some(cost));
    let printed = format!("{user:?} {read:?}");
    assert!(
        !printed.contains("Ada") && !printed.contains("Oslo"),
        "{printed}"
    );
}
