# shellcheck shell=bash
# Certificates of a private authority in $STATE/tls, valid a few days: for the servers, under the name `localhost` only,
# so that 127.0.0.1 is a wrong name; for a client called `client`; and of a second authority that nobody trusts. Sourced
# by `servers`, which has set $STATE.

tls_days=7

# sign NAME SUBJECT EXTENSION...: a key and a certificate of the authority `ca`; without extensions, such an authority.
sign() {
    local name=$1 subject=$2 options=()
    shift 2
    if [ $# -gt 0 ]; then
        options=(-CA ca.pem -CAkey ca.key -addext basicConstraints=critical,CA:FALSE)
    else
        options=(-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign)
    fi
    while [ $# -gt 0 ]; do options+=(-addext "$1"); shift; done
    # Nothing of the installation's own openssl.cnf: its extensions would come on top.
    openssl req -x509 -config request.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days "$tls_days" \
        -subj "/CN=$subject" -keyout "$name.key" -out "$name.pem" "${options[@]}" 2>> "$STATE/tls.log" ||
        { tail -n 5 "$STATE/tls.log" >&2; return 1; }
}

# The authority's key is gone as soon as it has signed. Made beside and renamed: all of it is there, or nothing.
tls_make() {
    local home=$STATE/tls.new
    rm -rf "$home" "$STATE/tls"
    (
        umask 077
        mkdir "$home" && cd "$home" || exit
        printf '[req]\ndistinguished_name = name\n[name]\n' > request.cnf
        sign ca 'ruche test authority' || exit
        sign server localhost subjectAltName=DNS:localhost extendedKeyUsage=serverAuth || exit
        sign client client extendedKeyUsage=clientAuth || exit
        rm ca.key
        sign stranger 'ruche test stranger' || exit
        rm request.cnf
    ) 8>&- 9>&- || return 1
    mv "$home" "$STATE/tls"
}

# The data may be weeks old, certificates may not: what ends within a day is made anew.
tls_prepare() {
    openssl x509 -in "$STATE/tls/server.pem" -noout -checkend 86400 > /dev/null 2>&1 || tls_make
}

# tls_lend USER DIRECTORY: copies what a server needs to where only that user reads it.
tls_lend() {
    local name
    rm -rf "$2"
    mkdir -m 700 "$2"
    for name in ca.pem server.pem server.key; do install -m 600 "$STATE/tls/$name" "$2/$name"; done
    ! is_root || chown -R "$1:$1" "$2"
}
