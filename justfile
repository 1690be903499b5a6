# Commands for contributors; `just` lists them. None needs more than .ci/run does, unless its comment says so.

_default:
    @just --list

# Everything that CI does.
check:
    .ci/run

# All tests, or those of one promise: `just test wait`.
test promise="":
    cargo test {{ if promise == "" { "" } else { "--test it " + promise + "::" } }}

# The documentation as docs.rs shows it, apart from the badges of features.
doc:
    RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --all-features

# The snippets of the documentation.
snippets:
    cargo test --doc

# The cost of a call, layer by layer: `just bench --quick` takes about 20 seconds after the build.
bench *args:
    cargo bench --bench overhead -- {{ args }}

# The contract, against the simulator or, with VIPPS_CONTRACT, against the real test environment.
contract:
    cargo test --test contract

# Looks for inputs that break a parser: `just fuzz details`. Needs nightly and cargo-fuzz.
fuzz target seconds="300":
    cargo +nightly fuzz run {{ target }} -- -max_total_time={{ seconds }} -dict=fuzz/json.dict

# Every set of features.
powerset:
    .ci/features --all

# The oldest compiler and the oldest dependencies.
oldest: package
    .ci/oldest

# The README's code against the package.
consumer: package
    .ci/consumer

# What would be published.
package:
    cargo package --allow-dirty

# Accepts every changed snapshot and the public API. Read `git diff tests examples` before you commit.
accept:
    INSTA_UPDATE=always cargo test --no-fail-fast --test it --test spec --example your_own_tests
    .ci/public-api --accept

# One payment, with a simulator and its customer.
till *args:
    cargo run --example till -- {{ args }}
