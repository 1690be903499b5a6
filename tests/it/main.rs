//! The promises of the crate, one module for each.

#[path = "../support/capture.rs"]
mod capture;
#[path = "../support/polled.rs"]
mod polled;
#[path = "../support/raw.rs"]
mod raw;
#[path = "../support/scan.rs"]
mod scan;
#[path = "../support/store.rs"]
mod store;
#[path = "../support/mod.rs"]
mod support;

mod arrays_for_objects;
mod auto_traits;
mod bad_input;
mod build_without_io;
mod builder_setters;
mod callback_bodies;
mod callback_queries;
mod callback_sales_unit;
mod callbacks;
mod cancel_safety;
mod common_mistakes;
mod connect_timeouts;
mod consent_removals;
mod deadline;
mod details_without_history;
mod error_bodies;
mod error_debug;
mod error_urls;
mod express;
mod foreign_responses;
mod guide_snippets;
mod hints;
mod hints_foreign;
mod idempotency;
mod lenient_responses;
mod limits;
mod load;
mod locked;
mod merchant;
mod metrics;
mod origins;
mod other_order;
mod own_http_client;
mod pay_by_qr;
mod pay_by_qr_options;
mod payment_state;
mod payment_state_evidence;
mod phone_numbers;
mod qr;
mod qr_exchange;
mod qr_flows;
mod qr_ids;
mod qr_images;
mod rate_limits;
mod raw_calls;
mod raw_epayment;
mod reconcile;
mod reconcile_evidence;
mod reconcile_stored;
mod recorder;
mod refund;
mod refusing_codes;
mod replay;
mod requests;
mod requests_qr;
mod responses;
mod retry;
mod retry_budget;
mod retry_table;
mod runtimes;
mod schemas;
mod simulator;
mod simulator_author_errors;
mod simulator_customer;
mod simulator_hostile;
mod simulator_limits;
mod simulator_privacy;
mod simulator_qr;
mod simulator_shop;
mod simulator_test_amounts;
mod subscription_keys;
mod token;
mod token_flight;
mod token_store;
mod tracing;
mod unsent_attempts;
mod wait;
mod wait_retry;
mod webhook;
mod webhook_hosts;
mod whole_secrets;
mod wire;
mod write_responses;
