-- The service's database is the image's own, `mlabs`; JupyterHub has one of its own.
CREATE DATABASE hub OWNER mlabs;
