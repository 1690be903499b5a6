//! The receipt that the app shows.

use crate::call::built;
use crate::error::Result;
use crate::raw::epayment::types;
use crate::types::{Amount, InvalidValue};

use super::money::part;
use super::order_line::OrderLine;

/// The receipt of a payment: its order lines and the data below them. Passed to
/// [`Create::receipt`](crate::epayment::Create::receipt). It cannot be changed later.
///
/// The app shows a receipt only if its lines add up to the payment. When the payment is created,
/// the sum of the lines, with or without the tip, is therefore compared with the amount of the
/// payment. With [`payment_source`](Self::payment_source) the sum is not checked.
///
/// ```
/// use vipps::Amount;
/// use vipps::epayment::{OrderLine, Receipt};
///
/// let receipt = Receipt::new([
///     OrderLine::new("p-17", "Coffee", Amount::nok(50), Amount::nok(10), 2500),
///     OrderLine::new("freight", "Delivery", Amount::nok(99), Amount::nok(0), 0).shipping(),
/// ])
/// .receipt_number("2031-000451");
/// # let _ = receipt;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    lines: Vec<OrderLine>,
    tip: Option<Amount>,
    pos_id: Option<String>,
    number: Option<String>,
    barcode: Option<(BarcodeFormat, String)>,
    sources: Vec<(PaymentSource, Amount)>,
}

/// The kind of a bar code on a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BarcodeFormat {
    /// EAN-13.
    Ean13,
    /// Code 39.
    Code39,
    /// Code 128.
    Code128,
}

/// A means by which a part of the sum of a receipt is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PaymentSource {
    /// A gift card.
    GiftCard,
    /// A payment card.
    Card,
    /// A voucher.
    Voucher,
    /// Cash.
    Cash,
}

impl Receipt {
    /// Creates a receipt with these lines, of which there must be at least one.
    pub fn new(lines: impl IntoIterator<Item = OrderLine>) -> Self {
        Self {
            lines: lines.into_iter().collect(),
            tip: None,
            pos_id: None,
            number: None,
            barcode: None,
            sources: Vec::new(),
        }
    }

    /// Sets the tip (wire name `tipAmount`).
    #[must_use]
    pub fn tip(mut self, tip: Amount) -> Self {
        self.tip = Some(tip);
        self
    }

    /// Sets the number of the terminal at the point of sale (wire name `posId`).
    #[must_use]
    pub fn pos_id(mut self, id: impl Into<String>) -> Self {
        self.pos_id = Some(id.into());
        self
    }

    /// Sets the number of the receipt (wire name `receiptNumber`).
    #[must_use]
    pub fn receipt_number(mut self, number: impl Into<String>) -> Self {
        self.number = Some(number.into());
        self
    }

    /// Sets a bar code (wire name `barcode`).
    #[must_use]
    pub fn barcode(mut self, format: BarcodeFormat, data: impl Into<String>) -> Self {
        self.barcode = Some((format, data.into()));
        self
    }

    /// States that a part of the sum is paid by this means (wire name `paymentSources`).
    #[must_use]
    pub fn payment_source(mut self, source: PaymentSource, amount: Amount) -> Self {
        self.sources.retain(|(known, _)| *known != source);
        self.sources.push((source, amount));
        self
    }

    /// Returns the receipt in the form of the API.
    pub(in crate::epayment) fn write(&self, payment: Amount) -> Result<types::Receipt> {
        let currency = payment.currency();
        if self.lines.is_empty() {
            let rule = "must have at least 1 line";
            return Err(InvalidValue::new("receipt.order_lines", rule, "0 lines").into());
        }
        let lines: Result<Vec<_>> = self.lines.iter().map(|line| line.write(currency)).collect();
        let lines = lines?;
        self.check_sum(payment)?;
        let tip = self.tip.map(|tip| part("receipt.tip", tip, currency));
        let mut bottom = types::BottomLine::builder()
            .currency(currency.as_str().to_owned())
            .tip_amount(tip.transpose()?)
            .pos_id(self.pos_id.clone())
            .receipt_number(self.number.clone());
        if let Some((format, data)) = &self.barcode {
            let format = match format {
                BarcodeFormat::Ean13 => types::BarcodeFormat::Ean13,
                BarcodeFormat::Code39 => types::BarcodeFormat::Code39,
                BarcodeFormat::Code128 => types::BarcodeFormat::Code128,
            };
            let barcode = types::Barcode::builder().format(format).data(data.clone());
            bottom = bottom.barcode(built::<types::Barcode, _>(barcode)?);
        }
        if !self.sources.is_empty() {
            let mut sources = types::PaymentSources::builder();
            for (source, amount) in &self.sources {
                let amount = part("receipt.payment_sources", *amount, currency)?;
                sources = match source {
                    PaymentSource::GiftCard => sources.gift_card(amount),
                    PaymentSource::Card => sources.card(amount),
                    PaymentSource::Voucher => sources.voucher(amount),
                    PaymentSource::Cash => sources.cash(amount),
                };
            }
            bottom = bottom.payment_sources(built::<types::PaymentSources, _>(sources)?);
        }
        built(
            types::Receipt::builder()
                .order_lines(lines)
                .bottom_line(built::<types::BottomLine, _>(bottom)?),
        )
    }

