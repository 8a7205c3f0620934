"""The rules of the gate as pure functions and values. They await nothing and read no clock."""
