"""What a new workspace starts with: questions, objections, criteria, currencies. Plain data."""
