"""The MCP surface: tools, resources, prompts and notifications over the memory service."""
