#!/bin/sh
# What stack.yml asks of the image `postgres`, with Debian's PostgreSQL.
set -e
data=/var/lib/postgresql/data
programs=$(echo /usr/lib/postgresql/*/bin)
as() { setpriv --reuid postgres --regid postgres --clear-groups "$@"; }
if [ ! -s $data/PG_VERSION ]; then
  install -d -o postgres -m 700 $data
  as "$programs/initdb" -D $data -U "$POSTGRES_USER" --pwfile "$POSTGRES_PASSWORD_FILE" --encoding UTF8 --auth-local trust --auth-host scram-sha-256
  echo "host all all all scram-sha-256" >>$data/pg_hba.conf
  as "$programs/pg_ctl" -D $data -w -o "-c listen_addresses= -k /tmp" start
  as "$programs/createdb" -h /tmp -U "$POSTGRES_USER" "$POSTGRES_DB"
  for file in /docker-entrypoint-initdb.d/*.sql; do
    as "$programs/psql" -h /tmp -U "$POSTGRES_USER" -v ON_ERROR_STOP=1 -f "$file" "$POSTGRES_DB"
  done
  as "$programs/pg_ctl" -D $data -w stop
fi
exec setpriv --reuid postgres --regid postgres --clear-groups "$programs/postgres" -D $data -c "listen_addresses=*" -k /tmp
