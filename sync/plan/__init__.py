"""Desired × live → Plan. Pure: the same inputs in any order give an equal plan.

`owners` states what is wanted of an owner with what is live of it, `holds` decides which owners must not be touched,
`changes` says what changes for one owner, `order` turns changes into ordered writes, `make` is the whole.
"""
