use bytes::Bytes;

use super::*;

/// The failure of an eCom operation after a response with this status and body.
fn failure_of(class: RetryClass, status: u16, body: &str) -> Failure {
    let operation = crate::ecom::operations::OPERATIONS[0];
    let body = Bytes::copy_from_slice(body.as_bytes());
    let codes = [operation.api.error_codes];
    let error = Error::from_response(&operation, &codes, status, &http::HeaderMap::new(), body);
    Failure::of_response(class, &error)
}

/// A whole body of the gateway, which names no code.
const GATEWAY: &str = r#"{"statusCode":400,"message":"x"}"#;
const PAGE: &str = "<html>Forbidden</html>";

const ALL: [RetryClass; 6] = [
    RetryClass::Read,
    RetryClass::KeyedWrite,
    RetryClass::Idempotent,
    RetryClass::Harmless,
    RetryClass::Cancel,
    RetryClass::Once,
];

#[test]
fn documented_table_agrees_with_the_code() {
    let mut rows: Vec<Vec<&str>> = include_str!("../../retry.md")
        .lines()
        .filter(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let columns = rows.remove(0);
    assert_eq!(rows.remove(0), ["---"; 10]);
    let classes = [
        ("read", RetryClass::Read),
        ("keyed write", RetryClass::KeyedWrite),
        ("idempotent", RetryClass::Idempotent),
        ("harmless", RetryClass::Harmless),
        ("cancel", RetryClass::Cancel),
        ("once", RetryClass::Once),
    ];
    let failures: [(&str, &[Failure]); 8] = [
        ("no connection", &[Failure::NotSent]),
        ("broken", &[Failure::Broken]),
        ("408, 5xx", &[Failure::ServerError]),
        ("429", &[Failure::Throttled]),
        ("locked", &[Failure::Locked]),
        ("unclear lock", &[Failure::UnclearLock]),
        ("unclear", &[Failure::Unclear]),
        ("refused", &[Failure::Refused]),
    ];
    assert_eq!(rows.len(), classes.len());
    for (row, (name, class)) in rows.iter().zip(classes) {
        assert_eq!(row[0], name);
        for (index, (column, failures)) in failures.iter().enumerate() {
            assert_eq!(columns[index + 2], *column);
            for failure in *failures {
                let verdict = judge(class, *failure);
                let mut cell = match verdict.retry {
                    None => "stop".to_owned(),
                    Some(Pace::Transient) => "retry".to_owned(),
                    Some(Pace::Throttled) => "retry later".to_owned(),
                };
                if verdict.outcome == Outcome::Unknown {
                    cell.push_str(", unknown");
                }
                assert_eq!(row[index + 2], cell, "{name}, {column}");
            }
        }
    }
}

#[test]
fn failure_before_sending_is_retried_in_each_class() {
    for class in ALL {
        assert_eq!(
            judge(class, Failure::NotSent),
            Verdict {
                outcome: Outcome::NotSent,
                retry: Some(Pace::Transient)
            }
        );
    }
}

#[test]
fn broken_attempt_is_retried_only_where_it_is_idempotent() {
    for failure in [Failure::Broken, Failure::ServerError] {
        for class in ALL {
            let verdict = judge(class, failure);
            let may = matches!(
                class,
                RetryClass::Read
                    | RetryClass::KeyedWrite
                    | RetryClass::Idempotent
                    | RetryClass::Harmless
            );
            assert_eq!(verdict.retry.is_some(), may, "{class:?} {failure:?}");
            let harmless = matches!(class, RetryClass::Read | RetryClass::Harmless);
            assert_eq!(
                verdict.outcome == Outcome::NoEffect,
                harmless,
                "{class:?} {failure:?}"
            );
            assert_eq!(
                verdict.outcome == Outcome::Unknown,
                !harmless,
                "{class:?} {failure:?}"
            );
        }
    }
}

#[test]
fn status_408_or_5xx_is_a_server_error() {
    for class in ALL {
        for status in [408, 500, 502, 503, 504, 599] {
            for body in ["", GATEWAY, PAGE] {
                let failure = failure_of(class, status, body);
                assert_eq!(failure, Failure::ServerError, "{status} {body}");
            }
        }
    }
}

#[test]
fn limits_and_locks_are_retried_later_in_each_class() {
    for class in ALL {
        for failure in [Failure::Throttled, Failure::Locked] {
            assert_eq!(
                judge(class, failure),
                Verdict {
                    outcome: Outcome::Rejected,
                    retry: Some(Pace::Throttled)
                }
            );
        }
    }
}

#[test]
fn refusal_of_the_api_is_final_in_each_class() {
    for class in ALL {
        for status in [400, 401, 403, 404, 405, 410, 415, 422] {
            assert_eq!(failure_of(class, status, GATEWAY), Failure::Refused);
            assert_eq!(
                judge(class, Failure::Refused),
                Verdict {
                    outcome: Outcome::Rejected,
                    retry: None
                }
            );
        }
    }
}

#[test]
fn write_is_refused_only_by_a_4xx_of_the_api() {
    for status in 100..700 {
        for class in ALL.into_iter().filter(|class| class.has_effect()) {
            for body in [GATEWAY, PAGE, "", "{}"] {
                let outcome = judge(class, failure_of(class, status, body)).outcome;
                let refuses = match status {
                    402 | 408 => false,
                    409 => class == RetryClass::Idempotent && body == GATEWAY,
                    401 | 423 | 429 => [GATEWAY, ""].contains(&body),
                    _ => (400..500).contains(&status) && body == GATEWAY,
                };
                let case = format!("{class:?} {status} {body}");
                assert_eq!(outcome == Outcome::Rejected, refuses, "{case}");
                assert_eq!(outcome == Outcome::Unknown, !refuses, "{case}");
            }
        }
    }
}

#[test]
fn outcome_of_a_read_is_never_unknown() {
    for status in 100..700 {
        for class in [RetryClass::Read, RetryClass::Harmless] {
            for body in [GATEWAY, PAGE, "", "{}"] {
                let verdict = judge(class, failure_of(class, status, body));
                assert_ne!(verdict.outcome, Outcome::Unknown, "{status} {body}");
                // A response that the API did not make may be gone a moment later.
                let refused = verdict.outcome == Outcome::Rejected;
                let is_limit = matches!(status, 423 | 429);
                assert_eq!(
                    verdict.retry.is_some(),
                    !refused || is_limit,
                    "{status} {body}"
                );
            }
        }
    }
}

#[test]
fn locks_and_limits_follow_from_status_or_code() {
    let code = r#"[{"errorGroup":"VippsError","errorCode":"94"}]"#;
    let quota = r#"{"statusCode":403,"message":"Out of call volume quota."}"#;
    for class in ALL {
        for (status, body, expected) in [
            (423, GATEWAY, Failure::Locked),
            (423, "", Failure::Locked),
            (423, " \r\n", Failure::Locked),
            (423, code, Failure::Locked),
            (423, PAGE, Failure::UnclearLock),
            (400, code, Failure::Locked),
            (409, code, Failure::Locked),
            (408, code, Failure::UnclearLock),
            (500, code, Failure::UnclearLock),
            (429, "", Failure::Throttled),
            (429, " \r\n", Failure::Throttled),
            (429, GATEWAY, Failure::Throttled),
            (429, PAGE, Failure::UnclearLock),
            (403, quota, Failure::Throttled),
            (403, GATEWAY, Failure::Refused),
            (200, code, Failure::Unclear),
        ] {
            assert_eq!(failure_of(class, status, body), expected, "{status} {body}");
        }
    }
}

#[test]
fn code_with_unknown_outcome_outweighs_the_others() {
    for code in ["52", "63", "92", "99"] {
        for codes in [["61", "94", code], ["61", code, "94"], [code, "61", "94"]] {
            let [first, second, third] = codes.map(|code| format!(r#"{{"errorCode":"{code}"}}"#));
            let body = format!("[{first},{second},{third}]");
            for class in ALL {
                for status in [400, 402, 409, 423, 429] {
                    let failure = failure_of(class, status, &body);
                    assert_eq!(failure, Failure::Unclear, "{status} {codes:?}");
                }
            }
        }
    }
}

/// One code for each remedy of a refusal, with statuses that alone decide nothing.
#[test]
fn code_that_refuses_decides_402_and_409() {
    for (group, code) in [
        ("Payment", "61"),
        ("Payment", "44"),
        ("Merchant", "37"),
        ("Payment", "74"),
    ] {
        let body = format!(r#"[{{"errorGroup":"{group}","errorCode":"{code}"}}]"#);
        for class in ALL {
            for status in [402, 409] {
                let failure = failure_of(class, status, &body);
                assert_eq!(failure, Failure::Refused, "{group} {code} {status}");
            }
        }
    }
}

#[test]
fn too_large_response_is_not_retried() {
    for class in ALL {
        assert_eq!(judge(class, Failure::TooLarge).retry, None);
    }
}

#[test]
fn code_that_refers_to_details_is_unknown_for_writes() {
    for class in [
        RetryClass::KeyedWrite,
        RetryClass::Idempotent,
        RetryClass::Cancel,
        RetryClass::Once,
    ] {
        assert_eq!(
            judge(class, Failure::Unclear),
            Verdict {
                outcome: Outcome::Unknown,
                retry: None
            }
        );
    }
}
