//! The natives of `io.zerocopy.internal.core.Natives`, in the order of their declaration there.

use std::panic::{catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ::jni::objects::{JClass, JObject, JString};
use ::jni::strings::JNIStr;
use ::jni::sys::{jint, jlong};
use ::jni::{Env, EnvUnowned, NativeMethod, jni_sig, jni_str, native_method};

use super::packed;
use super::policy::{Failure, ThrowToJava, system_text};
use crate::driver::{self, DirectIo, Options, PROCESS, Request, stepped};
use crate::error::Error;
use crate::kernel::{Fd, Linux};
use crate::mechanism::{Mechanism, MechanismSet, SourceKind, TargetKind};
use crate::probe;

/// The class that declares the natives.
pub const CLASS: &JNIStr = jni_str!("io/zerocopy/internal/core/Natives");

/// All natives, for registration.
pub const ALL: [NativeMethod; 5] = [VERSION, STEP, ERROR_TEXT, PROBE, TRUSTED_LOOKUP];

const VERSION: NativeMethod = native_method! {
    static fn version() -> java.lang.String,
    fn = version,
    error_policy = ThrowToJava,
};

const STEP: NativeMethod = native_method! {
    static raw fn step(
        source_fd: jint,
        position: jlong,
        count: jlong,
        target_fd: jint,
        target_kind: jint,
        allowed: jint,
        resume: jint,
    ) -> jlong,
    fn = step,
};

const ERROR_TEXT: NativeMethod = native_method! {
    static fn error_text(errno: jint) -> java.lang.String,
    fn = error_text,
    error_policy = ThrowToJava,
};

const PROBE: NativeMethod = native_method! {
    static fn probe(mechanism: jint) -> void,
    fn = probe,
    error_policy = ThrowToJava,
};

const TRUSTED_LOOKUP: NativeMethod = native_method! {
    static fn trusted_lookup() -> java.lang.Object,
    fn = trusted_lookup,
    error_policy = ThrowToJava,
};

fn version<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
) -> Result<JString<'local>, Failure> {
    Ok(env.new_string(crate::VERSION)?)
}

/// Makes a step, and turns to the virtual machine only where it failed: what the jni crate does for a
/// native before and after it costs as much as half of the step.
#[allow(clippy::too_many_arguments)]
fn step<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    source_fd: jint,
    position: jlong,
    count: jlong,
    target_fd: jint,
    target_kind: jint,
    allowed: jint,
    resume: jint,
) -> jlong {
    let moved = catch_unwind(|| {
        let target = (target_fd, target_kind);
        move_bytes((source_fd, position), count, target, allowed, resume)
    });
    match moved {
        Ok(Ok(packed)) => packed,
        Ok(Err(failure)) => throw(env, Ok(failure)),
        Err(panic) => throw(env, Err(panic)),
    }
}

fn move_bytes(
    (source_fd, position): (jint, jlong),
    count: jlong,
    (target_fd, target_kind): (jint, jint),
    allowed: jint,
    resume: jint,
) -> Result<jlong, Failure> {
    let target = descriptor(target_fd)?;
    let count = u64::try_from(count).expect("Java has checked that the count is not negative");
    let resume = u8::try_from(resume).ok().and_then(Mechanism::from_number);
    let target_kind = match target_kind {
        0 => TargetKind::TcpStream,
        1 => driver::unix_stream(&Linux, target, count, resume)?,
        2 => TargetKind::Pipe,
        3 => TargetKind::File,
        unknown => panic!("target kind {unknown} is not one that Natives.java has"),
    };
    let offset = u64::try_from(position).expect("Java has checked the position");
    let request = Request {
        source_kind: Some(SourceKind::File),
        source_offset: Some(offset),
        target_kind: Some(target_kind),
        count,
        allowed: MechanismSet::from_bits(allowed as u32),
        resume,
        // Nothing is kept from step to step, so a file would be opened anew for each.
        options: Options { direct_io: DirectIo::Never, ..Options::default() },
        ..Request::new(descriptor(source_fd)?, target)
    };
    Ok(packed::pack(&stepped::step(&Linux, &PROCESS, &request)?))
}

/// Throws what a native that has no environment yet came to.
#[cold]
fn throw(mut env: EnvUnowned, failed: thread::Result<Failure>) -> jlong {
    env.with_env(|_| Err(failed.unwrap_or_else(|panic| resume_unwind(panic))))
        .resolve::<ThrowToJava>()
}

fn error_text<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    errno: jint,
) -> Result<JString<'local>, Failure> {
    Ok(env.new_string(system_text(errno))?)
}

fn probe<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    mechanism: jint,
) -> Result<(), Failure> {
    let mechanism = u8::try_from(mechanism).ok().and_then(Mechanism::from_number);
    let mechanism = mechanism.expect("Java asks only for mechanisms that this library has");
    probe::probe(&Linux, mechanism).map_err(Failure::Unusable)
}

/// Gives away `MethodHandles.Lookup.IMPL_LOOKUP`, once: the class that resolves the handles of the
/// channels asks for it when it is initialized, and nobody can ask again after it.
fn trusted_lookup<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
) -> Result<JObject<'local>, Failure> {
    static GIVEN: AtomicBool = AtomicBool::new(false);
    if GIVEN.swap(true, Ordering::Relaxed) {
        return Ok(JObject::null());
    }
    let class = env.find_class(jni_str!("java/lang/invoke/MethodHandles$Lookup"))?;
    let lookup = env.get_static_field(
        class,
        jni_str!("IMPL_LOOKUP"),
        jni_sig!("Ljava/lang/invoke/MethodHandles$Lookup;"),
    )?;
    Ok(lookup.l()?)
}

/// The descriptor with this number, which Java keeps open until the call returns.
pub fn descriptor(number: jint) -> Result<Fd, Failure> {
    Fd::new(number).ok_or(Failure::Core(Error::InvalidArgument("the channel has no descriptor")))
}
