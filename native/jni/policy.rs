//! How errors and panics become Java exceptions.

use std::any::Any;

use ::jni::errors::ErrorPolicy;
use ::jni::objects::{JObject, JThrowable, JValue};
use ::jni::{Env, jni_sig, jni_str};
use nix::errno::Errno;

use crate::error::Error;
use crate::mechanism::Mechanism;
use crate::probe::Unusable;

/// Why a native could not answer.
#[derive(Debug)]
pub enum Failure {
    /// The core failed.
    Core(Error),
    /// A mechanism does not work here.
    Unusable(Unusable),
    /// A call into the JVM failed. Usually an exception is pending that says why.
    Jni(::jni::errors::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Core(error)
    }
}

impl From<::jni::errors::Error> for Failure {
    fn from(error: ::jni::errors::Error) -> Failure {
        Failure::Jni(error)
    }
}

/// Throws a [`Failure`] as `SystemCallException` with errno, call and text; a panic as
/// `AssertionError` with its text. An exception that is pending already wins over both.
pub struct ThrowToJava;

impl<T: Default> ErrorPolicy<T, Failure> for ThrowToJava {
    type Captures<'local: 'method, 'method> = ();

    fn on_error<'local: 'method, 'method>(
        env: &mut Env<'local>,
        _captures: &mut (),
        failure: Failure,
    ) -> ::jni::errors::Result<T> {
        if !env.exception_check() {
            throw(env, &failure)?;
        }
        Ok(T::default())
    }

    fn on_panic<'local: 'method, 'method>(
        env: &mut Env<'local>,
        _captures: &mut (),
        payload: Box<dyn Any + Send + 'static>,
    ) -> ::jni::errors::Result<T> {
        if !env.exception_check() {
            throw_assertion_error(env, &panic_text(payload.as_ref()))?;
        }
        Ok(T::default())
    }
}

fn throw(env: &mut Env, failure: &Failure) -> ::jni::errors::Result<()> {
    match failure {
        Failure::Core(error) => {
            let exception = exception_of(env, error)?;
            throw_object(env, exception)
        }
        Failure::Unusable(unusable) => {
            let mechanism = unusable.mechanism;
            let text = unusable.to_string();
            let texts = (mechanism.name(), text.as_str());
            let exception =
                system_call_exception(env, unusable.errno as i32, texts, Some(mechanism))?;
            throw_object(env, exception)
        }
        Failure::Jni(error) => throw_assertion_error(env, &error.to_string()),
    }
}

/// The `SystemCallException` of an error, for those that are told and not thrown.
pub fn exception_of<'local>(
    env: &mut Env<'local>,
    error: &Error,
) -> ::jni::errors::Result<JObject<'local>> {
    match error {
        Error::System { errno, call, mechanism } => {
            let text = system_text(*errno as i32);
            system_call_exception(env, *errno as i32, (&call.to_string(), &text), *mechanism)
        }
        Error::NoBlock { call, mechanism, .. } => {
            let text = error.block_text().unwrap_or_default();
            let errno = Errno::EINVAL as i32;
            system_call_exception(env, errno, (&call.to_string(), &text), Some(*mechanism))
        }
        error => system_call_exception(env, 0, ("", &error.to_string()), None),
    }
}

fn system_call_exception<'local>(
    env: &mut Env<'local>,
    errno: i32,
    (call, text): (&str, &str),
    mechanism: Option<Mechanism>,
) -> ::jni::errors::Result<JObject<'local>> {
    let call = env.new_string(call)?;
    let text = env.new_string(text)?;
    let mechanism = mechanism.map_or(-1, |it| it as i32);
    env.new_object(
        jni_str!("io/zerocopy/internal/core/SystemCallException"),
        jni_sig!("(ILjava/lang/String;Ljava/lang/String;I)V"),
        &[JValue::Int(errno), JValue::Object(&call), JValue::Object(&text), JValue::Int(mechanism)],
    )
}

fn throw_assertion_error(env: &mut Env, text: &str) -> ::jni::errors::Result<()> {
    let text = env.new_string(text)?;
    let exception = env.new_object(
        jni_str!("java/lang/AssertionError"),
        jni_sig!("(Ljava/lang/Object;)V"),
        &[JValue::Object(&text)],
    )?;
    throw_object(env, exception)
}

fn throw_object<'local>(
    env: &mut Env<'local>,
    exception: ::jni::objects::JObject<'local>,
) -> ::jni::errors::Result<()> {
    let exception = env.cast_local::<JThrowable>(exception)?;
    match env.throw(exception) {
        // The crate reports a successful throw as this error, so that `?` leaves the native.
        Err(::jni::errors::Error::JavaException) | Ok(()) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The text of strerror(3), which the JDK uses as the whole message of its exceptions.
pub fn system_text(errno: i32) -> String {
    let text = std::io::Error::from_raw_os_error(errno).to_string();
    let suffix = format!(" (os error {errno})");
    text.strip_suffix(&suffix).unwrap_or(&text).to_owned()
}

fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned());
    format!("zerocopy-nio: {}", text.unwrap_or_else(|| "a panic without a text".to_owned()))
}
