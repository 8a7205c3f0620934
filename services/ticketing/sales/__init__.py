"""Orders and the tickets they become: places held, sold and given back. It knows no gate and no person."""
