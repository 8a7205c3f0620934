"""What is derived from the event contracts and the routes, and the promise that a contract keeps."""
