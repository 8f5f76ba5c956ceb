"""The Controller: session, facts, live state, writes. The only package that talks to it."""
