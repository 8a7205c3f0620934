"""The platform under the three services. It must never import a service."""
