"""How what has happened reaches those who show it to players. A notice is sent after the commit."""
