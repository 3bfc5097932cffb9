"""Two builds of an allocator against each other, for a pull request."""
