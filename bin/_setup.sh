# Sourced by the other commands: finds Python, makes .venv, installs pinned packages.
# shellcheck shell=bash

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
python=$root/.venv/bin/python

# Some machines forbid bytecode, which costs seconds at every start; an exported UV_PYTHON would
# make uv install into another interpreter than ours.
unset PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONPATH UV_PYTHON VIRTUAL_ENV

say() { printf '%s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

# Prints the real path of a Python of 3.11 or newer: behind the shims of version managers too.
find_python() {
    local name
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        "$name" -c 'import sys; sys.version_info >= (3, 11) or sys.exit(1); print(sys.executable)' \
            2>/dev/null && return 0
    done
    return 1
}

requirements_of() {
    case $1 in
        runtime) echo requirements.txt ;;
        dev) echo requirements-dev.txt ;;  # holds the runtime ones too, at the same versions
    esac
}

stamp_of() { sha256sum <"$root/$(requirements_of "$1")"; }

is_installed() {
    local stamp=$root/.venv/.installed-$1
    [[ -x $python && -f $stamp ]] && [[ $(<"$stamp") == "$(stamp_of "$1")" ]]
}

install_with_uv() {
    export UV_SYSTEM_CERTS=1 UV_COMPILE_BYTECODE=1
    if [[ ! -x $python ]]; then
        uv venv --quiet --clear --python "$(find_python || echo '>=3.11')" "$root/.venv" || return 1
    fi
    # --no-deps: the file is complete, so that there is nothing to resolve.
    uv pip install --quiet --python "$python" --no-deps --require-hashes -r "$root/$1"
}

# Prints the path of the machine's own certificates.
system_certificates() {
    local bundle
    for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
        if [[ -r $bundle ]]; then echo "$bundle"; return; fi
    done
}

# Older releases of pip bring their own certificates; the machine's are the ones that count.
use_system_certificates() {
    [[ -z ${PIP_CERT:-} ]] || return 0
    ! "$python" -m pip config get global.cert >/dev/null 2>&1 || return 0
    local bundle
    bundle=$(system_certificates)
    [[ -z $bundle ]] || export PIP_CERT=$bundle
}

install_with_pip() {
    local base
    if ! "$python" -m pip --version >/dev/null 2>&1; then
        base=$(find_python) || die \
            "Soulcaster needs Python 3.11 or newer, and found none." \
            "Install it (Debian, Ubuntu: apt install python3 python3-venv) and run this again."
        "$base" -c 'import venv, ensurepip' 2>/dev/null || die \
            "$base has no venv module." \
            "Install it (Debian, Ubuntu: apt install python3-venv) or install uv, and run this again."
        "$base" -m venv --clear "$root/.venv" || return 1
    fi
    use_system_certificates
    "$python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps \
        --require-hashes -r "$root/$1"
}

install_locked() {
    local set=$1 file started=$SECONDS tool=pip
    file=$(requirements_of "$set")
    is_installed "$set" && return 0
    uv --version >/dev/null 2>&1 && tool=uv
    say "Installing the $set packages of $file into .venv with $tool (only once)."
    rm -f -- "$root"/.venv/.installed-*
    "install_with_$tool" "$file" || die \
        "The packages could not be installed: see the lines above." \
        "Check the network (a proxy needs its certificate in the system's store) and run this again."
    stamp_of "$set" >"$root/.venv/.installed-$set"
    if [[ $set == dev ]]; then stamp_of runtime >"$root/.venv/.installed-runtime"; fi
    say "Installed in $((SECONDS - started)) s."
}

# ensure runtime|dev: .venv holds exactly pinned packages; instant when it does already.
ensure() {
    is_installed "$1" && return 0
    command -v git >/dev/null || die \
        "Soulcaster needs git, and found none." \
        "Install it (Debian, Ubuntu: apt install git) and run this again."
    local locker
    locker=$(find_python) || locker=
    (
        # The lock belongs to the open file, so it outlives the helper that takes it.
        if [[ -n $locker ]]; then
            exec 9>>"$root/.venv.lock"
            "$locker" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'
        fi
        install_locked "$1"
    )
}
