# Makes /opt/env from what `mlabs images build` laid here: `steps` (a lock and pip's options a line), `wheels`,
# `kernel.json`, `server.json`, and `check`, which fails where the environment does not work.
cd /tmp/environment

if [ -s steps ]; then
  python3 -m venv --without-pip /opt/env
  # A person's layer copies the link to the interpreter, so it may not be a relative one.
  ln -sf "$(readlink -f /opt/env/bin/python)" /opt/env/bin/python
  while read -r lock options; do
    # The lock's own pip installs everything, itself too: the base's may be years old.
    PYTHONPATH=$(ls wheels/pip-*.whl) /opt/env/bin/python -m pip install --quiet --disable-pip-version-check \
      --root-user-action=ignore --no-cache-dir --no-compile --no-index --find-links wheels --no-deps \
      --require-hashes $options -r "$lock" </dev/null
  done <steps
  # All cores at once. A few files of tests do not compile, in any version.
  /opt/env/bin/python -m compileall -q -j 0 /opt/env/lib >/dev/null || true
fi

kernel=/opt/env/share/jupyter/kernels/$(cat kernel-name)
mkdir -p "$kernel" /opt/env/etc/jupyter
cp kernel.json "$kernel/"
cp server.json /opt/env/etc/jupyter/jupyter_server_config.json
(cd /tmp && sh -e environment/check)

# What a person's layer is made from goes on alone: the environment is large.
mkdir -p /opt/outline
if [ -s steps ]; then
  cd /opt/env
  cp -a --parents pyvenv.cfg bin/python share/jupyter/kernels /opt/outline
  mkdir -p "/opt/outline/$(echo lib/python3.*/site-packages)"
fi
