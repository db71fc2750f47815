//! The hash functions: one row each, from Node's name to the crate that computes it.
//!
//! A row holds functions, made by the compiler from the type of the hash, so that a name found at run time becomes a
//! value that any caller can use without knowing the type. Adding a hash is adding a row.
//!
//! Names are found in any case, as in OpenSSL, and under OpenSSL's other names (`RSA-SHA256` is `sha256`).

use digest::common::KeyInit;
use digest::const_oid::AssociatedOid;
use digest::{ExtendableOutput, FixedOutput, Update, XofReader};
use hkdf::{GenericHkdf, HmacImpl};
use hmac::Hmac;

/// A computation that takes bytes and gives a digest: a hash, or an HMAC.
pub(crate) trait Engine: Send + Sync {
    fn absorb(&mut self, data: &[u8]);
    fn finish(self: Box<Self>) -> Vec<u8>;
    fn fork(&self) -> Box<dyn Engine>;
}

impl<D: Update + FixedOutput + Clone + Send + Sync + 'static> Engine for D {
    fn absorb(&mut self, data: &[u8]) {
        self.update(data);
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        self.finalize_fixed().to_vec()
    }

    fn fork(&self) -> Box<dyn Engine> {
        Box::new(self.clone())
    }
}

/// A hash whose output has any length: shake128 and shake256.
#[derive(Clone)]
struct Extendable<X> {
    state: X,
    length: usize,
}

impl<X: Update + ExtendableOutput + Clone + Send + Sync + 'static> Engine for Extendable<X> {
    fn absorb(&mut self, data: &[u8]) {
        self.state.update(data);
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        let mut output = vec![0; self.length];
        self.state.finalize_xof().read(&mut output);
        output
    }

    fn fork(&self) -> Box<dyn Engine> {
        Box::new(self.clone())
    }
}

/// A hash function and what is made of it.
pub(crate) struct Digest {
    /// Node's usual name.
    pub(crate) name: &'static str,
    aliases: &'static [&'static str],
    /// Why nobody should use it any more.
    pub(crate) weakness: Option<&'static str>,
    /// Bytes of output, unless the caller asks for another length.
    pub(crate) length: usize,
    /// Whether the caller may ask for another length.
    pub(crate) is_extendable: bool,
    /// Starts a hash with an output of so many bytes.
    pub(crate) hash: fn(usize) -> Box<dyn Engine>,
    /// HMAC and what is built on it.
    pub(crate) keyed: Option<Keyed>,
    /// The object identifier, in DER without its header, by which an RSA signature names the hash.
    pub(crate) oid: Option<&'static [u8]>,
}

/// The functions that are built on HMAC.
#[allow(clippy::type_complexity)] // The names of the arguments say more than the name of a type would.
pub(crate) struct Keyed {
    pub(crate) hmac: fn(key: &[u8]) -> Box<dyn Engine>,
    pub(crate) pbkdf2: fn(password: &[u8], salt: &[u8], iterations: u32, key: &mut [u8]),
    /// Says whether the key was short enough to be made: 255 digests at most.
    pub(crate) hkdf: fn(ikm: &[u8], salt: &[u8], info: &[u8], key: &mut [u8]) -> bool,
}

impl Keyed {
    const fn of<M>() -> Self
    where
        M: KeyInit + HmacImpl + Update + FixedOutput + Clone + Send + Sync + 'static,
    {
        const ANY: &str = "HMAC takes keys of any length";
        Self {
            hmac: |key| Box::new(<M as KeyInit>::new_from_slice(key).expect(ANY)),
            pbkdf2: |password, salt, iterations, key| {
                pbkdf2::pbkdf2::<M>(password, salt, iterations, key).expect(ANY);
            },
            hkdf: |ikm, salt, info, key| GenericHkdf::<M>::new(Some(salt), ikm).expand(info, key).is_ok(),
        }
    }
}

