"""Moves a host in from the old server: reads its four tables, writes ours.

`source.py` reads, `move_in.py` says in which order; each other module brings one kind of thing. All
of it is one transaction of ours on one snapshot of theirs. Nothing here knows settings or
the terminal, and nothing writes to the old tables.

It can be run again, also when people have tried out what was brought. No table says what came from
the old server, so it is told by what is there:

* An account whose password hash is still the old one was brought, and nobody has logged in since.
* What was brought has `created_at` at its last activity, in whole seconds as the old server has it.
  So `seen_at` differs from `created_at` as soon as a player or a session is used here.
* A match with a `setup` was brought. One that had ended has `NO_MOVE` in its only row of `moves`
  although it was won or drawn, which our server never writes.
"""
