"""Self-hosted, multi-tenant chat with your documents."""
