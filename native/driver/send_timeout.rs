//! SO_SNDTIMEO: the only limit on how long sendfile(2) and splice(2) sleep on a socket in blocking
//! mode whose mode must not be changed.

use std::time::Duration;

use crate::error::Error;
use crate::kernel::{Call, Fd, Kernel, Side};
use crate::transfer::Transfer;

/// A target that can't be asked not to sleep is slept on at most so long, and then the limits are
/// looked at.
pub const SEND_TIMEOUT_MAX: Duration = Duration::from_millis(100);

/// Limits how long a step sleeps on the target, to `most` and to [`SEND_TIMEOUT_MAX`], where it may
/// sleep at all. Returns what the limit was before, to be put back by [`restore`]; `None` where
/// nothing was changed.
pub fn shorten<K: Kernel>(
    kernel: &K,
    transfer: &Transfer<K>,
    most: Duration,
) -> Result<Option<Duration>, Error> {
    if !transfer.may_sleep_on_target() {
        return Ok(None);
    }
    let target = transfer.side_fd(Side::Target);
    let before =
        kernel.send_timeout(target).map_err(|errno| Error::looking(errno, Call::Getsockopt))?;
    let is_short = !before.is_zero() && before <= SEND_TIMEOUT_MAX;
    if is_short {
        return Ok(None);
    }
    // Zero would stand for no limit.
    let limit = most.min(SEND_TIMEOUT_MAX).max(Duration::from_millis(1));
    set(kernel, target, limit)?;
    Ok(Some(before))
}

/// Puts back what [`shorten`] has changed.
pub fn restore<K: Kernel>(
    kernel: &K,
    transfer: &Transfer<K>,
    before: Duration,
) -> Result<(), Error> {
    set(kernel, transfer.side_fd(Side::Target), before)
}

fn set<K: Kernel>(kernel: &K, fd: Fd, timeout: Duration) -> Result<(), Error> {
    let set = kernel.set_send_timeout(fd, timeout);
    set.map_err(|errno| Error::looking(errno, Call::Setsockopt))
}
