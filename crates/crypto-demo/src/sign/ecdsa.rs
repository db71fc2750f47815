//! ECDSA on P-256 and P-384. The two crates have the same face and no common type, so one macro writes both.

use p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};

use super::{DsaEncoding, SignError};

macro_rules! ecdsa {
    ($curve:ident, $length:literal, $sign:ident, $verify:ident) => {
        pub(super) fn $sign(
            key: &$curve::ecdsa::SigningKey,
            hashed: &[u8],
            encoding: DsaEncoding,
        ) -> Result<Vec<u8>, SignError> {
            let signature: $curve::ecdsa::Signature = key
                .sign_prehash(hashed)
                .map_err(|_| SignError::UnsupportedOperation)?;
            Ok(match encoding {
                DsaEncoding::Der => signature.to_der().as_bytes().to_vec(),
                DsaEncoding::IeeeP1363 => signature.to_bytes().to_vec(),
            })
        }

        pub(super) fn $verify(
            key: &$curve::ecdsa::VerifyingKey,
            hashed: &[u8],
            signature: &[u8],
            encoding: DsaEncoding,
        ) -> Result<bool, SignError> {
            let signature = match encoding {
                DsaEncoding::Der => $curve::ecdsa::Signature::from_der(signature),
                DsaEncoding::IeeeP1363 => {
                    let (expected, found) = ($length, signature.len());
                    if expected != found {
                        return Err(SignError::MalformedSignature { expected, found });
                    }
                    $curve::ecdsa::Signature::from_slice(signature)
                }
            };
            Ok(signature.is_ok_and(|signature| key.verify_prehash(hashed, &signature).is_ok()))
        }
    };
}

ecdsa!(p256, 64, sign_p256, verify_p256);
ecdsa!(p384, 96, sign_p384, verify_p384);
