"""The nouns that cross floors: values only, no I/O.

Each module holds one stage of the data's way: `source` (files), `problem`, `resources` (typed manifests), `settings`
(values.yaml), `facts` (the Controller), `desired` (specs and rendered objects), `live`, `plan`, `outcome`.
"""
