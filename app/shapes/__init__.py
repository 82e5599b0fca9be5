"""Values of the services in the shapes that they have on the wire, where more than one route shows them."""
