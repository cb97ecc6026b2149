//! The Java face: ints and longs in, a packed long or an exception out. It holds no logic.
//!
//! The natives belong to classes of `io.zerocopy.internal.core`, one file here for each, and are
//! registered when the JVM loads the library, so nothing but `JNI_OnLoad` and `JNI_OnUnload`
//! is exported for Java.
//!
//! # Safety
//!
//! Unsafe code is needed to take the virtual machine's pointer from `JNI_OnLoad`, to register the
//! natives, whose signatures `native_method!` has checked, and to keep a transfer behind a handle:
//! see `transfer_natives`.
#![allow(unsafe_code)]

mod natives;
mod packed;
mod policy;
mod relay_natives;
mod sender_natives;
mod transfer_natives;

use std::ffi::c_void;
use std::panic::catch_unwind;

use ::jni::sys::{JNI_ERR, JNI_VERSION_1_8, jint};
use ::jni::{Env, JavaVM};

use crate::driver::pipe_reaper;

/// Registers the natives. The JVM calls it once, on the thread that loads the library.
#[unsafe(no_mangle)]
pub extern "system" fn JNI_OnLoad(vm: *mut ::jni::sys::JavaVM, _reserved: *mut c_void) -> jint {
    let registered = catch_unwind(|| {
        // SAFETY: the JVM passes its own pointer, which lives as long as the process.
        let vm = unsafe { JavaVM::from_raw(vm) };
        vm.attach_current_thread(register)
    });
    match registered {
        Ok(Ok(())) => JNI_VERSION_1_8,
        // The exception that RegisterNatives left pending tells the loader what was wrong.
        Ok(Err(_)) | Err(_) => JNI_ERR,
    }
}

/// Ends all relays, and then the thread that closes idle pipes. No global reference is held.
#[unsafe(no_mangle)]
pub extern "system" fn JNI_OnUnload(_vm: *mut ::jni::sys::JavaVM, _reserved: *mut c_void) {
    // Nobody is left to be told of a panic.
    let _ = catch_unwind(relay_natives::stop_all);
    let _ = catch_unwind(pipe_reaper::stop);
}

fn register(env: &mut Env) -> ::jni::errors::Result<()> {
    let class = env.find_class(natives::CLASS)?;
    // SAFETY: `native_method!` has made each descriptor from the function that it names.
    unsafe { env.register_native_methods(class, &natives::ALL) }?;
    let class = env.find_class(transfer_natives::CLASS)?;
    // SAFETY: as above.
    unsafe { env.register_native_methods(class, &transfer_natives::ALL) }?;
    let class = env.find_class(sender_natives::CLASS)?;
    // SAFETY: as above.
    unsafe { env.register_native_methods(class, &sender_natives::ALL) }?;
    let class = env.find_class(relay_natives::CLASS)?;
    // SAFETY: as above.
    unsafe { env.register_native_methods(class, &relay_natives::ALL) }
}
