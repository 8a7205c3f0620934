"""The rules of sales as pure functions and values. They await nothing and read no clock."""