impl Digest {
    /// Finds a hash by one of its names, in any case.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        let is = |known: &str| known.eq_ignore_ascii_case(name);
        DIGESTS
            .iter()
            .find(|digest| is(digest.name) || digest.aliases.iter().any(|alias| is(alias)))
    }

    const fn fixed<D>(name: &'static str, aliases: &'static [&'static str], length: usize) -> Self
    where
        D: Update + FixedOutput + Default + Clone + Send + Sync + 'static,
    {
        Self {
            name,
            aliases,
            weakness: None,
            length,
            is_extendable: false,
            hash: |_| Box::new(D::default()),
            keyed: None,
            oid: None,
        }
    }

    const fn extendable<X>(name: &'static str, length: usize) -> Self
    where
        X: Update + ExtendableOutput + Default + Clone + Send + Sync + 'static,
    {
        Self {
            name,
            aliases: &[],
            weakness: None,
            length,
            is_extendable: true,
            hash: |length| {
                let state = X::default();
                Box::new(Extendable { state, length })
            },
            keyed: None,
            oid: None,
        }
    }

    const fn keyed<M>(mut self) -> Self
    where
        M: KeyInit + HmacImpl + Update + FixedOutput + Clone + Send + Sync + 'static,
    {
        self.keyed = Some(Keyed::of::<M>());
        self
    }

    const fn signs<D: AssociatedOid>(mut self) -> Self {
        self.oid = Some(D::OID.as_bytes());
        self
    }

    const fn weak(mut self, weakness: &'static str) -> Self {
        self.weakness = Some(weakness);
        self
    }
}

/// A row of the usual kind: it hashes, it keys, it signs.
macro_rules! digest {
    ($type:ty, $length:literal, $name:literal, $($alias:literal)*) => {
        Digest::fixed::<$type>($name, &[$($alias),*], $length).keyed::<Hmac<$type>>().signs::<$type>()
    };
}

/// Every hash of this crate.
pub(crate) static DIGESTS: [Digest; 16] = [
    digest!(md5::Md5, 16, "md5", "RSA-MD5" "md5WithRSAEncryption" "ssl3-md5")
        .weak("broken: anybody can make two files with one MD5"),
    digest!(sha1::Sha1, 20, "sha1", "RSA-SHA1" "RSA-SHA1-2" "sha1WithRSAEncryption" "ssl3-sha1" "SHA-1")
        .weak("broken: two files with one SHA-1 were published in 2017"),
    digest!(sha2::Sha224, 28, "sha224", "RSA-SHA224" "sha224WithRSAEncryption" "SHA-224" "SHA2-224"),
    digest!(sha2::Sha256, 32, "sha256", "RSA-SHA256" "sha256WithRSAEncryption" "SHA-256" "SHA2-256"),
    digest!(sha2::Sha384, 48, "sha384", "RSA-SHA384" "sha384WithRSAEncryption" "SHA-384" "SHA2-384"),
    digest!(sha2::Sha512, 64, "sha512", "RSA-SHA512" "sha512WithRSAEncryption" "SHA-512" "SHA2-512"),
    digest!(
        sha2::Sha512_224, 28, "sha512-224",
        "RSA-SHA512/224" "sha512-224WithRSAEncryption" "SHA-512/224" "SHA2-512/224"
    ),
    digest!(
        sha2::Sha512_256, 32, "sha512-256",
        "RSA-SHA512/256" "sha512-256WithRSAEncryption" "SHA-512/256" "SHA2-512/256"
    ),
    digest!(sha3::Sha3_224, 28, "sha3-224", "RSA-SHA3-224" "id-rsassa-pkcs1-v1_5-with-sha3-224"),
    digest!(sha3::Sha3_256, 32, "sha3-256", "RSA-SHA3-256" "id-rsassa-pkcs1-v1_5-with-sha3-256"),
    digest!(sha3::Sha3_384, 48, "sha3-384", "RSA-SHA3-384" "id-rsassa-pkcs1-v1_5-with-sha3-384"),
    digest!(sha3::Sha3_512, 64, "sha3-512", "RSA-SHA3-512" "id-rsassa-pkcs1-v1_5-with-sha3-512"),
    Digest::extendable::<sha3::Shake128>("shake128", 16),
    Digest::extendable::<sha3::Shake256>("shake256", 32),
    // BLAKE2 has a keyed mode of its own; the one kept HMAC that takes it leaves its key in memory.
    Digest::fixed::<blake2::Blake2b512>("blake2b512", &[], 64),
    Digest::fixed::<blake2::Blake2s256>("blake2s256", &[], 32),
];

#[cfg(test)]
mod tests {
    use digest::block_api::CoreProxy;
    use zeroize::ZeroizeOnDrop;

    use super::*;

    /// An HMAC is two states that begin with the key.
    fn is_wiped<D: CoreProxy<Core: ZeroizeOnDrop>>() {}

    #[test]
    fn the_states_that_an_hmac_keeps_are_wiped() {
        is_wiped::<md5::Md5>();
        is_wiped::<sha1::Sha1>();
        is_wiped::<sha2::Sha224>();
        is_wiped::<sha2::Sha256>();
        is_wiped::<sha2::Sha384>();
        is_wiped::<sha2::Sha512>();
        is_wiped::<sha3::Sha3_256>();
    }

    #[test]
    fn no_name_is_there_twice() {
        let mut names: Vec<_> = DIGESTS
            .iter()
            .flat_map(|digest| digest.aliases.iter().chain([&digest.name]))
            .map(|name| name.to_ascii_lowercase())
            .collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
