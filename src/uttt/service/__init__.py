"""The application: what the server does for players, independent of how they are connected.

Nothing here knows messages, JSON, sockets or HTTP. Time is read from the injected clock.
"""
