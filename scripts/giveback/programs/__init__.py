"""Whole programs under each allocator: `giveback program`."""
