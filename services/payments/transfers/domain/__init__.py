"""The rules of transfers as pure functions. They await nothing and read no clock, setting, socket or database."""
