"""Checks before a first run: machine, Git, Controller, rights, and what the tree refers to.

Every check runs, even if others fail. None of them writes: the client is read-only.
"""
