//! What the functions that transfer are asked for, put together.

use std::ffi::c_int;

use super::options::{Listener, zc_options};
use crate::driver::{Limits, Request};
use crate::error::Error;
use crate::kernel::Fd;

/// The arguments that `zc_transfer` and its likes have in common.
#[derive(Debug)]
pub struct Arguments {
    /// Where the bytes come from.
    pub in_fd: c_int,
    /// Where to begin there.
    pub in_offset: Option<i64>,
    /// Where they go.
    pub out_fd: c_int,
    /// Where to begin there.
    pub out_offset: Option<i64>,
    /// How many.
    pub count: u64,
    /// How.
    pub options: *const zc_options,
}

/// The same, checked.
#[derive(Debug)]
pub struct Asked {
    /// What to move.
    pub request: Request,
    /// What ends it before its time.
    pub limits: Limits,
    /// Who is told of progress.
    pub listener: Listener,
    /// The most that a step of a pump moves.
    pub step_bytes: u64,
}

/// `zc_options.step_bytes` where it is 0.
const STEP_BYTES: u64 = 2 << 20;

impl Arguments {
    /// Checks the arguments.
    ///
    /// # Safety
    ///
    /// `options` is NULL or points to a live value, whose pointers point to what they say.
    pub unsafe fn check(&self) -> Result<Asked, Error> {
        let source = Fd::new(self.in_fd).ok_or(Error::InvalidArgument("in_fd is negative"))?;
        let target = Fd::new(self.out_fd).ok_or(Error::InvalidArgument("out_fd is negative"))?;
        // SAFETY: the caller promises that what is not NULL is live.
        let options = unsafe { zc_options::read(self.options) }?;
        let request = Request {
            source_offset: offset(self.in_offset, "in_offset is negative")?,
            target_offset: offset(self.out_offset, "out_offset is negative")?,
            count: self.count,
            allowed: options.allowed(),
            // SAFETY: the caller promises that header and trailer have as many bytes as they say.
            options: unsafe { options.wishes() }?,
            ..Request::new(source, target)
        };
        let step_bytes = if options.step_bytes == 0 { STEP_BYTES } else { options.step_bytes };
        Ok(Asked { request, limits: options.limits(), listener: options.listener(), step_bytes })
    }
}

fn offset(offset: Option<i64>, if_negative: &'static str) -> Result<Option<u64>, Error> {
    let offset = offset.map(u64::try_from).transpose();
    offset.map_err(|_| Error::InvalidArgument(if_negative))
}
