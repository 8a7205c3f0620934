"""What is deployed: image, door, preparation and health check. Below it, never in the image: local, tools, simulator.

No service imports anything of this.
"""
