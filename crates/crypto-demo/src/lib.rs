//! Node's `crypto` as tutorials use it: hashes, ciphers, signatures and keys from passwords, with Node's names and
//! Node's errors.
//!
//! ```
//! use ferronode_buffer::Encoding::{Hex, Utf8};
//! use ferronode_crypto_demo::{Cipheriv, Decipheriv, random_bytes};
//!
//! let (key, iv) = (random_bytes(32)?, random_bytes(12)?);
//! let mut cipher = Cipheriv::new("aes-256-gcm", &key, Some(&iv))?;
//! let hidden = cipher.update_text("hello world !!!", Hex)?.to_string() + &cipher.finalize_text(Hex)?.to_string();
//!
//! let mut decipher = Decipheriv::new("aes-256-gcm", &key, Some(&iv))?;
//! let text = decipher.set_auth_tag(&cipher.auth_tag()?)?.decrypt((hidden.as_str(), Hex))?;
//! assert_eq!(text.to_string(Utf8), "hello world !!!");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **A demonstration, not for servers.** It has MD5, SHA-1, DES and ECB, because tutorials begin with them, and they
//! are broken or weak: [`weakness`] says how. Its RSA has a known weakness that has no cure yet, RUSTSEC-2023-0071: whoever
//! can measure how long many signatures take may learn the private key.
//!
//! # How it works
//!
//! ```text
//!   "sha256"  ──> a row of `digests`       ──> Hash, Hmac, Sign, pbkdf2 ...
//!   "des-ecb" ──> a row of `known_ciphers` ──> Cipheriv, Decipheriv
//!                        |
//!                 names, lengths, and the type of a RustCrypto crate, hidden behind a small trait
//!
//!   update(data) ── bytes, or text in an encoding ──> the computation ── what is ready ──> bytes, or text
//!   finalize()   ── checks, and wipes the key     ──> the rest, or an error; after that, only errors
//! ```
//!
//! No algorithm is written here; where a mode must be put together from two kept crates, `cipher/aead.rs` says why.
//! Keys are wiped from memory when a value is dropped.
//!
//! # Reading order
//!
//! 1. [`struct@Hash`]: a name becomes a computation; then `digests.rs`, the table behind it.
//! 2. [`Data`]: bytes, or text and its encoding; [`NodeError`]: what Node says when it fails.
//! 3. [`Cipheriv`] and [`Decipheriv`]: `cipher/mod.rs`, then `cipher/blocks.rs` (what is held back, padding) and
//!    `cipher/aead.rs` (a tag that vouches for the text).
//! 4. [`PrivateKey`], [`Sign`] and [`Verify`].
//! 5. [`scrypt()`], [`pbkdf2()`], [`hkdf()`], [`random_bytes`], [`timing_safe_equal`].
//! 6. [`hashes`], [`ciphers`], [`cipher_info`]: what there is.
//!
//! # Node and Rust
//!
//! | Node | here |
//! | --- | --- |
//! | `createHash(name)`, `{ outputLength }` | [`Hash::new`], [`Hash::with_output_length`] |
//! | `createHmac(name, key)` | [`Hmac::new`] |
//! | `update(data)`, `update(text, encoding)` | [`Hash::update`] with `data`, with `(text, encoding)` |
//! | `digest()`, `digest('hex')` | [`Hash::digest`], [`Hash::digest_text`] |
//! | `createCipheriv(name, key, iv)`, `{ authTagLength }` | [`Cipheriv::new`], [`Cipheriv::with_auth_tag_length`] |
//! | `update(text, 'utf8', 'hex')`, `final('hex')` | [`Cipheriv::update_text`], [`Cipheriv::finalize_text`] |
//! | `setAAD`, `getAuthTag`, `setAuthTag` | [`Cipheriv::set_aad`], [`Cipheriv::auth_tag`], [`Decipheriv::set_auth_tag`] |
//! | `createSign(name)`, `sign(null, data, key)` | [`Sign::new`], [`sign()`] |
//! | `scryptSync`, `pbkdf2Sync`, `hkdfSync` | [`scrypt()`], [`pbkdf2()`], [`hkdf()`] |
//! | `getHashes`, `getCiphers`, `getCipherInfo` | [`hashes`], [`ciphers`], [`cipher_info`] |
//!
//! # Why not …
//!
//! **… one crate with everything, as `aws-lc-rs` or `ring`?** They refuse what tutorials show: DES, MD5 signatures,
//! keys of 1,024 bits. For a server that is a reason to take one of them, and not this crate.
//!
//! **… the crate `aes-gcm`?** It wants the whole text at once, and Node's `update` answers chunk by chunk. So GCM is
//! put together here from `ctr` and `ghash`, which are its halves; the tests compare the two.
//!
//! **… refuse to give text before its tag was checked?** Node gives it, and whoever streams needs it.
//! [`Decipheriv::decrypt`] keeps it.
#![forbid(unsafe_code)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

mod algorithms;
mod cipher;
mod cipher_info;
mod data;
mod digests;
mod error;
mod hash;
mod hmac;
mod kdf;
mod keys;
mod known_ciphers;
mod random;
mod sign;
mod timing_safe;

pub use crate::cipher::{CipherError, Cipheriv, Decipheriv};
pub use crate::hmac::Hmac;
pub use algorithms::{ciphers, curves, hashes, weakness};
pub use cipher_info::{CipherInfo, CipherMode, cipher_info};
pub use data::{Data, OddHexLength};
pub use error::NodeError;
pub use hash::{Hash, HashError};
pub use kdf::{KdfError, ScryptOptions, hkdf, pbkdf2, scrypt};
pub use keys::{KeyError, KeyType, PrivateKey, PublicKey};
pub use random::{RandomError, random_bytes, random_fill};
pub use sign::{DsaEncoding, RsaPadding, SaltLength, Sign, SignError, SignatureOptions, Verify, sign, verify};
pub use timing_safe::{LengthMismatch, timing_safe_equal};
