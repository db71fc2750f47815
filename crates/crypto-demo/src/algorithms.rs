//! What is supported, and what of that nobody should use.

use crate::cipher_info::cipher_info;
use crate::digests::{DIGESTS, Digest};
use crate::known_ciphers::KNOWN;

/// The hashes of this crate by their usual names, sorted. Node lists more, and counts aliases.
///
/// # References
///
/// <https://nodejs.org/docs/latest-v20.x/api/crypto.html#cryptogethashes>
#[must_use]
#[doc(alias = "getHashes")]
pub fn hashes() -> Vec<&'static str> {
    sorted(DIGESTS.iter().map(|digest| digest.name))
}

/// The ciphers of this crate by their usual names, sorted. DES is among them, which Node 20 keeps in the legacy
/// provider.
///
/// # References
///
/// <https://nodejs.org/docs/latest-v20.x/api/crypto.html#cryptogetciphers>
#[must_use]
#[doc(alias = "getCiphers")]
pub fn ciphers() -> Vec<&'static str> {
    let supported = KNOWN.iter().filter(|info| info.is_supported());
    sorted(supported.filter_map(|info| info.names.first().copied()))
}

/// The curves of this crate, for ECDSA.
///
/// # References
///
/// <https://nodejs.org/docs/latest-v20.x/api/crypto.html#cryptogetcurves>
#[must_use]
#[doc(alias = "getCurves")]
pub fn curves() -> Vec<&'static str> {
    vec!["prime256v1", "secp384r1"]
}

/// Why a hash or a cipher should not be used, if there is a reason: in one line that begins with `broken` or `weak`.
///
/// ```
/// use ferronode_crypto_demo::weakness;
///
/// assert!(weakness("md5").is_some_and(|why| why.starts_with("broken")));
/// assert_eq!(weakness("sha256"), None);
/// ```
#[must_use]
pub fn weakness(name: &str) -> Option<&'static str> {
    let hash = Digest::find(name).and_then(|digest| digest.weakness);
    hash.or_else(|| cipher_info(name).and_then(|info| info.weakness()))
}

fn sorted(names: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names
}
