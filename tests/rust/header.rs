//! Goal: the C header is the one that the C face has, and what its examples show works.
//!
//! Method: cbindgen, pinned exactly, makes the header anew and the test compares it with the
//! committed one; `ZC_WRITE_HEADER=1 cargo test --test header` writes it. The example program in
//! its opening comment is compiled against the library that cargo has built for this test, and run.

mod c_programs;

use std::fs;
use std::process::Command;

use c_programs::{at_top, compile, run};

const HEADER: &str = "include/zerocopy_nio.h";

#[test]
fn the_committed_header_is_what_cbindgen_makes() {
    let generated = generate();
    if std::env::var_os("ZC_WRITE_HEADER").is_some_and(|it| it == "1") {
        fs::create_dir_all(at_top("include")).expect("the folder of the header can be made");
        fs::write(at_top(HEADER), &generated).expect("the header can be written");
    }
    let committed = fs::read_to_string(at_top(HEADER)).unwrap_or_default();
    let different = generated.lines().zip(committed.lines()).position(|(new, old)| new != old);
    assert!(
        generated == committed,
        "{HEADER} is not what native/capi says, from line {} on; \
         ZC_WRITE_HEADER=1 cargo test --test header writes it",
        different.unwrap_or_else(|| generated.lines().count().min(committed.lines().count())) + 1,
    );
}

#[test]
fn the_version_macros_are_those_of_the_manifest() {
    let manifest = fs::read_to_string(at_top("Cargo.toml")).expect("the manifest can be read");
    let version = manifest
        .lines()
        .find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
        .expect("the manifest has a version");
    let parts: Vec<u32> =
        version.split('.').map(|part| part.parse().expect("a version is three numbers")).collect();
    let header = fs::read_to_string(at_top(HEADER)).expect("the header can be read");
    let value = |name: &str| -> u32 {
        let start = format!("#define {name} ");
        let line = header.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("no {name}")).parse().expect("a version macro is a number")
    };
    let found = ["ZC_VERSION_MAJOR", "ZC_VERSION_MINOR", "ZC_VERSION_PATCH"].map(value);
    assert_eq!(found.as_slice(), parts);
    assert_eq!(value("ZC_VERSION"), parts[0] * 1_000_000 + parts[1] * 1000 + parts[2]);
}

#[test]
fn the_example_in_the_header_compiles_and_copies_a_file() {
    let program = compile("header_example", &example_of_header());
    let source = program.with_extension("c");
    let copied = run(Command::new(&program).arg(&source));
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    assert_eq!(String::from_utf8_lossy(&copied.stdout), example_of_header());

    let refused = run(Command::new(&program).arg(source.with_extension("no such file")));
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&refused.stderr), "an argument is out of its range\n");
}

/// The indented program in the opening comment.
fn example_of_header() -> String {
    let header = fs::read_to_string(at_top(HEADER)).expect("the header can be read");
    let lines: Vec<&str> = header
        .lines()
        .skip_while(|line| !line.contains("#include <fcntl.h>"))
        .take_while(|line| *line != " */")
        .map(|line| line.strip_prefix(" *     ").unwrap_or(""))
        .collect();
    assert!(lines.len() > 10, "the header has no example");
    lines.join("\n") + "\n"
}

fn generate() -> String {
    let mut config =
        cbindgen::Config::from_file(at_top("cbindgen.toml")).expect("cbindgen.toml is valid");
    let initializers = config.after_includes.unwrap_or_default();
    config.after_includes = Some(initializers + &version_macros());
    let face = cbindgen::Builder::new().with_config(config).with_src(at_top("native/capi/mod.rs"));
    let mut text = Vec::new();
    face.generate().expect("cbindgen understands the C face").write(&mut text);
    String::from_utf8(text).expect("a header is text")
}

fn version_macros() -> String {
    let [major, minor, patch] = [
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
        env!("CARGO_PKG_VERSION_PATCH"),
    ]
    .map(|part| part.parse::<u32>().expect("a version is three numbers"));
    format!(
        "\n/** The version of this header: major * 1000000 + minor * 1000 + patch. */\n\
         #define ZC_VERSION {}\n\
         #define ZC_VERSION_MAJOR {major}\n\
         #define ZC_VERSION_MINOR {minor}\n\
         #define ZC_VERSION_PATCH {patch}",
        major * 1_000_000 + minor * 1000 + patch
    )
}
