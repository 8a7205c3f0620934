"""Reference data of the first start: files with their provenance, and their reader. It must not import a service."""
