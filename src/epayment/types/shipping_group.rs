//! The shipping options of an Express payment.

use crate::call::built;
use crate::error::Result;
use crate::raw::epayment::types;
use crate::types::{Amount, Currency};

use super::money::{part, wire};
use super::texts::check_shown;

macro_rules! wire_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl From<$name> for types::$name {
            fn from(value: $name) -> Self {
                match value {
                    $($name::$variant => Self::$variant,)*
                }
            }
        }
    };
}

wire_enum! {
    /// The kind of a delivery. [`Express`](crate::epayment::Express) has an example.
    ShippingType {
        /// Delivery to the door.
        HomeDelivery,
        /// Delivery to a pick-up point.
        PickupPoint,
        /// Delivery to the mailbox.
        Mailbox,
        /// Pick-up in a shop of the merchant.
        InStore,
        /// Another kind of delivery.
        Other,
    }
}

wire_enum! {
    /// The company that delivers. [`Express`](crate::epayment::Express) has an example.
    ShippingBrand {
        /// Posten.
        Posten,
        /// Bring.
        Bring,
        /// `PostNord`.
        Postnord,
        /// Helthjem.
        Helthjem,
        /// Porterbuddy.
        Porterbuddy,
        /// DHL.
        Dhl,
        /// Instabox.
        Instabox,
        /// `FedEx`.
        Fedex,
        /// Matkahuolto.
        Matkahuolto,
        /// GLS.
        Gls,
        /// Posti.
        Posti,
        /// Gordon.
        Gordon,
        /// Another company.
        Other,
    }
}

/// The shipping options of one company and one kind of delivery.
/// [`Express`](super::express::Express) has an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippingGroup {
    kind: ShippingType,
    brand: ShippingBrand,
    pub(super) options: Vec<ShippingOption>,
    pub(super) is_default: bool,
    priority: Option<u32>,
}

impl ShippingGroup {
    /// Creates a group with these options, of which there must be at least one. Variants of a
    /// delivery, such as pick-up points or time slots, are options of one group.
    pub fn new(
        kind: ShippingType,
        brand: ShippingBrand,
        options: impl IntoIterator<Item = ShippingOption>,
    ) -> Self {
        Self {
            kind,
            brand,
            options: options.into_iter().collect(),
            is_default: false,
            priority: None,
        }
    }

    /// Sets the position in the list. Groups with low numbers come first.
    #[must_use]
    pub fn priority(mut self, priority: u32) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Preselects this group until the customer chooses another group (wire name `isDefault`).
    #[must_use]
    pub fn preselect(mut self) -> Self {
        self.is_default = true;
        self
    }

    pub(super) fn write(&self, currency: Currency) -> Result<types::ShippingGroup> {
        let options: Result<Vec<_>> = self.options.iter().map(|o| o.write(currency)).collect();
        built(
            types::ShippingGroup::builder()
                .type_(types::ShippingType::from(self.kind))
                .brand(types::ShippingBrand::from(self.brand))
                .options(options?)
                .is_default(self.is_default.then_some(true))
                .priority(self.priority.map(i64::from)),
        )
    }
}

/// One shipping option of an Express payment.
///
/// ```
/// use vipps::Amount;
/// use vipps::epayment::ShippingOption;
///
/// let locker = ShippingOption::new("locker-7", "Locker at the station", Amount::nok(49))
///     .meta("Jernbanetorget 1, Oslo")
///     .estimated_delivery("Tuesday")
///     .preselect();
/// # let _ = locker;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippingOption {
    pub(super) id: String,
    name: String,
    pub(super) amount: Amount,
    pub(super) is_default: bool,
    priority: Option<u32>,
    meta: Option<String>,
    estimated_delivery: Option<String>,
}

impl ShippingOption {
    /// Creates an option. `id` is chosen by the merchant, unique within the payment, and part of
    /// the payment's details. `name` is shown to the customer. `amount` is the cost, which is added
    /// to the amount of the payment and may be zero.
    pub fn new(id: impl Into<String>, name: impl Into<String>, amount: Amount) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            amount,
            is_default: false,
            priority: None,
            meta: None,
            estimated_delivery: None,
        }
    }

    /// Sets the position in the group. Options with low numbers come first.
    #[must_use]
    pub fn priority(mut self, priority: u32) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Preselects this option until the customer chooses another option (wire name `isDefault`).
    #[must_use]
    pub fn preselect(mut self) -> Self {
        self.is_default = true;
        self
    }

    /// Sets an additional text, such as the address of a pick-up point.
    #[must_use]
    pub fn meta(mut self, text: impl Into<String>) -> Self {
        self.meta = Some(text.into());
        self
    }

    /// Sets the time of the delivery or the opening hours, as text.
    #[must_use]
    pub fn estimated_delivery(mut self, text: impl Into<String>) -> Self {
        self.estimated_delivery = Some(text.into());
        self
    }

    pub(super) fn write(&self, currency: Currency) -> Result<types::ShippingOption> {
        check_shown("shipping.id", &self.id)?;
        check_shown("shipping.name", &self.name)?;
        part("shipping.amount", self.amount, currency)?;
        built(
            types::ShippingOption::builder()
                .id(self.id.clone())
                .name(self.name.clone())
                .amount(wire(self.amount)?)
                .is_default(self.is_default.then_some(true))
                .priority(self.priority.map(i64::from))
                .meta(self.meta.clone())
                .estimated_delivery(self.estimated_delivery.clone()),
        )
    }
}
