"""`python -m sync` is `avi-sync`."""

from sync.cli import main

main()
