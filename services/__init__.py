"""The three services. They speak by events only and never import one another."""
