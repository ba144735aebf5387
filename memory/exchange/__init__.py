"""What comes from elsewhere and what goes there: one file a format, pure. See `bundle`."""
