"""The province's doors and pages."""
