"""`tokenspace install`: tokenspace in the configuration files of the clients that people have.

`clients.py` says as data where each client keeps its servers and what an entry looks like there;
one module a format (`jsonc`, `tomls`, `yamls`) edits the place and nothing else of a file.
"""
