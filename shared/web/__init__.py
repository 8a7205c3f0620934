"""The HTTP side of a service: layers, problems, pages, texts, live streams, static files. It knows no business rule."""
