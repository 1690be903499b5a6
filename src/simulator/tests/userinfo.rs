//! The Userinfo API.

use super::*;

/// The usual customer at the sales unit [`MSN`].
const SUB: &str = "c970b25d-f82c-4b88-b22e-8f0d7da74906";
const OTHER_UNIT: &str = "654321";

impl Harness {
    /// Initiates a payment with this scope, and the usual customer approves it.
    fn pay_with_scope(&mut self, scope: &str) {
        let mut body = initiate_body(ORDER, 20_000);
        body["transaction"]["scope"] = scope.into();
        let request = self.signed(Method::POST, "/ecomm/v2/payments", Some(body));
        let response = self.send(request);
        assert_eq!(response.status, 200, "{response:?}");
        self.approve();
    }

    fn userinfo(&mut self, sub: &str, sales_unit: &str) -> Response {
        let path = format!("/vipps-userinfo-api/userinfo/{sub}");
        let request = self.signed(Method::GET, &path, None);
        self.send(request.with("merchant-serial-number", sales_unit))
    }
}

fn shared(scope: &str) -> Value {
    let mut harness = Harness::new();
    harness.pay_with_scope(scope);
    let response = harness.userinfo(SUB, MSN);
    assert_eq!(response.status, 200, "{response:?}");
    json_of(&response)
}

#[test]
fn each_scope_shares_its_members() {
    assert_eq!(
        shared("name"),
        json!({
            "sub": SUB,
            "name": "Ada Lovelace",
            "given_name": "Ada",
            "family_name": "Lovelace",
        })
    );
    assert_eq!(
        shared("email"),
        json!({"sub": SUB, "email": "user@example.com", "email_verified": true})
    );
    assert_eq!(
        shared("phoneNumber"),
        json!({"sub": SUB, "phone_number": "4791234567", "phone_number_verified": true})
    );
    assert_eq!(
        shared("birthDate"),
        json!({"sub": SUB, "birthdate": "1815-12-10"})
    );
    assert_eq!(
        shared("address"),
        json!({
            "sub": SUB,
            "address": {
                "address_type": "home",
                "country": "NO",
                "default": true,
                "formatted": "Dronning Eufemias gate 42\nAtt: Rune Garborg\n0191 OSLO",
                "postal_code": "0191",
                "region": "OSLO",
                "street_address": "Dronning Eufemias gate 42\nAtt: Rune Garborg",
            },
            "other_addresses": [],
        })
    );
    let all = shared("name address email phoneNumber birthDate");
    assert_eq!(all.as_object().unwrap().len(), 11);
}

#[test]
fn data_is_shared_for_168_hours() {
    let mut harness = Harness::new();
    harness.pay_with_scope("name");
    harness.advance(Duration::from_secs(168 * 3600 - 1));
    harness.fetch_token();
    assert_eq!(harness.userinfo(SUB, MSN).status, 200);
    harness.advance(Duration::from_secs(1));
    let response = harness.userinfo(SUB, MSN);
    assert_eq!(response.status, 404, "{response:?}");
    assert_eq!(json_of(&response)["status"], "404");
}

#[test]
fn customer_without_a_consent_is_unknown() {
    let mut harness = Harness::new();
    harness.open(20_000);
    harness.approve();
    assert_eq!(harness.userinfo(SUB, MSN).status, 404);

    let mut harness = Harness::new();
    harness.pay_with_scope("name");
    let other_customer = Profile {
        msisdn: "4798765432".into(),
    };
    assert_eq!(
        harness.userinfo(&other_customer.subject(MSN), MSN).status,
        404
    );
    assert_eq!(harness.userinfo(SUB, OTHER_UNIT).status, 404);
    assert_eq!(harness.userinfo(SUB, "999999").status, 403);
}

#[test]
fn empty_sub_reaches_the_login_operation() {
    let mut harness = Harness::new();
    let response = harness.userinfo("", MSN);
    assert_eq!(response.status, 501, "{response:?}");
}

#[test]
fn sub_belongs_to_one_sales_unit() {
    let mut harness = Harness::new();
    harness.pay_with_scope("name");
    let elsewhere = Profile::default().subject(OTHER_UNIT);
    assert_ne!(elsewhere, SUB);
    assert_eq!(harness.userinfo(&elsewhere, MSN).status, 404);
    assert_eq!(harness.userinfo(SUB, MSN).status, 200);
}
