//! One step for a caller that does its own waiting.
//!
//! A file is read at an offset, so everything a transfer from a file has to remember between two
//! steps is its offset, its count and the mechanism it arrived at. The caller keeps these three
//! and no memory has to be kept here for it.

use super::Request;
use super::request::{Clamp, is_at_end, prepare_with};
use nix::errno::Errno;

use crate::error::Error;
use crate::kernel::Kernel;
use crate::mechanism::{Mechanism, SourceKind};
use crate::transfer::{Fallback, Process, Step};

/// What one step came to, and what the next one needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// The outcome.
    pub step: Step,
    /// The mechanism that moved the bytes or was fallen back to, for the next step to resume.
    pub mechanism: Option<Mechanism>,
    /// The mechanism that was tried first and could not serve, with its cause.
    pub fallback: Option<Fallback>,
}

/// Steps the transfer from a file that `request` describes.
pub fn step<K: Kernel>(kernel: &K, process: &Process, request: &Request) -> Result<Report, Error> {
    assert_eq!(request.source_kind, Some(SourceKind::File), "only a file can be read again");
    assert!(request.source_offset.is_some(), "its position would have to be kept");
    let mut transfer = prepare_with(kernel, &process.memory, request, Clamp::IfShort)?;
    let step = match transfer.step(kernel, process, u64::MAX) {
        // What has no offsets was not looked at before.
        Err(error @ Error::System { errno: Errno::ESPIPE, .. }) => {
            return is_at_end(kernel, &transfer).and(Err(error));
        }
        step => step?,
    };
    let may_wait = matches!(step, Step::Moved(_)) && transfer.may_wait_past_end();
    // The bytes were moved, whatever is said of the size.
    if may_wait && is_at_end(kernel, &transfer) == Ok(true) {
        transfer.end_source();
        transfer.settle(kernel);
    }
    let fallback = transfer.account().fallbacks.last().copied();
    let has_arrived = matches!(step, Step::Moved(_)) || fallback.is_some();
    let mechanism = transfer.mechanism().filter(|_| has_arrived);
    Ok(Report { step, mechanism, fallback })
}
