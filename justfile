# Commands for contributors; `just` lists them. They need the same programs as .ci/run, unless a comment names more.

_default:
    @just --list

# All checks of CI.
check:
    .ci/run

# All tests, or those of one module: `just test wait`.
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

# Searches for inputs that break a parser: `just fuzz details`. Needs nightly and cargo-fuzz.
fuzz target seconds="300":
    cargo +nightly fuzz run {{ target }} -- -max_total_time={{ seconds }} -dict=fuzz/json.dict

# Every set of features.
powerset:
    .ci/features --all

# The oldest compiler and the oldest dependencies.
oldest: package
    .ci/oldest

# Builds the README's code against the package.
consumer: package
    .ci/consumer

# The package that would be published.
package:
    cargo package --allow-dirty

# Accepts every changed snapshot and the public API. Read `git diff tests examples` before you commit.
accept:
    INSTA_UPDATE=always cargo test --no-fail-fast --test it --test spec --example your_own_tests
    .ci/public-api --accept

# One payment, with a simulator and a simulated customer.
till *args:
    cargo run --example till -- {{ args }}
