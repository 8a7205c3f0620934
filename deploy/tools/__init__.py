"""Tools of whoever works on the project: checks, exported contracts, icons. Nothing here is deployed."""
