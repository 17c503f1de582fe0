"""The machine: its device, compiled code, environments of other packages, processes."""
