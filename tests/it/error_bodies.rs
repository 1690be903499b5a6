//! Codes, messages and correlation ids are found wherever an error body has them.

use vipps::testing::Recorder;
use vipps::{Error, ErrorGroup, ErrorKind, Outcome, Remedy};

use crate::support::{DETAILS, TRANSACTION, amount, id, text};

const PAYMENTS: &str = "/ecomm/v2/payments";
const CAPTURE: &str = "/ecomm/v2/payments/acme-shop-123/capture";
const DETAILS_PATH: &str = "/ecomm/v2/payments/acme-shop-123/details";

async fn initiate(status: u16, body: &str) -> Error {
    let recorder = Recorder::new().respond("POST", PAYMENTS, status, body);
    let call = recorder.client().ecom().initiate(id(), amount(), text());
    call.await.unwrap_err()
}

async fn capture(status: u16, body: &str) -> Result<(), Error> {
    let recorder = Recorder::new().respond("POST", CAPTURE, status, body);
    let call = recorder.client().ecom().payment(id()).capture_remaining();
    call.await.map(drop)
}

/// The group, the code and the message of each error.
fn errors_of(error: &Error) -> Vec<(Option<ErrorGroup>, Option<String>, Option<String>)> {
    let errors = error.api_errors().iter();
    let text = |text: Option<&str>| text.map(str::to_owned);
    errors
        .map(|e| (e.group().cloned(), text(e.code()), text(e.message())))
        .collect()
}

fn expected_error(code: &str) -> Vec<(Option<ErrorGroup>, Option<String>, Option<String>)> {
    let (code, message) = (Some(code.to_owned()), Some("m".to_owned()));
    vec![(Some(ErrorGroup::Payment), code, message)]
}

