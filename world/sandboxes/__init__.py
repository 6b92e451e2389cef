"""One server a vendor: stateful, persistent, and as strict as the vendor is known to be."""
