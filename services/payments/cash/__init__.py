"""Cash that an owner records and may take back. It never meets bank money."""
