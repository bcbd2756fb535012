#!/bin/sh
# Run once by PostgreSQL's image, on an empty data folder: a role and a database for Prefect.
set -eu
psql --set ON_ERROR_STOP=1 --set password="$PREFECT_DB_PASSWORD" \
  --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE prefect LOGIN PASSWORD :'password';
CREATE DATABASE prefect OWNER prefect;
\connect prefect
CREATE EXTENSION IF NOT EXISTS pg_trgm;
SQL
