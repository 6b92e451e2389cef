"""What the platform costs: measured on a stack of its own, as ratios within one run.

`python -m bench` prints one JSON document; docs/benchmarks.md says how to read it.
"""
