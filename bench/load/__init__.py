"""A load generator for servers of the protocol, and the bare server that shows the limit."""