/// Returns an error with these member names.
fn members(group: &str, code: &str, message: &str) -> String {
    format!(r#"{{"{group}":"Payment","{code}":"44","{message}":"m"}}"#)
}

#[tokio::test]
async fn error_is_read_under_every_name_and_spelling() {
    for (group, code, message) in [
        ("errorGroup", "errorCode", "errorMessage"),
        ("ErrorGroup", "ErrorCode", "ErrorMessage"),
        ("errorgroup", "errorcode", "errormessage"),
        ("ERRORGROUP", "ERRORCODE", "ERRORMESSAGE"),
    ] {
        let error = members(group, code, message);
        let mut bodies = vec![format!("[{error}]"), error.clone()];
        for name in [
            "error",
            "errors",
            "errorInfo",
            "ErrorInfo",
            "errorDetails",
            "Errors",
            "result",
            "failures",
        ] {
            bodies.push(format!(r#"{{"orderId":"o","{name}":{error}}}"#));
            bodies.push(format!(r#"{{"orderId":"o","{name}":[{error}]}}"#));
        }
        bodies.push(format!(r#"{{"error":{{"errors":[{error}]}}}}"#));
        bodies.push(format!(
            r#"{{"title":"t","status":400,"errors":[{error}]}}"#
        ));
        for body in bodies {
            let failure = initiate(400, &body).await;
            assert_eq!(errors_of(&failure), expected_error("44"), "{body}");
            assert_eq!(failure.outcome(), Outcome::Rejected, "{body}");
            let remedy = failure.api_errors()[0].remedy();
            assert_eq!(remedy, Some(Remedy::NewOrder), "{body}");
        }
    }
}

/// The first of several errors may be harmless, and the second one 63.
#[tokio::test]
async fn every_error_of_a_body_counts_for_the_outcome() {
    let body = r#"{"errorGroup":"Payment","errorCode":"61","errorMessage":"m",
        "errorDetails":[{"errorGroup":"Payment","errorCode":"63","errorMessage":"m"}]}"#;
    let error = initiate(400, body).await;
    assert!(error.has_code("61") && error.has_code("63"));
    assert_eq!(error.outcome(), Outcome::Unknown);
}

#[tokio::test]
async fn gateway_message_is_read_in_any_capitals() {
    for body in [
        r#"{"ResponseInfo":{"ResponseCode":401,"ResponseMessage":"Access token has expired"}}"#,
        r#"{"responseinfo":{"responsecode":"401","responsemessage":"Access token has expired"}}"#,
        r#"{"StatusCode":401,"Message":"Access token has expired"}"#,
        r#"{"Title":"Access token has expired","Status":401}"#,
    ] {
        let error = initiate(401, body).await;
        assert!(
            error.to_string().contains("Access token has expired"),
            "{error}"
        );
        assert_eq!(error.outcome(), Outcome::Rejected, "{body}");
    }
}

#[tokio::test]
async fn list_cut_inside_its_first_error_keeps_its_code() {
    let head = r#"{"errorGroup":"Payment","errorCode":"44","errorMessage":"m","#;
    for body in [
        format!("[{head}"),
        format!(r#"[{head}"contextId":"f70b"#),
        format!(r#"{{"orderId":"o","errorInfo":{head}"contex"#),
        format!(r#"{{"errors":[{head}"contextId":"#),
    ] {
        let error = initiate(400, &body).await;
        assert_eq!(errors_of(&error), expected_error("44"), "{body}");
        assert_eq!(error.outcome(), Outcome::Unknown, "{body}");
    }
}

#[tokio::test]
async fn correlation_id_is_found_under_every_name() {
    for name in [
        "contextId",
        "ContextID",
        "context_id",
        "instance",
        "traceId",
        "TraceID",
        "trace_id",
        "correlationId",
        "correlation_id",
        "CorrelationID",
        "requestId",
        "request_id",
        "activityId",
    ] {
        for body in [
            format!(r#"{{"{name}":"c-77","title":"t"}}"#),
            format!(r#"[{{"errorCode":"44","{name}":"c-77"}}]"#),
            format!(r#"{{"error":{{"type":"t","title":"Forbidden","{name}":"c-77"}}}}"#),
            format!(r#"{{"responseInfo":{{"responseCode":500}},"result":{{"{name}":"c-77"}}}}"#),
            format!(r#"{{"a":[{{"b":{{"{name}":"c-77"}}}}]}}"#),
        ] {
            let error = initiate(403, &body).await;
            assert_eq!(error.correlation_id(), Some("c-77"), "{body}");
        }
    }
    let error = initiate(
        403,
        r#"{"title":"t","instance":"/path","x":{"traceId":"t-1"}}"#,
    )
    .await;
    assert_eq!(error.correlation_id(), Some("t-1"));
    let error = initiate(403, r#"{"title":"t","instance":"/path"}"#).await;
    assert_eq!(error.correlation_id(), None);
}

#[tokio::test]
async fn correlation_id_is_found_in_response_headers() {
    for name in [
        "x-correlation-id",
        "correlation-id",
        "x-trace-id",
        "traceparent",
        "x-ms-request-id",
        "x-ms-correlation-request-id",
        "x-azure-ref",
        "request-id",
        "x-request-id",
    ] {
        for (body, found) in [
            ("", "h-1"),
            ("<html>502</html>", "h-1"),
            (r#"[{"errorCode":"44","contextId":"c-1"}]"#, "c-1"),
            (r#"{"title":"t","instance":"/path"}"#, "h-1"),
        ] {
            let response = http::Response::builder().status(502).header(name, "h-1");
            let response = response.body(body).unwrap();
            let recorder = Recorder::new().respond_with("POST", PAYMENTS, response);
            let call = recorder.client().ecom().initiate(id(), amount(), text());
            let error = call.await.unwrap_err();
            assert_eq!(error.correlation_id(), Some(found), "{name} {body}");
        }
    }
}

#[tokio::test]
async fn success_with_a_filled_error_code_is_an_error() {
    let error = members("errorGroup", "errorCode", "errorMessage");
    let done = r#""orderId":"acme-shop-123","transactionInfo":{"amount":20000,"status":"Failed"}"#;
    for body in [
        format!(r#"{{{done},"errorInfo":{error}}}"#),
        format!(
            r#"{{{done},"ErrorInfo":{}}}"#,
            members("ErrorGroup", "ErrorCode", "ErrorMessage")
        ),
        format!(r#"{{{done},"error":[{error}]}}"#),
        format!(r#"{{{done},"errors":[{error}]}}"#),
        format!(r#"{{{done},"failures":[{error}]}}"#),
        format!(r#"{{"error":[{error}]}}"#),
        format!(r#"{{{done},"errorGroup":"Payment","errorCode":"44","errorMessage":"m"}}"#),
    ] {
        let failed = capture(200, &body).await.unwrap_err();
        assert_eq!(errors_of(&failed), expected_error("44"), "{body}");
        assert_eq!(
            (failed.kind(), failed.outcome()),
            (ErrorKind::Api, Outcome::Unknown)
        );
        let recorder = Recorder::new().respond("GET", DETAILS_PATH, 200, &body);
        let details = recorder.client().ecom().payment(id()).details();
        let failed = details.await.unwrap_err();
        assert_eq!(errors_of(&failed), expected_error("44"), "{body}");
        assert_eq!(failed.outcome(), Outcome::NoEffect, "{body}");
    }
}

#[tokio::test]
async fn success_with_an_empty_error_member_is_a_success() {
    let empty = [
        r#""errorInfo":null"#,
        r#""errorInfo":{}"#,
        r#""errorInfo":{"errorCode":null,"errorGroup":null,"errorMessage":null}"#,
        r#""errorInfo":{"errorCode":"","errorMessage":""}"#,
        r#""errorInfo":{"errorCode":0}"#,
        r#""errorInfo":[]"#,
        r#""error":[]"#,
        r#""errors":[]"#,
        r#""errors":null"#,
        r#""ErrorInfo":null,"Errors":[]"#,
        r#""errorCode":"","errorMessage":"""#,
    ];
    for member in empty {
        let with = |body: &str| body.trim_end().strip_suffix('}').unwrap().to_owned();
        let body = format!("{},{member}}}", with(TRANSACTION));
        assert!(capture(200, &body).await.is_ok(), "{body}");
        let body = format!("{},{member}}}", with(DETAILS));
        let recorder = Recorder::new().respond("GET", DETAILS_PATH, 200, &body);
        let details = recorder.client().ecom().payment(id()).details().await;
        assert!(details.is_ok(), "{body}: {details:?}");
    }
}

/// The error of an earlier capture in the history is not an error of this response.
#[tokio::test]
async fn error_inside_the_history_is_no_error_of_the_response() {
    let failed = r#"{"operation":"CAPTURE","operationSuccess":false,"errorCode":"61","errorInfo":{"errorCode":"61"}},"#;
    let body = DETAILS.replace(
        r#""transactionLogHistory":["#,
        &format!(r#""transactionLogHistory":[{failed}"#),
    );
    assert!(body.contains("errorInfo"));
    let recorder = Recorder::new().respond("GET", DETAILS_PATH, 200, &body);
    recorder
        .client()
        .ecom()
        .payment(id())
        .details()
        .await
        .unwrap();
}

/// The QR API has titles in place of codes. Codes of the shared gateway are explained for every
/// API.
#[tokio::test]
async fn error_of_every_api_is_explained() {
    let problem =
        r#"{"title":"Order timeout","detail":"Payment has already timed out","instance":"i"}"#;
    let coded = r#"[{"errorGroup":"Merchant","errorCode":"35","errorMessage":"m"}]"#;
    let page: vipps::types::LandingPage = "https://api.vipps.no/x?token=t".parse().unwrap();
    for (body, remedy) in [
        (problem, Some(Remedy::NewOrder)),
        (coded, Some(Remedy::ChangeRequest)),
    ] {
        let recorder = Recorder::new().respond("POST", "/qr/v1", 400, body);
        let call = recorder.client().qr().one_time(&page).await;
        let error = call.unwrap_err();
        assert_eq!(error.api_errors()[0].remedy(), remedy, "{body}");
        assert_eq!(error.hint(), error.api_errors()[0].explanation(), "{body}");
    }

    let refused = r#"{"error":"invalid_client","error_description":"AADSTS7000222: expired"}"#;
    let recorder = Recorder::new().respond("POST", "/accesstoken/get", 401, refused);
    let call = recorder.client().ecom().initiate(id(), amount(), text());
    let error = call.await.unwrap_err();
    assert_eq!(error.api_errors()[0].code(), Some("invalid_client"));
    assert_eq!(error.api_errors()[0].explanation(), error.hint());
}

/// The digits that are missing could make it another code.
#[tokio::test]
async fn number_that_is_cut_is_no_code() {
    let error = initiate(400, r#"[{"errorGroup":"VippsError","errorCode":9"#).await;
    assert_eq!(error.api_errors()[0].code(), None);
    let error = initiate(400, r#"[{"errorGroup":"VippsError","errorCode":94,"#).await;
    assert_eq!(error.api_errors()[0].code(), Some("94"));
}
