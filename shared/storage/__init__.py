"""PostgreSQL: connections, which errors pass, statements by name, migrations. It knows no table but its own list."""
