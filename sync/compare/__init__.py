"""Rendered and live bodies → what differs, and what that means. Pure.

Two bodies mean the same when their normal forms agree: references by name (or uuid, where only that is known),
defaults of the schema equal to absence, lists whose order means nothing sorted by key, and what the Controller
completes left out where we do not render it. All facts behind that are tables in `sync.kinds` and `sync.avi.schema`.
"""
