"""Programs that use the service, to copy from."""