    fn check_sum(&self, payment: Amount) -> Result<(), InvalidValue> {
        // The documentation does not state how the means of payment count.
        if !self.sources.is_empty() {
            return Ok(());
        }
        let zero = Amount::minor(0, payment.currency());
        let add = |sum: Amount, line: &OrderLine| {
            if line.is_return {
                sum.checked_sub(line.total)
            } else {
                sum.checked_add(line.total)
            }
        };
        let sum = self.lines.iter().try_fold(zero, add);
        let with_tip = || sum?.checked_add(self.tip?);
        if sum == Some(payment) || with_tip() == Some(payment) {
            return Ok(());
        }
        let rule = format!("must add up to {payment}, the amount of the payment");
        let sum = sum.map_or_else(|| "more than 64 bits".to_owned(), |sum| sum.to_string());
        Err(InvalidValue::new("receipt.order_lines", rule, sum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(total: i64) -> OrderLine {
        OrderLine::new("p-1", "Coffee", Amount::nok(total), Amount::nok(0), 0)
    }

    fn refused(receipt: &Receipt, payment: Amount) -> String {
        receipt.write(payment).unwrap_err().to_string()
    }

    #[test]
    fn lines_must_add_up_to_the_payment() {
        let receipt = Receipt::new([line(30), line(20), line(10).returned()]);
        receipt.write(Amount::nok(40)).unwrap();
        assert_eq!(
            refused(&receipt, Amount::nok(60)),
            "receipt.order_lines: must add up to 60.00 NOK, the amount of the payment, got \"40.00 NOK\""
        );
        let with_tip = receipt.clone().tip(Amount::nok(5));
        with_tip.write(Amount::nok(45)).unwrap();
        with_tip.write(Amount::nok(40)).unwrap();
        with_tip.write(Amount::nok(41)).unwrap_err();
        let with_gift_card = receipt.payment_source(PaymentSource::GiftCard, Amount::nok(15));
        with_gift_card.write(Amount::nok(25)).unwrap();
    }

    #[test]
    fn amounts_in_another_currency_are_refused() {
        let receipt = Receipt::new([line(10)]);
        let message = refused(&receipt, Amount::eur(10));
        assert!(
            message.starts_with("receipt.order_line.total: must be in EUR"),
            "{message}"
        );
        let negative = Receipt::new([line(-10)]);
        let message = refused(&negative, Amount::nok(-10));
        assert!(message.contains("must not be negative"), "{message}");
    }

    #[test]
    fn tax_above_the_total_is_refused() {
        let taxed = |tax, rate| {
            let line = OrderLine::new("p-1", "Coffee", Amount::nok(10), Amount::nok(tax), rate);
            Receipt::new([line]).write(Amount::nok(10))
        };
        let sent = taxed(2, 2500).unwrap();
        let line = &sent.order_lines[0];
        assert_eq!(
            [
                line.total_amount,
                line.total_amount_excluding_tax,
                line.total_tax_amount
            ],
            [1000, 800, 200]
        );
        assert_eq!(line.tax_rate, Some(2500));
        assert!(
            taxed(11, 0)
                .unwrap_err()
                .to_string()
                .contains("at most 10.00 NOK")
        );
        assert!(
            taxed(1, 10_001)
                .unwrap_err()
                .to_string()
                .contains("tax_rate")
        );
    }

    #[test]
    fn empty_receipts_and_names_are_refused() {
        assert!(refused(&Receipt::new([]), Amount::nok(1)).contains("at least 1 line"));
        for (id, name) in [("", "Coffee"), ("p-1", " "), ("p-1", "a\nb")] {
            let line = OrderLine::new(id, name, Amount::nok(1), Amount::nok(0), 0);
            let message = refused(&Receipt::new([line]), Amount::nok(1));
            assert!(message.starts_with("receipt.order_line."), "{message}");
        }
    }
}
