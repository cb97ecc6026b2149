//! System calls that are refused as a sandbox, a kernel or a file system may refuse them.
#![allow(dead_code, clippy::unwrap_used, unsafe_code, reason = "each test crate uses its part")]

use super::child::in_child;

const LOAD_WORD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
const JUMP_IF_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

const KEEP_BITS: u16 = (libc::BPF_ALU | libc::BPF_AND | libc::BPF_K) as u16;

/// Where `struct seccomp_data` has the number of the call, and the low halves of its third and its
/// fifth argument on a little-endian machine. The fifth one of mmap(2) is the descriptor.
const NUMBER_AT: u32 = 0;
const THIRD_ARGUMENT_AT: u32 = 32;
const FIFTH_ARGUMENT_AT: u32 = 48;

/// What is refused.
#[derive(Debug, Clone, Copy)]
pub enum Refused {
    /// These calls, by their numbers.
    Calls(&'static [libc::c_long]),
    /// To map files. Memory without a file is what the allocator lives on.
    Mappings,
    /// This call where its third argument, flags or an option, has this value in these bits.
    ThirdArgument { number: libc::c_long, bits: u32, value: u32 },
}

/// Lets the kernel answer `refused` with `errno` from now on, for this thread and those that it
/// starts, for ever. With 0 the calls return 0 and do nothing.
pub fn refuse(refused: Refused, errno: i32) {
    set_filter(&program(refused, errno)).unwrap();
}

/// Why no filter can be set here, if none can.
pub fn why_no_filter() -> Option<&'static str> {
    let tried = std::panic::catch_unwind(|| in_child(|| refuse(Refused::Calls(&[]), 0)));
    tried.is_err().then_some("no seccomp filter can be set here")
}

fn program(refused: Refused, errno: i32) -> Vec<libc::sock_filter> {
    let answer = libc::SECCOMP_RET_ERRNO | errno as u32;
    let mut program = vec![statement(LOAD_WORD, NUMBER_AT)];
    match refused {
        Refused::Calls(numbers) => {
            for number in numbers {
                program.push(jump(*number as u32, 0, 1));
                program.push(statement(RETURN, answer));
            }
        }
        Refused::Mappings => {
            program.push(jump(libc::SYS_mmap as u32, 0, 3));
            program.push(statement(LOAD_WORD, FIFTH_ARGUMENT_AT));
            program.push(jump(-1_i32 as u32, 1, 0));
            program.push(statement(RETURN, answer));
        }
        Refused::ThirdArgument { number, bits, value } => {
            program.push(jump(number as u32, 0, 4));
            program.push(statement(LOAD_WORD, THIRD_ARGUMENT_AT));
            program.push(statement(KEEP_BITS, bits));
            program.push(jump(value, 0, 1));
            program.push(statement(RETURN, answer));
        }
    }
    program.push(statement(RETURN, libc::SECCOMP_RET_ALLOW));
    program
}

fn statement(code: u16, k: u32) -> libc::sock_filter {
    libc::sock_filter { code, jt: 0, jf: 0, k }
}

/// Skips `if_equal` statements where the word is `value`, `if_not` where it is not.
fn jump(value: u32, if_equal: u8, if_not: u8) -> libc::sock_filter {
    libc::sock_filter { code: JUMP_IF_EQUAL, jt: if_equal, jf: if_not, k: value }
}

fn set_filter(program: &[libc::sock_filter]) -> std::io::Result<()> {
    let filter =
        libc::sock_fprog { len: program.len() as u16, filter: program.as_ptr().cast_mut() };
    // SAFETY: the kernel copies the program, which is as long as is said.
    let set = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
            | libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const filter)
    };
    if set == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}
