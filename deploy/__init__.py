"""Everything that runs Một Chạm somewhere; no service imports it."""
