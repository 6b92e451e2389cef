"""Stories as data: what happened in the firm and when. `docs/scenarios.md` has the format."""
