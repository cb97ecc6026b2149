//! Text for callers in C: into memory of theirs, cut where it does not fit, and always ended.

use std::ffi::c_char;

/// Writes `text` and the NUL behind it to `to`, as much as fits; whole characters only.
pub fn write(text: &str, to: &mut [c_char]) {
    let Some(room) = to.len().checked_sub(1) else { return };
    let fits = (0..=room.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    let bytes = &text.as_bytes()[..fits.expect("a text begins with a boundary")];
    for (place, byte) in to.iter_mut().zip(bytes) {
        *place = c_char::from_ne_bytes([*byte]);
    }
    to[bytes.len()] = 0;
}

/// As [`write()`], to memory that need not be initialized.
///
/// # Safety
///
/// `to` is not NULL and points to `to_bytes` bytes that may be written and that nobody else uses.
pub unsafe fn write_to(text: &str, to: *mut c_char, to_bytes: usize) {
    // SAFETY: the caller promises room for so many bytes.
    unsafe { to.write_bytes(0, to_bytes) };
    // SAFETY: as before, and they are initialized now.
    write(text, unsafe { std::slice::from_raw_parts_mut(to, to_bytes) });
}
