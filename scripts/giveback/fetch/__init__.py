"""`scripts/fetch-allocators`: packages of another release into a folder of
their own, and what they hold into its registry.

The program reads the registry (harness/versions.c): a package that holds a
library of an allocator is a version of it, `mimalloc@3.0`. Nothing of the
system is changed: apt downloads, dpkg extracts, and neither knows of it.
"""

from .command import main

__all__ = ["main"]
