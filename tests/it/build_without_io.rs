//! `VippsBuilder::build` does no I/O: certificates are read with the first request.

#[cfg(target_os = "linux")]
#[test]
fn build_makes_no_read_or_write_call() {
    use vipps::{Credentials, Environment, Vipps};

    /// The calls of this thread that read or write. Reading the counters is one of them.
    fn calls() -> u64 {
        let counters = std::fs::read_to_string("/proc/thread-self/io").unwrap();
        let of = |name| {
            let value = counters.lines().find_map(|line| line.strip_prefix(name));
            value.unwrap().trim().parse::<u64>().unwrap()
        };
        of("syscr:") + of("syscw:")
    }
    let counted = |act: &dyn Fn()| {
        let (first, before) = (calls(), calls());
        act();
        calls() - before - (before - first)
    };
    // A new thread has unused buffers and caches.
    std::thread::spawn(move || {
        counted(&|| ());
        let build = || {
            let number = "123456".parse().unwrap();
            let keys = Credentials::new("id", "secret", "key", number).unwrap();
            let builder = Vipps::builder(keys).environment(Environment::Production);
            drop(builder.build().unwrap());
        };
        assert_eq!(counted(&build), 0);
        // reqwest reads certificates when it builds a client, so the counters do count.
        assert_ne!(counted(&|| drop(reqwest::Client::new())), 0);
    })
    .join()
    .unwrap();
}
