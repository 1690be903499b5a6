mod robustness;

use super::*;
use crate::ecom::error_codes::ERROR_CODES;
use crate::error::success_body::is_error;
use crate::operation::{ErrorGroup, Remedy};

static CODES: &[&[ErrorCode]] = &[ERROR_CODES];
const CONTEXT: &str = "f70b8bf7-c843-4bea-95d9-94725b19895f";
const TRACE: &str = "00-bb841c551513e233de8a01472013fa9f-542c71e40916a6ce-00";

fn parse(status: u16, body: &[u8]) -> ErrorBody<'static> {
    ErrorBody::read(status, &HeaderMap::new(), body, CODES)
}

fn text(status: u16, body: &str) -> ErrorBody<'static> {
    parse(status, body.as_bytes())
}

/// Returns the errors as they are printed.
fn shown(parsed: &ErrorBody<'_>) -> Vec<String> {
    parsed.errors.iter().map(ToString::to_string).collect()
}

#[test]
fn shape_1_list_of_errors() {
    let parsed = text(
        402,
        r#"[{"errorGroup":"Payment","errorCode":"44","errorMessage":"Refused by issuer because of expired card","contextId":"f70b8bf7-c843-4bea-95d9-94725b19895f"},
            {"errorGroup":"InvalidRequest","errorCode":"merchantInfo.fallBack","errorMessage":"must not be blank","contextId":"other"}]"#,
    );
    assert_eq!(
        shown(&parsed),
        [
            "Payment 44: Refused by issuer because of expired card",
            "InvalidRequest merchantInfo.fallBack: must not be blank"
        ]
    );
    let [first, second] = &parsed.errors[..] else {
        panic!("{parsed:?}")
    };
    assert_eq!(first.group(), Some(&ErrorGroup::Payment));
    assert_eq!(first.code(), Some("44"));
    assert_eq!(
        first.message(),
        Some("Refused by issuer because of expired card")
    );
    assert_eq!(first.context_id(), Some(CONTEXT));
    assert_eq!(first.field(), None);
    assert_eq!(first.remedy(), Some(Remedy::NewOrder));
    assert!(first.explanation().is_some());
    assert_eq!(second.field(), Some("merchantInfo.fallBack"));
    assert_eq!(second.remedy(), Some(Remedy::ChangeRequest));
    assert_eq!(parsed.correlation_id.as_deref(), Some(CONTEXT));
    assert_eq!(parsed.conflict_id, None);
}

#[test]
fn shape_1_without_group_and_with_a_number_as_code() {
    let parsed = text(
        400,
        r#"[{"errorCode":34,"errorMessage":"orderId is already used, and must be unique"}]"#,
    );
    assert_eq!(
        shown(&parsed),
        ["34: orderId is already used, and must be unique"]
    );
    assert_eq!(parsed.errors[0].remedy(), Some(Remedy::ChangeRequest));
    assert_eq!(parsed.correlation_id, None);

    let ambiguous = text(
        400,
        r#"[{"errorGroup":null,"errorCode":"98","errorMessage":"x"}]"#,
    );
    assert_eq!(
        (
            ambiguous.errors[0].remedy(),
            ambiguous.errors[0].explanation()
        ),
        (None, None)
    );
}

