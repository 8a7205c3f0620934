"""The rules of payments as pure functions. They await nothing and read no clock, setting, socket or database."""
