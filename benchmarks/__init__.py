"""The benchmarks of `make bench`: one module for each row of the speed table in docs/performance.md."""
