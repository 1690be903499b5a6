//! What a success status may hide.

use super::*;

#[test]
fn errors_with_a_success_status_are_seen() {
    for body in [
        r#"[{"errorGroup":"Payment","errorCode":"44","errorMessage":"x"}]"#,
        r#"[{"errorMessage":"x"}]"#,
        r#"{"errorCode":"99","errorMessage":"x"}"#,
        r#" {"orderId":"acme-1","errorCode":99}"#,
        r#"{"responseInfo":{"responseCode":500,"responseMessage":"x"}}"#,
        r#"{"ResponseInfo":{"responseCode":"1000","responseMessage":"x"},"result":{}}"#,
        r#"{"error":"invalid_client","error_description":"x"}"#,
        r#"{"error":"invalid_client","error_codes":[1]}"#,
        r#"{"statusCode":401,"message":"x"}"#,
        r#"{"statusCode":"401","message":"x"}"#,
        "\u{feff}{\"errorCode\":\"99\"}",
        r#"{"errors":{"url":["wrong"]}}"#,
        r#"{"errors":["wrong"],"id":"x"}"#,
        r#"{"errors":"wrong"}"#,
        r#"{"title":"wrong","status":400}"#,
        r#"{"status":"ok","title":"wrong","extra":{},"status" : "503"}"#,
        r#"{"type":"about:blank","status":
            599,"detail":"wrong"}"#,
        r#"[{"errorCode":"44","errorMessage":"x"},{"errorC"#,
        r#"{"orderId":"acme-1","transactionInfo":{"status":"RESERVE"},"errorInfo":{"errorCode":"45","errorMessage":"x"}}"#,
    ] {
        assert!(is_error(body.as_bytes()), "{body}");
        let parsed = text(200, body);
        assert_ne!(
            (parsed.message(), parsed.errors.len()),
            (Cow::Borrowed(reason(200)), 0),
            "{body}"
        );
    }
}

#[test]
fn success_answers_are_no_errors() {
    for body in [
        // what a later operation may list
        r#"["NOK","errorCode"]"#,
        // eCom: initiate, capture, cancel, refund, details, status, force approve
        r#"{"orderId":"acme-1","url":"https://api.vipps.no/dwo-api-application/v1/deeplink/vippsgateway?v=2&token=eyJ"}"#,
        r#"{"orderId":"acme-1","transactionInfo":{"amount":20000,"status":"Captured"},"transactionSummary":{"capturedAmount":20000}}"#,
        r#"{"orderId":"acme-1","transactionInfo":{"amount":20000,"status":"Cancelled"},"transactionSummary":{}}"#,
        r#"{"orderId":"acme-1","transaction":{"amount":20000,"status":"Refund"},"transactionSummary":{}}"#,
        r#"{"orderId":"acme-1","transactionLogHistory":[{"amount":1,"operation":"RESERVE","operationSuccess":false,"errorInfo":{"errorCode":"45","errorGroup":"PAYMENTS","errorMessage":"x"}}]}"#,
        r#"{"orderId":"acme-1","transactionInfo":{"status":"RESERVE"},"errorInfo":{"errorCode":null,"errorMessage":"x"}}"#,
        "",
        "{}",
        // The same with a new member, or with one that holds nothing.
        r#"{"orderId":"acme-1","transactionInfo":{"status":"Captured"},"errorCode":"0","errorMessage":"none"}"#,
        r#"{"orderId":"acme-1","errorCode":null,"errorMessage":""}"#,
        // QR: one-time, redirect, list, callback, list, exchange, customer exchange
        r#"{"url":"https://qr.vipps.no/generate/qr.png?...","expiresIn":544}"#,
        r#"{"id":"billboard_1","url":"https://qr.vipps.no/x","redirectUrl":"https://example.com/?a=\"errorCode\"","expiresIn":-1}"#,
        r#"[{"id":"\"errorCode\"","url":"https://qr.vipps.no/x","redirectUrl":"https://example.com","errorCode":"1"}]"#,
        "[]",
        r#"{"merchantSerialNumber":"12345","merchantQrId":"q","locationDescription":"\"statusCode\" message","qrContent":"x"}"#,
        r#"[{"merchantQrId":"q","locationDescription":"\"errorCode\""}]"#,
        r#"{"msisdn":"4798765432","version":"2.0","timestamp":1}"#,
        r#"{"msisdn":"4798765432"}"#,
        // the access token, webhooks
        r#"{"token_type":"Bearer","expires_in":"86398","access_token":"eyJ"}"#,
        r#"{"id":"090a478d-37ff-4e77-970e-d457aeb26a3a","secret":"s"}"#,
        r#"{"webhooks":[{"id":"1","url":"https://example.com","events":["user.checked-in.v1"]}]}"#,
        // what wraps a success
        r#"{"responseInfo":{"responseCode":200,"responseMessage":"OK"},"result":{}}"#,
        r#"{"statusCode":200,"message":"approved"}"#,
        r#"{"statusCode":401}"#,
        // no JSON
        r#"OK "errorCode""#,
        "<html>\"statusCode\"</html>",
        "<html>\"status\":400</html>",
        "\"errors\"",
        "[\"",
        "[[\"wrong\"]]",
        // a list of errors that is empty, a status that is none or a good one, one that lies deeper
        r#"{"errors":[]}"#,
        r#"{"errors":{},"error":null}"#,
        r#"{"errors":" "}"#,
        r#"{"errors":0}"#,
        r#"{"status":200,"title":"x"}"#,
        r#"{"status":"400 pieces"}"#,
        r#"{"status":4000}"#,
        r#"{"status":["400"]}"#,
        r#"{"order":{"status":400}}"#,
        r#"{"orderId":"acme-1","transactionInfo":{},"status":500,"errors":["x"]}"#,
    ] {
        assert!(!is_error(body.as_bytes()), "{body}");
    }
}
