"""Resources, settings and facts → object specs, statuses and problems. Pure: no I/O, clock or environment.

Every rule names its source in AKO 2.2.1 or in DESIGN §8, where we depart from AKO on purpose.
"""
