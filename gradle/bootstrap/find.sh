# Functions of gradlew that find what the build needs. Each one that is called find_* prints where
# the tool is, or fails. They run the tools, because a tool that is there need not work.

find_missing() {
    for tool in "$@"; do
        case $tool in
        jdk) find_jdk ;;
        rust) find_cargo ;;
        c) find_c_compilers ;;
        maven) command -v mvn ;;
        # Debian has the module without what it needs to make an environment.
        python-venv) python3 -c 'import ensurepip, venv' 2>&1 ;;
        esac >/dev/null || printf '%s ' "$tool"
    done
}

describe() {
    case $1 in
    jdk) echo "a JDK of 17 to 23 (others can test, but not run Gradle 8.10)" ;;
    rust) echo "Rust 1.$(oldest_rust_minor) or newer (a cargo that answers)" ;;
    c) echo "a C and C++ compiler" ;;
    maven) echo "Maven" ;;
    python-venv) echo "Python 3 with venv" ;;
    esac
}

find_jdk() {
    javac_on_path=$(readlink -f "$(command -v javac || echo /none)")
    for home in "${JAVA_HOME:-/none}" "${javac_on_path%/bin/javac}" /usr/lib/jvm/*; do
        if [ -x "$home/bin/javac" ] && runs_gradle "$home"; then
            echo "$home"
            return
        fi
    done
    return 1
}

runs_gradle() {
    version=$(jdk_version "$1")
    [ "$version" -ge 17 ] && [ "$version" -le 23 ]
}

# Every JDK since 9 tells its version in this file; 0 stands for those before.
jdk_version() {
    version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null) ||
        true
    echo "${version:-0}"
}

# A function in parentheses, so that its separator of words stays its own.
find_cargo() (
    IFS=:
    for folder in $PATH "$HOME/.cargo/bin"; do
        if [ -x "$folder/cargo" ] && cargo_answers "$folder"; then
            echo "$folder"
            return
        fi
    done
    return 1
)

# A rustup proxy without a default toolchain is there and does not answer.
cargo_answers() {
    minor=$("$1/cargo" --version 2>/dev/null | sed -n 's/^cargo 1\.\([0-9]*\)\..*/\1/p')
    [ "${minor:-0}" -ge "$(oldest_rust_minor)" ] && "$1/rustc" --version >/dev/null 2>&1
}

oldest_rust_minor() {
    sed -n 's/^rust-version = "1\.\([0-9]*\)"/\1/p' "$project/Cargo.toml"
}

# The headers come in packages of their own, so a compiler alone proves nothing.
find_c_compilers() {
    for language in cc:c c++:c++; do
        echo '#include <stdint.h>' |
            "${language%:*}" -x "${language#*:}" -fsyntax-only - 2>/dev/null || return 1
    done
    command -v cc
}
