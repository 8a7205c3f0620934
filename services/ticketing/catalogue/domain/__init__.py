"""The catalogue's rules as pure functions and values. They await nothing and read no clock."""
