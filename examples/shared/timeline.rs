//! The history of a payment as a table, for people and for a form to be filled in.

use vipps::ecom::{Event, PaymentDetails};

/// The events as a Markdown table, oldest first.
pub(crate) fn table(details: &PaymentDetails) -> String {
    let mut rows =
        vec![["time", "operation", "amount", "transaction id", "succeeded"].map(String::from)];
    rows.extend(details.events().iter().rev().map(row));
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths = [0, 1, 2, 3, 4].map(width);
    let mut lines: Vec<String> = rows.iter().map(|row| line(row, &widths, ' ')).collect();
    lines.insert(1, line(&[const { String::new() }; 5], &widths, '-'));
    lines.join("\n")
}

fn row(event: &Event) -> [String; 5] {
    let or_none = |text: Option<&str>| text.unwrap_or("–").to_owned();
    [
        or_none(event.timestamp.as_ref().map(vipps::types::Timestamp::text)),
        or_none(event.operation.as_ref().map(vipps::ecom::Operation::as_str)),
        event
            .amount
            .map_or("–".to_owned(), |amount| amount.to_string()),
        or_none(event.transaction_id.as_deref()),
        if event.succeeded() { "yes" } else { "no" }.to_owned(),
    ]
}

fn line(cells: &[String; 5], widths: &[usize; 5], fill: char) -> String {
    let cells = cells.iter().zip(widths).map(|(cell, width)| {
        let rest = fill.to_string().repeat(width - cell.chars().count());
        format!("{cell}{rest}")
    });
    format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
}
