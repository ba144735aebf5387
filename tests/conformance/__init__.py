"""What the official conformance suite asks a server for, added to ours: tools, prompts, resources.

The suite tests a server by diagnostic fixtures with names of its own (`test_simple_text`, ...).
They are added to the handlers of the server that an endpoint serves; the rest is ours as it is.
"""
