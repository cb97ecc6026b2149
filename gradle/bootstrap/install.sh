# Functions of gradlew that install what is missing.

ensure() {
    missing=$(find_missing "$@")
    [ -n "$missing" ] || return 0
    echo "The build needs what this machine does not have:" >&2
    for tool in $missing; do
        echo "  - $(describe "$tool")" >&2
    done
    manager=$(package_manager) || give_up "Install that and try again."
    if [ "$(id -u)" -ne 0 ]; then
        give_up "Type: $(command_line sudo $missing)"
    fi
    ask_first
    install_packages $missing
    still_missing=$(find_missing $missing)
    [ -z "$still_missing" ] || give_up "Still missing after the installation: $still_missing"
}

give_up() {
    echo "$1" >&2
    exit 1
}

package_manager() {
    for manager in apt-get dnf pacman apk; do
        if command -v "$manager" >/dev/null; then
            echo "$manager"
            return
        fi
    done
    return 1
}

# Scripts and build servers have nobody to ask.
ask_first() {
    if [ -t 0 ] && [ -t 2 ]; then
        printf 'Install it now through %s? [Y/n] ' "$manager" >&2
        read -r answer
        case $answer in
        [nN]*) give_up "Then type: $(command_line '' $missing)" ;;
        esac
    fi
}

install_packages() {
    echo "Installing through $manager ..." >&2
    log=$(mktemp)
    # Of two runs at once, the second waits for the first instead of failing on its lock.
    mkdir -p "$user_home"
    (
        if command -v flock >/dev/null; then flock 9; fi
        if [ "$manager" = apt-get ]; then
            apt-get -qq update
            export DEBIAN_FRONTEND=noninteractive
            waiting='-o DPkg::Lock::Timeout=300'
        fi
        $(command_line '' "$@") ${waiting:-}
    ) 9>"$user_home/bootstrap.lock" >"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        give_up "The installation failed; all it said is in $log"
    }
    rm -f "$log"
}

# Prints what installs the tools $2...; $1 is put before it.
command_line() {
    prefix=$1
    shift
    packages=
    for tool in "$@"; do
        packages="$packages $(packages_of "$manager:$tool")"
    done
    case $manager in
    apt-get) command="apt-get install -y --no-install-recommends" ;;
    dnf) command="dnf install -y" ;;
    pacman) command="pacman -S --noconfirm --needed" ;;
    apk) command="apk add" ;;
    esac
    echo ${prefix:+"$prefix"} $command $packages
}

packages_of() {
    case $1 in
    apt-get:jdk) newest_in_apt openjdk-21-jdk-headless openjdk-17-jdk-headless ;;
    apt-get:rust) rust_in_apt ;;
    apt-get:c) echo gcc g++ libc6-dev ;;
    apt-get:python-venv) echo python3-venv ;;
    dnf:jdk) echo java-21-openjdk-devel ;;
    dnf:rust) echo rust cargo rustfmt clippy ;;
    dnf:c) echo gcc gcc-c++ ;;
    pacman:jdk) echo jdk21-openjdk ;;
    pacman:rust) echo rust ;;
    apk:jdk) echo openjdk21-jdk ;;
    apk:rust) echo rust cargo rustfmt rust-clippy ;;
    apk:c) echo gcc g++ musl-dev ;;
    *:c) echo gcc ;;
    *:maven) echo maven ;;
    *:python-venv) echo python ;;
    esac
}

# Prints the first of the packages that the system's release has, or the last.
newest_in_apt() {
    for package in "$@"; do
        if [ -n "$(version_in_apt "$package")" ]; then break; fi
    done
    echo "$package"
}

# Debian 12 has an old Rust under the usual names, and a new one, made for its web browsers, beside.
rust_in_apt() {
    if dpkg --compare-versions "$(version_in_apt rustc)" ge "1.$(oldest_rust_minor)"; then
        echo rustc cargo rustfmt rust-clippy
    else
        echo rustc-web cargo-web rustfmt-web rust-web-clippy
    fi
}

version_in_apt() {
    apt-cache policy "$1" | sed -n 's/^ *Candidate: *\([^(].*\)/\1/p'
}
