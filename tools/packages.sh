# Which Debian packages congvu needs, and how they are installed without a question.
#
# Sourced by ./run, ./test and bench/run. `packages_need SET…` returns at once when nothing is
# missing; otherwise it installs as root or through sudo, and without either it prints the apt line
# and fails. Daemons among the packages (Postfix, Dovecot) are neither started by the installation
# nor at the next boot. Each package's reason is in docs/dependencies.md.

PACKAGES_build="build-essential meson ninja-build pkg-config libglib2.0-dev libssl-dev
    libsodium-dev libsqlite3-dev libconfig-dev libutf8proc-dev libidn2-dev libunbound-dev libzip-dev zlib1g-dev libxml2-dev libjansson-dev
    openssl"
PACKAGES_test="git python3 python3-pytest python3-pytest-xdist libcmocka-dev libgmime-3.0-dev
    clang clang-format clang-tidy libclang-rt-14-dev llvm curl swaks libnet-ssleay-perl isync mutt fetchmail
    neomutt aerc offlineimap3 ca-certificates postfix opendkim python3-dkim dovecot-core dovecot-imapd procps
    node-nodemailer libclamav12 libical3 libpq5 libzephyr4 libxapian30"
PACKAGES_web="chromium nodejs npm"
# A Node.js that is not Debian's brings npm itself.
if command -v npm >/dev/null; then PACKAGES_web=${PACKAGES_web% npm}; fi
PACKAGES_long="valgrind"
PACKAGES_documents="libreoffice-writer-nogui fonts-liberation poppler-utils python3-openpyxl"
PACKAGES_bench="postfix opendkim dovecot-core dovecot-imapd dovecot-lmtpd dovecot-fts-xapian strace procps"

packages_missing() {
    local package
    for package in "$@"; do
        case "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" in
            installed) ;;
            *) printf '%s ' "$package" ;;
        esac
    done
}

# Where a policy lies already it comes back afterwards, whatever happens in between.
packages_hold_daemons() {
    policy=/usr/sbin/policy-rc.d
    policy_kept=
    if $as_root test -e "$policy"; then
        policy_kept="$policy.congvu-kept"
        $as_root test -e "$policy_kept" || $as_root mv "$policy" "$policy_kept"
    fi
    trap packages_release_daemons EXIT
    trap 'exit 130' INT TERM HUP
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
}

packages_release_daemons() {
    $as_root rm -f "$policy"
    if [ -n "$policy_kept" ]; then
        $as_root mv "$policy_kept" "$policy"
    fi
    trap - EXIT INT TERM HUP
}

packages_need() {
    local set names= missing name
    for set in "$@"; do
        set="PACKAGES_$set"
        names="$names ${!set}"
    done
    # shellcheck disable=SC2086
    missing=$(packages_missing $names)
    [ -n "$missing" ] || return 0

    local apt="apt-get install -y --no-install-recommends --no-remove $missing"
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root=sudo
    elif command -v sudo >/dev/null && [ -t 0 ] && sudo -v; then
        as_root=sudo
    else
        printf 'These Debian packages are missing. As root, run:\n\n    apt-get update && %s\n\n' \
            "$apt" >&2
        return 1
    fi

    printf 'Installing, which takes a minute or two: %s\n' "$missing" >&2
    packages_hold_daemons
    local status=0 quiet="-qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0"
    # The lists of a fresh machine are empty or old; a failing foreign source need not stop us.
    $as_root apt-get $quiet update >/dev/null 2>&1 || true
    local said
    said=$(mktemp) || return 1
    $as_root env DEBIAN_FRONTEND=noninteractive ${apt/apt-get/apt-get $quiet} \
        </dev/null >"$said" 2>&1 || { status=1; tail -n 40 "$said" >&2; }
    rm -f "$said"
    for name in postfix dovecot-core opendkim; do
        case " $missing " in
            *" $name "*) $as_root update-rc.d "${name%-core}" disable >/dev/null 2>&1 || true ;;
        esac
    done
    packages_release_daemons
    if [ $status != 0 ]; then
        printf 'Installing failed; nothing of yours was removed. By hand, as root:\n\n    %s\n\n' \
            "$apt" >&2
    fi
    return $status
}
