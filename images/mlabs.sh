# Makes /out, which becomes part of /opt: MLabs for the server in /opt/mlabs, and /opt/layer, a person's own
# layer over the environment, from which each home gets a copy.
cd /tmp/mlabs
/opt/mlabs/bin/python -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
  --no-cache-dir --no-compile --no-index --no-deps --prefix /out/mlabs mlabs-*.whl
/opt/mlabs/bin/python -m compileall -q -j 0 /out/mlabs
mkdir /out/layer
if [ -e /opt/env/bin/python ]; then
  PYTHONPATH=$(echo /out/mlabs/lib/python3.*/site-packages) /opt/mlabs/bin/python -c 'import sys
from pathlib import Path
from mlabs_spawner import overlay
overlay.make(Path(sys.argv[1]), Path("/opt/env"))' "$LAYER"
  cp -a "$LAYER/." /out/layer
  chmod -R a+rX /out/layer
fi
