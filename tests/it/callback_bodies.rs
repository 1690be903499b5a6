//! Members of a callback are read under every known name and with padding.

use http::Request;
use vipps::callback::{Callback, CallbackAuth, PaymentUpdate, ShippingRequest, parse};
use vipps::types::Sensitive;
use vipps::webhooks::{Signer, Verifier};

const TOKEN: &str = "s3cret-auth-token";

fn callback(path: &str, body: &str) -> Callback {
    let request = Request::post(path)
        .header("Authorization", TOKEN)
        .body(body.to_owned())
        .unwrap();
    parse(&request, &CallbackAuth::new(TOKEN.parse().unwrap())).unwrap()
}

fn shipping_request(body: &str) -> ShippingRequest {
    match callback("/v2/payments/order-1/shippingDetails", body) {
        Callback::Shipping(request) => request,
        other => panic!("{other:?}"),
    }
}

fn payment_update(body: &str) -> PaymentUpdate {
    match callback("/v2/payments/order-1", body) {
        Callback::Payment(update) => update,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_post_code_is_read_under_each_of_its_names() {
    for (members, post_code) in [
        (r#""postalCode":"5003""#, Some("5003")),
        (r#""postCode":"5003""#, Some("5003")),
        (r#""zipCode":"5003""#, Some("5003")),
        (r#""postalCode":"0191""#, Some("0191")),
        (
            r#""postCode":null,"zipCode":null,"postalCode":"5003""#,
            Some("5003"),
        ),
        (
            r#""postCode":"5003","zipCode":"5004","postalCode":"5005""#,
            Some("5003"),
        ),
        (r#""zipCode":"5003","postalCode":"5005""#, Some("5003")),
        (r#""postCode":"","postalCode":"5003""#, Some("5003")),
        (r#""city":"BERGEN""#, None),
    ] {
        let request = shipping_request(&format!(r#"{{"addressId":4711,{members}}}"#));
        let found = request.address.post_code.as_ref().map(Sensitive::expose);
        assert_eq!(found, post_code, "{members}");
        let update = payment_update(&format!(
            r#"{{"orderId":"order-1","shippingDetails":{{"address":{{"city":"x",{members}}}}}}}"#
        ));
        let address = update.shipping.unwrap().address.unwrap();
        let found = address.post_code.as_ref().map(Sensitive::expose);
        assert_eq!(found, post_code, "{members}");
    }
}

#[test]
fn a_padded_sales_unit_is_trimmed() {
    for number in [
        r#"" 123456""#,
        r#""123456 ""#,
        r#""\t123456\r\n""#,
        r#""\u00a0123456""#,
        "123456",
    ] {
        let update = payment_update(&format!(
            r#"{{"orderId":"order-1","merchantSerialNumber":{number}}}"#
        ));
        let found = update.merchant_serial_number.map(String::from);
        assert_eq!(found.as_deref(), Some("123456"), "{number}");

        for member in ["msn", "merchantSerialNumber"] {
            let url = "https://shop.example.com/hook";
            let body = format!(
                r#"{{"customerToken":"AAAA","merchantQrId":"till-1","{member}":{number}}}"#
            );
            let request = Signer::new(url, "secret")
                .unwrap()
                .sign(jiff::Timestamp::UNIX_EPOCH, body)
                .unwrap();
            let verifier = Verifier::new(url, ["secret"]).unwrap();
            let check_in = verifier.verify(&request).unwrap().check_in().unwrap();
            let found = check_in.merchant_serial_number.map(String::from);
            assert_eq!(found.as_deref(), Some("123456"), "{number}");
        }
    }
    for number in [r#""12 3456""#, r#"" ""#, "-123456", "[123456]", r#""123""#] {
        let update = payment_update(&format!(
            r#"{{"orderId":"order-1","merchantSerialNumber":{number}}}"#
        ));
        assert_eq!(update.merchant_serial_number, None, "{number}");
    }
}
