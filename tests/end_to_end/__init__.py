"""Runs of the whole program: a real Git repository, the command line, the emulator over real HTTP."""
