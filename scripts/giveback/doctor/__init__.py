"""What this host lets giveback see, and how small an effect."""
