"""Settings, where a space lies, and the bootstrap of a bare checkout."""
