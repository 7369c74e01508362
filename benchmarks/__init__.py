"""Side-by-side measurements of the lab: `python -m benchmarks NAME`, or `all`."""
