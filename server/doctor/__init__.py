"""`tokenspace doctor`: what keeps an MCP client from its memory, and what mends it.

It reads the files of clients, starts what they would start, and asks an endpoint. It changes
nothing: no file is written, no space is made, and no space is opened by what it starts.
"""
