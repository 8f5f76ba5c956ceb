"""Desired × live → Plan. Pure: the same inputs in any order give an equal plan.

`owners` matches the desired and live objects of each owner, `changes` compares them, `holds` decides which owners stay
unchanged, `order` turns changes into ordered writes, and `make` runs all of these.
"""
