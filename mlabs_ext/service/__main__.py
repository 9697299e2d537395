"""Lets JupyterHub start the service with `python -m mlabs_ext.service`."""

from mlabs_ext.service.app import main

main()
