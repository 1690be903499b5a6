//! The lines of a receipt.

use crate::call::built;
use crate::error::Result;
use crate::raw::epayment::types;
use crate::types::characters::length;
use crate::types::{Amount, Currency, InvalidValue};

use super::money::part;
use super::page_url::PageUrl;
use super::texts::check_shown;

/// One line of a [`Receipt`](super::receipt::Receipt).
///
/// ```
/// use vipps::Amount;
/// use vipps::epayment::{OrderLine, QuantityUnit};
///
/// // 1.5 kg at 20 kr, with 15 % tax of the price without tax.
/// let apples = OrderLine::new("p-4", "Apples", Amount::nok(30), "3.91 NOK".parse()?, 1500)
///     .quantity(Amount::nok(20), "1.5", QuantityUnit::Kilograms);
/// # let _ = apples;
/// # Ok::<(), vipps::InvalidValue>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderLine {
    id: String,
    name: String,
    pub(super) total: Amount,
    tax: Amount,
    tax_rate: u16,
    unit: Option<(Amount, String, QuantityUnit)>,
    discount: Option<Amount>,
    product_url: Option<PageUrl>,
    pub(super) is_return: bool,
    is_shipping: bool,
}

/// The unit of the quantity of an [`OrderLine`], which has an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QuantityUnit {
    /// Pieces.
    Pieces,
    /// Kilograms.
    Kilograms,
    /// Kilometres.
    Kilometres,
    /// Minutes.
    Minutes,
    /// Litres.
    Litres,
    /// Kilowatt-hours.
    KilowattHours,
}

impl OrderLine {
    /// Creates a line. `id` and `name` identify the product. `total` is the amount of the line with
    /// tax and after the discount, and `tax` is the part of `total` that is tax. `tax_rate` is in
    /// hundredths of a percent, 0 to 10000: `2500` is 25 %.
    pub fn new(
        id: impl Into<String>,
        name: impl Into<String>,
        total: Amount,
        tax: Amount,
        tax_rate: u16,
    ) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            total,
            tax,
            tax_rate,
            unit: None,
            discount: None,
            product_url: None,
            is_return: false,
            is_shipping: false,
        }
    }

    /// Sets the price of one unit with tax and before the discount, and the quantity (wire name
    /// `unitInfo`). The quantity is a number of at most 10 characters, with at most 8 decimals
    /// after a point, such as `1.5`. Without this setting, the line is one piece.
    #[must_use]
    pub fn quantity(
        mut self,
        unit_price: Amount,
        quantity: impl Into<String>,
        unit: QuantityUnit,
    ) -> Self {
        self.unit = Some((unit_price, quantity.into(), unit));
        self
    }

    /// Sets the discount of the line, which is not part of its total.
    #[must_use]
    pub fn discount(mut self, discount: Amount) -> Self {
        self.discount = Some(discount);
        self
    }

    /// Sets the page of the product. Long-living payments in Norway require it.
    #[must_use]
    pub fn product_url(mut self, url: PageUrl) -> Self {
        self.product_url = Some(url);
        self
    }

    /// Marks returned goods (wire name `isReturn`). The total of the line is then subtracted.
    #[must_use]
    pub fn returned(mut self) -> Self {
        self.is_return = true;
        self
    }

    /// Marks the shipping (wire name `isShipping`), which the app shows differently.
    #[must_use]
    pub fn shipping(mut self) -> Self {
        self.is_shipping = true;
        self
    }

    pub(super) fn write(&self, currency: Currency) -> Result<types::OrderLine> {
        check_shown("receipt.order_line.id", &self.id)?;
        check_shown("receipt.order_line.name", &self.name)?;
        let total = part("receipt.order_line.total", self.total, currency)?;
        let tax = part("receipt.order_line.tax", self.tax, currency)?;
        if tax > total {
            let rule = format!("must be at most {}, the total of the line", self.total);
            let value = self.tax.to_string();
            return Err(InvalidValue::new("receipt.order_line.tax", rule, value).into());
        }
        if self.tax_rate > 10_000 {
            let rule = "must be 0 to 10000 hundredths of a percent";
            let value = self.tax_rate.to_string();
            return Err(InvalidValue::new("receipt.order_line.tax_rate", rule, value).into());
        }
        let mut line = types::OrderLine::builder()
            .id(self.id.clone())
            .name(self.name.clone())
            .total_amount(total)
            .total_amount_excluding_tax(total - tax)
            .total_tax_amount(tax)
            .tax_rate(i64::from(self.tax_rate));
        if let Some((price, quantity, unit)) = &self.unit {
            check_quantity(quantity)?;
            let unit = match unit {
                QuantityUnit::Pieces => types::UnitInfoQuantityUnit::Pcs,
                QuantityUnit::Kilograms => types::UnitInfoQuantityUnit::Kg,
                QuantityUnit::Kilometres => types::UnitInfoQuantityUnit::Km,
                QuantityUnit::Minutes => types::UnitInfoQuantityUnit::Minute,
                QuantityUnit::Litres => types::UnitInfoQuantityUnit::Litre,
                QuantityUnit::KilowattHours => types::UnitInfoQuantityUnit::Kwh,
            };
            let unit = types::UnitInfo::builder()
                .unit_price(part("receipt.order_line.unit_price", *price, currency)?)
                .quantity(quantity.clone())
                .quantity_unit(unit);
            line = line.unit_info(built::<types::UnitInfo, _>(unit)?);
        }
        let discount = self
            .discount
            .map(|d| part("receipt.order_line.discount", d, currency));
        built(
            line.discount(discount.transpose()?)
                .product_url(self.product_url.clone().map(String::from))
                .is_return(self.is_return.then_some(true))
                .is_shipping(self.is_shipping.then_some(true)),
        )
    }
}

/// Checks a quantity by the pattern of the document, `^\d+([\.]\d{1,8})?$`, and its limit of 10
/// characters.
fn check_quantity(quantity: &str) -> Result<(), InvalidValue> {
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (whole, decimals) = quantity.split_once('.').unwrap_or((quantity, "0"));
    if length(quantity) <= 10 && are_digits(whole) && are_digits(decimals) && decimals.len() <= 8 {
        return Ok(());
    }
    let rule = "must be a number of at most 10 characters, with at most 8 decimals after a point";
    Err(InvalidValue::new(
        "receipt.order_line.quantity",
        rule,
        quantity,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_short_decimal_numbers() {
        for quantity in ["1", "1.5", "0.12345678", "1234567890"] {
            check_quantity(quantity).unwrap();
        }
        for quantity in [
            "",
            "1,5",
            "1.",
            ".5",
            "-1",
            "12345678901",
            "0.123456789",
            "1e3",
            "٥",
        ] {
            check_quantity(quantity).unwrap_err();
        }
    }
}
