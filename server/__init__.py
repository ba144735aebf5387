"""Transports, the MCP surface and the command line."""
