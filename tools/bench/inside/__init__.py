"""What runs in the measured process: programs, not modules to import from the other side."""
