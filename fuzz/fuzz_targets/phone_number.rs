#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vipps::fuzzing::phone_number(data));
