"""The one-machine runtime behind `./run`: real PostgreSQL and Kafka, our services, and Caddy, without Docker.

It starts, watches and stops programs; it knows no rule of the product.
"""
