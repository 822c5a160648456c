# Sourced by .ci/run: a throw-away PostgreSQL on a free port, as a user that may run one.
# shellcheck shell=bash

# Prints the folder of the server's programs: the newest packaged one, else one on the usual paths.
postgres_bin() {
    local folder found=
    while read -r folder; do
        if [[ -x $folder/initdb && -x $folder/postgres ]]; then found=$folder; fi
    done < <(printf '%s\n' /usr/bin /usr/local/bin; printf '%s\n' /usr/lib/postgresql/*/bin | sort -V)
    [[ -n $found ]] && echo "$found"
}

# PostgreSQL refuses to be run by root.
as_postgres() {
    if [[ $EUID == 0 ]]; then runuser -u postgres -- "$@"; else "$@"; fi
}

# start_postgres FOLDER PORT: returns when it answers. FOLDER is made and holds its data.
start_postgres() {
    local folder=$1 port=$2 programs
    programs=$(postgres_bin) || { echo "There is no PostgreSQL on this machine." >&2; return 1; }
    mkdir -p -- "$folder"
    [[ $EUID != 0 ]] || chown postgres: "$folder"
    as_postgres "$programs/initdb" --pgdata "$folder/data" --username soulcaster --auth trust \
        --encoding UTF8 --locale C.UTF-8 --no-sync >"$folder/initdb.log"
    # It is thrown away, so it need not survive a power failure.
    as_postgres "$programs/pg_ctl" --pgdata "$folder/data" --log "$folder/data/server.log" --wait --silent \
        --options "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='$folder' \
            -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200" \
        start
}

stop_postgres() {
    as_postgres "$(postgres_bin)/pg_ctl" --pgdata "$1/data" --mode immediate --silent stop
}

postgres_url() { echo "postgres://soulcaster@127.0.0.1:$1/postgres"; }
