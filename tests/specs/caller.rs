//! Uses the modules of these documents like a caller. Compiled in a copy of the crate with these
//! documents.

use vipps::raw::{library, meters};
use vipps::testing::Recorder;

const BOOKS_PATH: &str = "/api/Books";
const COPY_PATH: &str = "/api/Books/1/copies/2";

#[tokio::test]
async fn operations_of_a_new_document_are_called() {
    let recorder = Recorder::new()
        .respond("GET", BOOKS_PATH, 200, r#"{"items":[{"state":"lent"}]}"#)
        .respond("DELETE", COPY_PATH, 204, "");
    let vipps = recorder.client();
    let page = vipps.call(|raw| async move {
        let page = raw
            .library()
            .get_api_books()
            .x_library_card("7")
            .id(vec![1, 2])
            .near("here");
        page.order(library::types::Order::Title).send().await
    });
    let page = page.await.unwrap();
    let state: Option<&str> = page.items.as_ref().unwrap()[0].state.as_deref();
    assert_eq!(state, Some("lent"));
    let delete = vipps.call(|raw| async move {
        let path = raw.library().delete_api_books_by_isbn_copies_by_copy_no();
        path.isbn("1").copy_no("2").if_match("a, b").send().await
    });
    let () = delete.await.unwrap().into_inner();
    let sent: Vec<String> = recorder
        .requests()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(sent.len(), 3, "{sent:?}");
}

#[test]
fn personal_data_is_hidden_and_optional_members_may_be_missing() {
    let reading: meters::types::Reading =
        serde_json::from_str(r#"{"value":1.5,"unit":"kWh"}"#).unwrap();
    assert!(reading.note.is_none());
    let lender = library::types::Lender::default();
    let hidden: Option<vipps::types::Sensitive> = lender.email;
    assert!(hidden.is_none());
}
