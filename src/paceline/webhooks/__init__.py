"""Events to the operator's systems and people: what to tell, to whom, signed and tried again until it arrives."""
