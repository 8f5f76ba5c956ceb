"""The values that all layers share. No I/O.

Each module holds one stage of the pipeline: `source` (files), `problem`, `resources` (typed manifests), `settings`
(values.yaml), `facts` (the Controller), `desired` (specs and rendered objects), `live`, `plan`, `outcome`.
"""
