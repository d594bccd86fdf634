"""Sockets and HTTP: connections, who is connected, pages, health, the listening server."""
