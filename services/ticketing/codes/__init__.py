"""Ticket codes and short codes: made, read, drawn. Pure; it knows no order, no gate and no database."""
