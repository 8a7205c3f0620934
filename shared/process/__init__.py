"""A service as a process: its roles, its command line, line tools. It builds nothing; app.py does."""
