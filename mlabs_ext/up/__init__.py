"""What `mlabs up` and `jupyterhub_config.py` share: the data directory, the address, and the processes."""
