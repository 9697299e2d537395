"""Hub-side: which server a lab gets."""
