"""`tokenspace hook`: what an assistant's program runs at points of a session.

It is started anew at every prompt, so all but `drain.py` and `command.py` import the standard
library and `config/` only: neither the domain nor the SDK.
"""
