"""Two sets of figures against each other: which differ, and how surely."""
