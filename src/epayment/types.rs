//! The values that only this API uses.

pub(super) mod customer;
pub(super) mod express;
pub(super) mod money;
pub(super) mod order_line;
pub(super) mod page_url;
pub(super) mod receipt;
pub(super) mod shipping_group;
pub(super) mod texts;
