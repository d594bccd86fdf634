"""Pure decisions of the game server.

Everything here is a function of its arguments: no asyncio, no clock, no randomness, no logging, no
storage. Times are passed in as integers, milliseconds since 1970-01-01 UTC.
"""