#[test]
fn shape_2_one_error() {
    let body =
        r#"{"errorCode":"Unauthorized","errorMessage":"Subscription not found","contextId":"c-1"}"#;
    let parsed = text(401, body);
    assert_eq!(shown(&parsed), ["Unauthorized: Subscription not found"]);
    assert_eq!(
        (parsed.errors[0].remedy(), parsed.errors[0].field()),
        (None, None)
    );
    assert_eq!(parsed.correlation_id.as_deref(), Some("c-1"));

    let grouped = text(404, r#"{"errorGroup":"MERCHANT","errorCode":"35"}"#);
    assert_eq!(shown(&grouped), ["Merchant 35"]);
}

#[test]
fn shape_3_gateway_message() {
    let parsed = text(
        401,
        r#"{"statusCode":401,"message":"Access denied due to invalid subscription key."}"#,
    );
    assert!(parsed.errors.is_empty());
    assert_eq!(
        parsed.message(),
        "Access denied due to invalid subscription key."
    );
}

#[test]
fn shape_4_gateway_response_info() {
    for (body, message) in [
        (
            r#"{"responseInfo":{"responseCode":404,"responseMessage":"Resource not found"},"result":{"message":"Check the path"}}"#,
            "Resource not found: Check the path",
        ),
        (
            r#"{"responseInfo":{"responseCode":"404","responseMessage":"Resource not found"}}"#,
            "Resource not found",
        ),
        (
            r#"{"ResponseInfo":{"responseCode":"1000","responseMessage":"Denied"},"result":null}"#,
            "1000: Denied",
        ),
        (
            r#"{"responseInfo":{"responseCode":404},"result":{"message":"same"}}"#,
            "same",
        ),
        (r#"{"responseInfo":{},"result":[]}"#, "Not Found"),
    ] {
        let parsed = text(404, body);
        assert!(parsed.errors.is_empty(), "{body}");
        assert_eq!(parsed.message(), message);
    }
}

#[test]
fn shape_5_login_service() {
    let parsed = text(
        401,
        r#"{"error":"invalid_client","error_description":"AADSTS70002: Error validating credentials.\r\nTrace ID: t-1\r\nTimestamp: 2017-05-19 09:23:52Z","error_codes":[70002,50012],"timestamp":"2017-05-19 09:23:52Z","trace_id":"t-1","correlation_id":"c-1","error_uri":"https://login.windows.net/error?code=70002"}"#,
    );
    assert_eq!(
        shown(&parsed),
        [
            "invalid_client: AADSTS70002: Error validating credentials. Trace ID: t-1 Timestamp: 2017-05-19 09:23:52Z"
        ]
    );
    assert_eq!(parsed.correlation_id.as_deref(), Some("t-1"));
    assert_eq!(
        shown(&text(
            400,
            r#"{"error":"unauthorized_client","error_codes":[70001]}"#
        )),
        ["unauthorized_client"]
    );
}

#[test]
fn shape_6_qr_problem() {
    let parsed = text(
        400,
        r#"{"type":"https://datatracker.ietf.org/doc/html/rfc7231#section-6.5.1","title":"One or more validation errors occurred.","detail":"BadRequest","instance":"00-616e415f5af7584eb4d9369d0fe8d7cc-48b90041faff204c-00","invalidParams":[{"name":"RedirectUrl","reason":"The field RedirectUrl must match the regular expression '^https://[\\w\\.]+([\\w#!:.?+=&%@\\-/]+)?$'."}]}"#,
    );
    assert_eq!(
        shown(&parsed),
        [
            r"RedirectUrl: The field RedirectUrl must match the regular expression '^https://[\w\.]+([\w#!:.?+=&%@\-/]+)?$'."
        ]
    );
    assert_eq!(
        (parsed.errors[0].field(), parsed.errors[0].code()),
        (Some("RedirectUrl"), None)
    );
    assert_eq!(
        parsed.correlation_id.as_deref(),
        Some("00-616e415f5af7584eb4d9369d0fe8d7cc-48b90041faff204c-00")
    );
    assert_eq!(
        parsed.message(),
        "One or more validation errors occurred.: BadRequest"
    );

    let plain = text(
        400,
        r#"{"title":"Order timeout","detail":"Payment has already timed out","instance":"3cff3564-4a14-4481-8dbb-431087753eed"}"#,
    );
    assert_eq!(
        shown(&plain),
        ["Order timeout: Payment has already timed out"]
    );
    assert_eq!(
        plain.correlation_id.as_deref(),
        Some("3cff3564-4a14-4481-8dbb-431087753eed")
    );
}

#[test]
fn shape_7_exchange_problem() {
    let parsed = text(
        400,
        r#"{"title":"Bad request","status":400,"detail":"The request body contains one or more invalid parameters.","extraDetails":[{"name":"qrCode","reason":"The complete data contained in the QR code is required."},{"name":"customer","reason":"Customer object is required."}]}"#,
    );
    assert_eq!(
        shown(&parsed),
        [
            "qrCode: The complete data contained in the QR code is required.",
            "customer: Customer object is required."
        ]
    );
    assert_eq!(parsed.correlation_id, None);
}

#[test]
fn shape_8_webhooks_problem() {
    let parsed = text(
        400,
        r#"{"type":"00-bb841c551513e233de8a01472013fa9f-542c71e40916a6ce-00","title":"Bad Request","status":"400","detail":"One or more validation errors occurred.","instance":"/v1/webhooks","traceId":"00-bb841c551513e233de8a01472013fa9f-542c71e40916a6ce-00","extraDetails":null}"#,
    );
    assert_eq!(
        shown(&parsed),
        ["Bad Request: One or more validation errors occurred."]
    );
    assert_eq!(
        parsed.correlation_id.as_deref(),
        Some(TRACE),
        "a path does not identify the request"
    );
    let path_only = text(400, r#"{"title":"Bad Request","instance":"/v1/webhooks"}"#);
    assert_eq!(path_only.correlation_id, None);

    let nulls = text(
        500,
        r#"{"type":null,"title":null,"status":null,"detail":null,"instance":null,"traceId":null,"extraDetails":null}"#,
    );
    assert!(nulls.errors.is_empty() && nulls.correlation_id.is_none());
    assert_eq!(nulls.message(), "Internal Server Error");
}

#[test]
fn reference_to_extra_details_is_not_shown() {
    let detail =
        r#""title":"Bad Request","status":400,"detail":"See extraDetails for further details""#;
    for (details, expected) in [
        (
            r#"[{"name":"reference","reason":"Too short."}]"#,
            &["reference: Too short."][..],
        ),
        (
            r#"[{"name":"reference","reason":"Too short."},{"name":"ErrorCode","reason":"4140"}]"#,
            &["reference: Too short.", "4140: Bad Request"],
        ),
        (
            r#"[{"name":"ErrorCode","reason":"4140"}]"#,
            &["4140: Bad Request"],
        ),
        ("null", &["Bad Request"]),
    ] {
        let body = format!(r#"{{{detail},"extraDetails":{details}}}"#);
        assert_eq!(shown(&text(400, &body)), expected, "{body}");
    }
}

#[test]
fn shape_9_conflict() {
    let parsed = text(409, r#"{"id":"billboard_1"}"#);
    assert_eq!(parsed.conflict_id.as_deref(), Some("billboard_1"));
    assert!(parsed.errors.is_empty());
    assert_eq!(parsed.message(), "this id is already in use");
    assert_eq!(
        text(409, r#"{"id":91234567,"more":1}"#)
            .conflict_id
            .as_deref(),
        Some("91234567")
    );
    assert_eq!(text(400, r#"{"id":"x","more":1}"#).conflict_id, None);
    let problem = text(409, r#"{"title":"Conflict","id":"billboard_1"}"#);
    assert_eq!(
        (shown(&problem), problem.conflict_id.as_deref()),
        (vec!["Conflict".to_owned()], Some("billboard_1"))
    );
    for body in [r#"{"id":null}"#, r#"{"id":[]}"#, r#"{"id":""}"#] {
        assert_eq!(text(409, body).conflict_id, None, "{body}");
    }
}

#[test]
fn shape_10_list_of_texts() {
    let parsed = text(
        400,
        r#"["The amount is too low","",null,7,"And the text is missing"]"#,
    );
    assert_eq!(
        shown(&parsed),
        ["The amount is too low", "And the text is missing"]
    );
}

#[test]
fn shape_10b_messages_by_field_and_lone_messages() {
    let parsed = text(
        400,
        r#"{"errors":{"amount":["too low","no integer"],"message":"m","text":"missing","x":{"a":1}}}"#,
    );
    assert_eq!(
        shown(&parsed),
        [
            "amount: too low",
            "amount: no integer",
            "message: m",
            "text: missing"
        ]
    );
    let problem = text(
        400,
        r#"{"title":"One or more","status":400,"errors":{"Url":["is required"]}}"#,
    );
    assert_eq!(shown(&problem), ["Url: is required"]);

    let message = text(
        500,
        r#"{"message":"Something went wrong, please try again later."}"#,
    );
    assert!(message.errors.is_empty());
    assert_eq!(
        message.message(),
        "Something went wrong, please try again later."
    );

    assert_eq!(
        shown(&text(400, r#"{"detail":"No such unit"}"#)),
        ["No such unit"]
    );
    assert_eq!(text(400, r#"{"error":"nope"}"#).message(), "nope");
    assert_eq!(
        shown(&text(400, r#"{"error":{"code":"x1","message":"nope"}}"#)),
        ["x1: nope"]
    );
    assert_eq!(
        text(400, r#"{"name":"Ada Lovelace"}"#).message(),
        "Bad Request"
    );
}

#[test]
fn shape_11_no_json() {
    let page = "<html><body><h1>502 Bad Gateway</h1><p>Ada</p></body></html>";
    for (status, body, message) in [
        (502, "", "Bad Gateway"),
        (504, " \r\n", "Gateway Timeout"),
        (799, "", "an unknown status"),
        (7, "", "an unknown status"),
        (
            200,
            "[]",
            "an error in a response whose status is a success",
        ),
        (502, page, "Bad Gateway (an HTML page of 60 bytes)"),
        (
            503,
            "\u{feff}\r\n<!DOCTYPE html>",
            "Service Unavailable (an HTML page of 20 bytes)",
        ),
        (
            503,
            "Oops</body>",
            "Service Unavailable (an HTML page of 11 bytes)",
        ),
        (
            503,
            "upstream connect error\r\nreset by 91234567",
            "upstream connect error reset by [number]",
        ),
        (500, "\"quoted\"", "quoted"),
        (500, "null", "null"),
        (
            500,
            r#"{"name":"Ada"#,
            "Internal Server Error (an unreadable body of 12 bytes)",
        ),
        (500, "{}", "Internal Server Error"),
        (
            500,
            "\0\u{1}",
            "Internal Server Error (an unreadable body of 2 bytes)",
        ),
    ] {
        let parsed = text(status, body);
        assert!(
            parsed.errors.is_empty() && parsed.correlation_id.is_none(),
            "{body}"
        );
        assert_eq!(parsed.message(), message, "{body}");
    }
    assert_eq!(
        text(500, &"long ".repeat(100)).message().chars().count(),
        200
    );
}
