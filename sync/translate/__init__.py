"""Resources, settings and facts → object specs, statuses and problems. Pure: no I/O, clock or environment.

Every rule names the fact about AKO that it follows (docs/facts/ako.md), or docs/ako.md, where we depart from AKO on
purpose.
"""
