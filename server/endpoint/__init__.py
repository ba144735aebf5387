"""The team endpoint: many spaces, many people, over HTTP."""
