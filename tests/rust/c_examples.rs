//! Goal: the C examples that users copy do what they say.
//! Method: those of the README and of `examples/c` are compiled against the library that cargo has
//! built for this test, and run with real files and sockets; every byte is compared.
#![allow(clippy::unwrap_used)]

mod c_programs;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use c_programs::{at_top, compile, run};

/// What takes this long never ends.
const HANG_BOUND: Duration = Duration::from_secs(20);

fn content(bytes: usize) -> Vec<u8> {
    (0..bytes as u64).map(|place| (place.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

/// The C code of the README, block by block.
fn readme_example(index: usize) -> String {
    let readme = fs::read_to_string(at_top("README.md")).unwrap();
    let code = readme.split("```c\n").nth(index + 1).and_then(|rest| rest.split("```").next());
    code.expect("the README has so many C examples").to_owned()
}

#[test]
fn the_first_example_of_the_readme_sends_a_file() {
    let code = readme_example(0) + "int main(void) { return send_file(0, 1) == 0 ? 0 : 1; }\n";
    let program = compile("readme_send", &code);
    let input = fs::File::open(program.with_extension("c")).unwrap();
    let sent = run(Command::new(&program).stdin(input));
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    assert_eq!(String::from_utf8_lossy(&sent.stdout), code);
}

#[test]
fn the_second_example_of_the_readme_receives_a_file() {
    let code = readme_example(1) + "int main(void) { return receive_file(0, 1) == 0 ? 0 : 1; }\n";
    let program = compile("readme_receive", &code);
    let target = program.with_extension("received");
    let sent = content(3_000_001);
    let (near, mut far) = UnixStream::pair().unwrap();
    let child = Command::new(&program)
        .stdin(OwnedFd::from(near))
        .stdout(fs::File::create(&target).unwrap())
        .spawn();
    far.write_all(&sent).unwrap();
    drop(far);
    assert!(child.unwrap().wait().unwrap().success());
    assert!(fs::read(&target).unwrap() == sent);
}

#[test]
fn the_third_example_of_the_readme_pumps_from_socket_to_socket() {
    let code = readme_example(2) + "int main(void) { return pump(0, 1) == 0 ? 0 : 1; }\n";
    let program = compile("readme_pump", &code);
    let sent = content(3_000_001);
    let (source, mut feeding) = UnixStream::pair().unwrap();
    let (target, mut receiving) = UnixStream::pair().unwrap();
    source.set_nonblocking(true).unwrap();
    target.set_nonblocking(true).unwrap();
    let mut child = Command::new(&program)
        .stdin(OwnedFd::from(source))
        .stdout(OwnedFd::from(target))
        .spawn()
        .unwrap();
    let to_feed = sent.clone();
    let feeder = thread::spawn(move || feeding.write_all(&to_feed).unwrap());
    receiving.set_read_timeout(Some(HANG_BOUND)).unwrap();
    let mut received = Vec::new();
    receiving.read_to_end(&mut received).unwrap();
    feeder.join().unwrap();
    assert!(child.wait().unwrap().success());
    assert!(received == sent);
}

#[test]
fn the_fourth_example_of_the_readme_relays_between_two_sockets() {
    let code = readme_example(3) + "int main(void) { return relay(0, 1) == 0 ? 0 : 1; }\n";
    let program = compile("readme_relay", &code);
    let sent = content(3_000_001);
    let (client, mut asking) = UnixStream::pair().unwrap();
    let (server, mut answering) = UnixStream::pair().unwrap();
    let mut child = Command::new(&program)
        .stdin(OwnedFd::from(client))
        .stdout(OwnedFd::from(server))
        .spawn()
        .unwrap();
    let to_send = sent.clone();
    let asker = thread::spawn(move || {
        asking.set_read_timeout(Some(HANG_BOUND)).unwrap();
        asking.write_all(&to_send).unwrap();
        asking.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        asking.read_to_string(&mut answer).unwrap();
        answer
    });
    answering.set_read_timeout(Some(HANG_BOUND)).unwrap();
    let mut received = Vec::new();
    answering.read_to_end(&mut received).unwrap();
    assert!(received == sent);
    answering.write_all(b"all of it").unwrap();
    drop(answering);
    assert_eq!(asker.join().unwrap(), "all of it");
    assert!(child.wait().unwrap().success());
}

/// A program of `examples/c` that prints the port it listens on. Ended when it is dropped.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(name: &str, arguments: &[&str]) -> Server {
        let source = at_top("examples/c").join(name).with_extension("c");
        let program = compile(&format!("example_{name}"), &fs::read_to_string(source).unwrap());
        let mut child =
            Command::new(program).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Server { child, port: line.trim().parse().unwrap() }
    }

    fn connect(&self) -> TcpStream {
        let connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        connection.set_read_timeout(Some(HANG_BOUND)).unwrap();
        connection
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn ask(server: &Server, name: &str) -> Vec<u8> {
    let mut connection = server.connect();
    connection.write_all(format!("{name}\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).unwrap();
    answer
}

/// Goal: many clients get their files from one thread, also where one of them does not read.
/// Method: a client that asks for much and reads nothing stays connected while others are served.
#[test]
fn the_file_server_serves_many_clients_on_one_thread() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("file_server");
    fs::create_dir_all(&folder).unwrap();
    let files = [("large", 20_000_000), ("small", 10), ("empty", 0), ("middle", 700_001)];
    for (name, bytes) in files {
        fs::write(folder.join(name), content(bytes)).unwrap();
    }
    let server = Server::start("file_server", &[folder.to_str().unwrap(), "0"]);
    let mut lazy = server.connect();
    lazy.write_all(b"large\n").unwrap();
    thread::scope(|scope| {
        for (name, bytes) in files.into_iter().cycle().take(12) {
            let server = &server;
            scope.spawn(move || {
                let expected = [format!("OK {bytes}\n").into_bytes(), content(bytes)].concat();
                assert!(ask(server, name) == expected, "{name}");
            });
        }
    });
    assert_eq!(ask(&server, "no such file"), b"NO\n");
    assert_eq!(ask(&server, "../large"), b"NO\n");
    let mut all = Vec::new();
    lazy.read_to_end(&mut all).unwrap();
    assert_eq!(all.len(), "OK 20000000\n".len() + 20_000_000);
}

#[test]
fn the_proxy_by_pumps_carries_both_directions_to_their_ends() {
    check_proxy("proxy");
}

#[test]
fn the_proxy_by_the_relay_engine_carries_both_directions_to_their_ends() {
    check_proxy("relay");
}

/// Goal: a proxy carries both directions to their ends, each on its own.
/// Method: clients that send much, say that this was all, and then read the echo of it.
fn check_proxy(name: &str) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let target_port = listener.local_addr().unwrap().port().to_string();
    let server = Server::start(name, &["0", &target_port]);
    const CLIENTS: usize = 6;
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..CLIENTS {
                let (mut connection, _) = listener.accept().unwrap();
                thread::spawn(move || {
                    let mut all = Vec::new();
                    connection.read_to_end(&mut all).unwrap();
                    connection.write_all(&all).unwrap();
                });
            }
        });
        for number in 0..CLIENTS {
            let server = &server;
            scope.spawn(move || {
                let sent = content(1_000_003 * number);
                let mut connection = server.connect();
                connection.write_all(&sent).unwrap();
                connection.shutdown(Shutdown::Write).unwrap();
                let mut echoed = Vec::new();
                connection.read_to_end(&mut echoed).unwrap();
                assert!(echoed == sent, "{number}");
            });
        }
    });
}
