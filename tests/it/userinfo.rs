//! The profile of a customer: every member is optional, and a response about another customer is an
//! error.

use vipps::testing::Recorder;
use vipps::userinfo::{AddressType, Userinfo};
use vipps::{ErrorKind, Outcome, Result};

const SUB: &str = "c06c4afe-d9e1-4c5d-939a-177d752a0944";
const FULL: &str = r#"{"sub":"c06c4afe-d9e1-4c5d-939a-177d752a0944","sid":"s-1","name":"Ada Lovelace",
    "given_name":"Ada","family_name":"Lovelace","email":"user@example.com","email_verified":true,
    "phone_number":"4712345678","phone_number_verified":"false","birthdate":"2000-12-31","nin":"31120012345",
    "address":{"address_type":"home","country":"NO","default":true,
        "formatted":"Robert Levins gate 5\n0154 Oslo","postal_code":"0154","region":"Oslo",
        "street_address":"Robert Levins gate 5"},
    "other_addresses":[{"address_type":"cabin","postal_code":3540}],
    "accounts":[{"account_name":"Salary","account_number":12345678901,"bank_name":"Bank"}],
    "tomorrow":{"a":1}}"#;

fn path(sub: &str) -> String {
    format!("/vipps-userinfo-api/userinfo/{sub}")
}

async fn read(body: &str) -> Result<Userinfo> {
    let recorder = Recorder::new().respond("GET", &path(SUB), 200, body);
    recorder.client().userinfo(SUB).await
}

fn text(member: Option<&vipps::types::Sensitive>) -> Option<&str> {
    member.map(vipps::types::Sensitive::expose)
}

#[tokio::test]
async fn every_member_is_read() {
    let person = read(FULL).await.unwrap();
    for (member, expected) in [
        (&person.sub, SUB),
        (&person.sid, "s-1"),
        (&person.name, "Ada Lovelace"),
        (&person.given_name, "Ada"),
        (&person.family_name, "Lovelace"),
        (&person.email, "user@example.com"),
        (&person.phone_number, "4712345678"),
        (&person.birthdate, "2000-12-31"),
        (&person.nin, "31120012345"),
    ] {
        assert_eq!(text(member.as_ref()), Some(expected));
    }
    assert_eq!(person.email_verified, Some(true));
    assert_eq!(person.phone_number_verified, Some(false));
    let address = person.address.as_ref().unwrap();
    assert_eq!(address.address_type, Some(AddressType::Home));
    assert_eq!(address.is_default, Some(true));
    assert_eq!(address.country.as_deref(), Some("NO"));
    for (member, expected) in [
        (&address.formatted, "Robert Levins gate 5\n0154 Oslo"),
        (&address.street_address, "Robert Levins gate 5"),
        (&address.postal_code, "0154"),
        (&address.region, "Oslo"),
    ] {
        assert_eq!(text(member.as_ref()), Some(expected));
    }
    let other = &person.other_addresses.as_ref().unwrap()[0];
    assert_eq!(
        other.address_type,
        Some(AddressType::Unknown("cabin".to_owned()))
    );
    assert_eq!(text(other.postal_code.as_ref()), Some("3540"));
    assert_eq!(other.is_default, None);
    let account = &person.accounts.as_ref().unwrap()[0];
    for (member, expected) in [
        (&account.account_name, "Salary"),
        (&account.account_number, "12345678901"),
        (&account.bank_name, "Bank"),
    ] {
        assert_eq!(text(member.as_ref()), Some(expected));
    }
}

#[tokio::test]
async fn missing_members_are_none() {
    let empty_profile = read("{}").await.unwrap();
    assert_eq!(empty_profile, Userinfo::default());
    assert_eq!(
        (empty_profile.email_verified, empty_profile.other_addresses),
        (None, None)
    );
    let unexpected_types =
        r#"{"email_verified":"perhaps","address":["home","NO"],"other_addresses":{},"accounts":7}"#;
    assert_eq!(read(unexpected_types).await.unwrap(), Userinfo::default());
}

#[tokio::test]
async fn json_form_is_read_back_unchanged() {
    let person = read(FULL).await.unwrap();
    let json = serde_json::to_string(&person).unwrap();
    assert_eq!(serde_json::from_str::<Userinfo>(&json).unwrap(), person);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["address"]["default"], true);
    assert_eq!(json["accounts"][0]["account_number"], "12345678901");
    for array in ["[]", r#"["c06c4afe"]"#] {
        serde_json::from_str::<Userinfo>(array).unwrap_err();
    }
}

#[tokio::test]
async fn responses_that_are_no_profile_are_errors() {
    let other = FULL.replace("c06c4afe", "d17d5bff");
    for body in ["", "[]", "null", "<html>", r#"["c06c4afe"]"#, &other] {
        let error = read(body).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
        assert_eq!(error.outcome(), Outcome::NoEffect, "{body}");
        let printed = format!("{error} {error:?}");
        assert!(
            !printed.contains("Lovelace") && !printed.contains("d17d5bff"),
            "{printed}"
        );
    }
}

#[tokio::test]
async fn sub_that_is_no_path_segment_is_refused_before_sending() {
    let recorder = Recorder::new();
    for sub in ["", ".", "..", "canary/b", "canary\\b", "canary\n"] {
        let error = recorder.client().userinfo(sub).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotSent, "{sub}");
        assert_eq!(error.invalid_value().unwrap().field(), "sub");
        assert!(
            !format!("{error} {error:?}").contains("canary"),
            "{error:?}"
        );
    }
    assert!(recorder.requests().is_empty());
}

#[tokio::test]
async fn a_sub_is_encoded_as_one_path_segment() {
    let sub = "a b+c;d?e#f%2Fg";
    let recorder = Recorder::new().respond("GET", &path("a%20b%2Bc%3Bd%3Fe%23f%252Fg"), 200, "{}");
    recorder.client().userinfo(sub).await.unwrap();
    let shape = recorder.shape_of("get_userinfo");
    assert!(!shape.contains("a%20b"), "{shape}");
}

/// An `instance` that is the path of the request contains the `sub`, which is personal data.
#[tokio::test]
async fn refusal_does_not_show_the_path_of_the_request() {
    for instance in [path(SUB), format!("https://api.vipps.no{}", path(SUB))] {
        let body = serde_json::json!({"title": "Not found", "status": "404", "instance": instance});
        let recorder = Recorder::new().respond("GET", &path(SUB), 404, &body.to_string());
        let error = recorder.client().userinfo(SUB).await.unwrap_err();
        assert_eq!(error.correlation_id(), None);
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(SUB), "{shown}");
    }
}

/// The errors have a status as text, or the form of the newer APIs.
#[tokio::test]
async fn refusals_have_their_status_and_correlation_id() {
    for (status, body) in [
        (
            404,
            r#"{"type":"about:blank","title":"Not found","status":"404","instance":"i-1","extraInfo":{"a":{}}}"#,
        ),
        (
            403,
            r#"{"title":"Forbidden","status":403,"detail":"No consent","traceId":"i-1"}"#,
        ),
    ] {
        let recorder = Recorder::new().respond("GET", &path(SUB), status, body);
        let error = recorder.client().userinfo(SUB).await.unwrap_err();
        assert_eq!(error.http_status(), Some(status));
        assert_eq!(error.correlation_id(), Some("i-1"));
        assert_eq!(recorder.requests().len(), 2, "one for the token");
    }
}
