//! `zc_capabilities`.

use std::ffi::c_char;

use super::options::disabled_by_environment;
use super::result::zc_status;
use super::{guard, text};
use crate::kernel::Linux;
use crate::mechanism::{Mechanism, MechanismSet};
use crate::probe::probe;

/// Says whether a mechanism can be used in this process, and if not, why not: "splice: Operation
/// not permitted (errno 1): blocked by seccomp?".
///
/// It is tried for real, on files and pipes of the library's own, each time. One that can be used
/// need not serve every pair of descriptors. Thread-safe.
///
/// @param mechanism   one `ZC_MECHANISM_*`.
/// @param cause       where the cause goes, in English, cut where it does not fit; always ended by
///                    NUL, and empty where there is none. NULL where nobody wants to know.
/// @param cause_bytes the room there, at least 1; 256 are enough.
/// @return `ZC_OK` where it can be used, `ZC_UNSUPPORTED` where it can't, `ZC_INVALID_ARGUMENT` for
///         a mechanism that this version does not have, or for more than one.
///
/// # Safety
///
/// `cause` is NULL, or has the room that is said and is used by nobody else during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_capabilities(
    mechanism: u32,
    cause: *mut c_char,
    cause_bytes: usize,
) -> zc_status {
    guard::status_of(|| {
        if !cause.is_null() && cause_bytes == 0 {
            return zc_status::INVALID_ARGUMENT;
        }
        let asked = MechanismSet::from_bits(mechanism);
        let found = Mechanism::ALL.into_iter().find(|it| MechanismSet::from(*it) == asked);
        let (status, words) = match found {
            None => (zc_status::INVALID_ARGUMENT, "it is no ZC_MECHANISM_*".to_owned()),
            Some(mechanism) => match cause_of(mechanism) {
                None => (zc_status::OK, String::new()),
                Some(cause) => (zc_status::UNSUPPORTED, cause),
            },
        };
        if !cause.is_null() {
            // SAFETY: it is not NULL, and the caller promises that it has so many bytes.
            unsafe { text::write_to(&words, cause, cause_bytes) };
        }
        status
    })
}

/// Why the mechanism can't be used, or `None`.
fn cause_of(mechanism: Mechanism) -> Option<String> {
    if disabled_by_environment().contains(mechanism) {
        return Some(format!("{}: disabled by ZEROCOPY_NIO_DISABLE", mechanism.name()));
    }
    probe(&Linux, mechanism).err().map(|cause| cause.to_string())
}
