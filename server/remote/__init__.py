"""`tokenspace serve --remote`: a bridge from a client's stdio to the space of an endpoint."""
