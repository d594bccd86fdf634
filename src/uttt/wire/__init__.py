"""The protocol: typed messages in both directions, and what a connection may say when.
No sockets.
"""
