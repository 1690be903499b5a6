//! The examples as programs.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]

use std::process::Command;

use vipps::simulator::Simulator;

/// An example, called with none of this crate's variables. Cargo builds the examples before it runs the tests, beside
/// them.
pub fn example(name: &str) -> Command {
    let mut path = std::env::current_exe().expect("a test knows its own path");
    path.pop();
    path.pop();
    let path = path
        .join("examples")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "{} is not built: run `cargo test` without a target filter once",
        path.display()
    );
    let mut command = Command::new(path);
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("VIPPS_"))
    {
        command.env_remove(name);
    }
    command
}

/// An example that takes its payments at this simulator.
pub fn example_at(sim: &Simulator, name: &str) -> Command {
    let mut command = example(name);
    let keys = sim.keys();
    command
        .env("VIPPS_BASE_URL", sim.base_url())
        .env("VIPPS_CLIENT_ID", keys.client_id())
        .env("VIPPS_CLIENT_SECRET", keys.client_secret())
        .env("VIPPS_SUBSCRIPTION_KEY", keys.subscription_key())
        .env(
            "VIPPS_MERCHANT_SERIAL_NUMBER",
            keys.merchant_serial_number(),
        );
    command
}
