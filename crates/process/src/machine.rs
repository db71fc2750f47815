//! What this program was built for and runs on.

/// The operating system, by Node's name: always `"linux"`.
#[must_use]
pub fn platform() -> &'static str {
    "linux"
}

/// The processor, by Node's name: `"x64"`, `"arm64"`.
#[must_use]
pub fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        "x86" => "ia32",
        "powerpc64" => "ppc64",
        "loongarch64" => "loong64",
        other => other,
    }
}

/// The version of this crate, as Node writes its own: `"v0.1.0"`.
#[must_use]
pub fn version() -> &'static str {
    concat!("v", env!("CARGO_PKG_VERSION"))
}

/// What this program rests on, each with its version: this crate and the kernel.
#[must_use]
pub fn versions() -> Vec<(&'static str, String)> {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    vec![
        ("ferronode", env!("CARGO_PKG_VERSION").to_owned()),
        ("linux", kernel.trim().to_owned()),
    ]
}

/// How this program was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// Overflow and other checks are in it, which release builds leave out.
    pub debug_assertions: bool,
    /// A panic unwinds, so that a listener can hear of it. Otherwise it aborts.
    pub panic_unwinds: bool,
}

/// How this program was built.
#[must_use]
pub fn config() -> Config {
    Config {
        debug_assertions: cfg!(debug_assertions),
        panic_unwinds: cfg!(panic = "unwind"),
    }
}
